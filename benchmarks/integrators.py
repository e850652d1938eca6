"""Whole courses by the ODE integrators that one would otherwise take, stopped by hand wherever the inflow changes.

SciPy's `solve_ivp` in Python and numbalsoda's C++ LSODA in a compiled loop, on the same compiled equations. They do
less than ours: no event table is read and checked, nothing is written but the amounts at the times of the grid.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

Floats = NDArray[np.float64]


class Course(NamedTuple):
    """What every subject gets, and when he is looked at."""

    breaks: Floats  # h, the last one is the end
    inflow: Floats  # mg/h into the first compartment, from each break to the next
    grid: Floats  # h, the breaks and the times at which amounts are wanted


class Problem(NamedTuple):
    """The equations of a drug, compiled, and its subjects."""

    equations: Callable[..., None]  # (t, A, dA, p), p: the inflow, then the parameters
    parameters: Floats  # (subjects, parameters)
    start: Floats  # (subjects, compartments) amounts at time 0


def two_compartments(t, A, dA, p):  # type: ignore[no-untyped-def]
    rate, CL, V1, Q, V2 = p[0], p[1], p[2], p[3], p[4]
    dA[0] = rate - (CL + Q) / V1 * A[0] + Q / V2 * A[1]
    dA[1] = Q / V1 * A[0] - Q / V2 * A[1]


def neutropenia(t, A, dA, p):  # type: ignore[no-untyped-def]
    two_compartments(t, A, dA, p)
    V, CIRC0, GAM, SLOPE = p[2], p[5], p[7], p[8]
    KTR = 4.0 / p[6]
    dA[2] = KTR * A[2] * ((1.0 - SLOPE * A[0] / V) * (CIRC0 / A[6]) ** GAM - 1.0)
    dA[3] = KTR * (A[2] - A[3])
    dA[4] = KTR * (A[3] - A[4])
    dA[5] = KTR * (A[4] - A[5])
    dA[6] = KTR * (A[5] - A[6])


def course(infusions: Floats, rate: float, end: float, every: float) -> Course:
    """Infusions of one hour that start at these times, and amounts wanted `every` so many hours."""
    breaks = np.unique([*infusions, *(infusions + 1.0), end])
    inflow = np.where(np.isin(breaks[:-1], infusions), rate, 0.0)
    return Course(breaks, inflow, np.union1d(breaks, np.arange(0.0, end + every / 2.0, every)))


def by_scipy(problem: Problem, plan: Course, rtol: float, atol: float) -> Floats:
    """(subjects, times of the grid, compartments) by `solve_ivp`, method LSODA."""
    return np.stack([_one(problem, s, plan, rtol, atol) for s in range(len(problem.parameters))])


def _one(problem: Problem, s: int, plan: Course, rtol: float, atol: float) -> Floats:
    equations, p = _compiled(problem.equations), np.concatenate([[0.0], problem.parameters[s]])

    def derivative(t: float, A: Floats) -> Floats:
        dA = np.empty_like(A)
        equations(t, A, dA, p)
        return dA

    seen = [problem.start[s]]
    edges = np.searchsorted(plan.grid, plan.breaks)
    for low, high, p[0] in zip(edges[:-1], edges[1:], plan.inflow, strict=True):
        times = plan.grid[low : high + 1]
        span = times[0], times[-1]
        solution = solve_ivp(derivative, span, seen[-1], "LSODA", times[1:], rtol=rtol, atol=atol)
        seen.extend(solution.y.T)
    return np.array(seen)


@cache
def _compiled(equations: Callable[..., None]) -> Any:
    scope = dict(equations.__globals__)  # type: ignore[attr-defined]
    if equations is neutropenia:
        scope["two_compartments"] = _compiled(two_compartments)
    function = type(equations)(equations.__code__, scope)  # type: ignore[call-arg]
    return numba.njit(function, error_model="numpy")


def has_numbalsoda() -> bool:
    """Whether numbalsoda is there: it comes as source, and needs CMake, a C++ and a Fortran compiler."""
    return importlib.util.find_spec("numbalsoda") is not None


def by_numbalsoda(problem: Problem, plan: Course, rtol: float, atol: float) -> Floats:
    """(subjects, times of the grid, compartments) by C++ LSODA, subject after subject in compiled code."""
    run, equations = _loop(), _callback(problem.equations)
    edges = np.searchsorted(plan.grid, plan.breaks)
    seen = np.empty((*problem.start.shape[:1], len(plan.grid), problem.start.shape[1]))
    if not run(equations.address, *problem[1:], plan.inflow, plan.grid, edges, rtol, atol, seen):
        raise RuntimeError("numbalsoda failed")
    return seen


@cache
def _callback(equations: Callable[..., None]) -> Any:
    from numbalsoda import lsoda_sig

    return numba.cfunc(lsoda_sig, error_model="numpy")(_compiled(equations).py_func)


@cache
def _loop() -> Any:
    from numbalsoda import lsoda

    @numba.njit(error_model="numpy")
    def run(equations, parameters, start, inflow, grid, edges, rtol, atol, seen):  # type: ignore[no-untyped-def]
        p = np.empty(parameters.shape[1] + 1)
        good = True
        for s in range(len(parameters)):
            p[1:] = parameters[s]
            seen[s, 0] = start[s]
            for k in range(len(inflow)):
                p[0], low, high = inflow[k], edges[k], edges[k + 1]
                amounts, fine = lsoda(equations, seen[s, low].copy(), grid[low : high + 1], p, rtol, atol, 100_000)
                seen[s, low + 1 : high + 1] = amounts[1:]
                good = good and fine
        return good

    return run
