"""Bayesian (MAP-guided) dosing: the oracle's plan, made for the patient that the chart makes most probable.

At every decision the most probable random effects are estimated from the doses given, the levels known and the
creatinine charted so far (`inference`); then each product is tried on that patient as the oracle tries it on the true
one. So it differs from the oracle in what it knows, and in nothing else. Which model is believed is a setting: left
out, it is the one that generates the patients.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dosing_env.planners._believing import Believing
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.compiling import specialise
from dosing_env.task import Task
from dosing_env.ward.ahead import states
from dosing_env.ward.charts import Belief
from dosing_env.ward.oracle import plan_all


class MAPDosing(Believing):
    """See the module."""

    name = "map_dosing"
    title = "Bayesian (MAP)"

    def begin(self, task: Task, patients: Any) -> None:
        """Learn the task; the patients are not looked at."""
        super().begin(task, patients)
        self._states = states(task.rules, self.believer.drug, 3)
        self._plan = specialise(plan_all, **self.believer.holes)

    def planned(self, chart: Any, belief: Belief) -> Floats:
        """The oracle's dose for the most probable patients, (n,) mg."""
        wanted, courses = np.zeros(len(chart.time)), self.believer.most_probable(chart, belief)
        self._plan(courses, self.believer.rules, self.believer.bench, self._states, wanted)
        return wanted


PLANNER = MAPDosing
