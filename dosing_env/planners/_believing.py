"""What planners share that believe a model: at every decision, what the chart says of each patient."""

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
from dosing_env.planners._ahead import require_short
from dosing_env.policy import Policy
from dosing_env.rules import rules_record
from dosing_env.simulation.cells import Floats
from dosing_env.task import Task


class Believing(Policy):
    """Subclasses give `planned`.

    Args:
        believed: the model, or its name or file; left out, the one that generates the patients.
    """

    kind = "bayes"
    takes = "the model that is believed"
    levels: tuple[int, ...] | None = None  # numbers of the levels that are looked at, from 0; None: all of them

    def __init__(self, believed: str | Path | Drug | None = None) -> None:
        drug = catalogue.load("drugs", str(believed)) if isinstance(believed, str | Path) else believed
        self._believed: Drug | None = drug
        if drug is not None:
            self.name = f"{self.name}:{drug.name}"
            self.title = f"{self.title.removesuffix(')')}, {drug.name.rpartition('_')[2]})"

    def begin(self, task: Task, patients: Any) -> None:
        """Learn the task; the patients are not looked at."""
        super().begin(task, patients)
        self._drug = self._believed or task.drug
        require_error(self._drug)
        require_short(task.rules, self.name)
        self._holes = holes(replace(task, drug=self._drug))
        self._rules = rules_record(task.rules)
        self._bench = np.zeros(1, dtype=bench_type(task.rules, self._drug, self._holes.pop("ROWS"), 1))
        self._admission = admission(task.rules, self._drug)

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[Floats, Any]:
        """Doses to give now, (n,) mg, and what the searches found: where those of the next decision begin."""
        wanted, z = np.zeros(len(observation)), self._started(len(observation), state, episode_start)
        for time in np.unique(observation[:, 0]):
            rows = np.flatnonzero(observation[:, 0] == time)
            chart = read(np.ascontiguousarray(observation[rows].T, dtype=np.float64), self.task.rules)
            belief = believe(self._drug, self.task.rules, chart, z[rows], self.levels)
            z[rows] = np.where(np.isfinite(belief.z), belief.z, 0.0)
            wanted[rows] = self.planned(chart, belief)
        return wanted, z

    def doses(self, observation: NDArray[np.float32]) -> Floats:
        """Doses to give now, (n,) mg, without what the search found before."""
        return self.act(observation, None, None)[0]

    def planned(self, chart: Any, belief: Belief) -> Floats:
        """Doses of patients whose decisions come at the same time, (n,) mg."""
        raise NotImplementedError

    def courses(self, chart: Any, belief: Belief) -> NDArray[np.void]:
        """A record for each chart: all that is known of the patient; random effects and state are left."""
        rules = self.task.rules
        courses = self._admission.repeat(len(chart.time))
        courses["decision"] = round(chart.time[0] / rules.interval)
        courses["patient"], courses["doses"] = belief.patients, chart.doses.T
        return courses

    def _started(self, size: int, state: Any, episode_start: Any) -> Floats:
        """Where each search begins."""
        z = np.zeros((size, int(np.count_nonzero(np.array(self._drug.omega_root()).any(axis=0)))))
        if np.shape(state) != z.shape:
            return z
        return np.where(np.zeros((size, 1)) if episode_start is None else np.reshape(episode_start, (-1, 1)), z, state)
