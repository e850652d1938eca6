"""The true course of patients between their decisions: they are treated again with what was wanted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.simulation.compiling import uncounted
from dosing_env.tasks import follow
from dosing_env.tasks.records import admission


def replayed(cohort: Any, slots: NDArray[Any], per_interval: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Times (h) and true outputs, see `Cohort.curve`. Where a drug goes through whole days, of decision points only."""
    task: Any = cohort.task
    made, n = task.made, len(slots)
    given = follow.Courses(cohort.courses[slots], cohort.memory[slots])
    again = follow.Courses(admission(made.course_type, made.parts).repeat(n), np.zeros_like(given.memory))
    for name in ("number", "patient", "eta"):
        again.records[name] = given.records[name]
    share = np.arange(1, per_interval + 1) / per_interval
    times = (made.at[:-1, None] + np.diff(made.at)[:, None] * share).ravel()
    looked, ended = np.full((n, len(times)), np.nan), np.full((n, len(made.at)), np.nan)
    holes = dict(cohort.holes)
    at = np.zeros(0) if made.driven else times
    bench = made.bench(len(cohort.bench.record["work"][0]), extra=len(at))
    trace = uncounted(follow.trace, **holes)
    failed = trace(again, given, made.sampled(at), cohort.key, bench, looked[:, : len(at)], ended)
    if failed != follow.DONE:
        raise RuntimeError(cohort.failure(again.records[failed]))
    if made.driven:
        return made.at * task.unit_h, ended
    return np.append(0.0, times) * task.unit_h, np.hstack([ended[:, :1], looked])
