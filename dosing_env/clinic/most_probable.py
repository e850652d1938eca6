"""The oracle's plan of a clinic, made for the patient that the chart makes most probable.

On each visit the most probable random effects are estimated from all INRs so far (`charts`); from day to day the plan
is made anew for that patient as he must be by now. He comes again after two days until three INRs are known, then after
a week until two INRs in a row were in range, then after two weeks (DERIVED).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.clinic.chart import read
from dosing_env.clinic.charts import acted, believe, believed, patients_of
from dosing_env.clinic.course import open_days
from dosing_env.clinic.oracle import plan_all, steady_doses
from dosing_env.clinic.rules import rules_record
from dosing_env.cohort import bench_for, holes
from dosing_env.decision import admission
from dosing_env.inference.problem import require_error, require_one_occasion, root_of, spelt_out
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Drug, require_patients
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.compiling import HOLE, specialise
from dosing_env.task import Task

pass_day: Any = HOLE

_SOON, _LATER, _LATE = 2.0, 7.0, 14.0  # days to the next INR  DERIVED
_FEW = 3  # INRs
_DAY, _SINCE, _STEADY, _Z = range(4)  # what is remembered: day; from when the interacting drug acts; steady dose, mg; z


class MAPPlan:
    """The plan for patients of whom only the chart is known.

    Args:
        task: whose charts.
        drug: the model that is believed.
        name: for messages.

    Raises:
        ValueError: the model has no residual error, or is not one of warfarin.
    """

    def __init__(self, task: Task, drug: Drug, name: str) -> None:
        require_patients(drug, WarfarinPatient, f"{name} in a clinic")
        require_error(drug)
        require_one_occasion(drug)
        self._task, self._drug = task, believed(drug, task.rules)
        own = replace(task, drug=self._drug)
        filled = holes(own)
        self._rules, self._bench = rules_record(task.rules), bench_for(own, filled)
        self._follow, self._steady = specialise(follow, **filled), specialise(steady_doses, **filled)
        self._plan, self._tried = specialise(plan_all, **filled), np.zeros(len(self._drug.compartments))
        self._admission = admission(own)
        self._root = root_of(self._drug)

    def __call__(self, observation: NDArray[np.float32], state: Any) -> tuple[Floats, Floats]:
        """Dose (mg) and days to the next INR, (n, 2); and what is remembered until tomorrow, row by row."""
        memory = self._memory(observation, state)
        wanted = np.zeros((len(observation), 2))
        for day in np.unique(observation[:, 0]):
            rows = np.flatnonzero(observation[:, 0] == day)
            chart = read(np.ascontiguousarray(observation[rows].T, dtype=np.float64), self._task.rules)
            if day <= self._task.rules.decisions:
                mine = memory[rows]
                wanted[rows] = self._today(chart, mine)
                memory[rows] = mine
        return wanted, memory

    def _memory(self, observation: NDArray[np.float32], state: Any) -> Floats:
        """A copy of the state, row by row; nothing is remembered of a course that only begins."""
        n, width = len(observation), _Z + self._root.shape[1]
        memory = np.array(state, dtype=np.float64) if np.shape(state) == (n, width) else np.zeros((n, width))
        memory[memory[:, _DAY] >= observation[:, 0]] = 0.0
        memory[memory[:, _DAY] == 0.0, _SINCE] = np.inf
        return memory

    def _today(self, chart: Any, memory: Floats) -> Floats:
        """What is ordered on charts of one day, (n, 2). Fills the memory."""
        rules, day = self._task.rules, round(chart.day[0]) - 1
        anew = (chart.visit > 0.0) | (memory[:, _DAY] == 0.0)
        memory[:, _DAY] = chart.day
        memory[:, _SINCE] = np.where(chart.INTERACTING > 0.0, np.minimum(memory[:, _SINCE], day), np.inf)
        doses = acted(rules, chart, memory[:, _SINCE])
        if anew.any():
            memory[anew, _Z:] = believe(self._drug, _some(chart, anew), doses[anew], memory[anew, _Z:])
        courses = self._admission.repeat(len(anew))
        courses["decision"], courses["patient"], courses["interaction_day"] = day, patients_of(chart), memory[:, _SINCE]
        courses["eta"] = spelt_out(self._root, memory[:, _Z:])
        self._follow(courses, self._bench, doses)
        if anew.any():
            steady = np.zeros(anew.sum())
            self._steady(courses[anew], self._rules, self._bench, self._tried, steady)
            memory[anew, _STEADY] = steady
        wanted = np.full((len(anew), 2), _SOON)
        self._plan(courses, self._rules, self._bench, self._tried, memory[:, _STEADY].copy(), wanted)
        wanted[anew, 1] = next_inrs(_some(chart, anew))
        return wanted


def next_inrs(chart: Any) -> list[float]:
    """Days to the next INR of every patient."""
    return [next_inr(*known) for known in zip(chart.inrs.T, chart.INR_LOW, chart.INR_HIGH, strict=True)]


def next_inr(inrs: Floats, low: float, high: float) -> float:
    """Days to the next INR after these: (days of the course,), 0: none; the first one is that of before treatment."""
    known = inrs[inrs > 0.0][1:]
    if len(known) < _FEW:
        return _SOON
    return _LATE if low <= known[-2:].min() and known[-2:].max() <= high else _LATER


def _some(chart: Any, rows: Any) -> Any:
    """The charts of these patients."""
    return type(chart)(*(field[..., rows] for field in chart))


def follow(courses, bench, doses):  # type: ignore[no-untyped-def]
    """Bring patients, of whom bedside values and random effects are known, to the end of these days, (n, days) mg."""
    for i in range(len(courses)):
        p = open_days(courses[i], bench[0])
        for k in range(doses.shape[1]):
            pass_day(courses[i].amounts, p, courses[i].days, bench[0], k, doses[i, k])
