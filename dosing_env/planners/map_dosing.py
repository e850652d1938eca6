"""Bayesian (MAP-guided) dosing: the oracle's plan, made for the patient that the chart makes most probable.

The most probable random effects are estimated from the doses and whatever was measured so far (`inference`); then the
plan of the oracle (`planners.oracle`) is made for that patient. So it differs from the oracle in what it knows, and in
nothing else but, in a clinic, when it wants to see the patient again. Which model is believed is a setting: left out,
it is the one that generates the patients. How charts are read depends on the kind of care: see `ward.charts`,
`clinic.charts`, and of tasks made of parts `tasks.believing`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.planners._believing import Believed
from dosing_env.simulation.cells import Floats
from dosing_env.tasks.believing import Believer
from dosing_env.tasks.planning import Bayesian


class MAPDosing(Believed):
    """See the module."""

    name = "map_dosing"
    title = "Bayesian (MAP)"

    def begin(self, task: Any, patients: Any) -> None:
        """Learn the task; the patients are not looked at."""
        super().begin(task, patients)
        if task.kind == "parts":
            self._plan: Any = Bayesian(task, Believer(task.made, self.believed or task.drug, self.name))
            return
        self._plan = task.care.most_probable(task, self.believed or task.drug, self.name)

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[Floats, Any]:
        """What to do now, (n, numbers), and what the searches found: where those of the next decision begin."""
        return self._plan(observation, state)  # type: ignore[no-any-return]

    def doses(self, observation: NDArray[np.float32]) -> Floats:
        """Doses to give now, (n,) mg, without what was found before."""
        return self.act(observation, None, None)[0][:, 0]


PLANNER = MAPDosing
