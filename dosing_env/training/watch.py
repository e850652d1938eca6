"""What happens while a network learns: a look at the tuning stream, a checkpoint, a line for whoever waits."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import CSVOutputFormat, Logger, TensorBoardOutputFormat

from dosing_env.agent import Agent
from dosing_env.recipe import Recipe
from dosing_env.scenario import Scenario
from dosing_env.training import checkpoints
from dosing_env.training.algorithms import state_of
from dosing_env.training.patients import PatientVecEnv
from dosing_env.treatment import followed

TUNE_SEED = 0  # of the patients on which checkpoints and seeds are compared

Tell = Callable[[int, str], None]  # steps done, what
Looked = Callable[[dict[str, Any]], None]  # seed, steps, and `tuned`
_OFTEN = 0.5  # s between two lines for whoever waits


def silent(done: int, what: str) -> None:
    """Nobody waits."""


def ignored(row: dict[str, Any]) -> None:
    """Nobody wants to know."""


class Watch(BaseCallback):
    """Before a rollout begins, every `evaluate_every` steps: endpoint and return on the tuning stream, a checkpoint.

    Args:
        case: the scenario of the recipe.
        seed: of the training.
        folder: of the seed.
        card: of its checkpoints.
        tell: whom to tell how far it is.
        looked: whom to tell what a look has found. What it raises ends the training.
    """

    def __init__(
        self,
        recipe: Recipe,
        case: Scenario,
        seed: int,
        folder: Path,
        card: dict[str, Any],
        tell: Tell = silent,
        looked: Looked = ignored,
    ) -> None:
        super().__init__()
        self.recipe, self.case, self.seed, self.folder = recipe, case, seed, folder
        self.card, self.tell, self.looked = card, tell, looked
        self.learning: list[dict[str, Any]] = []
        self.resumed: list[str] = []  # how it went on, each time it was stopped
        self._next = recipe.training.evaluate_every
        self._began, self._told = time.process_time(), -math.inf

    def seconds(self) -> float:
        """Of the processor, spent on the training so far."""
        return time.process_time() - self._began

    def watched(self) -> dict[str, Any]:
        """What a checkpoint remembers of it."""
        own = {"learning": self.learning, "next": self._next, "resumed": self.resumed}
        return own | {"seconds": self.seconds()}

    def go_on(self, watched: dict[str, Any], how: str) -> None:
        """Go on from what a checkpoint remembers."""
        self.learning, self._next = watched["learning"], watched["next"]
        self.resumed = [*watched["resumed"], how]
        self._began -= watched["seconds"]

    def look(self) -> None:
        """Evaluate the present network on the tuning stream, unless that was done."""
        steps = self.model.num_timesteps
        if self.learning and self.learning[-1]["steps"] == steps:
            return
        agent = Agent(self.recipe, {self.seed: state_of(self.model)}, {}, self.seed, self.recipe.name)
        row = {"seed": self.seed, "steps": steps} | tuned(agent, self.case)
        self.learning.append(row)
        for name, value in row.items():
            self.logger.record(f"tune/{name}", value)
        self.looked(row)

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if time.monotonic() >= self._told + _OFTEN:
            self._tell()
        if self.model.num_timesteps >= self._next:
            self._next += self.recipe.training.evaluate_every
            self.look()
            patients = self._patients().snapshot()
            checkpoints.write(self.folder, self.model, patients, self.card | {"watched": self.watched()})

    def _on_rollout_end(self) -> None:
        prices = self._patients().prices
        if prices is not None:
            prices.settle()
            for name, mean, price in zip(prices.names, prices.mean, prices.now, strict=True):
                self.logger.record(f"limits/{name}", mean)
                self.logger.record(f"limits/{name}_price", price)

    def _on_training_end(self) -> None:
        self.look()
        self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        self.tell(min(self.model.num_timesteps, self.recipe.training.steps), self._line())

    def _patients(self) -> PatientVecEnv:
        env = self.training_env
        assert isinstance(env, PatientVecEnv)
        return env

    def _line(self) -> str:
        tables = self.case.tables
        if not self.learning:
            return f"seed {self.seed}"
        return f"seed {self.seed}, {self.learning[-1][tables.primary]:.1f} % {tables.within}"


class LogTable(CSVOutputFormat):
    """A table that is no file before it has a row: training may be stopped before the first."""

    def __init__(self, filename: str) -> None:
        self._filename, self._opened = filename, False

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0) -> None:
        """Add a row."""
        if not self._opened:
            super().__init__(self._filename)
            self._opened = True
        super().write(key_values, key_excluded, step)

    def close(self) -> None:
        """No more rows."""
        if self._opened:
            super().close()


def logger_for(folder: Path, steps: int) -> Logger:
    """TensorBoard and a table, log<steps>.csv, of what is recorded from a step on."""
    folder.mkdir(parents=True, exist_ok=True)
    outputs = [TensorBoardOutputFormat(str(folder / "tensorboard")), LogTable(str(folder / f"log{steps}.csv"))]
    return Logger(str(folder), outputs)


def tuned(agent: Agent, case: Scenario) -> dict[str, float]:
    """Primary endpoint, return and costs with a limit of an agent on the patients of the tuning stream."""
    patients = np.arange(agent.recipe.training.evaluate_patients)
    cohort, total, terms = followed(case, agent, patients, seed=TUNE_SEED, stream="tune")
    primary = case.tables.primary
    names = [term.name for term in cohort.task.terms]
    seen = {primary: case.tables.outcomes(cohort, {"return": total})[primary], "return": total}
    seen |= {limit.column: terms[:, names.index(limit.cost)] for limit in agent.recipe.limits}
    return {name: float(values.mean()) for name, values in seen.items()}
