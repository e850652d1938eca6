"""The oracle's plan of a ward, made for the patient that the chart makes most probable."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.pharmacology import Drug
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.compiling import specialise
from dosing_env.task import Task
from dosing_env.ward.ahead import states
from dosing_env.ward.belief import Believer
from dosing_env.ward.charts import Belief
from dosing_env.ward.oracle import plan_all


class MAPPlan:
    """The plan for patients of whom only the chart is known; see `Believer` for the arguments."""

    def __init__(self, task: Task, drug: Drug, name: str) -> None:
        self._believer = Believer(task, drug, None, name)
        self._states = states(task.rules, drug, 3)
        self._plan = specialise(plan_all, **self._believer.holes)

    def __call__(self, observation: NDArray[np.float32], state: Any) -> tuple[Floats, Any]:
        """Doses to give now, (n, 1) mg; and where the searches of the next decision begin."""
        believer = self._believer
        wanted, memory = np.zeros((len(observation), 1)), believer.memory(len(observation), state)
        for rows, chart, belief in believer.meet(observation, memory):
            wanted[rows, 0] = self.planned(chart, belief)
        return wanted, memory

    def planned(self, chart: Any, belief: Belief) -> Floats:
        """Doses of patients whose decisions come at the same time, (n,) mg."""
        wanted, believer = np.zeros(len(chart.time)), self._believer
        courses = believer.most_probable(chart, belief)
        self._plan(courses, believer.rules, believer.bench, self._states, wanted)
        return wanted
