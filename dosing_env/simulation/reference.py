"""The reference solver: SciPy's DOP853 at its tightest tolerance, one patient at a time, on the drug's own `rates`."""

from __future__ import annotations

from typing import Any

from dosing_env.simulation.compiling import HOLE

rates: Any = HOLE
output: Any = HOLE
N: Any = HOLE

RELATIVE = 1e-12


def rows(n: int) -> int:
    """Rows of workspace for n compartments."""
    return 1


def decompose(p: Any, work: Any) -> None:
    """Nothing to prepare."""


def move(a: Any, p: Any, modes: None, inflow: Any, t: float, h: float, work: Any) -> float:
    """Advance `a` (N,) mg by h hours in place, from time t. Returns the integral of the output; nan where it failed."""
    import numpy as np
    from scipy.integrate import solve_ivp

    R = tuple(inflow)
    size = max(np.max(np.abs(a)), h * np.max(np.abs(inflow)), 1e-300)

    def derivative(time: float, y: Any) -> list[float]:
        A = tuple(y[:N])
        return [*rates(time, A, p, R), output(A, p)]

    solution = solve_ivp(derivative, (t, t + h), [*a, 0.0], method="DOP853", rtol=RELATIVE, atol=1e-16 * size)
    if not solution.success:
        return float("nan")
    a[:] = solution.y[:N, -1]
    return float(solution.y[N, -1])
