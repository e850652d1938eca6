"""What the methods that solve in steps share: their workspace, what they remember of a patient, tolerance, step sizes.

A step is accepted where its error, as a root mean square over the components, each in units of its own tolerance

    RELATIVE |y_i| + 1e-13 largest |y_i| so far + 1e-16 largest amount of drug so far,

is at most 1. Compartments have different units (mg, cells/L, INR), so each is measured by itself. The last term lets an
empty compartment begin: far down a chain of compartments the first amounts are wrong by more than themselves at any
step size. Drug is what stands in compartments that are empty without it (`initial`).
"""

from __future__ import annotations

import math
from typing import Any

from numba.cpython.unsafe.tuple import tuple_setitem

from dosing_env.simulation.compiling import HOLE
from dosing_env.simulation.driver import decompose_driver

rates: Any = HOLE
output: Any = HOLE
initial: Any = HOLE
N: Any = HOLE  # number of compartments
NOTHING: Any = HOLE  # N zeros
EXPOSED: Any = HOLE  # whether the integral of the output is wanted: one more component
RELATIVE: Any = HOLE

# Rows of workspace. In the rows from STEP to GIVEN only the first number is used.
STATE, NEW, LARGEST, BASELINE, STEP, GIVEN, STIFF, CALM = range(8)
SHARED = 8

_OF_LARGEST, _OF_GIVEN = 1e-13, 1e-16
_LAST_CHANCE = 1e-14  # of the whole way: a shorter step means that there is no solution


def forget(p, work):  # type: ignore[no-untyped-def]
    """Forget the last patient. Returns the modes of the driver."""
    modes = decompose_driver(p, work)
    for row in range(SHARED):
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
    work[STATE, N] = 0.0
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
    work[to, N] = output(A, p) if EXPOSED else 0.0


def tolerance(i, work):  # type: ignore[no-untyped-def]
    """The error of component i that one step may make."""
    size = max(abs(work[STATE, i]), abs(work[NEW, i]))
    return RELATIVE * size + _OF_LARGEST * work[LARGEST, i] + _OF_GIVEN * work[GIVEN, 0] + 1e-300


def accept(work):  # type: ignore[no-untyped-def]
    """The new state becomes the state."""
    for i in range(work.shape[1]):
        work[STATE, i] = work[NEW, i]
    note_sizes(work)


def next_step(wanted, left):  # type: ignore[no-untyped-def]
    """The step to take where so much is left: no last step much shorter than the others."""
    if wanted >= left:
        return left
    return min(wanted, 0.5 * left)


def remember_step(step, factor, work):  # type: ignore[no-untyped-def]
    """After a step that was accepted; one that only the end of the way made short says nothing against the old size."""
    proposal = step * factor
    work[STEP, 0] = proposal if factor < 1.0 else max(work[STEP, 0], proposal)


def too_short(step, h):  # type: ignore[no-untyped-def]
    """Whether steps have become so short that there is no solution; also where they are not numbers."""
    return not step > _LAST_CHANCE * h
