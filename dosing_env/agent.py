"""A trained agent as a policy: recipe and safetensors -> doses, without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env import catalogue, recipe
from dosing_env.algorithms import ALGORITHMS
from dosing_env.io import printable
from dosing_env.learned import RecurrentNetwork, learned_of, starting
from dosing_env.policy import Held, Policy
from dosing_env.recipe import Recipe, Scaler
from dosing_env.task import Task
from dosing_env.weights import PICKLES, State, check_card, read_weights


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
        """Learn which features of the task the agent sees.

        Raises:
            ValueError: it shows or takes something else than what the agent learned on.
        """
        super().begin(task, patients)
        where = f"{self.where}: task {task.name}"
        self.sight = recipe.shown_to(self.recipe, task, where)
        self.scaler = Scaler(self.recipe, self.sight.features)
        known = self.card.get("spaces")
        if known is not None:
            _require_same(known, spaces_of(self.recipe, task, self.scaler), where)
        recipe.require_features(self.recipe, self.sight, where)
        if len(self.scaler.columns) != self.learned.inputs:
            raise ValueError(
                f"{self.where}: observation: the agent takes {self.learned.inputs} features, task {task.name} has "
                f"{len(self.scaler.columns)} of those the recipe names"
            )
        self.learned.check(task, self.recipe.action)
        try:
            self._holding = Held(task) if self.recipe.hold else None
        except ValueError as error:
            raise ValueError(f"{self.where}: {error}") from None

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[NDArray[np.float64], Any]:
        """What to do now, (n, numbers), and the memory of its belief; of a recurrent agent, that and its own."""
        if isinstance(self.learned, RecurrentNetwork):
            return self._act_remembering(self.learned, observation, state, episode_start)
        seen, memory = self.sight(observation, state)
        return self._held(observation, self.told(seen, observation)), memory

    def _act_remembering(
        self, learned: RecurrentNetwork, observation: NDArray[np.float32], state: Any, episode_start: Any
    ) -> tuple[NDArray[np.float64], Any]:
        """The same of an agent that remembers. Where it is asked on visits only, it is on visits that it learns."""
        believed, own = state if isinstance(state, tuple) else (state, None)
        seen, believed = self.sight(observation, believed)
        before = learned.nothing(len(seen)) if own is None else np.array(own)
        if episode_start is not None:
            before[np.asarray(episode_start, dtype=bool)] = 0.0
        after = learned.remember(self.scaler(seen).astype(np.float64), before)
        outputs = learned(after[:, : learned.units], self._decisions(seen))
        if self._holding:
            days = observation[:, self._holding.visit] < 0.5
            after[days] = before[days]
        return self._held(observation, to_actions(self.recipe, self.task, outputs, observation)), (believed, after)

    def _held(self, observation: NDArray[np.float32], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
        """On days without a visit what was ordered the day before is ordered again, where the recipe holds doses."""
        return self._holding(observation, wanted) if self._holding else wanted

    def told(self, seen: NDArray[np.float32], chart: NDArray[np.float32]) -> NDArray[np.float64]:
        """What to do now, (n, numbers), for what is seen of these charts."""
        return to_actions(self.recipe, self.task, self.outputs(seen), chart)

    def doses(self, observation: NDArray[np.float32]) -> NDArray[np.float64]:
        """Doses to give now, (n,) mg, without memory."""
        return np.asarray(self.act(observation, None, None)[0][:, 0])

    def outputs(self, seen: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n, outputs) of what is seen: means of the scaled numbers, or the logits of their values.

        Of a recurrent agent: as a course begins.
        """
        return starting(self.learned, self.scaler(seen).astype(np.float64), self._decisions(seen))

    def _decisions(self, seen: NDArray[np.float32]) -> NDArray[np.int64]:
        """At which decision each patient stands; after the last nothing is decided."""
        hours = self.task.hours
        decision = np.rint(seen[:, 0] / hours[1]).astype(np.int64)
        return np.asarray(np.clip(decision, 0, self.task.decisions - 1))


def to_actions(recipe: Recipe, task: Task, outputs: NDArray[Any], chart: NDArray[np.float32]) -> NDArray[np.float64]:
    """The network's outputs as actions, (n, numbers): the best values of a grid, or scaled numbers.

    Raises:
        ValueError: an output is not finite.
    """
    if not np.isfinite(outputs).all():
        raise ValueError(f"{recipe.name}: what the agent says is not finite: its weights or its scaling are too large")
    if recipe.action == "mg":
        return scaled(task, outputs)
    own, sizes = ALGORITHMS[recipe.algorithm], [len(grid) for grid in task.grids]
    edges = np.cumsum(sizes)[:-1]
    allowed = np.split(masks_of(recipe, task, chart), edges, axis=1)
    if not own.joint:
        parts = [
            np.where(may, out, -np.inf) for may, out in zip(allowed, np.split(outputs, edges, axis=1), strict=True)
        ]
        return from_grids(task, np.stack([part.argmax(axis=1) for part in parts], axis=1))
    every = allowed[0]
    for more in allowed[1:]:
        every = (every[:, :, None] & more[:, None, :]).reshape(len(outputs), -1)
    return from_grids(task, combination(task, np.where(every, outputs, -np.inf).argmax(axis=1)))


def masks_of(recipe: Recipe, task: Task, chart: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(n, values of all grids) which of them are compared: where the algorithm is masked, those the limits allow."""
    if not ALGORITHMS[recipe.algorithm].masked:
        return np.ones((len(chart), sum(map(len, task.grids))), dtype=bool)
    return task.masks(chart)


def combination(task: Task, which: NDArray[Any]) -> NDArray[Any]:
    """(n, numbers) places in the grids of numbered combinations of their values."""
    return np.stack(np.unravel_index(which, [len(grid) for grid in task.grids]), axis=1)


def from_grids(task: Task, places: NDArray[Any]) -> NDArray[np.float64]:
    """Actions (n, numbers) of their places in the grids."""
    return np.stack([np.asarray(grid)[places[:, j]] for j, grid in enumerate(task.grids)], axis=1)


def unscaled(recipe: Recipe, task: Task, actions: NDArray[Any]) -> NDArray[np.float64]:
    """What the network would have to say for these actions, (n, numbers): scaled numbers, or places in their grids."""
    columns = []
    for j, grid in enumerate(task.grids):
        place = np.abs(actions[:, j, None] - np.asarray(grid)).argmin(axis=1)
        if recipe.action == "grid":
            columns.append(place.astype(np.float64))
        else:
            share = actions[:, 0] / task.largest if j == 0 else place / max(1, len(grid) - 1)
            columns.append(2.0 * np.clip(share, 0.0, 1.0) - 1.0)
    return np.stack(columns, axis=1)


def scaled(task: Task, outputs: NDArray[Any]) -> NDArray[np.float64]:
    """Actions (n, numbers) of numbers in [-1, 1]: the dose in proportion, other numbers the nearest of their grid."""
    share = (np.clip(outputs, -1.0, 1.0).astype(np.float64) + 1.0) / 2.0
    columns = [share[:, 0] * task.largest]
    for j, grid in enumerate(task.grids[1:], start=1):
        columns.append(np.asarray(grid)[np.rint(share[:, j] * (len(grid) - 1)).astype(np.int64)])
    return np.stack(columns, axis=1)


def spaces_of(recipe: Recipe, task: Task, scaler: Scaler) -> dict[str, Any]:
    """What an agent sees and does in a task, for its card."""
    numbers = {action.name: [action.unit, action.low, action.high] for action in task.actions}
    if recipe.action == "grid":
        numbers = {name: list(grid) for name, grid in zip(numbers, task.grids, strict=True)}
    return {"observation": scaler.names, "action": numbers}


def _require_same(known: dict[str, Any], found: dict[str, Any], where: str) -> None:
    """Refuse a task whose observation or action differs from the one that was learned, and name what differs."""
    ours, theirs = known["observation"], found["observation"]
    lost, more = [n for n in ours if n not in theirs], [n for n in theirs if n not in ours]
    if lost or more:
        differs = [*(f"lacks {name}" for name in lost), *(f"has {name} too" for name in more)]
        raise ValueError(f"{where}: observation: differs from the one the agent learned on: {_some(differs)}")
    if ours != theirs:
        raise ValueError(f"{where}: observation: the features stand in another order than those the agent learned on")
    for name in {**known["action"], **found["action"]}:
        before, now = (spaces["action"].get(name) for spaces in (known, found))
        if before != now:
            raise ValueError(f"{where}: action: {name}: the agent learned on {_said(before)}, here it is {_said(now)}")


def _some(parts: list[str], most: int = 4) -> str:
    return ", ".join(parts[:most]) + (f" and {len(parts) - most} more" if len(parts) > most else "")


def _said(values: list[Any] | None) -> str:
    """Bounds of a number with its unit, or of a grid its first values and its last."""
    if values is None:
        return "none"
    numbers = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    if isinstance(values[0], str):
        return f"{' to '.join(numbers[1:])} {numbers[0]}"
    if len(numbers) < 5:
        return ", ".join(numbers)
    return f"{', '.join(numbers[:3])} ... {numbers[-1]} ({len(numbers)} values)"


@printable.refusals()
def load_agent(name: str, seed: int | None = None) -> Agent:
    """The agent of a catalogue name, of the path of its recipe with the bundle beside it, or of the bundle alone.

    Args:
        name: for example "vancomycin_ward_ppo", "my/agent.toml" or "my/agent.safetensors".
        seed: a training seed; by default the one that is shipped.

    Raises:
        ValueError: unknown name, no bundle, a damaged one, or one of another recipe. Nothing in a file is executed.
    """
    path, rules = Path(name), None
    if path.suffix.lower() not in (".safetensors", *PICKLES):
        path, rules = catalogue.find("agents", name).with_suffix(".safetensors"), recipe.load(name)
    try:
        return _read(path, rules, seed)
    except ValueError as error:  # it may quote what the file says
        raise ValueError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from None


def _read(path: Path, rules: Recipe | None, seed: int | None) -> Agent:
    """The agent of a bundle and of the recipe beside it, or of the one it holds."""
    states, card = read_weights(path)
    check_card(card, states, path)
    rules = rules or recipe.parse(card["recipe_text"], card["name"], str(path))
    if card["recipe"] != recipe.fingerprint(rules):
        stated = rules.file or "its recipe"
        raise ValueError(f"{path}: trained with another algorithm, action, network or observation than {stated} states")
    agent = Agent(rules, states, card, card["shipped_seed"] if seed is None else seed, str(path))
    seen = len(card["spaces"]["observation"])
    if agent.learned.inputs != seen:
        raise ValueError(f"{path}: the weights take {agent.learned.inputs} features, the card says {seen}")
    return agent
