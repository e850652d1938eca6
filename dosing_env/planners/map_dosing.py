"""Bayesian (MAP-guided) dosing: the oracle's plan, made for the patient that the chart makes most probable.

At every decision the most probable random effects are estimated from the doses given, the levels known and the
creatinine charted so far (`inference`); then each product is tried on that patient as the oracle tries it on the true
one. So it differs from the oracle in what it knows, and in nothing else. Which model is believed is a setting: left
out, it is the one that generates the patients.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env import catalogue
from dosing_env.chart import read
from dosing_env.cohort import holes
from dosing_env.decision import admission, bench_type
from dosing_env.inference.charts import Belief, believe
from dosing_env.inference.problem import require_error
from dosing_env.pharmacology import Drug
from dosing_env.planners.oracle import plan_all, require_short
from dosing_env.policy import Policy
from dosing_env.rules import rules_record
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.compiling import specialise
from dosing_env.task import Task


class MAPDosing(Policy):
    """See the module.

    Args:
        believed: the model, or its name or file; left out, the one that generates the patients.
    """

    name = "map_dosing"
    title = "Bayesian (MAP)"
    kind = "bayes"
    believes = True

    def __init__(self, believed: str | Path | Drug | None = None) -> None:
        drug = catalogue.load("drugs", str(believed)) if isinstance(believed, str | Path) else believed
        self._believed: Drug | None = drug
        if drug is not None:
            self.name, self.title = f"map_dosing:{drug.name}", f"Bayesian (MAP, {drug.name.rpartition('_')[2]})"

    def begin(self, task: Task, patients: Any) -> None:
        """Learn the task; the patients are not looked at."""
        super().begin(task, patients)
        self._drug = self._believed or task.drug
        require_error(self._drug)
        require_short(task.rules, self.name)
        believed = replace(task, drug=self._drug)
        filled = holes(believed)
        self._rules = rules_record(task.rules)
        self._bench = np.zeros(1, dtype=bench_type(task.rules, self._drug, filled.pop("ROWS"), 1))
        self._amounts = np.zeros((3, len(self._drug.compartments)))
        self._admission = admission(task.rules, self._drug)
        self._plan = specialise(plan_all, **filled)

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[Floats, Any]:
        """Doses to give now, (n,) mg, and what the searches found: where those of the next decision begin."""
        wanted, z = np.zeros(len(observation)), self._started(len(observation), state, episode_start)
        for time in np.unique(observation[:, 0]):
            rows = np.flatnonzero(observation[:, 0] == time)
            chart = read(np.ascontiguousarray(observation[rows].T, dtype=np.float64), self.task.rules)
            belief = believe(self._drug, self.task.rules, chart, z[rows])
            z[rows] = np.where(np.isfinite(belief.z), belief.z, 0.0)
            wanted[rows] = self._planned(chart, belief)
        return wanted, z

    def doses(self, observation: NDArray[np.float32]) -> Floats:
        """Doses to give now, (n,) mg, without what the search found before."""
        return self.act(observation, None, None)[0]

    def _started(self, size: int, state: Any, episode_start: Any) -> Floats:
        """Where each search begins."""
        z = np.zeros((size, int(np.count_nonzero(np.array(self._drug.omega_root()).any(axis=0)))))
        if np.shape(state) != z.shape:
            return z
        return np.where(np.zeros((size, 1)) if episode_start is None else np.reshape(episode_start, (-1, 1)), z, state)

    def _planned(self, chart: Any, belief: Belief) -> Floats:
        """The oracle's dose for the most probable patients."""
        rules, wanted = self.task.rules, np.zeros(len(chart.time))
        courses = self._admission.repeat(len(wanted))
        courses["decision"] = round(chart.time[0] / rules.interval)
        courses["patient"], courses["eta"], courses["amounts"] = belief.patients, belief.etas, belief.amounts
        courses["doses"] = chart.doses.T
        if belief.day < rules.days:
            courses["auc"][:, belief.day] = belief.auc_today
        self._plan(courses, self._rules, self._bench, self._amounts, wanted)
        return wanted


PLANNER = MAPDosing
