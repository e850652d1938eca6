"""The three solvers against SciPy, against closed forms, and against what mass balance demands."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Drug
from dosing_env.simulation.solvers import SOLVERS, solver_for
from tests.models import iv1, michaelis_menten, pk1, pk2, pk3
from tests.simulation.courses import (
    CATALOGUE,
    EVERY,
    HOURS,
    LINEAR,
    NONLINEAR,
    Solution,
    assert_same,
    by_scipy,
    dosable,
    go_on,
    parameters,
    rate_matrix,
    samples,
    scale,
    schedule,
    slowest,
    solve,
    typical,
    undosed,
)

EXACT, COMPILED = 1e-9, 1e-6  # relative agreement with DOP853 at a relative tolerance of 1e-12
HARD = settings(max_examples=10, deadline=None, derandomize=True)
WITH_CLEARANCE = {name: drug for name, drug in CATALOGUE.items() if drug.linear and "CL" in drug.Parameters._fields}

linear = pytest.mark.parametrize("drug", LINEAR.values(), ids=LINEAR)
nonlinear = pytest.mark.parametrize("drug", NONLINEAR.values(), ids=NONLINEAR)
every = pytest.mark.parametrize("drug", EVERY.values(), ids=EVERY)
with_clearance = pytest.mark.parametrize("drug", WITH_CLEARANCE.values(), ids=WITH_CLEARANCE)


# Agreement with SciPy.


@linear
@HARD
@given(st.data())
def test_linear_drugs_agree_with_scipy(drug: Drug, data: st.DataObject) -> None:
    p, doses, times = draw_course(drug, data)
    reference = by_scipy(drug, p, doses, times, HOURS)
    assert_same(solve(drug, p, doses, times, HOURS, "exact"), reference, EXACT, scale(drug, p, doses))
    assert_same(solve(drug, p, doses, times, HOURS, "compiled"), reference, COMPILED, scale(drug, p, doses))


@nonlinear
@HARD
@given(st.data())
def test_nonlinear_drugs_agree_with_scipy(drug: Drug, data: st.DataObject) -> None:
    p, doses, times = draw_course(drug, data)
    reference = by_scipy(drug, p, doses, times, HOURS)
    assert_same(solve(drug, p, doses, times, HOURS, "compiled"), reference, COMPILED, scale(drug, p, doses))


@every
def test_the_reference_solver_agrees_with_scipy(drug: Drug) -> None:
    p, times = typical(drug), [1.0, 6.5, 20.0]
    doses = [(6.5, 0.0, 300.0, drug.dosed), (0.0, 2.0, 1000.0, drug.dosed)]
    reference = by_scipy(drug, p, doses, times, HOURS)
    assert_same(solve(drug, p, doses, times, HOURS, "scipy"), reference, EXACT, scale(drug, p, doses))


def draw_course(drug: Drug, data: st.DataObject) -> tuple[Any, Any, Any]:
    return data.draw(parameters(drug)), data.draw(schedule(dosable(drug))), data.draw(samples)


CORNERS = {
    "ka equals ke": (pk1.DRUG, pk1.Parameters(CL=4.0, V=20.0, KA=0.2)),
    "ka nearly ke": (pk1.DRUG, pk1.Parameters(CL=4.0, V=20.0, KA=0.2 * (1 + 1e-13))),
    "ka close to ke": (pk1.DRUG, pk1.Parameters(CL=4.0, V=20.0, KA=0.2 + 1e-6)),
    "ka some way from ke": (pk1.DRUG, pk1.Parameters(CL=4.0, V=20.0, KA=0.2 + 1e-3)),
    "ka equals the slow phase": (pk2.DRUG, pk2.Parameters(CL=5.0, V=10.0, Q=5.0, V2=10.0, KA=0.5 * (1.5 - 1.25**0.5))),
    "ka equals the fast phase": (pk2.DRUG, pk2.Parameters(CL=5.0, V=10.0, Q=5.0, V2=10.0, KA=0.5 * (1.5 + 1.25**0.5))),
    "no exchange, all rates equal": (pk2.DRUG, pk2.Parameters(CL=2.0, V=10.0, Q=0.0, V2=10.0, KA=0.2)),
    "nothing leaves, one": (iv1.DRUG, iv1.Parameters(CL=0.0, V=32.0)),
    "nothing leaves, two": (pk1.DRUG, pk1.Parameters(CL=0.0, V=32.0, KA=1.0)),
    "nothing moves": (pk1.DRUG, pk1.Parameters(CL=0.0, V=32.0, KA=0.0)),
    "nothing leaves, three": (pk2.DRUG, pk2.Parameters(CL=0.0, V=12.0, Q=4.4, V2=38.0, KA=1.0)),
    "stiff": (pk2.DRUG, pk2.Parameters(CL=60.0, V=3.0, Q=0.05, V2=400.0, KA=0.02)),
    "all rates equal, five": (pk3.DRUG, pk3.Parameters(1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 0.5, 0.5)),
}
BUSY = [(0.0, 0.0, 500.0, 0), (0.25, 0.5, 200.0, 0), (3.0, 4.0, 800.0, 0), (5.0, 4.0, 100.0, 0), (5.0, 0.0, 50.0, 0)]


@pytest.mark.parametrize(("drug", "p"), CORNERS.values(), ids=CORNERS)
@pytest.mark.parametrize(("solver", "relative"), [("exact", EXACT), ("compiled", COMPILED)])
def test_corners_agree_with_scipy(drug: Drug, p: Any, solver: str, relative: float) -> None:
    times = [0.001, 0.25, 0.6, 3.0, 8.0, 30.0]
    doses = BUSY + [(start + 1.0, duration, amount, len(drug.compartments) - 1) for start, duration, amount, _ in BUSY]
    reference = by_scipy(drug, p, doses, times, 30.0)
    assert_same(solve(drug, p, doses, times, 30.0, solver), reference, relative, scale(drug, p, doses))


@every
@pytest.mark.parametrize("h", [1e-8, 1e-6, 1e-4, 1e-2])
def test_tiny_intervals_agree_with_scipy(drug: Drug, h: float) -> None:
    p, doses = typical(drug), [(0.0, 0.0, 700.0, drug.dosed), (0.0, 1.0, 1000.0, 0)]
    reference = by_scipy(drug, p, doses, [h], h)
    for solver in ("exact", "compiled") if drug.linear else ("compiled",):
        assert_same(solve(drug, p, doses, [h], h, solver), reference, EXACT, scale(drug, p, doses))


# The declaration of linearity.


@linear
def test_declared_linear_is_linear(drug: Drug) -> None:
    assert departure_from_linearity(drug) < 1e-13


@nonlinear
def test_declared_nonlinear_is_nonlinear(drug: Drug) -> None:
    assert departure_from_linearity(drug) > 1e-6


def departure_from_linearity(drug: Drug) -> float:
    """How much rates and output of a weighted sum differ from the weighted sum, at two times, relative."""
    random, p = np.random.default_rng(5), typical(drug)
    n, worst = len(drug.compartments), 0.0
    for _ in range(20):
        A, B, R, S = random.uniform(0.0, 1000.0, (4, n))
        a, b = random.uniform(0.1, 3.0, 2)
        both = respond(drug, p, 0.0, a * A + b * B, a * R + b * S)
        parts = a * respond(drug, p, 77.0, A, R) + b * respond(drug, p, 5.0, B, S)
        worst = max(worst, float(np.max(np.abs(both - parts) / np.abs(both).max())))
    return worst


def respond(drug: Drug, p: Any, t: float, A: Any, R: Any) -> Any:
    return np.array([*drug.rates(t, tuple(A), p, tuple(R)), drug.output(tuple(A), p)])


# Closed forms.


def test_one_compartment_infusion_is_the_textbook_formula() -> None:
    p, rate, T = iv1.Parameters(CL=4.6, V=32.0), 500.0, 2.0
    times = np.array([0.5, 2.0, 5.0, 24.0])
    k = p.CL / p.V
    during = np.minimum(times, T)
    formula = rate / p.CL * (1 - np.exp(-k * during)) * np.exp(-k * (times - during))
    for solver, relative in (("exact", 1e-12), ("compiled", COMPILED)):
        own = solve(iv1.DRUG, p, [(0.0, T, rate * T, 0)], times, 24.0, solver)
        np.testing.assert_allclose(own.levels, formula, rtol=relative)


def test_two_compartment_bolus_is_the_textbook_formula() -> None:
    p, dose = pk2.Parameters(CL=3.2, V=12.0, Q=4.4, V2=38.0, KA=1.0), 1000.0
    k10, k12, k21 = p.CL / p.V, p.Q / p.V, p.Q / p.V2
    total = k10 + k12 + k21
    root = math.sqrt(total**2 - 4 * k10 * k21)
    alpha, beta = 0.5 * (total + root), 0.5 * (total - root)
    times = np.array([0.1, 1.0, 6.0, 24.0])
    a, b = (alpha - k21) / (alpha - beta), (k21 - beta) / (alpha - beta)
    formula = dose / p.V * (a * np.exp(-alpha * times) + b * np.exp(-beta * times))
    own = solve(pk2.DRUG, p, [(0.0, 0.0, dose, 1)], times, 24.0, "exact")
    np.testing.assert_allclose(own.levels, formula, rtol=1e-12)


def test_oral_dose_with_equal_rates_is_the_textbook_formula() -> None:
    """C = dose/V ka t exp(-ka t) where ka = ke."""
    p, times = pk1.Parameters(CL=4.0, V=20.0, KA=0.2), np.array([0.01, 1.0, 5.0, 40.0])
    own = solve(pk1.DRUG, p, [(0.0, 0.0, 500.0, 0)], times, 40.0, "exact")
    np.testing.assert_allclose(own.levels, 500.0 / p.V * 0.2 * times * np.exp(-0.2 * times), rtol=1e-12)


# What holds for every drug.


@with_clearance
def test_exposure_to_infinity_is_dose_over_clearance(drug: Drug) -> None:
    p = typical(drug)
    end = 40.0 / slowest(drug, p)
    for duration in (0.0, 2.0):
        own = solve(drug, p, [(1.0, duration, 1000.0, drug.dosed)], [], end)
        assert own.exposure == pytest.approx(1000.0 / p.CL, rel=1e-9)


@linear
def test_exposure_to_infinity_is_that_of_the_inverse_matrix(drug: Drug) -> None:
    p, n = typical(drug), len(drug.compartments)
    dose = 1000.0 * np.eye(n)[drug.dosed]
    total = drug.output(tuple(np.linalg.solve(-rate_matrix(drug, p), dose)), p)
    own = solve(drug, p, [(0.0, 1.0, 1000.0, drug.dosed)], [], 40.0 / slowest(drug, p))
    assert own.exposure == pytest.approx(total, rel=1e-9)


@every
def test_what_went_in_is_still_there_or_was_eliminated(drug: Drug) -> None:
    """Nothing is negative, and never is there more than was given."""
    p, doses, given = typical(drug), [(0.0, 0.0, 400.0, drug.dosed), (2.0, 2.0, 600.0, drug.dosed)], 1000.0
    amounts, n = undosed(drug, p), 4 if drug is pk3.DRUG else dosable(drug)  # the fifth of pk3: mg/L
    for begin in map(float, range(24)):
        go_on(drug, p, amounts, begin, begin + 1.0, doses)
        assert amounts.min() >= 0.0
        assert amounts[:n].sum() <= given * (1 + 1e-12)


@pytest.mark.parametrize(("drug", "p"), [CORNERS[name] for name in CORNERS if name.startswith("nothing")])
def test_without_elimination_everything_stays(drug: Drug, p: Any) -> None:
    own = solve(drug, p, BUSY, [], 100.0, "exact")
    assert own.amounts.sum() == pytest.approx(sum(amount for _, _, amount, _ in BUSY), rel=1e-12)


@linear
@settings(HARD, max_examples=25)
@given(st.data())
def test_doses_add_up(drug: Drug, data: st.DataObject) -> None:
    p, doses, times = draw_course(drug, data)
    alone = [solve(drug, p, [dose], times, HOURS) for dose in doses]
    together = Solution(*(sum(parts) for parts in zip(*alone, strict=True)))  # type: ignore[arg-type]
    assert_same(solve(drug, p, doses, times, HOURS), together, EXACT, scale(drug, p, doses))


@every
@settings(HARD, max_examples=25)
@given(st.data())
def test_more_drug_never_means_less(drug: Drug, data: st.DataObject) -> None:
    p, doses, times = draw_course(drug, data)
    one = solve(drug, p, doses, times, HOURS)
    more = solve(drug, p, [(start, hours, 1.5 * amount, where) for start, hours, amount, where in doses], times, HOURS)
    n = dosable(drug)
    parts: Any = zip(*(s._replace(amounts=s.amounts[:n]) for s in (more, one, scale(drug, p, doses))), strict=True)
    for much, little, size in parts:
        assert np.all(much >= little * (1 - 1e-9) - 1e-12 * size)


@with_clearance
def test_terminal_half_life_is_that_of_the_closed_form(drug: Drug) -> None:
    p = typical(drug)
    rate = slowest(drug, p)
    late = [25.0 / rate, 27.0 / rate]
    first, second = solve(drug, p, [(0.0, 1.0, 1000.0, drug.dosed)], late, late[-1]).levels
    half_life = math.log(2.0) * (late[1] - late[0]) / math.log(first / second)
    assert half_life == pytest.approx(math.log(2.0) / rate, rel=1e-6)


@with_clearance
def test_steady_state_exposure_of_a_day_is_daily_dose_over_clearance(drug: Drug) -> None:
    p = typical(drug)
    days = math.ceil(30.0 / slowest(drug, p) / 24.0)
    doses = [(12.0 * k, 1.5, 1000.0, drug.dosed) for k in range(2 * days + 2)]
    amounts = np.zeros(len(drug.compartments))
    go_on(drug, p, amounts, 0.0, 24.0 * days, doses)
    _, exposure = go_on(drug, p, amounts, 24.0 * days, 24.0 * (days + 1), doses)
    assert exposure == pytest.approx(2000.0 / p.CL, rel=1e-9)


@every
@settings(HARD, max_examples=25)
@given(st.data())
def test_cutting_an_interval_changes_nothing(drug: Drug, data: st.DataObject) -> None:
    p, doses, times = draw_course(drug, data)
    cuts = sorted({0.0, *data.draw(samples), doses[0][0], doses[0][0] + 0.5 * doses[0][1], HOURS})
    whole, amounts, total = solve(drug, p, doses, times, HOURS), undosed(drug, p), 0.0
    levels: list[float] = []
    for begin, end in itertools.pairwise(cuts):
        part, exposure = go_on(drug, p, amounts, begin, end, doses, [t for t in times if begin < t <= end])
        levels, total = [*levels, *part], total + exposure
    # A concentration to a power that is no whole number is not smooth where the drug arrives: steps err by 1e-7 there.
    nonlinear = 1e-6 if drug.Patient is WarfarinPatient else 1e-8
    relative = 1e-11 if drug.linear else nonlinear
    assert_same(Solution(np.array(levels), amounts, total), whole, relative, scale(drug, p, doses))


# What is refused.


def test_linear_drugs_are_solved_exactly_and_others_by_steps() -> None:
    assert {solver_for(drug) for drug in LINEAR.values()} == {"exact"}
    assert {solver_for(drug) for drug in NONLINEAR.values()} == {"compiled"}
    assert {solver_for(iv1.DRUG, solver) for solver in SOLVERS} == set(SOLVERS)


def test_exact_is_refused_where_the_drug_is_not_linear() -> None:
    with pytest.raises(ValueError, match="michaelis_menten is not linear"):
        solver_for(michaelis_menten.DRUG, "exact")


def test_an_unknown_solver_is_refused() -> None:
    with pytest.raises(ValueError, match="solver: 'lsoda' is not one of exact, compiled, explicit, stiff, scipy"):
        solver_for(iv1.DRUG, "lsoda")
