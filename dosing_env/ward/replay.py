"""The true course of patients on a ward between their decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dosing_env import decision
from dosing_env.simulation.compiling import specialise
from dosing_env.ward import course

if TYPE_CHECKING:
    from dosing_env.cohort import Cohort, Floats


def curve(cohort: Cohort, slots: Any, per_interval: int) -> tuple[Floats, Floats]:
    """Times and true concentrations, see `Cohort.curve`."""
    rules, given = cohort.task.rules, cohort.courses[np.atleast_1d(slots)]
    times = np.arange(rules.decisions * per_interval + 1) * rules.interval / per_interval
    return times, replay(cohort, given, times)[1]


def replay(cohort: Cohort, given: NDArray[np.void], times: NDArray[Any]) -> tuple[NDArray[np.void], Floats]:
    """The records of the patients `given`, treated again with the same doses, and their concentrations at the times."""
    again = decision.admission(cohort.task).repeat(len(given))
    for name in ("number", "patient", "eta", "weight"):
        again[name] = given[name]
    levels = np.full((len(again), len(times)), np.nan)
    trace = specialise(course.trace, **cohort.holes)
    failed = trace(again, given, cohort.rules, cohort.key, cohort.bench, times, levels)
    if failed != course.DONE:
        raise RuntimeError(cohort.failure(again[failed]))
    return again, levels
