"""The solvers, and how a drug chooses one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dosing_env.pharmacology import Drug
from dosing_env.simulation import adaptive, course, driver, exact, explicit, reference, stiff
from dosing_env.simulation import repeated as repeated_exact
from dosing_env.simulation.compiling import HOLE, interpreted, specialise

SOLVERS: dict[str, Any] = {
    "exact": exact,  # linear drugs
    "compiled": adaptive,  # any drug: explicit or stiff steps, as the patient needs them
    "explicit": explicit,
    "stiff": stiff,
    "scipy": reference,
}

NOTHING: Any = HOLE  # a zero for every compartment


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
    drug: Drug, solver: str | None = None, *, repeated: bool = False, exposed: bool = True, relative: float = 1e-9
) -> dict[str, Any]:
    """What the holes of the simulation hold for this drug.

    Args:
        drug: the drug.
        solver: a name of `SOLVERS`; left out, the drug's own.
        repeated: whether equal steps of the exact solver are worth remembering (repeated.py).
        exposed: whether the integral of the output is wanted.
        relative: tolerance of one step of the solvers that make steps. "scipy" has its own.
    """
    name, n = solver_for(drug, solver), len(drug.compartments)
    module = repeated_exact if repeated and name == "exact" else SOLVERS[name]
    leading = n if name == "exact" else drug.driver
    return {
        "N": n,
        "NOTHING": (0.0,) * n,
        "M": leading,
        "EMPTY": (0.0,) * leading,
        "ROWS": module.rows(n),
        "EXPOSED": exposed,
        "RELATIVE": relative,
        "AUTOMATIC": name == "compiled",
        "rates": drug.rates,
        "system": drug.rates if name == "exact" else driver.leading,
        "output": drug.output,
        "initial": drug.initial or nothing_at_first,
        "move": module.move,
        "decompose": module.decompose,
    }


def nothing_at_first(p):  # type: ignore[no-untyped-def]
    """The amounts without drug, where the drug says nothing else."""
    return NOTHING


def advancer(drug: Drug, solver: str | None = None) -> Callable[..., float]:
    """`course.advance` for this drug and solver: compiled, or plain Python around SciPy."""
    make = interpreted if solver == "scipy" else specialise
    return make(course.advance, **filling(drug, solver))
