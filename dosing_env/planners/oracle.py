"""The oracle: knows the true patient as he is now, not future noise, and aims at the primary endpoint.

How it plans depends on the kind of care: see `ward.oracle`, `clinic.oracle`, and of tasks made of parts
`tasks.planning`. It shows what could be had with perfect
knowledge; no policy that has only the chart can be expected to come near.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.cohort import Cohort
from dosing_env.policy import Policy
from dosing_env.task import Task
from dosing_env.tasks import planning


class Oracle(Policy):
    """See the module. Only evaluated, never trained against; marked "knows the patient" in every report."""

    name = "oracle"
    title = "Oracle"
    kind = "oracle"
    oracle = True

    def begin(self, task: Task, patients: Cohort | None) -> None:
        """Meet the cohort whose true state is looked up at every decision."""
        if patients is None:
            raise ValueError("oracle: needs the true patients")
        super().begin(task, patients)
        self._plan = planning.Oracle(patients) if task.kind == "parts" else task.care.oracle(task, patients)

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[NDArray[np.float64], Any]:
        """What to do now, (n, numbers). The observation is not looked at."""
        return self._plan(), state

    def doses(self, observation: NDArray[np.float32]) -> NDArray[np.float64]:
        """Doses to give now, (n,) mg."""
        return np.asarray(self._plan()[:, 0])


PLANNER = Oracle
