"""A trained agent as a policy: recipe and safetensors -> doses, without torch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env import catalogue, recipe
from dosing_env.learned import learned_of
from dosing_env.policy import Policy
from dosing_env.recipe import Recipe, Scaler
from dosing_env.task import Task
from dosing_env.weights import State, read_weights


class Agent(Policy):
    """What one training seed learned.

    Args:
        recipe: how it was trained.
        states: what every training seed learned.
        card: what training recorded (see `training.train`).
        seed: which of them.
        where: for messages.

    Raises:
        ValueError: no such seed, or the weights do not fit the recipe.
    """

    def __init__(self, recipe: Recipe, states: dict[int, State], card: dict[str, Any], seed: int, where: str) -> None:
        if seed not in states:
            raise ValueError(f"{where}: seed: {seed} is not one of {', '.join(map(str, sorted(states)))}")
        self.recipe, self.states, self.card, self.seed, self.where = recipe, states, card, seed, where
        self.name, self.title = recipe.name, recipe.title
        self.learned = learned_of(recipe, states[seed], where)
        self.kind = self.learned.kind

    def siblings(self) -> list[Agent]:
        """The agents of all training seeds."""
        return [Agent(self.recipe, self.states, self.card, seed, self.where) for seed in sorted(self.states)]

    def begin(self, task: Task, patients: Any) -> None:
        """Learn which features of the task the agent sees."""
        super().begin(task, patients)
        self.sight = recipe.sight_of(self.recipe, task)
        self.scaler = Scaler(self.recipe, self.sight.features)
        if len(self.scaler.columns) != self.learned.inputs:
            raise ValueError(
                f"{self.where}: observation: the agent takes {self.learned.inputs} features, task {task.name} has "
                f"{len(self.scaler.columns)} of those the recipe names"
            )
        self.learned.check(task, self.recipe.action)

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[NDArray[np.float64], Any]:
        """Doses to give now, (n,) mg, and the memory of its belief."""
        seen, memory = self.sight(observation, state)
        return self.told(seen), memory

    def told(self, seen: NDArray[np.float32]) -> NDArray[np.float64]:
        """Doses to give now, (n,) mg, for what is seen."""
        return to_mg(self.recipe, self.task, self.outputs(seen))

    def doses(self, observation: NDArray[np.float32]) -> NDArray[np.float64]:
        """Doses to give now, (n,) mg, without memory."""
        return self.act(observation, None, None)[0]

    def outputs(self, seen: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n, outputs) of what is seen: mean of the scaled dose, or the logits of the products."""
        rules = self.task.rules
        decision = np.rint(seen[:, 0] / rules.interval).astype(np.int64)
        decision = np.clip(decision, 0, rules.decisions - 1)  # after the last dose nothing is decided
        return self.learned(self.scaler(seen).astype(np.float64), decision)


def to_mg(recipe: Recipe, task: Task, outputs: NDArray[Any]) -> NDArray[np.float64]:
    """The network's outputs as doses, (n,) mg."""
    if recipe.action == "grid":
        return np.asarray(task.doses)[np.argmax(outputs, axis=1)]
    return (np.clip(outputs[:, 0], -1.0, 1.0).astype(np.float64) + 1.0) / 2.0 * task.rules.max_dose


def load_agent(name: str, seed: int | None = None) -> Agent:
    """The agent of a catalogue name, or of the path of its recipe with the weight file beside it.

    Args:
        name: for example "vancomycin_ward_ppo" or "my/agent.toml".
        seed: a training seed; by default the one that is shipped.

    Raises:
        ValueError: unknown name, no weight file, a damaged one, or one of another recipe.
    """
    path = catalogue.find("agents", name).with_suffix(".safetensors")
    states, card = read_weights(path)
    rules = recipe.load(name)
    if card.get("recipe") != recipe.fingerprint(rules):
        raise ValueError(f"{path}: trained with another action, network or observation than {rules.file} states")
    return Agent(rules, states, card, card["shipped_seed"] if seed is None else seed, str(path))
