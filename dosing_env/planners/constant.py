"""The same for everybody at every decision: `constant:1000`, or where an action has several numbers `constant:5,24`.

`constant:0` gives nothing. No ward doses so; it shows what looking at the patient is worth.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.policy import Policy
from dosing_env.task import Task

_NUMBER = re.compile(r"[0-9]*\.?[0-9]+")


class Constant(Policy):
    """See the module.

    Args:
        action: its numbers, with commas between them.

    Raises:
        ValueError: they are none.
    """

    name = "constant"
    title = "The same for all"
    kind = "label"
    takes = "what is given at every decision, such as 1000, or 5,24 where an action has two numbers"
    alone = False

    def __init__(self, action: str) -> None:
        parts = [part.strip() for part in action.split(",")]
        if not all(_NUMBER.fullmatch(part) for part in parts):
            raise ValueError(f"{self.name}: {action!r}: numbers with commas between them, such as 1000 or 5,24")
        self._action = np.array([float(part) for part in parts])
        self.name, self.title = f"{self.name}:{action}", f"Always {', '.join(f'{x:g}' for x in self._action)}"

    def begin(self, task: Task, patients: Any) -> None:
        """Learn the task; the patients are not looked at.

        Raises:
            ValueError: an action has more numbers, or one of them is beyond what can be given.
        """
        super().begin(task, patients)
        actions = task.actions
        if len(actions) != len(self._action):
            names = ", ".join(f"{a.name} ({a.unit})" for a in actions)
            raise ValueError(f"{self.name}: {len(self._action)} numbers; {task.name} decides {len(actions)}: {names}")
        for a, value in zip(actions, self._action, strict=True):
            if not a.low <= value <= a.high:
                raise ValueError(f"{self.name}: {a.name}: {value:g} is not between {a.low:g} and {a.high:g} {a.unit}")

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[NDArray[np.float64], Any]:
        """The action, (n, numbers)."""
        return np.tile(self._action, (len(observation), 1)), state

    def doses(self, observation: NDArray[np.float32]) -> NDArray[np.float64]:
        """Its first number, (n,)."""
        return np.full(len(observation), self._action[0])


PLANNER = Constant
