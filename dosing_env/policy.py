"""What a policy is, and a rule for one patient lifted to batches."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dosing_env import catalogue
from dosing_env.chart import Chart as Chart
from dosing_env.chart import read
from dosing_env.rules import rules_record
from dosing_env.simulation.compilable import compilable
from dosing_env.simulation.compiling import HOLE, specialise
from dosing_env.task import Task

dose: Any = HOLE


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A clinical dosing rule: `dose(chart)` returns the dose to give now, mg (0: none).

    `kind` says what it rests on: "label" (a fixed or weight-based dose for everybody), "guideline" (a published
    decision table, with or without levels), "equation" (a fitted dosing equation, no levels).
    """

    name: str
    title: str
    dose: Callable[[Any], Any]
    kind: Literal["label", "guideline", "equation"] = "guideline"

    def __post_init__(self) -> None:
        if self.kind not in ("label", "guideline", "equation"):
            raise ValueError(f"{self.name}: kind: {self.kind!r} is none of label, guideline, equation")


class Policy:
    """Anything with Stable-Baselines3's `predict`. Subclasses give `doses`.

    Attributes:
        name, title: in tables and figures.
        kind: "label", "guideline", "equation", "regression", "bayes", "ceiling", "agent" or "oracle".
    """

    name: str
    title: str
    kind: str
    takes = ""  # what may stand behind its name and a colon; "": nothing

    def begin(self, task: Task, patients: Any) -> None:
        """Told before patients are treated. `patients` is the cohort for an oracle and None for everybody else."""
        self.task = task

    def doses(self, observation: NDArray[np.float32]) -> NDArray[np.float64]:
        """Doses to give now, (n,) mg, for observations (n, features)."""
        raise NotImplementedError

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[NDArray[np.float64], Any]:
        """Doses, and what the policy remembers until the next decision; by default what it is given."""
        return self.doses(observation), state

    def predict(
        self,
        observation: NDArray[np.float32],
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = False,
    ) -> tuple[NDArray[np.float32], Any]:
        """Actions (n, 1) mg for observations (n, features), (1,) for one observation; and the state of `act`."""
        doses, state = self.act(np.atleast_2d(observation), state, episode_start)
        actions = doses.astype(np.float32)[:, None]
        return (actions if np.ndim(observation) == 2 else actions[0]), state


def planner_of(name: str) -> Policy | None:
    """The planner of a name such as "oracle" or "map_dosing:vancomycin_goti2018"; None where it is none's.

    Raises:
        ValueError: what stands behind the colon is not what it takes.
    """
    own, colon, setting = name.partition(":")
    if own not in catalogue.names("planners"):
        return None
    planner = catalogue.load("planners", own)
    if not colon:
        return planner()  # type: ignore[no-any-return]
    if not planner.takes:
        raise ValueError(f"'{name}': {own} takes nothing behind a colon")
    if not setting:
        raise ValueError(f"'{name}': behind the colon stands nothing, {own} takes {planner.takes}")
    return planner(setting)  # type: ignore[no-any-return]


class ProtocolPolicy(Policy):
    """A protocol, written for one patient's chart, as a policy for batches."""

    def __init__(self, protocol: Protocol) -> None:
        self.name, self.title, self.kind = protocol.name, protocol.title, protocol.kind
        self._for_all = specialise(_for_all, dose=protocol.dose)
        self._file = inspect.getfile(protocol.dose)

    def begin(self, task: Task, patients: Any) -> None:
        """Learn the numbers of the task."""
        super().begin(task, patients)
        self._rules = rules_record(task.rules)

    def doses(self, observation: NDArray[np.float32]) -> NDArray[np.float64]:
        """Doses to give now, (n,) mg."""
        wanted = np.empty(len(observation))
        with compilable(f"{self._file}: dose(chart)", Chart):
            self._for_all(observation.astype(np.float64), self._rules, wanted)
        return wanted


def _for_all(rows, rules, wanted):  # type: ignore[no-untyped-def]
    for i in range(len(rows)):
        wanted[i] = dose(read(rows[i], rules[0]))
