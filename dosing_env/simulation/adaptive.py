"""Adaptive integration of a nonlinear drug, each patient with step sizes of its own.

Dormand and Prince's explicit Runge-Kutta pair of order 5(4) (J Comput Appl Math 1980;6:19-26) with step control on the
amounts and on the integral of the output.
"""

from __future__ import annotations

import math
from typing import Any

from numba.np.unsafe.ndarray import to_fixed_tuple

from dosing_env.simulation.compiling import HOLE

rates: Any = HOLE
output: Any = HOLE
N: Any = HOLE  # number of compartments

ROWS = 10
RELATIVE = 1e-9  # tolerance of one step
ABSOLUTE = 1e-15  # of the largest amount on board
_MOST_STEPS = 100_000

_C = (0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
_A = (
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    (1 / 5, 0.0, 0.0, 0.0, 0.0, 0.0),
    (3 / 40, 9 / 40, 0.0, 0.0, 0.0, 0.0),
    (44 / 45, -56 / 15, 32 / 9, 0.0, 0.0, 0.0),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0.0, 0.0),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0.0),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)


def decompose(p, work):  # type: ignore[no-untyped-def]
    """Nothing to prepare: there is no closed form."""
    return 0.0


def move(a, p, modes, inflow, t, h, work):  # type: ignore[no-untyped-def]
    """Advance the amounts `a` (N,) by h hours in place, from time t.

    Returns the integral of the output over those hours; nan where the tolerance cannot be met.
    """
    y, y_new = work[7], work[8]
    for i in range(N):
        y[i] = a[i]
    y[N] = 0.0
    _derivative(work[0], t, y, p, inflow)
    done, step = 0.0, _first_step(y, work[0], inflow, h)
    for _ in range(_MOST_STEPS):
        step = min(step, h - done)
        error = _try_step(y, y_new, t + done, step, p, inflow, work)
        if error <= 1.0:
            done += step
            for i in range(N + 1):
                y[i] = y_new[i]
                work[0, i] = work[6, i]  # the last stage is the first of the next step
            if done >= h * (1.0 - 1e-15):
                for i in range(N):
                    a[i] = y[i]
                return y[N]
        step *= min(5.0, max(0.2, 0.9 * error**-0.2)) if error > 0.0 else 5.0
        if not step > 1e-14 * h:  # also where the error is nan
            break
    return math.nan


def _derivative(row, t, y, p, inflow):  # type: ignore[no-untyped-def]
    A = to_fixed_tuple(y[:N], N)
    values = rates(t, A, p, to_fixed_tuple(inflow, N))
    for i in range(N):
        row[i] = values[i]
    row[N] = output(A, p)


def _first_step(y, slope, inflow, h):  # type: ignore[no-untyped-def]
    """A hundredth of the time in which the amounts change by themselves."""
    size = speed = 0.0
    for i in range(N):
        size = max(size, abs(y[i]), abs(inflow[i]) * h)
        speed = max(speed, abs(slope[i]))
    return min(h, 0.01 * size / speed) if speed > 0.0 else h


def _try_step(y, y_new, t, step, p, inflow, k):  # type: ignore[no-untyped-def]
    """One step into `y_new`; returns its error in units of the tolerance. Stages stand in k[0] to k[6]."""
    for stage in range(1, 7):
        for i in range(N + 1):
            total = 0.0
            for j in range(stage):
                total += _A[stage][j] * k[j, i]
            y_new[i] = y[i] + step * total
        _derivative(k[stage], t + _C[stage] * step, y_new, p, inflow)
    largest = 0.0
    for i in range(N):
        largest = max(largest, abs(y[i]), abs(y_new[i]))
    worst = 0.0
    for i in range(N + 1):
        error = 0.0
        for j in range(7):
            error += _ERROR[j] * k[j, i]
        scale = RELATIVE * max(abs(y[i]), abs(y_new[i])) + ABSOLUTE * largest
        worst = max(worst, abs(step * error) / scale) if error != 0.0 else worst
    return worst
