"""Whether smaller steps give smaller errors: the error of a solver at three tolerances.

Only the coarsest and the finest are held against each other: in between an error may be small by chance, where it
changes its sign.
"""

from __future__ import annotations

from collections.abc import Iterator

from dosing_env.pharmacology import Drug
from dosing_env.verification.check import Check, failed
from dosing_env.verification.reference import Case, solved, worst

TOLERANCES = (1e-5, 1e-7, 1e-9)
GAIN = 10.0  # the error at the finest tolerance is at most a tenth of that at the coarsest
FLOOR = 1e-9  # below this the reference's own digits count


def check(drug: Drug, case: Case, solver: str) -> Iterator[Check]:
    """The error that is left, in units of what may be left: 1 or less is enough."""
    try:
        errors = [worst(case, solved(drug, case, solver, relative))[0] for relative in TOLERANCES]
        left = GAIN * errors[-1] / max(errors[0], FLOOR) if errors[-1] > FLOOR else 0.0
        note = ", ".join(f"{error:.0e}" for error in errors)
        yield Check("step size", case.name, solver, left, 1.0, f"errors {note}")
    except (ValueError, RuntimeError) as error:
        yield failed("step size", case.name, solver, 1.0, error)
