"""What the methods that solve in steps share: their workspace, what they remember of a patient, tolerance, step sizes.

A step is accepted where its error, as a root mean square over the components, each in units of its own tolerance

    tolerance |y_i| + 1e-25 (largest |y_i| so far + largest amount of drug so far) + rounding of step dy_i/dt,

is at most 1. Compartments have different units (mg, cells/L, INR), so each is measured by itself, and next to nothing
is left out: the logarithm of a count that fell by twenty orders is an output like others. The second term lets an
empty compartment begin: far down a chain of compartments the first amounts are wrong by more than themselves at any
step size. Drug is what stands in compartments that are empty without it (`initial`). The third is 0 until many steps
in a row are rejected; then it is found how far the slopes change with the last digits of the amounts. A compartment
that collects a small difference of large numbers is no better than that, and no step size makes it so.
"""

from __future__ import annotations

import math
from typing import Any

from numba.cpython.unsafe.tuple import tuple_setitem

from dosing_env.simulation.compiling import HOLE, apart
from dosing_env.simulation.driver import decompose_driver

rates: Any = HOLE
output: Any = HOLE
initial: Any = HOLE
N: Any = HOLE  # number of compartments
NOTHING: Any = HOLE  # N zeros

# Rows of workspace. In the rows from STEP on only the first number is used; those from TOLERANCE on are settings.
# TRAIL is the row from which steps are noted, NOTED that of the next (0: none is), FOLLOWING whether they are taken.
STATE, NEW, LARGEST, BASELINE, ROUNDING, STEP, GIVEN, STIFF, CALM, TOLERANCE, METHOD, UNSEEN = range(12)
TRAIL, NOTED, FOLLOWING = range(12, 15)
SHARED = 15

USUAL = 1e-10  # tolerance of a step, relative, where the workspace says 0
AUTOMATIC, EXPLICIT, STIFFLY = range(3)  # methods

_TINY = 1e-25  # of the largest amount: what need not be right
_OFTEN = 4  # rejections in a row
_PART, _LAST_DIGITS = 1e-8, 1e-15  # of an amount: a difference; some units in the last place
_LAST_CHANCE = 1e-14  # of the whole way: a shorter step means that there is no solution


def forget(p, work):  # type: ignore[no-untyped-def]
    """Forget the last patient. Returns the modes of the driver."""
    modes = decompose_driver(p, work)
    for row in range(TOLERANCE):
        work[row, 0] = 0.0
    baseline = initial(p)
    for i in range(N):
        work[LARGEST, i], work[BASELINE, i] = 0.0, baseline[i]
    work[LARGEST, N] = 0.0
    return modes


def start(a, inflow, h, work):  # type: ignore[no-untyped-def]
    """Begin a stretch of constant inflow: the amounts and an integral of 0 become the state."""
    for i in range(N):
        work[STATE, i] = a[i]
        if work[BASELINE, i] == 0.0:
            work[GIVEN, 0] = max(work[GIVEN, 0], abs(a[i]), abs(inflow[i]) * h)
        work[ROUNDING, i] = 0.0
    work[STATE, N] = work[ROUNDING, N] = 0.0
    note_sizes(work)


def finish(a, done, h, work):  # type: ignore[no-untyped-def]
    """Hand the state over. Returns the integral, nan where the end was not reached."""
    if not done >= h:
        return math.nan
    for i in range(N):
        a[i] = work[STATE, i]
    return work[STATE, N]


def note_sizes(work):  # type: ignore[no-untyped-def]
    """Remember the largest value of each component."""
    for i in range(work.shape[1]):
        work[LARGEST, i] = max(work[LARGEST, i], abs(work[STATE, i]))


def row_of(work, row):  # type: ignore[no-untyped-def]
    """The amounts in a row of the workspace, as a tuple (a view of the row would be counted by reference, and slow)."""
    out = NOTHING
    for i in range(N):
        out = tuple_setitem(out, i, work[row, i])
    return out


def derivative(work, to, of, t, p, R):  # type: ignore[no-untyped-def]
    """The rates of all compartments and the output, at the amounts in the row `of`, into the row `to`."""
    A = row_of(work, of)
    change = rates(t, A, p, R)
    for i in range(N):
        work[to, i] = change[i]
    work[to, N] = output(A, p) if work[UNSEEN, 0] == 0.0 else 0.0


def tolerance(i, step, work):  # type: ignore[no-untyped-def]
    """The error of component i that a step of so many hours may make."""
    size = max(abs(work[STATE, i]), abs(work[NEW, i]))
    relative = work[TOLERANCE, 0] if work[TOLERANCE, 0] > 0.0 else USUAL
    return relative * size + _TINY * (work[LARGEST, i] + work[GIVEN, 0]) + step * work[ROUNDING, i] + 1e-300


def accept(work):  # type: ignore[no-untyped-def]
    """The new state becomes the state."""
    for i in range(work.shape[1]):
        work[STATE, i] = work[NEW, i]
    note_sizes(work)


def rejected_again(times, t, p, R, scratch, work):  # type: ignore[no-untyped-def]
    """How often in a row steps from time t were rejected, with this one. `scratch` is the first of two spare rows."""
    if times == _OFTEN:
        _measure_rounding(t, p, R, scratch, work)
    return times + 1


@apart
def _measure_rounding(t, p, R, scratch, work):  # type: ignore[no-untyped-def]
    """How far the slopes change with the last digits of the amounts, one amount after the other."""
    n = work.shape[1]
    for i in range(n):
        work[NEW, i] = work[STATE, i]
    derivative(work, scratch, NEW, t, p, R)
    for j in range(N):
        work[NEW, j] = work[STATE, j] * (1.0 + _PART)
        derivative(work, scratch + 1, NEW, t, p, R)
        work[NEW, j] = work[STATE, j]
        for i in range(n):
            change = abs(work[scratch + 1, i] - work[scratch, i])
            if change > 0.0:  # not where it is no number
                work[ROUNDING, i] += _LAST_DIGITS / _PART * change


def next_step(wanted, left):  # type: ignore[no-untyped-def]
    """The step to take where so much is left: no last step much shorter than the others."""
    if wanted >= left:
        return left
    return min(wanted, 0.5 * left)


def remember_step(step, factor, work):  # type: ignore[no-untyped-def]
    """After a step that was accepted; one that only the end of the way made short says nothing against the old size."""
    proposal = step * factor
    work[STEP, 0] = proposal if factor < 1.0 else max(work[STEP, 0], proposal)


def note(step, work):  # type: ignore[no-untyped-def]
    """Note a step that was accepted, where that is wanted; a stiff one as a negative number. Behind the last is a 0."""
    row = int(work[NOTED, 0])
    if row > 0:
        if row + 1 < len(work):
            work[row, 0], work[row + 1, 0] = step, 0.0
            work[NOTED, 0] += 1.0
        else:
            begin_trail(False, work)


def set_out(i, relative, together, work):  # type: ignore[no-untyped-def]
    """Before point i of a patient: its tolerance, and whether it takes the steps that the first one took."""
    work[TOLERANCE, 0] = relative
    if i == 0 or not together:
        work[FOLLOWING, 0] = 0.0
        begin_trail(together, work)
    else:
        first = int(work[TRAIL, 0])
        work[FOLLOWING, 0], work[NOTED, 0] = (1.0, first) if work[first, 0] != 0.0 else (0.0, 0.0)


def begin_trail(noted, work):  # type: ignore[no-untyped-def]
    """Forget the steps that were noted. From now on they are, or not."""
    first = int(work[TRAIL, 0])
    work[first, 0] = 0.0
    work[NOTED, 0] = first if noted else 0.0


def too_short(step, h):  # type: ignore[no-untyped-def]
    """Whether steps have become so short that there is no solution; also where they are not numbers."""
    return not step > _LAST_CHANCE * h
