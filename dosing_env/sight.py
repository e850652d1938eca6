"""What a policy sees of a patient: the chart or frames of it and, where a model is believed, what that makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.io.arguments import whole
from dosing_env.pharmacology import DrugLike
from dosing_env.task import Task

if TYPE_CHECKING:
    from dosing_env.ward.belief import Beliefs


class Sight:
    """The numbers that a policy sees: the whole chart, or frames of it.

    With frames the history of the course gives way to what happened around each of the last decisions (`ward.frames`,
    `clinic.frames`). Who sees one frame remembers nothing but his last dose and the newest results.

    Where a model is believed, behind them come the most probable random effects (`eta_CL`, ...), their standard
    deviations (`sd_CL`, ...; where the search did not converge, the population's), the level now, and the AUC24 of
    today and of tomorrow, were no more doses given (`auc24_today_none`) or at every decision the largest that may be
    (`auc24_today_most`); 0 for a day that does not come.

    Args:
        task: whose charts.
        believed: the model, or its name or file (a Python file as `catalogue.given` marks it), which reads the whole
            chart in any case; None: no model.
        frames: number of decisions, in a clinic of INRs; 0: the whole chart.

    Raises:
        ValueError: there is no such model, or it cannot be believed in this task; or there are not so many frames.

    Attributes:
        features: number by number.
    """

    def __init__(self, task: Task, believed: DrugLike | None, frames: int = 0) -> None:
        self._chart = len(task.features)
        self._frames = None if frames == 0 and whole("frames", frames, 0) == 0 else task.frames(frames)
        self._beliefs = None if believed is None else _beliefs(task, believed)
        self.features = task.features if self._frames is None else self._frames.features
        self.features += () if self._beliefs is None else self._beliefs.features

    def __call__(self, observation: NDArray[np.float32], memory: Any) -> tuple[NDArray[np.float32], Any]:
        """(n, features) of observations that begin with the chart; and the memory of the next decision.

        memory: of the decision before, row by row: where the searches begin. What is no memory is not used.
        """
        chart = observation[:, : self._chart]
        shown = chart if self._frames is None else self._frames.show(chart)
        if self._beliefs is None:
            return shown, memory
        numbers, memory = self._beliefs(chart, memory)
        return np.hstack([shown, numbers]), memory


def _beliefs(task: Task, believed: DrugLike) -> Beliefs:
    from dosing_env.ward.belief import Beliefs  # inference and its tables are loaded only where they are needed

    return Beliefs(task, believed)
