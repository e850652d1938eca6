"""What the oracle does in any task: it runs the task's own step ahead on copies of a patient, with nothing by chance.

At every decision it tries each of some actions now, followed by each of them for the rest of the horizon, and takes the
one whose price is highest; among those that are worth as much, the one that comes nearest to what is sought. Then it
looks between the actions tried. What is sought is what is paid: the planner knows no goal of its own. It does not
foresee what happens by chance (drifts, missed doses), and counts an injury by its hazard.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.simulation.compiling import HOLE, uncounted
from dosing_env.tasks import follow
from dosing_env.tasks.compose import Composition
from dosing_env.tasks.follow import Here, treat

asks: Any = HOLE
clock_of: Any = HOLE
prescribed: Any = HOLE
paid_for: Any = HOLE
nearness: Any = HOLE

TRIED = 13  # actions tried at first, of all numbers together
AHEAD = 24  # decisions that a plan reaches, at most
_WINDOWS = 2.0  # that a plan reaches
_LITTLE = 1e-4  # what nearness counts, so that it decides only between plans that are worth as much
_FAILED = -1e300


class Oracle:
    """The plan for the patients of a cohort of a task made of parts."""

    def __init__(self, cohort: Any) -> None:
        task = cohort.task
        holes = task.holes(quiet=1)
        rows = holes.pop("ROWS")
        self._cohort, self._rules = cohort, task.numbers
        self._bench = task.made.bench(rows)
        self._tried = follow.Courses(cohort.courses[:1].copy(), cohort.memory[:1].copy())
        self._plan = uncounted(plan_all, **holes)
        self._ahead = _ahead(task.made)
        self._grids = [np.asarray(grid) for grid in task.grids]
        self._coarse = _product([_some(grid, TRIED, len(self._grids)) for grid in self._grids])

    def __call__(self) -> NDArray[np.float64]:
        """What to do now for each patient, (n, numbers)."""
        coarse = np.broadcast_to(self._coarse, (self._cohort.size, *self._coarse.shape))
        now, then = self._best(coarse, coarse)
        return self._best(self._between(now), then[:, None])[0]

    def _best(self, now: NDArray[Any], then: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """The best of actions (n, m, numbers) now, and what follows it."""
        cohort = self._cohort
        best = np.zeros((cohort.size, 2, now.shape[2]))
        everyone = follow.Courses(cohort.courses, cohort.memory)
        self._plan(
            everyone, self._rules, cohort.key, self._bench, self._tried, *map(np.array, (now, then)), self._ahead, best
        )
        return best[:, 0], best[:, 1]

    def _between(self, best: NDArray[Any]) -> NDArray[Any]:
        """(n, m, numbers) the best actions, and those of the grids between them and the nearest that were tried."""
        around = []
        for j, grid in enumerate(self._grids):
            tried = np.unique(self._coarse[:, j])
            at = np.searchsorted(tried, best[:, j])
            low, high = tried[np.maximum(at - 1, 0)], tried[np.minimum(at + 1, len(tried) - 1)]
            share = np.linspace(0.0, 1.0, TRIED)
            wanted = low[:, None] + (high - low)[:, None] * share
            nearest = grid[np.abs(wanted[:, :, None] - grid).argmin(axis=2)]
            own = np.repeat(best[:, None], TRIED, axis=1)
            own[:, :, j] = nearest
            around.append(own)
        return np.concatenate([best[:, None], *around], axis=1)


def _ahead(made: Composition) -> int:
    """How many decisions a plan reaches: two of the longest windows, from midnight to midnight, or `AHEAD`."""
    interval = float(np.diff(made.at).min())
    longest = 0.0
    for term in made.judging:
        source = made.source(term)
        if source.part.every is None:
            return AHEAD
        longest = max(longest, source.part.every(source.section, made.settings[source.path]))
    return min(AHEAD, int(np.ceil(_WINDOWS * longest / interval)))


def _some(grid: NDArray[Any], count: int, numbers: int) -> NDArray[Any]:
    """Values of a grid, evenly spread: so few that all combinations are about `count`."""
    few = max(2, round(count ** (1.0 / numbers)))
    return grid[np.unique(np.rint(np.linspace(0, len(grid) - 1, few)).astype(int))]


def _product(values: list[NDArray[Any]]) -> NDArray[np.float64]:
    return np.array(list(itertools.product(*values)))


def plan_all(courses, rules, key, bench, tried, now, then, ahead, best):  # type: ignore[no-untyped-def]
    """For every patient whose course is not over the best of his actions `now`, with the best of `then` afterwards."""
    for i in range(len(courses.records)):
        patient = Here(courses.records[i], courses.memory[i], rules.record[0], rules.plan)
        if patient.course.decision < len(clock_of(patient).asked):
            most = 2.0 * _FAILED
            for a in range(now.shape[1]):
                for b in range(then.shape[1]):
                    worth = _worth(courses, i, rules, key, bench, tried, now[i, a], then[i, b], ahead)
                    if worth > most:
                        most = worth
                        for j in range(now.shape[2]):
                            best[i, 0, j], best[i, 1, j] = now[i, a, j], then[i, b, j]


def _worth(courses, i, rules, key, bench, tried, now, then, ahead):  # type: ignore[no-untyped-def]
    """What an action, and another at each decision after it, is worth, for so many decisions."""
    tried.records[0] = courses.records[i]
    for j in range(tried.memory.shape[1]):
        tried.memory[0, j] = courses.memory[i, j]
    patient = Here(tried.records[0], tried.memory[0], rules.record[0], rules.plan)
    value, start, first = 0.0, patient.course.decision, True
    end = min(start + ahead, len(clock_of(patient).asked))
    while patient.course.decision < end:
        k = patient.course.decision
        bench.gained[:] = 0.0
        prescribed(patient, now if first else then, 1.0)
        if not treat(patient, key, bench, bench.gained):
            return _FAILED
        value += paid_for(patient, bench.gained)
        clock = clock_of(patient)
        for piece in range(int(clock.first_piece[k]), int(clock.first_piece[k + 1])):
            value += _LITTLE * nearness(patient, piece)
        if asks(patient):
            first = False
    return value
