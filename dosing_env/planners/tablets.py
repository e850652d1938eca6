"""A fixed daily dose, written as tablets: `tablets:5+2.5 mg`, `tablets:2x2.5`, `tablets:7.5`.

In a clinic everybody takes this dose every day, whatever the INR says, and comes for one every 28 days, or as often as
the task wants at least. No clinic doses so; it shows what following the INR is worth. What can be written: see
`clinic.tablets`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.clinic.tablets import as_tablets, read_dose
from dosing_env.policy import Policy
from dosing_env.task import Task

VISITS = 28.0  # days  between two INRs


class Tablets(Policy):
    """See the module.

    Args:
        dose: of a day, as `clinic.tablets.read_dose` reads it.

    Raises:
        ValueError: it is none.
    """

    name = "tablets"
    title = "Fixed dose in tablets"
    kind = "label"
    takes = "a daily dose in tablets, such as 5 + 2.5 mg"
    alone = False

    def __init__(self, dose: str) -> None:
        try:
            self._dose = read_dose(dose)
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None
        self.name, self.title = f"{self.name}:{dose}", f"Tablets, {self._dose:g} mg a day"

    def begin(self, task: Task, patients: Any) -> None:
        """Learn the task; the patients are not looked at.

        Raises:
            ValueError: it is no clinic's, or the dose is above the largest one or between two that can be ordered.
        """
        if task.kind != "clinic":
            raise ValueError(f"{self.name}: a daily dose is of a clinic, {task.name} has that of a {task.kind}")
        super().begin(task, patients)
        self._require_possible(task.step, task.largest)

    def _require_possible(self, step: float, most: float) -> None:
        steps = self._dose / step
        if self._dose > most:
            fault, nearest = f"is above max_dose_mg, {most:g}", step * (most // step)
        elif abs(steps - round(steps)) > 1e-9:
            fault, nearest = f"is no multiple of step_mg, {step:g}", step * max(round(steps), 1)
        else:
            return
        raise ValueError(
            f"{self.name}: {self._dose:g} mg a day {fault}, of {self.task.name}. Nearest: {_written(nearest)}"
        )

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[NDArray[np.float64], Any]:
        """The dose and the days to the next INR, (n, 2)."""
        return np.tile([self._dose, min(VISITS, self.task.rules.longest)], (len(observation), 1)), state

    def doses(self, observation: NDArray[np.float32]) -> NDArray[np.float64]:
        """The dose of each patient, (n,) mg."""
        return np.full(len(observation), self._dose)


def _written(mg: float) -> str:
    """A dose as tablets, where they make it."""
    try:
        return as_tablets(mg)
    except ValueError:
        return f"{mg:g} mg"


PLANNER = Tablets
