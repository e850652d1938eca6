"""A trained agent as a policy: recipe and safetensors -> doses, without torch.

A policy network, or an equation for each decision (regression). Either is computed one patient at a time in a fixed
order of additions, so that a patient's dose does not depend on who else is in the batch.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env import catalogue, files, recipe
from dosing_env.policy import Policy
from dosing_env.recipe import Equation, Recipe, Scaler
from dosing_env.simulation.compiling import specialise
from dosing_env.task import Task


class Agent(Policy):
    """The network of one training seed.

    Args:
        recipe: how it was trained.
        states: the policy's state dict of every training seed.
        card: what training recorded (see `training.train`).
        seed: which of them.
        where: for messages.

    Raises:
        ValueError: no such seed, or the weights do not fit the recipe.
    """

    kind = "agent"

    def __init__(self, recipe: Recipe, states: dict[int, State], card: dict[str, Any], seed: int, where: str) -> None:
        if seed not in states:
            raise ValueError(f"{where}: seed: {seed} is not one of {', '.join(map(str, sorted(states)))}")
        self.recipe, self.states, self.card, self.seed, self.where = recipe, states, card, seed, where
        self.name, self.title = recipe.name, recipe.title
        if recipe.equation is not None:
            self.kind = "regression"
            self._coefficients = _coefficients(recipe.equation, states[seed], where)
        else:
            self._layers = _layers(recipe, states[seed], where)
        self._forward, self._equations = specialise(_forward), specialise(_equations)

    @property
    def inputs(self) -> int:
        """How many numbers it sees."""
        if self.recipe.equation is None:
            return int(self._layers[0][0].shape[0])
        terms = self._coefficients.shape[1]
        return next(n for n in range(terms) if terms_of(n, self.recipe.equation.degree) >= terms)

    def siblings(self) -> list[Agent]:
        """The agents of all training seeds."""
        return [Agent(self.recipe, self.states, self.card, seed, self.where) for seed in sorted(self.states)]

    def begin(self, task: Task, patients: Any) -> None:
        """Learn which features of the task the network sees."""
        super().begin(task, patients)
        self.sight = recipe.sight_of(self.recipe, task)
        self.scaler = Scaler(self.recipe, self.sight.features)
        if len(self.scaler.columns) != self.inputs:
            raise ValueError(
                f"{self.where}: observation: the agent takes {self.inputs} features, task {task.name} has "
                f"{len(self.scaler.columns)} of those the recipe names"
            )
        if self.recipe.equation is not None:
            if len(self._coefficients) != task.rules.decisions:
                known = f"{len(self._coefficients)} decisions, task {task.name} has {task.rules.decisions}"
                raise ValueError(f"{self.where}: there are equations for {known}")
            return
        outputs = self._layers[-1][0].shape[1]
        if outputs != (len(task.doses) if self.recipe.action == "grid" else 1):
            raise ValueError(
                f"{self.where}: action: the network has {outputs} outputs, the task {len(task.doses)} doses"
            )

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[NDArray[np.float64], Any]:
        """Doses to give now, (n,) mg, and the memory of its belief."""
        seen, memory = self.sight(observation, state)
        return to_mg(self.recipe, self.task, self.outputs(seen)), memory

    def doses(self, observation: NDArray[np.float32]) -> NDArray[np.float64]:
        """Doses to give now, (n,) mg, without memory."""
        return self.act(observation, None, None)[0]

    def outputs(self, observation: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n, outputs) of what is seen: mean of the scaled dose, or the logits of the products."""
        x = self.scaler(observation).astype(np.float64)
        if self.recipe.equation is not None:
            decision = np.rint(observation[:, 0] / self.task.rules.interval).astype(np.int64)
            decision = np.clip(decision, 0, len(self._coefficients) - 1)  # after the last dose nothing is decided
            return self._equations(x, decision, self._coefficients, self.recipe.equation.degree)
        for matrix, bias in self._layers[:-1]:
            x = self._forward(x, matrix, bias, self.recipe.network.activation == "relu", True)
        matrix, bias = self._layers[-1]
        return self._forward(x, matrix, bias, False, False)


def to_mg(recipe: Recipe, task: Task, outputs: NDArray[Any]) -> NDArray[np.float64]:
    """The network's outputs as doses, (n,) mg."""
    if recipe.action == "grid":
        return np.asarray(task.doses)[np.argmax(outputs, axis=1)]
    return (np.clip(outputs[:, 0], -1.0, 1.0).astype(np.float64) + 1.0) / 2.0 * task.rules.max_dose


def _layers(recipe: Recipe, state: State, where: str) -> list[tuple[Any, Any]]:
    """(inputs, outputs) matrices and biases of the policy network, in double precision."""
    names = [f"mlp_extractor.policy_net.{2 * i}" for i in range(len(recipe.network.layers))]
    layers, width = [], None
    for name, expected in zip([*names, "action_net"], [*recipe.network.layers, None], strict=True):
        if f"{name}.weight" not in state or f"{name}.bias" not in state:
            raise ValueError(f"{where}: no weights for {name!r}: another recipe's file?")
        matrix, bias = state[f"{name}.weight"].T, state[f"{name}.bias"]
        if matrix.shape[1] != bias.size or expected not in (None, bias.size) or width not in (None, matrix.shape[0]):
            raise ValueError(f"{where}: {name}: shape {matrix.shape} does not fit the recipe's layers")
        width = bias.size
        layers.append((np.ascontiguousarray(matrix, dtype=np.float64), bias.astype(np.float64)))
    return layers


def terms_of(inputs: int, degree: int) -> int:
    """How many terms an equation of so many inputs has: 1, the inputs, and their squares and products."""
    return 1 + inputs + (inputs * (inputs + 1) // 2 if degree == 2 else 0)


def _coefficients(equation: Equation, state: State, where: str) -> NDArray[np.float64]:
    """(decisions, terms) in double precision."""
    found = state.get("equation")
    if found is None or found.ndim != 2:
        raise ValueError(f"{where}: no equations: another recipe's file?")
    if found.shape[1] not in {terms_of(inputs, equation.degree) for inputs in range(found.shape[1])}:
        raise ValueError(f"{where}: {found.shape[1]} terms do not fit an equation of degree {equation.degree}")
    return found.astype(np.float64)


def _equations(x, decision, coefficients, degree):  # type: ignore[no-untyped-def]
    """The equation of each row's decision: 1, the inputs, then products of each with itself and those behind it."""
    n = x.shape[1]
    y = np.empty((x.shape[0], 1))
    for row in range(x.shape[0]):
        c = coefficients[decision[row]]
        total = c[0]
        for i in range(n):
            total += c[1 + i] * x[row, i]
        at = 1 + n
        for i in range(n if degree == 2 else 0):
            for j in range(i, n):
                total += c[at] * x[row, i] * x[row, j]
                at += 1
        y[row, 0] = total
    return y


def _forward(x, matrix, bias, relu, activate):  # type: ignore[no-untyped-def]
    """One layer for every row of x."""
    y = np.empty((x.shape[0], matrix.shape[1]))
    for row in range(x.shape[0]):
        for j in range(matrix.shape[1]):
            y[row, j] = bias[j]
        for i in range(matrix.shape[0]):
            for j in range(matrix.shape[1]):
                y[row, j] += x[row, i] * matrix[i, j]
        if activate:
            for j in range(matrix.shape[1]):
                # tanh, three times as fast as the library's and as good near 1e-16 absolute
                y[row, j] = max(y[row, j], 0.0) if relu else 1.0 - 2.0 / (math.exp(2.0 * y[row, j]) + 1.0)
    return y


State = dict[str, NDArray[np.float32]]  # Stable-Baselines3's state dict of a policy, as arrays


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


def write_weights(path: Path, states: dict[int, State], card: dict[str, Any]) -> None:
    """Write the state dicts of all training seeds and the card (with a checksum of both), whole or not at all."""
    from safetensors.numpy import save

    arrays = {f"{seed}/{name}": array for seed, state in states.items() for name, array in state.items()}
    files.write_whole(path, save(arrays, metadata={"card": json.dumps(card | {"sha256": _checksum(arrays, card)})}))


def read_weights(path: Path) -> tuple[dict[int, State], dict[str, Any]]:
    """The state dicts by training seed, and the card.

    Raises:
        ValueError: the file is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise ValueError(f"{path}: no such file: the agent's weights stand beside its recipe")
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            card = dict(json.loads((file.metadata() or {})["card"]))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not a weight file of this project: {' '.join(str(error).split())}") from None
    if card.pop("sha256", None) != _checksum(arrays, card):
        raise ValueError(f"{path}: does not match its checksum: the file is damaged")
    return _by_seed(arrays), card


def _by_seed(arrays: State) -> dict[int, State]:
    states: dict[int, State] = {}
    for name, array in arrays.items():
        seed, key = name.split("/", 1)
        states.setdefault(int(seed), {})[key] = array
    return states


def _checksum(arrays: State, card: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(card, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode() + arrays[name].tobytes())
    return digest.hexdigest()
