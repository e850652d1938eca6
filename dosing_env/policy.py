"""What a policy is, and a rule for one patient lifted to batches."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dosing_env import catalogue
from dosing_env.care import chart_of as chart_of
from dosing_env.simulation.compilable import compilable
from dosing_env.simulation.compiling import HOLE, specialise
from dosing_env.task import Task
from dosing_env.ward.chart import Chart as Chart

dose: Any = HOLE
read: Any = HOLE
tell: Any = HOLE


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A clinical dosing rule: `dose(chart)` returns what is to be done now.

    On a ward it takes a `Chart` and returns mg (0: none), in a clinic a `ClinicChart` and returns an `Order`.
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
    alone = True  # whether its name by itself is a policy; False: what it takes has to stand there

    def begin(self, task: Task, patients: Any) -> None:
        """Told before patients are treated. `patients` is the cohort for an oracle and None for everybody else."""
        self.task = task

    def doses(self, observation: NDArray[np.float32]) -> NDArray[np.float64]:
        """Doses to give now, (n,) mg, for observations (n, features)."""
        raise NotImplementedError

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[NDArray[np.float64], Any]:
        """Actions (n, numbers), or doses (n,) where they are all; and what is remembered until the next decision."""
        return self.doses(observation), state

    def predict(
        self,
        observation: NDArray[np.float32],
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = False,
    ) -> tuple[NDArray[np.float32], Any]:
        """Actions (n, numbers) for observations (n, features), (numbers,) for one; and the state of `act`."""
        wanted, state = self.act(np.atleast_2d(observation), state, episode_start)
        actions = wanted.astype(np.float32).reshape(len(wanted), -1)
        return (actions if np.ndim(observation) == 2 else actions[0]), state


class Held:
    """Between visits what was ordered the day before is ordered again.

    Raises:
        ValueError: the task has no visits.
    """

    def __init__(self, task: Task) -> None:
        task.held()  # refuses a task without visits
        names = [feature.name for feature in task.features]
        self.visit, self._ordered = names.index("visit"), names.index("ordered_1")

    def __call__(self, observation: NDArray[np.float32], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
        """Actions (n, numbers), with the dose of yesterday where there is no visit."""
        rows = np.flatnonzero((observation[:, self.visit] < 0.5) & (observation[:, 0] > 1.0))
        yesterday = self._ordered + observation[rows, 0].astype(np.int64) - 2  # day 1 stands first
        wanted[rows, 0] = observation[rows, yesterday]
        return wanted


def planner_of(name: str) -> Policy | None:
    """The planner of a name such as "oracle" or "map_dosing:vancomycin_goti2018"; None where it is none's.

    Raises:
        ValueError: what stands behind the colon is not what it takes, or nothing does and it takes something always.
    """
    own, colon, setting = name.partition(":")
    if own not in catalogue.names("planners"):
        return None
    planner = catalogue.load("planners", own)
    if not colon:
        return planner_alone(planner, own)
    if not planner.takes:
        raise ValueError(f"'{name}': {own} takes nothing behind a colon")
    if not setting:
        raise ValueError(f"'{name}': behind the colon stands nothing, {own} takes {planner.takes}")
    return planner(setting)  # type: ignore[no-any-return]


def require_policy(name: str) -> None:
    """Refuse the name of a policy that is none, as far as that is known without the file of an agent or a table.

    Raises:
        ValueError: it is none, or code that the user did not name.
    """
    agents = [f"agent:{agent}" for agent in catalogue.names("agents")]
    known = [*catalogue.names("protocols"), *catalogue.names("planners"), *agents]
    if name in known or (":" in name and planner_of(name) is not None) or name.endswith(".toml"):
        return
    if not name.endswith(".py"):
        raise ValueError(catalogue.unknown("policy", name, known))
    if catalogue.kind_of_file(name) not in ("protocols", "planners"):
        raise ValueError(f"{name}: the file defines no PROTOCOL and no PLANNER")


def planner_alone(planner: Any, name: str) -> Policy:
    """The planner of this name (or file) without a setting.

    Raises:
        ValueError: it takes one always.
    """
    if not getattr(planner, "alone", True):
        raise ValueError(f"'{name}': by itself it is no policy, behind a colon it takes {planner.takes}")
    return planner()  # type: ignore[no-any-return]


class ProtocolPolicy(Policy):
    """A protocol, written for one patient's chart, as a policy for batches."""

    def __init__(self, protocol: Protocol) -> None:
        self.name, self.title, self.kind = protocol.name, protocol.title, protocol.kind
        self._dose = protocol.dose
        self._file = inspect.getfile(protocol.dose)

    def begin(self, task: Task, patients: Any) -> None:
        """Learn the numbers of the task.

        Raises:
            ValueError: the protocol reads charts of another kind of care.
        """
        super().begin(task, patients)
        try:
            reading = task.reading(self._dose)
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None
        self._rules, self._chart = task.record, reading.get("Chart", chart_of(self._dose) or Chart)
        self._for_all = specialise(_for_all, dose=self._dose, **reading)

    def doses(self, observation: NDArray[np.float32]) -> NDArray[np.float64]:
        """Doses to give now, (n,) mg."""
        return np.asarray(self.act(observation, None, None)[0][:, 0])

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[NDArray[np.float64], Any]:
        """What the protocol says of every chart, (n, numbers); it remembers nothing."""
        wanted = np.empty((len(observation), len(self.task.actions)))
        with compilable(f"{self._file}: dose(chart)", self._chart):
            self._for_all(observation.astype(np.float64), self._rules, wanted)
        return wanted, state


def _for_all(rows, rules, wanted):  # type: ignore[no-untyped-def]
    for i in range(len(rows)):
        tell(dose(read(rows[i], rules[0])), wanted[i])
