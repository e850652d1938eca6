"""A bedside table as a policy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.bedside.chart import Counts, Floats, Reader
from dosing_env.bedside.table import Lines, Table, answers, said, turns
from dosing_env.policy import Held, Policy
from dosing_env.task import Task


class Bedside(Policy):
    """Followed on visits; between them the dose is held."""

    kind = "regression"

    def __init__(self, table: Table) -> None:
        self.table, self.name, self.title = table, f"bedside:{table.name}", table.title
        self._ends = np.array([part.until_day or np.inf for part in table.parts])

    def begin(self, task: Task, patients: Any) -> None:
        """Learn where things stand in the chart.

        Raises:
            ValueError: the task is not that of a clinic.
        """
        super().begin(task, patients)
        self._reader, self._held = Reader(task), Held(task)

    def doses(self, observation: NDArray[np.float32]) -> Floats:
        """Doses to give now, (n,) mg."""
        return np.asarray(self.act(observation, None, None)[0][:, 0])

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[Floats, Any]:
        """Dose (mg) and days to the next INR, (n, 2); it remembers nothing."""
        wanted, found = np.zeros((len(observation), 2)), np.searchsorted(self._ends, observation[:, 0])
        for number, part in enumerate(self.table.parts):
            rows = np.flatnonzero(found == number)
            counts = self._reader(observation[rows])
            dose = _followed(part.dose, counts, len(rows))
            if part.unit == "percent":
                dose *= self._reader.base(observation[rows]) / 100.0
            wanted[rows, 0], wanted[rows, 1] = self._tablets(dose), _followed(part.next, counts, len(rows))
        return self._held(observation, wanted), state

    def _tablets(self, dose: Floats) -> Floats:
        """What tablets make, nearest to a dose."""
        step = self.task.step
        return np.minimum(np.floor(dose / step + 0.5) * step, self.task.largest)


def _followed(lines: Lines, counts: Counts, size: int) -> Floats:
    """What the lines say of each chart, (size,)."""
    return said(lines)[answers(lines, turns(lines), counts, size)]
