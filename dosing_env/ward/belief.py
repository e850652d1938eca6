"""What a model believes of patients from their charts: for planners, and as further numbers of an observation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import NDArray

from dosing_env.care import Feature
from dosing_env.cohort import bench_for, holes
from dosing_env.decision import admission
from dosing_env.inference.problem import laplace, require_error, require_one_occasion, root_of
from dosing_env.inference.search import CONVERGED
from dosing_env.pharmacology import Drug, DrugLike, drug_of
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.compiling import HOLE, specialise
from dosing_env.task import Task
from dosing_env.ward.ahead import enter, require_short, run, states
from dosing_env.ward.chart import read
from dosing_env.ward.charts import Belief, believe
from dosing_env.ward.course import parameters
from dosing_env.ward.rules import Rules, rules_record

N: Any = HOLE
output: Any = HOLE

_MOST_SD = 8.0  # of a random effect that is shown
_FORESEEN = {  # bounds; 0 after the last day
    "level_now": ("mg/L", 500.0),
    "auc24_today_none": ("mg h/L", 10_000.0),
    "auc24_today_most": ("mg h/L", 10_000.0),
    "auc24_tomorrow_none": ("mg h/L", 10_000.0),
    "auc24_tomorrow_most": ("mg h/L", 10_000.0),
}


def require_ward(task: Task, name: str) -> None:
    """Refuse charts that are not those of a ward."""
    if task.kind != "ward":
        raise ValueError(f"{name}: reads the charts of a ward, {task.name} has those of a {task.kind}")


class Believer:
    """A model that reads the charts of a task.

    Args:
        task: whose charts.
        drug: the model that is believed.
        levels: numbers of the levels that are looked at, from 0; left out, all of them.
        name: for messages.

    Raises:
        ValueError: the model has no residual error or varies between occasions, an infusion of the task may run into
            the next decision, or the charts are not those of a ward.
    """

    def __init__(self, task: Task, drug: Drug, levels: tuple[int, ...] | None, name: str) -> None:
        require_ward(task, name)
        require_error(drug)
        require_one_occasion(drug)
        require_short(task.rules, name)
        self.task, self.drug, self._levels = task, drug, levels
        believed = replace(task, drug=drug)
        self.holes = holes(believed)
        self.rules = rules_record(task.rules)
        self.bench = bench_for(believed, self.holes)
        self._admission = admission(believed)
        self._first = task.rules.interval * int(np.argmax(task.rules.asked))
        self._effects = root_of(drug).shape[1]

    def memory(self, size: int, found: Any = None) -> Floats:
        """(size, random effects) where searches begin: a copy of what was found before, or the typical patient."""
        if np.shape(found) == (size, self._effects):
            return np.array(found, dtype=np.float64)
        return np.zeros((size, self._effects))

    def meet(self, observation: NDArray[np.float32], memory: Floats) -> Iterator[tuple[NDArray[np.intp], Any, Belief]]:
        """Rows whose decisions come at the same time, their charts, and what is believed of them.

        memory: (n, random effects) what the searches of the decision before found; they begin there, unless the course
        only begins. Filled with what they find now.
        """
        memory[observation[:, 0] <= self._first] = 0.0
        for time in np.unique(observation[:, 0]):
            rows = np.flatnonzero(observation[:, 0] == time)
            chart = read(np.ascontiguousarray(observation[rows].T, dtype=np.float64), self.task.rules)
            belief = believe(self.drug, self.task.rules, chart, memory[rows], self._levels)
            memory[rows] = np.where(np.isfinite(belief.z), belief.z, 0.0)
            yield rows, chart, belief

    def courses(self, chart: Any, belief: Belief) -> NDArray[np.void]:
        """A record for each chart: all that is known of the patient; random effects and state are left."""
        courses = self._admission.repeat(len(chart.time))
        courses["decision"] = round(chart.time[0] / self.task.rules.interval)
        courses["patient"], courses["doses"] = belief.patients, chart.doses.T
        return courses

    def most_probable(self, chart: Any, belief: Belief) -> NDArray[np.void]:
        """The records of the most probable patients, as they are now."""
        courses = self.courses(chart, belief)
        courses["eta"], courses["amounts"], courses["auc"] = belief.etas, belief.amounts, belief.auc
        return courses


class Beliefs:
    """What a model believes, as numbers. See `sight`.

    Attributes:
        features: number by number.
    """

    def __init__(self, task: Task, believed: DrugLike) -> None:
        self._believer = Believer(task, drug_of(believed), None, "belief")
        self.features = _features(self._believer.drug)
        self._state = states(task.rules, self._believer.drug, 1)[0]
        self._foresee = specialise(foresee, **self._believer.holes)
        self._bounds = np.array([(f.low, f.high) for f in self.features]).T

    def __call__(self, observation: NDArray[np.float32], memory: Any) -> tuple[NDArray[np.float32], Floats]:
        """(n, features) of observations; and the memory of the next decision, see `Believer.memory`."""
        memory = self._believer.memory(len(observation), memory)
        numbers = np.empty((len(observation), len(self.features)), dtype=np.float32)
        for rows, chart, belief in self._believer.meet(observation, memory):
            numbers[rows] = self._numbers(chart, belief)
        return numbers, memory

    def _numbers(self, chart: Any, belief: Belief) -> Floats:
        """(n, features) of charts of one time."""
        courses = self._believer.most_probable(chart, belief)
        foreseen = np.zeros((len(courses), len(_FORESEEN)))
        self._foresee(courses, self._believer.rules, self._believer.bench, self._state, foreseen)
        return np.clip(np.hstack([belief.etas, _sd(belief), foreseen]), *self._bounds)


def _sd(belief: Belief) -> Floats:
    """(n, etas) standard deviations of the random effects; the population's where the search has not converged."""
    root, n = belief.problem.seen.root, len(belief.etas)
    hessian = np.where(
        (belief.status == CONVERGED)[:, None, None],
        belief.found.hessian.reshape(n, root.shape[1], root.shape[1]),
        np.nan,
    )
    sd = np.sqrt(np.diagonal(laplace(root, hessian), axis1=1, axis2=2))
    return np.where(np.isfinite(sd), sd, _spread(belief.problem.drug))


def _spread(drug: Drug) -> Floats:
    """(etas,) standard deviations of the population."""
    return np.asarray(np.sqrt((root_of(drug) ** 2).sum(axis=1)))


def _features(drug: Drug) -> tuple[Feature, ...]:
    pairs = list(zip(drug.Eta._fields, (_MOST_SD * _spread(drug)).tolist(), strict=True))
    return (
        *(Feature(f"eta_{name}", "", -most, most) for name, most in pairs),
        *(Feature(f"sd_{name}", "", 0.0, most) for name, most in pairs),
        *(Feature(name, unit, 0.0, most) for name, (unit, most) in _FORESEEN.items()),
    )


def foresee(courses, rules, bench, state, out):  # type: ignore[no-untyped-def]
    """The numbers of `_FORESEEN` for every course."""
    for i in range(len(courses)):
        course, rule = courses[i], rules[0]
        if course.decision < rule.decisions:
            out[i, 0] = output(
                to_fixed_tuple(course.amounts, N), parameters(course, rule, rule.interval * course.decision)
            )
            for which in range(2):
                dose = which * _most(rule)
                out[i, 1 + which], out[i, 3 + which] = _two_days(course, rule, bench[0], state, dose)


def _most(rules: Rules) -> float:
    """The largest product that may be given at every decision, mg."""
    return int(min(rules.max_dose, rules.max_daily * rules.interval / 24.0) / rules.step + 1e-9) * rules.step


def _two_days(course, rules, bench, state, dose):  # type: ignore[no-untyped-def]
    """AUC24 of today and tomorrow with this dose at every decision from now on; 0 for a day that does not come."""
    k, per_day = course.decision, round(24.0 / rules.interval)
    today = k // per_day
    enter(course, state)
    for later in range(k, min((today + 2) * per_day, rules.decisions)):
        run(course, rules, bench, state, later, dose)
    return state[N + today], state[N + today + 1] if today + 1 < rules.days else 0.0
