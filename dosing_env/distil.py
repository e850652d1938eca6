"""A policy distilled into a bedside table: small decision trees (scikit-learn) that say what it would have said.

As in `fitting` the table is learned from its own courses too (dataset aggregation, Ross 2011, arXiv:1011.0686): first
the policy treats, then, round after round, new patients are treated by the table so far while the policy says what it
would have done at their visits. The patients are of the stream "tune": those of "evaluate" are for the comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from dosing_env.bedside.chart import COLUMNS, COURSE, PATIENT, Counts, Floats, Reader
from dosing_env.bedside.policy import Bedside
from dosing_env.bedside.table import DEEPEST, Line, Lines, Part, Table, Unit, answers, turns
from dosing_env.policies import arm_of
from dosing_env.policy import Policy
from dosing_env.scenario import Scenario
from dosing_env.task import Task
from dosing_env.treatment import treat

try:
    from sklearn.tree import DecisionTreeRegressor
except ImportError as error:
    raise ImportError("distilling needs the extra packages: pip install 'dosing-env[train]'") from error

STREAM, SEED = "tune", 1  # not the patients on which the checkpoints of agents are compared
ROUNDS, PATIENTS = 8, 400  # of each round
LEAST = 20  # visits behind an answer
PERCENT, LARGEST = 5.0, 300.0  # to which a change is rounded; that is learned from
PURPOSE = "Says at a visit nearly what a policy would have said. Research and education only."


class Plan(NamedTuple):
    """What a part is to be."""

    title: str
    until_day: int | None
    asks: tuple[str, ...]
    unit: Unit


PARTS = (
    Plan("Day 1", 1, PATIENT, "mg"),
    Plan("Days 2 to 14", 14, COURSE, "percent"),
    Plan("After day 14", None, COURSE, "percent"),
)
Progress = Callable[[int, int, str], None]  # done, total, what


def distil(policy: Any, case: Scenario, *, depth: int = DEEPEST, progress: Progress | None = None) -> Table:
    """The table that says what a policy says, as nearly as trees of so many questions can.

    Args:
        policy: what `policies.policy_of` gives.
        case: of a clinic.
        depth: 1 to 5.
        progress: called with (done, total, what).

    Raises:
        ValueError: a ward, or a depth that no table has.
    """
    if not 1 <= depth <= DEEPEST:
        raise ValueError(f"depth: {depth} is not between 1 and {DEEPEST}")
    task, told = case.task(), progress or (lambda done, total, what: None)
    watch, about = Watch(policy, Reader(task)), arm_of(policy)
    for done in range(ROUNDS):
        told(done, ROUNDS, f"distilling {about.name}")
        treat(case, watch, np.arange(PATIENTS) + done * PATIENTS, seed=SEED, stream=STREAM)
        table = Table(
            title=f"{about.title}, bedside table",
            purpose=PURPOSE,
            policy=about.name,
            scenario=case.name,
            parts=_parts(watch, task, depth),
            name=name_of(policy),
        )
        watch.pupil = Bedside(table)
    told(ROUNDS, ROUNDS, f"distilling {about.name}")
    return table


def name_of(policy: Any) -> str:
    """The name of a policy, for a file."""
    return arm_of(policy).name.replace(":", "_")


class Watch(Policy):
    """A policy treats or, once there is a pupil, is only asked: what it says on visits is kept.

    Attributes:
        pupil: who treats instead.
        charts, said, patients: of each day those of its visits, what the policy said (n, 2), and whose they were.
    """

    name, title, kind = "watch", "Watch", "agent"

    def __init__(self, teacher: Any, reader: Reader) -> None:
        self.teacher, self.reader, self.oracle = teacher, reader, getattr(teacher, "oracle", False)
        self.pupil: Bedside | None = None
        self.charts: list[NDArray[np.float32]] = []
        self.said: list[Floats] = []
        self.patients: list[NDArray[np.int64]] = []
        self._met = 0  # patients of the cohorts so far

    def begin(self, task: Task, patients: Any) -> None:
        """A new cohort."""
        super().begin(task, patients)
        if hasattr(self.teacher, "begin"):
            self.teacher.begin(task, patients)
        if self.pupil is not None:
            self.pupil.begin(task, None)
        self._met += PATIENTS

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[Floats, Any]:
        """What is done, (n, 2), and the memory of the policy that is asked."""
        told, state = self.teacher.predict(observation, state=state, episode_start=episode_start, deterministic=True)
        told, here = np.asarray(told, np.float64), np.flatnonzero(self.reader.of("visit", observation) > 0.5)
        self.charts.append(observation[here].copy())
        self.said.append(told[here])
        self.patients.append(self._met + here)
        return (told if self.pupil is None else self.pupil.act(observation, None, None)[0]), state


def _parts(watch: Watch, task: Task, depth: int) -> tuple[Part, ...]:
    """The trees of each part that somebody met."""
    charts, said, patients = (np.concatenate(kept) for kept in (watch.charts, watch.said, watch.patients))
    which = np.searchsorted([plan.until_day or np.inf for plan in PARTS], watch.reader.of("day", charts))
    made = []
    for number in np.unique(which):
        rows = which == number
        made.append(_part(PARTS[number], charts[rows], said[rows], patients[rows], watch.reader, task, depth))
    made[-1] = msgspec.structs.replace(made[-1], until_day=None)
    return tuple(made)


def _part(
    plan: Plan,
    charts: NDArray[Any],
    said: Floats,
    patients: NDArray[np.int64],
    reader: Reader,
    task: Task,
    depth: int,
) -> Part:
    """The trees of one part: of the dose, and of the place of the days among the usual ones."""
    counts, usual = reader(charts), np.array(task.grids[1])
    step, dose = task.step, said[:, 0]
    if plan.unit == "percent":
        step, dose = PERCENT, np.minimum(100.0 * dose / reader.base(charts), LARGEST)
    x = {name: counts[name] for name in plan.asks}
    doses = grown(x, dose, depth, lambda value: float(step * np.floor(value / step + 0.5)))
    days = grown(x, _place(said[:, 1], usual), depth, lambda value: float(usual[int(value + 0.5)]))
    doses, days = (_counted(lines, x, patients) for lines in (doses, days))
    return Part(plan.title, plan.unit, doses, days, plan.until_day)


def _place(days: Floats, usual: Floats) -> Floats:
    """The place of each number of days among the usual ones: of the nearest, by ratio."""
    return np.argmin(np.abs(np.log(np.maximum(days, 1.0))[:, None] - np.log(usual)), axis=1).astype(np.float64)


def grown(x: Counts, y: Floats, depth: int, rounded: Callable[[float], float]) -> Lines:
    """The lines of the tree fitted to numbers y (n,) of charts; of two answers that are the same one is left."""
    made = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=min(LEAST, len(y)), random_state=SEED)
    made.fit(np.stack(list(x.values()), axis=1), y)
    return _lines(made.tree_, 0, list(x), rounded)


def _lines(tree: Any, node: int, asks: list[str], rounded: Callable[[float], float]) -> Lines:
    """The lines of the tree that begins at a node."""
    if tree.children_left[node] < 0:
        return (Line(say=rounded(float(tree.value[node, 0, 0]))),)
    few, many = (_lines(tree, side[node], asks, rounded) for side in (tree.children_left, tree.children_right))
    if few == many:
        return few
    ask = asks[tree.feature[node]]
    at_most = float(np.floor(tree.threshold[node])) * COLUMNS[ask].step
    return (Line(ask=ask, at_most=round(at_most, 6)), *few, *many)


def _counted(lines: Lines, x: Counts, patients: NDArray[np.int64]) -> Lines:
    """The same, with how many patients met each answer."""
    met = np.unique(np.stack([answers(lines, turns(lines), x, len(patients)), patients]), axis=1)[0]
    counts = np.bincount(met, minlength=len(lines)).tolist()
    return tuple(msgspec.structs.replace(line, patients=n) for line, n in zip(lines, counts, strict=True))
