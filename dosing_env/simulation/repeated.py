"""The exact solver for a drug seen at equal distances: the matrices of one step length are remembered.

Of a step whose length comes twice in a row the matrices of exact.py's docstring are kept,

    A(h) = E A + F r,    int A dt = F A + G r,

column by column from exact.py itself, and the same step afterwards is a product. Lengths that differ by no more than
the rounding of the times they lie between are the same.
"""

from __future__ import annotations

from typing import Any

from numba.cpython.unsafe.tuple import tuple_setitem

from dosing_env.simulation.compiling import HOLE, apart
from dosing_env.simulation.exact import decompose as decompose_exactly
from dosing_env.simulation.exact import move as move_exactly
from dosing_env.simulation.exact import propagate, values
from dosing_env.simulation.exact import rows as rows_exactly

output: Any = HOLE
M: Any = HOLE
EMPTY: Any = HOLE

_MEMORY = rows_exactly(
    1
)  # row behind those of exact.py: the last step length, and the one whose matrices are kept (h; 0)
_E = _MEMORY + 1  # first row of E; F and G follow
_ROUNDING = 4.5e-16


def rows(n: int) -> int:
    """Rows of workspace for n compartments."""
    return _E + 3 * n


def decompose(p, work):  # type: ignore[no-untyped-def]
    """The modes of K. Forgets the last patient's matrices."""
    work[_MEMORY, 0] = work[_MEMORY, 1] = 0.0
    return decompose_exactly(p, work)


def move(a, p, modes, inflow, t, h, work):  # type: ignore[no-untyped-def]
    """Advance the amounts `a` (M,) by h hours in place. Returns the integral of the output over those hours."""
    same = _ROUNDING * (abs(t) + h)
    if not abs(h - work[_MEMORY, 1]) <= same:
        if abs(h - work[_MEMORY, 0]) <= same:
            _keep(p, modes, h, work)
        else:
            work[_MEMORY, 0] = h
            return _once(a, p, modes, inflow, t, h, work)
    return _multiply(a, p, inflow, work)


@apart
def _once(a, p, modes, inflow, t, h, work):  # type: ignore[no-untyped-def]
    return move_exactly(a, p, modes, inflow, t, h, work)


@apart
def _keep(p, modes, h, work):  # type: ignore[no-untyped-def]
    """Fill in E, F and G for steps of h hours."""
    work[_MEMORY, 1] = h
    for j in range(2 * M):
        one = tuple_setitem(EMPTY, j % M, 1.0)
        v, r = (one, EMPTY) if j < M else (EMPTY, one)
        amounts, total = propagate(v, p, modes, r, h)
        for i in range(M):
            if j < M:
                work[_E + i, j], work[_E + M + i, j] = amounts[i], total[i]
            else:
                work[_E + 2 * M + i, j - M] = total[i]


def _multiply(a, p, inflow, work):  # type: ignore[no-untyped-def]
    v, r = values(a), values(inflow)
    total = EMPTY
    for i in range(M):
        amount = area = 0.0
        for j in range(M):
            amount += work[_E + i, j] * v[j] + work[_E + M + i, j] * r[j]
            area += work[_E + M + i, j] * v[j] + work[_E + 2 * M + i, j] * r[j]
        a[i] = amount
        total = tuple_setitem(total, i, area)
    return output(total, p)
