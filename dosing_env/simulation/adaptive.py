"""The solver of nonlinear drugs: explicit steps until the patient turns out to be stiff, then stiff ones.

A patient who was stiff once is solved by the stiff method until the parameters change.
"""

from __future__ import annotations

from dosing_env.simulation import explicit, stiff
from dosing_env.simulation.compiling import merged
from dosing_env.simulation.control import AUTOMATIC, EXPLICIT, METHOD, NOTED, STIFF, finish, forget, start
from dosing_env.simulation.explicit import STIFF_STEPS
from dosing_env.simulation.explicit import integrate as integrate_explicitly
from dosing_env.simulation.explicit import retrace as retrace_explicitly
from dosing_env.simulation.stiff import integrate as integrate_stiffly
from dosing_env.simulation.stiff import retrace as retrace_stiffly


def rows(n: int) -> int:
    """Rows of workspace for n compartments."""
    return max(explicit.rows(n), stiff.rows(n))


def decompose(p, work):  # type: ignore[no-untyped-def]
    """Forget the last patient."""
    return forget(p, work)


@merged
def move(a, p, modes, inflow, t, h, work):  # type: ignore[no-untyped-def]
    """Advance the amounts `a` (N,) by h hours in place, from time t.

    Returns the integral of the output over those hours; nan where the tolerance cannot be met.
    """
    start(a, inflow, h, work)
    done = 0.0
    method = work[METHOD, 0]
    if method == EXPLICIT or (method == AUTOMATIC and work[STIFF, 0] < STIFF_STEPS):
        done = integrate_explicitly(p, modes, inflow, t, h, work)
    if done < h and method != EXPLICIT:
        work[STIFF, 0] = STIFF_STEPS
        done = integrate_stiffly(p, inflow, t, done, h, work)
    return finish(a, done, h, work)


@merged
def retrace(a, p, modes, inflow, t, h, work):  # type: ignore[no-untyped-def]
    """As `move`, by the steps that a neighbour noted: the difference of both is that of one smooth function."""
    start(a, inflow, h, work)
    done = retrace_explicitly(p, modes, inflow, t, h, work)
    while done < h and work[int(work[NOTED, 0]), 0] < 0.0:
        step = -work[int(work[NOTED, 0]), 0]
        retrace_stiffly(p, inflow, t + done, step, work)
        done = done + step if step < h - done else h
        work[NOTED, 0] += 1.0
    return finish(a, done, h, work)
