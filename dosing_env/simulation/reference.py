"""The reference solver: SciPy at its tightest tolerance, one patient at a time, on the drug's own `rates`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.simulation.compiling import HOLE
from dosing_env.simulation.control import SHARED, STIFF, UNSEEN

Floats = NDArray[np.float64]

rates: Any = HOLE
output: Any = HOLE
N: Any = HOLE


class Attempt(NamedTuple):
    """A method of SciPy and its settings."""

    method: str
    relative: float
    absolute: float  # as a part of the largest amount
    steps: int  # after so many it is given up


# One absolute tolerance holds for all compartments, and some are small: nearly nothing, then. If that takes too many
# steps, the patient is stiff, or a difference of large numbers has come to rest at 0, where it has no end.
ATTEMPTS = (
    Attempt("DOP853", 1e-12, 1e-25, 20_000),
    Attempt("Radau", 1e-12, 1e-25, 100_000),
    Attempt("DOP853", 1e-12, 1e-16, 10_000_000),
)


def rows(n: int) -> int:
    """Rows of workspace for n compartments."""
    return SHARED


def decompose(p: Any, work: Any) -> None:
    """Forget what the last patient needed."""
    work[STIFF, 0] = 0


def move(a: Any, p: Any, modes: None, inflow: Any, t: float, h: float, work: Any) -> float:
    """Advance `a` (N,) mg by h hours in place, from time t. Returns the integral of the output; nan where it failed."""
    R, exposed = tuple(inflow), work[UNSEEN, 0] == 0.0
    size = max(np.max(np.abs(a)), h * np.max(np.abs(inflow)))

    def derivative(time: float, y: Any) -> Floats:
        A = tuple(y[:N])
        return np.array([*rates(time, A, p, R), output(A, p) if exposed else 0.0])

    start = np.array([*a, 0.0])
    for number in range(int(work[STIFF, 0]), len(ATTEMPTS)):
        y = _solved(derivative, start, t, h, size, ATTEMPTS[number])
        if y is not None:
            work[STIFF, 0] = number  # the next stretch begins with what served this one
            a[:] = y[:N]
            return float(y[N])
    return math.nan


def _solved(
    derivative: Callable[[float, Any], Floats], y: Floats, t: float, h: float, size: float, how: Attempt
) -> Floats | None:
    """y after h hours; None where it was given up."""
    from scipy import integrate

    if not np.isfinite(derivative(t, y)).all():  # SciPy would never come to an end
        return None
    absolute = max(how.absolute * size, 1e-300)
    solver = getattr(integrate, how.method)(derivative, t, y, t + h, rtol=how.relative, atol=absolute)
    with np.errstate(over="ignore"):  # where Radau looks for the widths of its differences
        for _ in range(how.steps):
            if solver.status != "running":
                break
            solver.step()
    return solver.y if solver.status == "finished" else None
