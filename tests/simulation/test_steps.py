"""The solvers in steps: coefficients, orders, stiff patients, exact drivers, and what is remembered of a patient."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.integrate._ivp import dop853_coefficients

from dosing_env.pharmacology import Drug
from dosing_env.simulation import control, course, dop853, explicit, linear_equations, rodas5p, stiff
from dosing_env.simulation.compiling import interpreted, specialise
from dosing_env.simulation.explicit import STIFF_STEPS
from dosing_env.simulation.solvers import filling, workspace
from tests.models import exploding, iv1, neutropenia, pk1, pk2, pk3
from tests.models.equations import DELAYED, INDIRECT, ROBERTSON, TMDD, TURNOVER, VAN_DER_POL
from tests.simulation.courses import log_uniform, typical

Floats = NDArray[np.float64]
STEPWISE = ("compiled", "explicit", "stiff")
CYCLES = [(504.0 * k, 1.0, 180.0, 0.0) for k in range(3)]  # neutropenia: mg over an hour every three weeks
DAYS = 24.0 * np.arange(1.0, 64.0)
stepwise = pytest.mark.parametrize("solver", STEPWISE)


class Run:
    """A drug and a solver with a workspace of its own, used for one course after the other."""

    def __init__(
        self,
        drug: Drug,
        solver: str | None = None,
        make: Callable[..., Any] = specialise,
        repeated: bool = False,
        **settings: Any,
    ):
        holes = filling(drug, solver, repeated=repeated)
        self.drug, self.n = drug, len(drug.compartments)
        self.work = workspace(drug, solver, holes["ROWS"], **settings)
        self.advance = make(course.advance, **holes)

    def __call__(self, p: Any, doses: Any, times: Any, start: Any = None) -> tuple[Floats, Floats, float]:
        """Levels at the times, amounts at the last one, and the exposure until then."""
        first = start if start is not None else self.drug.initial(p) if self.drug.initial else [0.0] * self.n
        amounts, doses = np.array(first, dtype=float), np.array(doses, dtype=float).reshape(-1, 4)
        levels, times = np.zeros(len(times)), np.array(times, dtype=float)
        inflow = np.zeros(self.n)
        exposure = self.advance(
            amounts, p, 0.0, times[-1], doses, 0, len(doses), times, levels, self.work, inflow
        )  # fmt: skip
        return levels, amounts, exposure

    @property
    def was_stiff(self) -> bool:
        return bool(self.work[control.STIFF, 0] >= STIFF_STEPS)


# Coefficients.


def test_the_coefficients_of_order_8_are_those_of_scipy() -> None:
    stages = dop853_coefficients.N_STAGES
    assert stages == dop853.STAGES
    assert np.array_equal(dop853.C, dop853_coefficients.C[: stages + 1])
    assert np.array_equal(dop853.A, dop853_coefficients.A[: stages + 1, :stages])
    assert np.array_equal(dop853.E5, dop853_coefficients.E5[:stages])
    assert np.array_equal(dop853.E3, dop853_coefficients.E3[:stages])


def test_the_rosenbrock_coefficients_agree_among_themselves() -> None:
    """Hairer and Wanner II, section IV.7: the times, the weights of df/dt and the sum of the weights follow."""
    below = np.column_stack([rodas5p.B, np.zeros(rodas5p.STAGES)])
    gamma = np.linalg.inv(np.eye(rodas5p.STAGES) / rodas5p.GAMMA - below)
    alpha = np.column_stack([rodas5p.A, np.zeros(rodas5p.STAGES)]) @ gamma
    np.testing.assert_allclose(alpha.sum(axis=1), rodas5p.C, atol=1e-13)
    np.testing.assert_allclose(gamma.sum(axis=1), rodas5p.D, atol=1e-13)
    weights = np.append(rodas5p.A[-1], 1.0) @ gamma
    assert weights.sum() == pytest.approx(1.0, abs=1e-13)
    assert weights @ alpha.sum(axis=1) == pytest.approx(0.5, abs=1e-13)


# Linear equations.


@pytest.mark.parametrize("n", [1, 2, 3, 8, 20])
def test_linear_equations_are_solved(n: int) -> None:
    random = np.random.default_rng(n)
    factor, substitute = specialise(linear_equations.factor), specialise(linear_equations.substitute)
    for _ in range(20):
        matrix, b, order = random.normal(size=(n, n)), random.normal(size=n), np.zeros(n)
        matrix[0, 0] = 0.0 if n > 1 else 1.0  # needs a pivot
        decomposed, x = matrix.copy(), b.copy()
        factor(decomposed, order, n)
        substitute(decomposed, order, x, n)
        np.testing.assert_allclose(matrix @ x, b, atol=1e-11)


def test_a_singular_matrix_gives_no_number() -> None:
    matrix, x, order = np.ones((2, 2)), np.array([1.0, 2.0]), np.zeros(2)
    specialise(linear_equations.factor)(matrix, order, 2)
    specialise(linear_equations.substitute)(matrix, order, x, 2)
    assert not np.isfinite(x).all()


# Orders.


def explicit_step(holes: dict[str, Any], p: Any, t: float, h: float, work: Floats) -> None:
    zeros = (0.0,) * holes["N"]
    interpreted(explicit._stages, **holes)(p, 0.0, 0.0, False, zeros, t, 0.0, h, 0, work)


def stiff_step(holes: dict[str, Any], p: Any, t: float, h: float, work: Floats) -> None:
    zeros = (0.0,) * holes["N"]
    interpreted(stiff._differentiate, **holes)(p, zeros, t, h, work)
    interpreted(stiff._step, **holes)(p, zeros, t, h, work)


def equal_steps(drug: Drug, solver: str, p: Any, start: Any, end: float, steps: int) -> Floats:
    holes, h = filling(drug, solver), end / steps
    work = workspace(drug, solver)
    interpreted(control.forget, **holes)(p, work)
    work[control.STATE, :-1] = start
    step = {"explicit": explicit_step, "stiff": stiff_step}[solver]
    for k in range(steps):
        step(holes, p, k * h, h, work)
        interpreted(control.accept, **holes)(work)
    return work[control.STATE].copy()


@pytest.mark.parametrize(("solver", "order", "steps"), [("explicit", 8, 4), ("stiff", 5, 16)])
@pytest.mark.parametrize(("drug", "start"), [(TURNOVER, (1.0, 0.5)), (VAN_DER_POL, (2.0, 0.3))])
def test_the_error_falls_with_the_order(solver: str, order: int, steps: int, drug: Drug, start: Any) -> None:
    """On an equation that depends on time and on one that does not; the integral of the output is a component too."""
    p = drug.Parameters(K=1.3)
    truth = by_scipy(drug, p, (*start, 0.0), [2.0])[-1]
    errors = [np.abs(equal_steps(drug, solver, p, start, 2.0, n) - truth).max() for n in (steps, 2 * steps)]
    assert errors[1] > 1e-14
    assert np.log2(errors[0] / errors[1]) > order - 0.6


def by_scipy(drug: Drug, p: Any, start: Any, times: Any, method: str = "DOP853") -> Floats:
    """Amounts and the integral of the output at the times, without doses."""
    zeros = (0.0,) * len(drug.compartments)

    def derivative(t: float, y: Floats) -> list[float]:
        return [*drug.rates(t, tuple(y[:-1]), p, zeros), drug.output(tuple(y[:-1]), p)]

    span, options = (0.0, times[-1]), {"rtol": 1e-12, "atol": 1e-17, "t_eval": times}
    with np.errstate(over="ignore"):  # in the Jacobian of Radau
        return solve_ivp(derivative, span, start, method=method, **options).y.T  # type: ignore[call-overload]


def test_the_stiff_method_forgets_what_decays_at_once() -> None:
    """L-stability: exp(-1e8) is nothing, and so is the method's answer."""
    p = iv1.Parameters(CL=1e8, V=1.0)
    after = equal_steps(iv1.DRUG, "stiff", p, (1.0,), 1.0, 1)
    assert abs(after[0]) < 1e-6


# Stiff equations.

HARD = {
    "van der Pol, mild": (VAN_DER_POL, 10.0, (2.0, 0.0), 20.0),
    "van der Pol, 1e6": (VAN_DER_POL, 1e6, (2.0, 0.0), 2.0),
    "Robertson": (ROBERTSON, 1.0, (1.0, 0.0, 0.0), 1e4),
    "target, slow binding": (TMDD, 0.55, (10.0, 300.0, 0.0, 3.0, 0.0), 500.0),
    "target, fast binding": (TMDD, 50.0, (10.0, 300.0, 0.0, 3.0, 0.0), 500.0),
    "target, instant binding": (TMDD, 5e4, (10.0, 300.0, 0.0, 3.0, 0.0), 500.0),
}
NEEDS_STIFF = {"van der Pol, 1e6", "Robertson", "target, instant binding"}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("solver", ["compiled", "stiff"])
def test_stiff_equations_agree_with_scipy(name: str, solver: str) -> None:
    drug, k, start, end = HARD[name]
    p, times = drug.Parameters(K=k), np.linspace(0.0, end, 11)[1:]
    run = Run(drug, solver)
    levels, amounts, exposure = run(p, [], times, start)
    truth = by_scipy(drug, p, (*start, 0.0), times, "Radau")
    np.testing.assert_allclose(levels, truth[:, 0], rtol=5e-7, atol=1e-12 * max(start))
    np.testing.assert_allclose([*amounts, exposure], truth[-1], rtol=5e-7, atol=1e-12 * max(start))
    if solver == "compiled" and name in NEEDS_STIFF:
        assert run.was_stiff


def test_the_explicit_method_says_so_where_it_cannot() -> None:
    _, _, exposure = Run(ROBERTSON, "explicit")(ROBERTSON.Parameters(K=1.0), [], [1e5], (1.0, 0.0, 0.0))
    assert np.isnan(exposure)


def test_a_patient_who_is_not_stiff_stays_with_the_explicit_method() -> None:
    run = Run(neutropenia.DRUG)
    p = typical(neutropenia.DRUG)
    automatic = run(p, CYCLES, DAYS)
    assert not run.was_stiff
    pairs: Any = zip(automatic, Run(neutropenia.DRUG, "explicit")(p, CYCLES, DAYS), strict=True)
    for own, forced in pairs:
        assert np.array_equal(own, forced)


# Exact drivers.


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.tuples(*(log_uniform(0.5, 2.0) for _ in range(8))), log_uniform(0.5, 12.0))
def test_an_exact_driver_changes_nothing(factors: Any, hours: float) -> None:
    p = neutropenia.Parameters(*(f * value for f, value in zip(factors, typical(neutropenia.DRUG), strict=True)))
    doses = [(start, hours, amount, 0.0) for start, _, amount, _ in CYCLES]
    whole = dataclasses.replace(neutropenia.DRUG, driver=0)
    levels, amounts, exposure = Run(neutropenia.DRUG)(p, doses, DAYS)
    reference = Run(whole, "stiff", relative=1e-10)(p, doses, DAYS)
    np.testing.assert_allclose(levels, reference[0], rtol=2e-8)
    np.testing.assert_allclose(amounts[2:], reference[1][2:], rtol=2e-8)
    assert exposure == pytest.approx(reference[2], rel=1e-8)


@pytest.mark.parametrize("k", [0.1, 0.1 + 1e-9, 0.1001, 0.11, 3.0])
def test_a_driver_without_a_closed_form_is_integrated(k: float) -> None:
    """Absorption as fast as elimination."""
    p, times, doses = INDIRECT.Parameters(K=k), np.arange(1.0, 49.0), [(0.0, 0.0, 100.0, 0.0), (12.0, 1.5, 50.0, 0.0)]
    whole = dataclasses.replace(INDIRECT, driver=0)
    parts: Any = zip(Run(INDIRECT)(p, doses, times), Run(whole)(p, doses, times), strict=True)
    for own, other in parts:
        np.testing.assert_allclose(own, other, rtol=2e-8, atol=1e-12 * np.max(other))


@stepwise
def test_a_long_chain_begins_and_a_long_driver_is_integrated(solver: str) -> None:
    """Ten compartments that are empty at first, declared as a driver, which has a closed form up to three only."""
    p, times = DELAYED.Parameters(K=2.0), [0.01, 0.5, 2.0, 5.0, 8.0, 12.0]
    _, amounts, exposure = Run(DELAYED, solver)(p, [(0.0, 0.0, 100.0, 0.0)], times)
    truth = by_scipy(DELAYED, p, (100.0, *[0.0] * 11), times)[-1]
    np.testing.assert_allclose([*amounts, exposure], truth, rtol=1e-7)


def test_fast_pharmacokinetics_does_not_shorten_the_steps() -> None:
    """At most 270 steps, rejected ones too, in 63 days with daily output; counted in plain Python by the outputs."""
    calls = 0

    def output(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return neutropenia.neutrophils(*arguments)

    p, counted = typical(neutropenia.DRUG), dataclasses.replace(neutropenia.DRUG, output=output)
    levels, _, _ = Run(counted, "explicit", interpreted)(p, CYCLES, DAYS)
    assert (calls - len(DAYS)) / dop853.STAGES <= 270
    np.testing.assert_allclose(levels, Run(neutropenia.DRUG, relative=1e-12)(p, CYCLES, DAYS)[0], rtol=1e-8)


# Tolerance and memory.


@pytest.mark.parametrize("solver", ["explicit", "stiff"])
def test_a_smaller_tolerance_gives_a_smaller_error(solver: str) -> None:
    p = TMDD.Parameters(K=0.55)
    start, times = (10.0, 300.0, 0.0, 3.0, 0.0), np.linspace(10.0, 500.0, 50)
    truth = by_scipy(TMDD, p, (*start, 0.0), times)[-1, :-1]
    errors = [
        np.abs(Run(TMDD, solver, relative=relative)(p, [], times, start)[1] / truth - 1.0).max()
        for relative in (1e-5, 1e-9)
    ]
    assert errors[0] > 30.0 * errors[1]


def test_without_exposure_the_amounts_are_the_same() -> None:
    p = typical(neutropenia.DRUG)
    with_it, without = (Run(neutropenia.DRUG, exposed=exposed)(p, CYCLES, DAYS) for exposed in (True, False))
    np.testing.assert_allclose(without[0], with_it[0], rtol=1e-8)
    assert without[2] == 0.0 < with_it[2]


@stepwise
def test_nothing_of_a_patient_reaches_the_next(solver: str) -> None:
    """The same workspace, after a patient who was stiff and one who was not."""
    mild, hard = TMDD.Parameters(K=0.1), TMDD.Parameters(K=500.0)
    start, times = (10.0, 300.0, 0.0, 3.0, 0.0), np.linspace(5.0, 100.0, 20)
    used = Run(TMDD, solver)
    for p, q in itertools.product((mild, hard), repeat=2):
        used(p, [], times, start)
        pairs: Any = zip(used(q, [], times, start), Run(TMDD, solver)(q, [], times, start), strict=True)
        for own, fresh in pairs:
            assert np.array_equal(own, fresh, equal_nan=True)


@stepwise
def test_a_course_without_an_end_is_not_a_number(solver: str) -> None:
    p = typical(exploding.DRUG)
    _, _, exposure = Run(exploding.DRUG, solver)(p, [(0.0, 0.0, 1000.0, 0.0)], [2.0])
    assert np.isnan(exposure)


@stepwise
def test_parameters_that_are_not_numbers_give_none(solver: str) -> None:
    p = typical(neutropenia.DRUG)._replace(V=0.0)
    assert np.isnan(Run(neutropenia.DRUG, solver)(p, CYCLES, [24.0])[2])


# Equal steps of the exact solver.


@pytest.mark.parametrize("drug", [iv1.DRUG, pk1.DRUG, pk2.DRUG, pk3.DRUG], ids=lambda drug: drug.name)
@pytest.mark.parametrize("every", [0.1, 1.0, 24.0])
def test_equal_exact_steps_are_the_exact_steps(drug: Drug, every: float) -> None:
    """Also after steps of another length, under an inflow, and for the next patient."""
    doses = [(0.0, 0.0, 500.0, 0.0), (10.3 * every, 7.5 * every, 900.0, 0.0), (40.0 * every, 0.0, 50.0, 0.0)]
    times, used = every * np.arange(1.0, 100.0), Run(drug, "exact", repeated=True)
    for factor in (1.0, 1.3):
        p = type(typical(drug))(*(factor * value for value in typical(drug)))
        exact = Run(drug, "exact")(p, doses, times)
        pairs: Any = zip(used(p, doses, times), exact, strict=True)
        for own, other in pairs:
            np.testing.assert_allclose(own, other, rtol=1e-12, atol=1e-15 * np.max(other))
