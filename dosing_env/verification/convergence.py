"""Whether smaller steps give smaller errors: the error of a solver at three tolerances."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from dosing_env.pharmacology import Drug
from dosing_env.verification.check import Check, failed
from dosing_env.verification.reference import Case, solved, worst

TOLERANCES = (1e-5, 1e-7, 1e-9)
GAIN = 10.0  # the error falls at least tenfold for a hundred times the tolerance
FLOOR = 1e-9  # below this the reference's own digits count


def check(drug: Drug, case: Case, solver: str) -> Iterator[Check]:
    """By how much of what it should the error falls, at worst: 1 or less is enough."""
    try:
        errors = [worst(case, solved(drug, case, solver, relative))[0] for relative in TOLERANCES]
        falls = [GAIN * fine / coarse for coarse, fine in itertools.pairwise(errors) if fine > FLOOR]
        note = ", ".join(f"{error:.0e}" for error in errors)
        yield Check("step size", case.name, solver, max(falls, default=0.0), 1.0, f"errors {note}")
    except (ValueError, RuntimeError) as error:
        yield failed("step size", case.name, solver, 1.0, error)
