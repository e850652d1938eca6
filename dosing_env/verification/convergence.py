"""Whether smaller steps give smaller errors: how fast the error of a solver falls with its tolerance.

The error is that of the worst of a model's cases: of one alone it may be small by chance, where it changes its sign.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dosing_env.pharmacology import Drug
from dosing_env.verification.check import Check, failed
from dosing_env.verification.reference import Case, apart, solved

TOLERANCES = (1e-5, 1e-6, 1e-7, 1e-8, 1e-9)
FINEST = 1e-12  # what the others are held against
LIMIT = 2.0  # orders by which the tolerance falls where the error falls by one; about 1 is expected
ROUNDING = 1e-11  # errors below this say nothing


def check(drug: Drug, cases: Sequence[Case], solver: str) -> Iterator[Check]:
    """How many orders the tolerance has to fall for the error to fall by one, fitted over all tolerances."""
    try:
        errors = np.max([_errors(drug, case, solver) for case in cases], axis=0)
        note = "errors " + ", ".join(f"{error:.0e}" for error in errors)
        yield Check("step size", cases[0].model, solver, orders(errors), LIMIT, note)
    except (ValueError, RuntimeError) as error:
        yield failed("step size", cases[0].model, solver, LIMIT, error)


def orders(errors: Sequence[float]) -> float:
    """Orders of tolerance per order of error; 0 where the coarsest tolerance leaves next to nothing."""
    tolerance, error = np.log10(TOLERANCES), np.log10(np.maximum(errors, ROUNDING))
    if error[0] < np.log10(TOLERANCES[-1]):
        return 0.0
    slope = float(np.polyfit(tolerance, error, 1)[0])
    return 1.0 / slope if slope > 0.0 else float("inf")


def _errors(drug: Drug, case: Case, solver: str) -> list[float]:
    best = solved(drug, case, solver, FINEST)
    return [apart(solved(drug, case, solver, relative), best) for relative in TOLERANCES]
