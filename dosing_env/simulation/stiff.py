"""Steinebach's Rosenbrock method of order 5 (rodas5p.py), where the problem is stiff.

Every step solves linear equations with the Jacobian of the rates, which is taken by differences.
"""

from __future__ import annotations

import math
from typing import Any

from numba.np.unsafe.ndarray import to_fixed_tuple

from dosing_env.simulation.compiling import HOLE, apart, merged
from dosing_env.simulation.control import (
    GIVEN,
    LARGEST,
    NEW,
    SHARED,
    STATE,
    STEP,
    accept,
    derivative,
    next_step,
    note,
    rejected_again,
    remember_step,
    tolerance,
    too_short,
)
from dosing_env.simulation.linear_equations import factor, substitute
from dosing_env.simulation.rodas5p import GAMMA, STAGES, A, B, C, D

N: Any = HOLE

_U = SHARED  # first row of the stages' solutions
_SLOPE, _DRIFT, _TRIAL, _ORDER = range(_U + STAGES, _U + STAGES + 4)  # f(t, y), df/dt, any other f, the pivots
_MATRICES = _ORDER + 1  # first row of the Jacobian; behind it the matrix of the linear equations
_MOST_STEPS = 100_000
_GROWTH = 6.0  # a step is at most so many times the last
_NOTHING = 1e-280  # a compartment that has decayed so far is empty: a part of it may be no number any more
_PART = 1e-5  # of a component's size: the step of the differences, whose error is of second order


def rows(n: int) -> int:
    """Rows of workspace for n compartments."""
    return _MATRICES + 2 * (n + 1)


@merged
def integrate(p, inflow, t, done, h, work):  # type: ignore[no-untyped-def]
    """Step from time t + done to t + h. Returns the hours that were done, h unless there is no solution."""
    R = to_fixed_tuple(inflow, N)
    if work[STEP, 0] == 0.0:
        work[STEP, 0] = 1e-3 * h
    rejected = 0
    for _ in range(_MOST_STEPS):
        step = next_step(work[STEP, 0], h - done)
        if rejected == 0:
            _differentiate(p, R, t + done, step, work)
        error = _step(p, R, t + done, step, work)
        most = _GROWTH if rejected == 0 else 1.0
        change = min(most, max(0.1, 0.9 * error**-0.2)) if error > 0.0 else most
        if not error <= 1.0:
            work[STEP, 0] = step * (change if error > 1.0 else 0.1)  # also where the error is nan
            rejected = rejected_again(rejected, t + done, p, R, _U, work)
            if too_short(work[STEP, 0], h):
                return done
        else:
            done = done + step if step < h - done else h
            accept(work)
            remember_step(step, change, work)
            note(-step, work)
            rejected = 0
            if done == h:
                return h
    return done


def retrace(p, inflow, t, step, work):  # type: ignore[no-untyped-def]
    """One step from time t that nobody controls."""
    R = to_fixed_tuple(inflow, N)
    _differentiate(p, R, t, step, work)
    _step(p, R, t, step, work)
    accept(work)


@apart
def _slope(work, to, of, t, p, R):  # type: ignore[no-untyped-def]
    derivative(work, to, of, t, p, R)


@apart
def _differentiate(p, R, t, step, work):  # type: ignore[no-untyped-def]
    """The slope at the state, its derivative in time by one difference, and the Jacobian by differences of order 2.

    The points of the differences lie above the state, where amounts are still amounts.
    """
    n = work.shape[1]
    for i in range(n):
        work[NEW, i] = work[STATE, i]
    _slope(work, _SLOPE, NEW, t, p, R)
    later = t + 1e-7 * step
    _slope(work, _TRIAL, NEW, later, p, R)
    for i in range(n):
        work[_DRIFT, i] = (work[_TRIAL, i] - work[_SLOPE, i]) / (later - t) if later > t else 0.0
        work[_MATRICES + i, n - 1] = 0.0  # nothing depends on the integral of the output
    for j in range(n - 1):
        d = _difference(j, work)
        for k in range(1, 3):
            work[NEW, j] = work[STATE, j] + k * d
            _slope(work, _TRIAL, NEW, t, p, R)
            for i in range(n):
                change = work[_TRIAL, i] - work[_SLOPE, i]
                work[_MATRICES + i, j] = 2.0 * change if k == 1 else work[_MATRICES + i, j] - 0.5 * change
        for i in range(n):
            work[_MATRICES + i, j] /= d
        work[NEW, j] = work[STATE, j]


def _difference(j, work):  # type: ignore[no-untyped-def]
    """A small part of the size of compartment j; where nothing has been in it, of the drug given."""
    size = max(abs(work[STATE, j]), 0.01 * work[LARGEST, j])
    if not size > _NOTHING:
        size = work[GIVEN, 0] if work[GIVEN, 0] > _NOTHING else 1.0
    return _PART * size


@apart
def _step(p, R, t, step, work):  # type: ignore[no-untyped-def]
    """One step from STATE into NEW. Returns its error in units of the tolerance."""
    n = work.shape[1]
    jacobian, matrix, order = work[_MATRICES:], work[_MATRICES + n :], work[_ORDER]
    for i in range(n):
        for j in range(n):
            matrix[i, j] = -jacobian[i, j]
        matrix[i, i] += 1.0 / (step * GAMMA)
    factor(matrix, order, n)
    for stage in range(STAGES):
        for i in range(n):
            argument, carried = work[STATE, i], 0.0
            for j in range(stage):
                argument += A[stage, j] * work[_U + j, i]
                carried += B[stage, j] * work[_U + j, i]
            work[NEW, i] = argument
            work[_U + stage, i] = carried / step + step * D[stage] * work[_DRIFT, i]
        _slope(work, _TRIAL, NEW, t + C[stage] * step, p, R)
        for i in range(n):
            work[_U + stage, i] += work[_TRIAL, i]
        substitute(matrix, order, work[_U + stage], n)
    total = 0.0
    for i in range(n):
        work[NEW, i] += work[_U + STAGES - 1, i]
        error = work[_U + STAGES - 1, i] / tolerance(i, step, work)
        total += error * error
    return math.sqrt(total / n)
