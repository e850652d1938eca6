"""One patient's course between two times: doses in, amounts and exposure out.

The one place where dose events meet a solver. `move` and `decompose` are the exact or the adaptive solver's.
"""

from __future__ import annotations

from typing import Any

from numba.np.unsafe.ndarray import to_fixed_tuple

from dosing_env.simulation.compiling import HOLE, apart

move: Any = HOLE
decompose: Any = HOLE
output: Any = HOLE
look: Any = HOLE
N: Any = HOLE

SAME_TIME = 1e-9  # h: events closer than this happen at once


@apart
def advance(a, p, begin, end, doses, first, last, times, levels, work, inflow):  # type: ignore[no-untyped-def]
    """Advance the amounts `a` (N,) in place from `begin` to `end`, h.

    Args:
        doses: columns start (h), duration (h, 0: bolus), amount (mg), compartment. Rows `first` to `last` are looked
            at: infusions running in the interval and boluses from `begin` to before `end`.
        times: sample times in (begin, end], ascending, h.
        levels: filled with the output at those times (before a bolus at the same time).

    Returns the exposure (integral of the output, mg h/L); nan where the solver failed.
    """
    return proceed(a, p, decompose(p, work), begin, end, doses, first, last, times, levels, work, inflow)


def sample(levels, j, a, p, exposure):  # type: ignore[no-untyped-def]
    """Note the level at sample time j."""
    levels[j] = output(to_fixed_tuple(a, N), p)


def proceed(a, p, modes, begin, end, doses, first, last, times, seen, work, inflow):  # type: ignore[no-untyped-def]
    """The same for parameters that the solver has decomposed; at the sample times `look` is called with `seen`."""
    t, j, exposure, change = begin, 0, 0.0, begin
    earliest = begin - SAME_TIME
    while True:
        while j < len(times) and times[j] <= t + SAME_TIME:
            look(seen, j, a, p, exposure)
            j += 1
        if t >= end - SAME_TIME:
            return exposure
        if t >= change - SAME_TIME:
            _inject(a, earliest, t + SAME_TIME, doses, first, last)
            _inflow(inflow, t, doses, first, last)
            change = _next_change(t, end, doses, first, last)
        stop = min(change, times[j]) if j < len(times) else change
        exposure += move(a, p, modes, inflow, t, stop - t, work)
        earliest = t = stop


def _next_change(t, end, doses, first, last):  # type: ignore[no-untyped-def]
    """The next time after t at which the inflow changes or a bolus comes, at most `end`."""
    stop = end
    for d in range(first, last):
        start = doses[d, 0]
        finish = start + doses[d, 1]
        if start > t + SAME_TIME:
            stop = min(stop, start)
        elif finish > t + SAME_TIME:
            stop = min(stop, finish)
    return stop


def _inflow(inflow, t, doses, first, last):  # type: ignore[no-untyped-def]
    """Sum of the infusion rates running at t, mg/h, per compartment."""
    for i in range(N):
        inflow[i] = 0.0
    for d in range(first, last):
        start, duration = doses[d, 0], doses[d, 1]
        if start <= t + SAME_TIME < start + duration:
            inflow[int(doses[d, 3])] += doses[d, 2] / duration


def _inject(a, earliest, latest, doses, first, last):  # type: ignore[no-untyped-def]
    """Add the boluses given between two times, both included."""
    for d in range(first, last):
        if doses[d, 1] == 0.0 and earliest <= doses[d, 0] <= latest:
            a[int(doses[d, 3])] += doses[d, 2]
