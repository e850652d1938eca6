"""Dormand and Prince's explicit method of order 8 (dop853.py), where the problem is not stiff.

Step control and the test for stiffness are those of Hairer, Norsett and Wanner's code dop853.f. Compartments whose
course is known in closed form (driver.py) are put in at the time of every stage; only the others are integrated.
"""

from __future__ import annotations

import math
from typing import Any

from numba.cpython.unsafe.tuple import tuple_setitem
from numba.np.unsafe.ndarray import to_fixed_tuple

from dosing_env.simulation.compiling import HOLE, apart, merged
from dosing_env.simulation.control import (
    AUTOMATIC,
    CALM,
    METHOD,
    NEW,
    NOTED,
    SHARED,
    STATE,
    STEP,
    STIFF,
    accept,
    derivative,
    next_step,
    note,
    rejected_again,
    remember_step,
    row_of,
    tolerance,
    too_short,
)
from dosing_env.simulation.dop853 import E3, E5, STAGES, A, C
from dosing_env.simulation.driver import is_known, place, prepare

N: Any = HOLE
M: Any = HOLE
NOTHING: Any = HOLE  # N zeros

_NEARLY = SHARED  # row: the arguments of the last stage but one, which lies at the end of the step too
_SLOPES = SHARED + 1  # first row of the stages' slopes
_MOST_STEPS = 10_000_000  # seconds; who asks for this method alone, of a stiff problem too, shall have it
_PATIENCE = 1_000  # steps of one stretch before the problem is called stiff
_GROWTH = 6.0  # a step is at most so many times the last
_BOUND = 6.1  # of h |lambda|, where the method's stability ends
STIFF_STEPS, _CALM_STEPS = 15, 6  # steps beyond the bound that make a problem stiff, steps within it that acquit it


def rows(n: int) -> int:
    """Rows of workspace for n compartments."""
    return _SLOPES + STAGES + 1


@merged
def integrate(p, modes, inflow, t, h, work):  # type: ignore[no-untyped-def]
    """Step from time t for h hours. Returns the hours that were done, h unless the problem is stiff or has no end."""
    R = to_fixed_tuple(inflow, N)
    known = is_known(modes, h)
    way = prepare(row_of(work, STATE), p, modes, R)
    if work[STEP, 0] == 0.0:
        work[STEP, 0] = _first_step(p, R, t, h, work)
    automatic = work[METHOD, 0] == AUTOMATIC  # to give up where the problem looks stiff
    done, first, rejected = 0.0, 0, 0
    for _ in range(_PATIENCE if automatic else _MOST_STEPS):
        step = next_step(work[STEP, 0], h - done)
        _stages(p, modes, way, known, R, t, done, step, first, work)
        error = _error(step, work)
        most = _GROWTH if rejected == 0 else 1.0
        factor = min(most, max(0.1, 0.9 * error**-0.125)) if error > 0.0 else most
        if error <= 1.0:
            done = done + step if step < h - done else h
            accept(work)
            remember_step(step, factor, work)
            note(step, work)
            if done == h:
                return h
            if automatic and _looks_stiff(step, work):
                return done
            _reuse_last_slope(work)
            first, rejected = 1, 0
        else:
            work[STEP, 0] = step * (factor if error > 1.0 else 0.1)  # also where the error is nan
            first, rejected = 1, rejected_again(rejected, t + done, p, R, _SLOPES + 1, work)
            if too_short(work[STEP, 0], h):
                return done
    return done


@merged
def retrace(p, modes, inflow, t, h, work):  # type: ignore[no-untyped-def]
    """Take the steps that were noted, from row NOTED on, up to a stiff one. Returns the hours that were done."""
    R = to_fixed_tuple(inflow, N)
    known = is_known(modes, h)
    way = prepare(row_of(work, STATE), p, modes, R)
    done, first, row = 0.0, 0, int(work[NOTED, 0])
    while done < h and work[row, 0] > 0.0:
        step = work[row, 0]
        _stages(p, modes, way, known, R, t, done, step, first, work)
        done = done + step if step < h - done else h
        for i in range(N + 1):
            work[STATE, i] = work[NEW, i]
        _reuse_last_slope(work)
        first, row = 1, row + 1
    work[NOTED, 0] = row
    return done


def _first_step(p, R, t, h, work):  # type: ignore[no-untyped-def]
    """A part of the time in which what is there changes by itself."""
    derivative(work, _SLOPES, STATE, t, p, R)
    fastest = 0.0
    for i in range(N):
        if work[STATE, i] != 0.0:
            fastest = max(fastest, abs(work[_SLOPES, i] / work[STATE, i]))
    return min(h, 0.2 / fastest) if fastest > 0.0 else h


@apart
def _stages(p, modes, way, known, R, t, done, step, first, work):  # type: ignore[no-untyped-def]
    """One step from STATE into NEW. The slope of stage 0 is there unless `first` is 0, and that of NEW comes last."""
    for stage in range(first, STAGES + 1):
        total = NOTHING + (0.0,)  # noqa: RUF005  a tuple stays in registers
        for j in range(stage):
            total = _add(total, A[stage, j], work, _SLOPES + j)
        for i in range(N + 1):
            work[NEW, i] = work[STATE, i] + step * total[i]
        at = done + C[stage] * step
        if known:
            place(work, NEW, way, modes, at)
        derivative(work, _SLOPES + stage, NEW, t + at, p, R)
        if known:
            for i in range(M):
                work[_SLOPES + stage, i] = 0.0
        if stage == STAGES - 1:
            for i in range(N + 1):
                work[_NEARLY, i] = work[NEW, i]


def _add(total, weight, work, row):  # type: ignore[no-untyped-def]
    """The total and a row of the workspace times its weight: component by component, none waits for another."""
    out = total
    for i in range(N + 1):
        out = tuple_setitem(out, i, total[i] + weight * work[row, i])
    return out


def _error(step, work):  # type: ignore[no-untyped-def]
    """The error of the step in units of the tolerance: the estimate of order 5, corrected by that of order 3."""
    fifth = third = 0.0
    for i in range(work.shape[1]):
        e5 = e3 = 0.0
        for j in range(STAGES):
            e5 += E5[j] * work[_SLOPES + j, i]
            e3 += E3[j] * work[_SLOPES + j, i]
        unit = 1.0 / tolerance(i, step, work)
        e5, e3 = e5 * unit, e3 * unit
        fifth, third = fifth + e5 * e5, third + e3 * e3
    size = fifth + 0.01 * third
    return step * fifth / math.sqrt(size * work.shape[1]) if size != 0.0 else 0.0


def _looks_stiff(step, work):  # type: ignore[no-untyped-def]
    """Whether stability has limited many steps: h |lambda| from the two stages at the end of the step."""
    slopes = arguments = 0.0
    for i in range(work.shape[1]):
        unit = 1.0 / tolerance(i, step, work)
        slope = (work[_SLOPES + STAGES, i] - work[_SLOPES + STAGES - 1, i]) * unit
        argument = (work[NEW, i] - work[_NEARLY, i]) * unit
        slopes, arguments = slopes + slope * slope, arguments + argument * argument
    if step * step * slopes > _BOUND * _BOUND * arguments:
        work[CALM, 0] = 0.0
        work[STIFF, 0] += 1.0
    else:
        work[CALM, 0] += 1.0
        if work[CALM, 0] == _CALM_STEPS:
            work[STIFF, 0] = 0.0
    return work[STIFF, 0] >= STIFF_STEPS


def _reuse_last_slope(work):  # type: ignore[no-untyped-def]
    for i in range(work.shape[1]):
        work[_SLOPES, i] = work[_SLOPES + STAGES, i]
