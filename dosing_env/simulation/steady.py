"""The steady state of a dose repeated for ever, or of an infusion that never ends.

It is the fixed point x = P(x) of the map over one interval, found by Newton's method with a Jacobian from finite
differences. P is affine for a linear drug: one step is exact. The doses arrive at the record's time + lag - k interval,
k = 1, 2, ...: so with a lag the state is the one an interval minus the lag after an arrival, and infusions longer than
the interval overlap.
"""

from __future__ import annotations

import math

from dosing_env.simulation.chance import ZERO
from dosing_env.simulation.compiling import apart
from dosing_env.simulation.linear_equations import factor, substitute

_MOST_ITERATIONS = 50
_LEAD_IN = 8  # intervals before Newton begins, for a nonlinear drug
_FORGETS = 1e-13  # least share of an amount that is lost in an interval, for a steady state to exist
_ENOUGH = 1e-8  # relative step after which the next one, quadratically smaller, is not needed
_TRACE = 1e-6  # share of the largest amount below which an amount is lost in the solver's tolerance


def copy(target, source):  # type: ignore[no-untyped-def]
    """Number by number: a slice would compile to a thousand lines that word its complaints."""
    for i in range(len(source)):
        target[i] = source[i]


@apart
def settle(model, first, last, interval, bench, linear):  # type: ignore[no-untyped-def]
    """Find the steady state at the start of an interval, into the first row of `bench.newton`.

    Args:
        first, last: rows of `bench.doses`: what runs in an interval whose start is time 0.
        interval: h.

    Returns whether one was found.
    """
    x, image = bench.newton[0], bench.newton[1]
    model.start(bench.p, x)
    for _ in range(0 if linear else _LEAD_IN):
        if not _one_interval(x, model, first, last, interval, bench):
            return False
    for _ in range(_MOST_ITERATIONS):
        copy(image, x)
        if not _one_interval(image, model, first, last, interval, bench):
            return False
        largest = _largest(bench, first, last)
        if not _differences(model, first, last, interval, bench, linear, largest):
            return False
        if not _solve(bench.newton):
            return False
        if _step(x, image, _TRACE * largest) <= _ENOUGH or linear:
            return True
    return False


@apart
def _one_interval(a, model, first, last, interval, bench):  # type: ignore[no-untyped-def]
    """P: the amounts an interval later, in place. Returns whether the solver came through."""
    return math.isfinite(
        model.stretch(
            a, bench.p, bench.modes, 0.0, interval, bench.doses, first, last, bench.none, bench.out, ZERO, 0.0,
            bench.work, bench.inflow,
        )
    )  # fmt: skip


def _largest(bench, first, last):  # type: ignore[no-untyped-def]
    """The largest amount at the ends of the interval, or given in between."""
    largest = 1e-300
    for i in range(len(bench.a)):
        largest = max(largest, abs(bench.newton[0, i]), abs(bench.newton[1, i]))
    for d in range(first, last):
        largest = max(largest, bench.doses[d, 2])
    return largest


def _differences(model, first, last, interval, bench, linear, largest):  # type: ignore[no-untyped-def]
    """The columns of the Jacobian of P by forward differences. Their width does not matter where P is affine."""
    x, image, moved = bench.newton[0], bench.newton[1], bench.newton[2]
    for j in range(len(x)):
        width = largest if linear else 1e-6 * max(abs(x[j]), 1e-3 * largest)
        copy(moved, x)
        moved[j] += width
        if not _one_interval(moved, model, first, last, interval, bench):
            return False
        for i in range(len(x)):
            bench.newton[4 + i, j] = (moved[i] - image[i]) / width
    return True


def _solve(newton):  # type: ignore[no-untyped-def]
    """Newton's change of x, in place of its image. Returns False where something is never eliminated."""
    change, pivots, factors = newton[1], newton[3], newton[4:]
    n = len(change)
    for i in range(n):
        change[i] -= newton[0, i]
        for j in range(n):
            factors[i, j] = (1.0 if i == j else 0.0) - factors[i, j]
    factor(factors, pivots, n)
    least = 1.0
    for i in range(n):
        least = min(least, abs(factors[i, i]))
    substitute(factors, pivots, change, n)
    return least > _FORGETS


def _step(x, change, trace):  # type: ignore[no-untyped-def]
    """Add the change to x, halved until no amount changes its sign. Returns its largest relative size.

    Amounts below `trace` are compared with that.
    """
    share = 1.0
    for i in range(len(x)):
        while x[i] * change[i] < 0.0 and abs(share * change[i]) > abs(x[i]) and share > 1e-9:
            share *= 0.5
    largest = 0.0
    for i in range(len(x)):
        x[i] += share * change[i]
        if change[i] != 0.0:
            largest = max(largest, abs(change[i]) / max(abs(x[i]), trace))
    return largest
