"""The compartments that drive a nonlinear drug: M leading ones that are a linear system of their own, known exactly.

Their amounts at any time of a stretch of constant inflow are those of exact.py, so that only the other compartments
need steps, and fast pharmacokinetics does not shorten the steps of a slow effect.
"""

from __future__ import annotations

from typing import Any

from numba.cpython.unsafe.tuple import tuple_setitem

from dosing_env.simulation.compiling import HOLE, apart
from dosing_env.simulation.exact import decompose, expand, interpolate, separate, values

rates: Any = HOLE
initial: Any = HOLE
M: Any = HOLE  # number of driving compartments
EMPTY: Any = HOLE  # M zeros
NOTHING: Any = HOLE  # a zero for every compartment


@apart
def leading(t, A, p, R):  # type: ignore[no-untyped-def]
    """The rates of the first M compartments: the `system` of exact.py."""
    return values(rates(t, _with_leading(initial(p), A), p, _with_leading(NOTHING, R)))


def _with_leading(whole, part):  # type: ignore[no-untyped-def]
    """The numbers of all compartments, those of the first M replaced."""
    out = whole
    for i in range(M):
        out = tuple_setitem(out, i, part[i])
    return out


def decompose_driver(p, work):  # type: ignore[no-untyped-def]
    """The modes of the driver; 0.0 where there is none."""
    if M == 0:
        return 0.0
    return decompose(p, work)


def is_known(modes, h):  # type: ignore[no-untyped-def]
    """Whether there is a driver, and a closed form for h hours of it."""
    if M == 0:
        return False
    return separate(modes, h)


def prepare(A, p, modes, R):  # type: ignore[no-untyped-def]
    """What the amounts of the driver depend on besides the time, from amounts and inflow of all compartments."""
    if M == 0:
        return 0.0
    return expand(values(A), p, modes, values(R))


def place(work, row, way, modes, h):  # type: ignore[no-untyped-def]
    """Write the amounts of the driver h hours after `prepare` into a row of the workspace."""
    if M > 0:
        known, _ = interpolate(way, modes, h)
        for i in range(M):
            work[row, i] = known[i]
