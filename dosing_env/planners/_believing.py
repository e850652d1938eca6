"""What planners share that believe a model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.pharmacology import DrugLike, drug_of, model_title
from dosing_env.planners._expected import room_for, setting_of
from dosing_env.policy import Policy
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.compiling import specialise
from dosing_env.task import Task
from dosing_env.tasks.believing import Believer as TaskBeliever
from dosing_env.tasks.planning import Bayesian
from dosing_env.ward.belief import Believer
from dosing_env.ward.charts import Belief, imagine

CHUNK = 64  # patients planned for at once: bounds the memory


class Believed(Policy):
    """A planner of one model.

    Args:
        believed: the model, or its name or file (a Python file as `catalogue.given` marks it); left out, the one that
            generates the patients.
    """

    kind = "bayes"
    takes = "the model that is believed"

    def __init__(self, believed: DrugLike | None = None) -> None:
        self.believed = None if believed is None else drug_of(believed)
        if self.believed is not None:
            self.name = f"{self.name}:{self.believed.name}"
            self.title = f"{self.title.removesuffix(')')}, {model_title(self.believed.name)})"


class Believing(Believed):
    """On a ward: at every decision, what the chart says of each patient. Subclasses give `planned`."""

    levels: tuple[int, ...] | None = None  # numbers of the levels that are looked at, from 0; None: all of them

    def begin(self, task: Task, patients: Any) -> None:
        """Learn the task; the patients are not looked at."""
        super().begin(task, patients)
        self.believer = Believer(task, self.believed or task.drug, self.levels, self.name)

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[Floats, Any]:
        """Doses to give now, (n,) mg, and what the searches found: where those of the next decision begin."""
        wanted, memory = np.zeros(len(observation)), self.believer.memory(len(observation), state)
        for rows, chart, belief in self.believer.meet(observation, memory):
            wanted[rows] = self.planned(chart, belief)
        return wanted, memory

    def doses(self, observation: NDArray[np.float32]) -> Floats:
        """Doses to give now, (n,) mg, without what the search found before."""
        return self.act(observation, None, None)[0]

    def planned(self, chart: Any, belief: Belief) -> Floats:
        """Doses of patients whose decisions come at the same time, (n,) mg."""
        raise NotImplementedError


class Imagining(Believing):
    """On a ward: at every decision, who may stand behind each chart.

    Args:
        believed: see `Believed`.
        template: decides over them, to be compiled; see `_expected.plan_all` for what it takes.
        particles: how many patients may stand behind a chart.
        planned: limit of harm, doses that are sought one by one, and days, of `_expected.Setting`.
    """

    def __init__(
        self, believed: DrugLike | None, template: Any, particles: int, planned: tuple[float, int, int]
    ) -> None:
        super().__init__(believed)
        self._template, self._particles, self._planned = template, particles, planned

    def begin(self, task: Any, patients: Any) -> None:
        """Learn the task; the patients are not looked at."""
        self._parts: Bayesian | None = None
        if task.kind == "parts":
            Believed.begin(self, task, patients)
            believer = TaskBeliever(task.made, self.believed or task.drug, self.name)
            self._parts = Bayesian(task, believer, self._particles, *self._planned[1:])
            return
        super().begin(task, patients)
        self._setting = setting_of(task.rules, self.believer.drug, *self._planned)
        self._room = room_for(task.rules, self.believer.drug, self._particles)
        self._decide = specialise(self._template, **self.believer.holes)

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[Floats, Any]:
        """What to do now, (n,) mg or (n, numbers), and what the searches found."""
        if self._parts is not None:
            return self._parts(observation, state)
        return super().act(observation, state, episode_start)

    def decided(self, chart: Any, belief: Belief, wanted: Floats) -> Floats:
        """What the template makes of doses (n,) mg, which are changed in place, for patients of one decision."""
        m = self._particles
        imagined, courses = imagine(belief, self.task.rules, m), self.believer.courses(chart, belief)
        rules, bench = self.believer.rules, self.believer.bench
        for first in range(0, len(wanted), CHUNK):
            some = slice(first, first + CHUNK)
            many = courses[some].repeat(m).reshape(-1, m)
            many["eta"], many["amounts"], many["auc"] = imagined.etas[some], imagined.amounts[some], imagined.auc[some]
            self._decide(many, imagined.weight[some], rules, bench, self._room, self._setting, wanted[some])
        return wanted
