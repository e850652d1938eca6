"""What the tests of the solvers share: drugs and random courses, the solver under test, and an independent solution."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from dosing_env import catalogue
from dosing_env.pharmacology import Drug, Patient
from dosing_env.simulation.solvers import advancer, solver_for, workspace
from tests.bedside import USUAL
from tests.models import iv1, michaelis_menten, pk1, pk2, pk3

Floats = NDArray[np.float64]
HOURS = 36.0
CATALOGUE: dict[str, Drug] = {name: catalogue.load("drugs", name) for name in catalogue.names("drugs")}
MADE_UP: dict[str, Drug] = {module.DRUG.name: module.DRUG for module in (iv1, pk1, pk2, pk3)}  # 1, 2, 3, 5 compartments
LINEAR: dict[str, Drug] = {name: drug for name, drug in (CATALOGUE | MADE_UP).items() if drug.linear}
NONLINEAR: dict[str, Drug] = {michaelis_menten.DRUG.name: michaelis_menten.DRUG} | {
    name: drug for name, drug in CATALOGUE.items() if not drug.linear
}
EVERY = LINEAR | NONLINEAR


class Solution(NamedTuple):
    levels: Floats  # (times,) output at the sample times
    amounts: Floats  # (compartments,) at the end
    exposure: float  # integral of the output


def solve(drug: Drug, p: Any, doses: Any, times: Any, end: float, solver: str | None = None) -> Solution:
    """The course of a patient without drug at time 0, by the solver under test."""
    amounts = undosed(drug, p)
    levels, exposure = go_on(drug, p, amounts, 0.0, end, doses, times, solver)
    return Solution(levels, amounts, exposure)


def undosed(drug: Drug, p: Any) -> Floats:
    """The amounts of a patient without drug."""
    return np.array(drug.initial(p) if drug.initial else (0.0,) * len(drug.compartments))


def go_on(
    drug: Drug,
    p: Any,
    amounts: Floats,
    begin: float,
    end: float,
    doses: Any,
    times: Any = (),
    solver: str | None = None,
) -> tuple[Floats, float]:
    """Advance the amounts in place. Returns levels and exposure."""
    n, name = len(amounts), solver_for(drug, solver)
    doses, times = np.array(doses, dtype=float).reshape(-1, 4), np.array(times, dtype=float)
    levels, work, inflow = np.zeros(len(times)), workspace(drug, name), np.zeros(n)
    exposure = advancer(drug, name)(amounts, p, begin, end, doses, 0, len(doses), times, levels, work, inflow)
    return levels, exposure


def by_scipy(drug: Drug, p: Any, doses: Any, times: Any, end: float) -> Solution:
    """The same, one stretch of constant inflow after the other, with SciPy's DOP853, without the project's code."""
    changes = {0.0, end, *times, *(d[0] for d in doses), *(d[0] + d[1] for d in doses)}
    y, levels = np.append(undosed(drug, p), 0.0), {}
    for begin, stop in itertools.pairwise(sorted(t for t in changes if t <= end)):
        inflow = np.zeros(len(drug.compartments))
        for start, duration, amount, compartment in doses:
            if duration == 0.0 and start == begin:
                y[int(compartment)] += amount
            elif start <= begin < start + duration:
                inflow[int(compartment)] += amount / duration
        y = _stretch(drug, p, y, inflow, begin, stop)
        levels[stop] = drug.output(tuple(y[:-1]), p)
    return Solution(np.array([levels[t] for t in times]), y[:-1], y[-1])


def _stretch(drug: Drug, p: Any, y: Floats, inflow: Floats, begin: float, stop: float) -> Floats:
    R = tuple(inflow)

    def derivative(t: float, y: Floats) -> list[float]:
        return [*drug.rates(t, tuple(y[:-1]), p, R), drug.output(tuple(y[:-1]), p)]

    size = max(np.abs(y).max(), inflow.max() * (stop - begin), 1e-300)
    solution = solve_ivp(derivative, (begin, stop), y, method="DOP853", rtol=1e-12, atol=1e-17 * size)
    assert solution.success, solution.message
    return solution.y[:, -1]


def scale(drug: Drug, p: Any, doses: Any) -> Solution:
    """What everything given at once would make: the size against which almost nothing is almost nothing."""
    total = sum(dose[2] for dose in doses)
    everywhere = (total,) * len(drug.compartments)
    return Solution(drug.output(everywhere, p), np.array(everywhere), 0.0)  # type: ignore[arg-type]


def assert_same(own: Solution, other: Solution, relative: float, size: Solution) -> None:
    """Every level, amount and the exposure agree, or differ by less than 1e-12 of their size."""
    parts: Any = zip(own, other, size, strict=True)
    for mine, theirs, largest in parts:
        np.testing.assert_allclose(mine, theirs, rtol=relative, atol=1e-12 * np.max(largest))


def rate_matrix(drug: Drug, p: Any) -> Floats:
    """K of dA/dt = K A, from the drug's rates at the unit vectors, 1/h."""
    n = len(drug.compartments)
    return np.array([drug.rates(0.0, tuple(unit), p, (0.0,) * n) for unit in np.eye(n)]).T


def slowest(drug: Drug, p: Any) -> float:
    """The rate constant of the terminal phase, 1/h."""
    return float(np.abs(np.linalg.eigvals(rate_matrix(drug, p))).min())


def typical(drug: Drug) -> Any:
    """The parameters of a middle-aged patient without random effects."""
    return floats(drug.individual(drug.covariates(USUAL[drug.Patient]), drug.no_eta))


def floats(record: Any) -> Any:
    return type(record)(*(float(value) for value in record))


def log_uniform(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(np.log(low), np.log(high)).map(lambda value: float(np.exp(value)))


@st.composite
def parameters(draw: st.DrawFn, drug: Drug) -> Any:
    """The parameters of a random patient; of a test drug, whose covariates are its parameters, random ones."""
    if drug.name in MADE_UP:
        return floats(
            drug.individual(drug.Covariates(*(draw(log_uniform(0.1, 20.0)) for _ in drug.Covariates._fields)), None)
        )
    patient = draw(patients(drug.Patient))
    eta = drug.Eta(*(variance**0.5 * draw(st.floats(-3, 3)) for variance in drug.omega.values()))
    return floats(drug.individual(drug.covariates(patient), eta))


@st.composite
def patients(draw: st.DrawFn, kind: Any) -> Any:
    """A random patient of a kind."""
    body = {
        "AGE": draw(st.floats(18, 95)),
        "WT": draw(st.floats(35, 200)),
        "HT": draw(st.floats(145, 200)),
        "SEX": float(draw(st.booleans())),
    }
    if kind is Patient:
        flags = {name: float(draw(st.booleans())) for name in ("DIAL", "HAEM")}
        return Patient(**body, SCR=draw(log_uniform(0.4, 8.0)), **flags)
    star3 = draw(st.integers(0, 2))
    return USUAL[kind]._replace(
        **body,
        CYP2C9_2=float(draw(st.integers(0, 2 - star3))),
        CYP2C9_3=float(star3),
        VKORC1_A=float(draw(st.integers(0, 2))),
        CYP4F2_3=float(draw(st.integers(0, 2))),
        AMIODARONE=float(draw(st.booleans())),
        INR0=draw(st.floats(0.9, 1.3)),
    )


def dosable(drug: Drug) -> int:
    """How many of the first compartments hold drug: the others of a delayed effect are no amounts."""
    return drug.driver if drug.initial else len(drug.compartments)


def moments(low: float, high: float) -> st.SearchStrategy[float]:
    """Times, h: full and half hours, so that some coincide, and any others."""
    return st.one_of(
        st.integers(int(2 * low), int(2 * high)).map(lambda half: half / 2),
        st.floats(low, high).map(lambda t: round(t, 3)),
    )


@st.composite
def schedule(draw: st.DrawFn, compartments: int) -> list[tuple[float, float, float, float]]:
    """One to six boluses and infusions (start, duration, mg, compartment) in any order and into any compartment."""
    dose = st.tuples(
        moments(0.0, 24.0),
        st.one_of(st.just(0.0), moments(0.5, 8.0)),
        log_uniform(1.0, 3000.0),
        st.integers(0, compartments - 1).map(float),
    )
    return draw(st.lists(dose, min_size=1, max_size=6))


samples = st.lists(moments(0.5, HOURS), min_size=1, max_size=6, unique=True).map(sorted)
