"""The solvers, and how a drug chooses one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.pharmacology import Drug
from dosing_env.simulation import adaptive, course, driver, exact, reference
from dosing_env.simulation import repeated as repeated_exact
from dosing_env.simulation.compiling import HOLE, interpreted, specialise
from dosing_env.simulation.control import AUTOMATIC, EXPLICIT, METHOD, STIFFLY, TOLERANCE, TRAIL, UNSEEN, USUAL

SOLVERS: dict[str, Any] = {
    "exact": exact,  # linear drugs
    "compiled": adaptive,  # any drug: explicit or stiff steps, as the patient needs them
    "explicit": adaptive,
    "stiff": adaptive,
    "scipy": reference,
}
_METHODS = {"explicit": EXPLICIT, "stiff": STIFFLY}

NOTHING: Any = HOLE  # a zero for every compartment
ALL: Any = HOLE  # a one for every compartment


def solver_for(drug: Drug, solver: str | None = None) -> str:
    """The name of the solver: the one asked for, else "exact" for a linear drug and "compiled" for another.

    Raises:
        ValueError: unknown solver, or "exact" for a drug that is not linear.
    """
    if solver is None:
        return "exact" if drug.linear else "compiled"
    if solver not in SOLVERS:
        raise ValueError(f"solver: {solver!r} is not one of {', '.join(SOLVERS)}")
    if solver == "exact" and not drug.linear:
        raise ValueError(f"solver: {drug.name} is not linear: 'exact' cannot solve it, use 'compiled' or 'scipy'")
    return solver


def filling(
    drug: Drug, solver: str | None = None, *, repeated: bool = False, look: Any = course.sample
) -> dict[str, Any]:
    """What the holes of the simulation hold for this drug.

    Args:
        drug: the drug.
        solver: a name of `SOLVERS`; left out, the drug's own.
        repeated: whether equal steps of the exact solver are worth remembering (repeated.py).
        exposed: whether the integral of the output is wanted.
        look: what is done at a sample time.
        relative: tolerance of one step of the solvers that make steps. "scipy" has its own.
    """
    name, n = solver_for(drug, solver), len(drug.compartments)
    module = repeated_exact if repeated and name == "exact" else SOLVERS[name]
    leading = {"exact": n, "scipy": 0}.get(name, drug.driver)
    return {
        "N": n,
        "NOTHING": (0.0,) * n,
        "M": leading,
        "EMPTY": (0.0,) * leading,
        "ROWS": module.rows(n),
        "rates": drug.rates,
        "system": drug.rates if name == "exact" else driver.leading,
        "output": drug.output,
        "initial": drug.initial or nothing,
        "move": module.move,
        "decompose": module.decompose,
        "look": look,
        "LINEAR": drug.linear,
    }


def workspace(
    drug: Drug,
    solver: str | None = None,
    rows: int | None = None,
    *,
    relative: float = USUAL,
    exposed: bool = True,
    trail: int = 0,
) -> NDArray[np.float64]:
    """What a solver remembers of one patient, with its settings.

    Args:
        drug: the drug.
        solver: a name of `SOLVERS`; left out, the drug's own.
        rows: as `filling` asks for; left out, those of the solver.
        relative: tolerance of one step of the solvers that make steps; the others ignore it.
        exposed: whether those have to integrate the output.
        trail: how many of their steps can be noted, see `control.set_out`.
    """
    name, n = solver_for(drug, solver), len(drug.compartments)
    rows = rows or int(SOLVERS[name].rows(n))
    if name == "exact":
        return np.zeros((rows, n + 1))
    work = np.zeros((rows + trail, n + 1))
    work[TOLERANCE, 0], work[METHOD, 0], work[UNSEEN, 0] = relative, _METHODS.get(name, AUTOMATIC), not exposed
    work[TRAIL, 0] = rows
    return work


def nothing(p):  # type: ignore[no-untyped-def]
    """A zero per compartment, where the drug says nothing else."""
    return NOTHING


def _all(p):  # type: ignore[no-untyped-def]
    return ALL


def _no_outputs(A, p):  # type: ignore[no-untyped-def]
    return (0.0,)


def entering(drug: Drug) -> dict[str, Any]:
    """What the holes of `subject` hold for this drug: covariates, parameters, and how doses enter."""
    return {
        "X": drug.Covariates,
        "NX": len(drug.Covariates._fields),
        "Eta": drug.Eta,
        "NE": len(drug.Eta._fields),
        "P": drug.Parameters,
        "NP": len(drug.Parameters._fields),
        "individual": drug.individual,
        "bioavailability": drug.bioavailability or _all,
        "ALL": (1.0,) * len(drug.compartments),
        "lag": drug.lag or nothing,
        "duration": drug.duration or nothing,
        "infusion_rate": drug.infusion_rate or nothing,
        "outputs": together(tuple(drug.outputs.values())),
        "NO": len(drug.outputs),
    }


head: Any = HOLE
rest: Any = HOLE


def _more(A, p):  # type: ignore[no-untyped-def]
    return (head(A, p),) + rest(A, p)  # noqa: RUF005  numba cannot unpack


@functools.cache
def together(outputs: tuple[Any, ...]) -> Any:
    """One function (A, p) -> a number per output: numba can loop over numbers, not over functions."""
    if not outputs:
        return _no_outputs
    scope = globals() | {"head": outputs[0], "rest": together(outputs[1:])}
    return FunctionType(_more.__code__, scope, "_more")


def advancer(drug: Drug, solver: str | None = None) -> Callable[..., float]:
    """`course.advance` for this drug and solver: compiled, or plain Python around SciPy."""
    make = interpreted if solver == "scipy" else specialise
    return make(course.advance, **filling(drug, solver))
