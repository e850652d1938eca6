"""What training found, as functions of the scaled observation: a policy network, dosing equations, boosted trees.

Each is computed one patient at a time in a fixed order of additions, so that a patient's dose does not depend on who
else is in the batch.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dosing_env.algorithms import ALGORITHMS, Algorithm
from dosing_env.recipe import Boosting, Equation, Network, Recipe
from dosing_env.simulation.compiling import specialise
from dosing_env.task import Task
from dosing_env.weights import State

Floats = NDArray[np.float64]


class Learned(Protocol):
    """One of them.

    Attributes:
        kind: of the policy that it makes.
        made: how, for the model card.
        inputs: how many numbers it takes.
    """

    kind: str
    made: str
    inputs: int

    def check(self, task: Task, action: str) -> None:
        """Raise a ValueError unless it is made for such a task."""

    def __call__(self, x: Floats, decision: NDArray[np.int64]) -> Floats:
        """(n, outputs) of the scaled inputs (n, inputs) at decisions (n,)."""


def learned_of(recipe: Recipe, state: State, where: str) -> Learned:
    """What a training seed found.

    Raises:
        ValueError: it does not fit the recipe.
    """
    form = recipe.form
    for name, values in state.items():
        _check_numbers(values, form, name, f"{where}: {name!r}")
    if isinstance(form, Network):
        kind = RecurrentNetwork if form.lstm else PolicyNetwork
        return kind(recipe.algorithm, form, state, where)
    return Equations(form, state, where) if isinstance(form, Equation) else Trees(form, state, where)


def starting(learned: Learned, x: Floats, decision: NDArray[np.int64]) -> Floats:
    """(n, outputs) of scaled inputs (n, inputs) at decisions (n,); of one that remembers, as a course begins."""
    if isinstance(learned, RecurrentNetwork):
        x = learned.remember(x, learned.nothing(len(x)))[:, : learned.units]
    return learned(x, decision)


class PolicyNetwork:
    """The network that decides, of Stable-Baselines3 or sb3-contrib, without torch; in double precision."""

    kind = "agent"

    def __init__(self, algorithm: str, network: Network, state: State, where: str) -> None:
        own = ALGORITHMS[algorithm]
        self._squashed, self._joint = own.squashed, own.joint
        self._layers = _layers(own, network, state, where)
        if algorithm == "QR-DQN":
            self._layers[-1] = _mean_of_quantiles(*self._layers[-1], network.quantiles, where)
        self._relu, self._where = network.activation == "relu", where
        self.made = f"{algorithm} ({own.library}), {' x '.join(map(str, network.layers))} {network.activation} units"
        self.inputs = self._layers[0][0].shape[0]
        self._forward = specialise(_forward)

    def check(self, task: Task, action: str) -> None:
        """See `Learned`."""
        outputs, sizes = self._layers[-1][0].shape[1], [len(grid) for grid in task.grids]
        needed = len(task.actions) if action == "mg" else math.prod(sizes) if self._joint else sum(sizes)
        if outputs != needed:
            what = f"{len(task.doses)} doses" if len(task.grids) == 1 else f"actions of {needed}"
            raise ValueError(f"{self._where}: action: the network has {outputs} outputs, the task {what}")

    def __call__(self, x: Floats, decision: NDArray[np.int64]) -> Floats:
        """See `Learned`: mean of the scaled dose, or the logits or values of the products."""
        for matrix, bias in self._layers[:-1]:
            x = self._forward(x, matrix, bias, self._relu, True)
        matrix, bias = self._layers[-1]
        return self._forward(x, matrix, bias, False, self._squashed)


class RecurrentNetwork(PolicyNetwork):
    """sb3-contrib's recurrent policy: one layer of long short-term memory before the network.

    Attributes:
        units: that remember; a memory is (n, 2 units): what is put out, and the cells.
    """

    def __init__(self, algorithm: str, network: Network, state: State, where: str) -> None:
        super().__init__(algorithm, network, state, where)
        self.units = network.lstm
        own, before, bias, more = _units(self.units, state, self._layers[0][0].shape[0], where)
        self._own, self._before = (np.ascontiguousarray(w.T, dtype=np.float64) for w in (own, before))
        self._bias = bias.astype(np.float64) + more.astype(np.float64)
        self.inputs = self._own.shape[0]
        self.made = f"{self.made} behind {self.units} LSTM units"
        self._remember = specialise(_remember)

    def nothing(self, size: int) -> Floats:
        """The memory of so many patients whose course begins."""
        return np.zeros((size, 2 * self.units))

    def remember(self, x: Floats, memory: Floats) -> Floats:
        """The memory (n, 2 units) after the inputs (n, inputs)."""
        return self._remember(x, memory, self._own, self._before, self._bias)


class Equations:
    """A dosing equation for each decision: 1, the inputs and, with degree 2, their squares and products."""

    kind = "regression"

    def __init__(self, equation: Equation, state: State, where: str) -> None:
        self._coefficients, self._where = _coefficients(equation, state, where), where
        self._degree = equation.degree
        squares = ", with squares and products" if equation.degree == 2 else ""
        self.made = f"least squares to the oracle's doses, one equation for each decision{squares}"
        self.inputs = _inputs(self._coefficients.shape[1], equation.degree)
        self._values = specialise(_equations)

    def check(self, task: Task, action: str) -> None:
        """See `Learned`."""
        _check_decisions(len(self._coefficients), "equations", task, self._where)

    def __call__(self, x: Floats, decision: NDArray[np.int64]) -> Floats:
        """See `Learned`: the scaled dose."""
        return self._values(x, decision, self._coefficients, self._degree)


class Trees:
    """Boosted trees for each decision: complete binary trees, level by level, whose leaves are added up."""

    kind = "regression"

    def __init__(self, boosting: Boosting, state: State, where: str) -> None:
        self._feature, self._threshold, self._leaf = _trees(boosting, state, where)
        self._where = where
        self.inputs = int(state["inputs"][0])
        self.made = (
            f"gradient boosting (scikit-learn) to the oracle's doses, {boosting.trees} trees of depth {boosting.depth} "
            "for each decision"
        )
        self._values = specialise(_boosted)

    def check(self, task: Task, action: str) -> None:
        """See `Learned`."""
        _check_decisions(len(self._leaf), "trees", task, self._where)

    def __call__(self, x: Floats, decision: NDArray[np.int64]) -> Floats:
        """See `Learned`: the scaled dose."""
        return self._values(x, decision, self._feature, self._threshold, self._leaf)


def _check_numbers(values: NDArray[Any], form: Network | Equation | Boosting, name: str, where: str) -> None:
    """Raise a ValueError unless an array holds numbers as training writes them."""
    trees = isinstance(form, Boosting)
    if not values.size:
        raise ValueError(f"{where}: holds no numbers")
    if trees and name in ("feature", "inputs"):
        if values.dtype.kind not in "iu":
            raise ValueError(f"{where}: is of type {values.dtype}, these numbers are whole")
        return
    if values.dtype not in (np.float32, np.float64):
        raise ValueError(f"{where}: is of type {values.dtype}, weights are float32")
    if (np.isnan(values) if trees else ~np.isfinite(values)).any():  # a threshold may be infinite
        raise ValueError(f"{where}: a weight is not finite")


def _check_decisions(known: int, what: str, task: Task, where: str) -> None:
    if known != task.rules.decisions:
        raise ValueError(
            f"{where}: there are {what} for {known} decisions, task {task.name} has {task.rules.decisions}"
        )


def _layers(algorithm: Algorithm, network: Network, state: State, where: str) -> list[tuple[Any, Any]]:
    """(inputs, outputs) matrices and biases of the policy network, in double precision."""
    hidden = [f"{algorithm.hidden}.{2 * i}" for i in range(len(network.layers) + 1)]
    names = [*hidden[:-1], algorithm.output or hidden[-1]]
    layers, width = [], None
    for name, expected in zip(names, [*network.layers, None], strict=True):
        if f"{name}.weight" not in state or f"{name}.bias" not in state:
            raise ValueError(f"{where}: no weights for {name!r}: another recipe's file?")
        matrix, bias = state[f"{name}.weight"].T, state[f"{name}.bias"]
        if (
            matrix.ndim != 2
            or matrix.shape[1:] != bias.shape
            or expected not in (None, bias.size)
            or width not in (None, matrix.shape[0])
        ):
            raise ValueError(f"{where}: {name}: shape {matrix.shape} does not fit the recipe's layers")
        width = bias.size
        layers.append((np.ascontiguousarray(matrix, dtype=np.float64), bias.astype(np.float64)))
    return layers


def _units(units: int, state: State, width: int, where: str) -> list[Any]:
    """Weights of units that remember and feed a network of such a width: of input and output, and two biases."""
    names = [f"lstm_actor.{name}_l0" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    found = [state[name] for name in names if name in state]
    gates = 4 * units
    fits = len(found) == 4 and found[0].ndim == 2 and len(found[0]) == gates and width == units
    if not fits or [w.shape for w in found[1:]] != [(gates, units), (gates,), (gates,)]:
        raise ValueError(f"{where}: no units that remember, or not {units}: another recipe's file?")
    return found


def _mean_of_quantiles(matrix: Any, bias: Any, quantiles: int, where: str) -> tuple[Any, Any]:
    """A last layer that puts out the mean of the quantiles of each action, of one that puts out all of them."""
    if bias.size % quantiles:
        raise ValueError(f"{where}: {bias.size} outputs are no multiple of network.quantiles, {quantiles}")
    means = matrix.reshape(len(matrix), quantiles, -1).mean(axis=1)
    return np.ascontiguousarray(means), bias.reshape(quantiles, -1).mean(axis=0)


def terms_of(inputs: int, degree: int) -> int:
    """How many terms an equation of so many inputs has: 1, the inputs, and their squares and products."""
    return 1 + inputs + (inputs * (inputs + 1) // 2 if degree == 2 else 0)


def _inputs(terms: int, degree: int) -> int:
    """How many inputs an equation of so many terms has."""
    return next(inputs for inputs in range(terms) if terms_of(inputs, degree) >= terms)


def _coefficients(equation: Equation, state: State, where: str) -> Floats:
    """(decisions, terms) in double precision."""
    found = state.get("equation")
    if found is None or found.ndim != 2:
        raise ValueError(f"{where}: no equations: another recipe's file?")
    terms = found.shape[1]
    if terms_of(_inputs(terms, equation.degree), equation.degree) != terms:
        raise ValueError(f"{where}: {terms} terms do not fit an equation of degree {equation.degree}")
    return found.astype(np.float64)


def _trees(boosting: Boosting, state: State, where: str) -> tuple[Any, Any, Any]:
    """Features, thresholds (decisions, trees, splits) and leaves (decisions, trees, leaves)."""
    shapes = {name: state[name].shape for name in ("feature", "threshold", "leaf", "inputs") if name in state}
    if len(shapes) < 4 or len(shapes["leaf"]) != 3 or shapes["inputs"] != (1,):
        raise ValueError(f"{where}: no trees: another recipe's file?")
    splits = (shapes["leaf"][0], boosting.trees, 2**boosting.depth - 1)
    if shapes["feature"] != splits or shapes["threshold"] != splits or shapes["leaf"] != (*splits[:2], splits[2] + 1):
        raise ValueError(f"{where}: trees of shape {shapes['feature']} do not fit the recipe's")
    feature, threshold, leaf = (state[name] for name in ("feature", "threshold", "leaf"))
    if feature.min() < 0 or feature.max() >= state["inputs"][0]:
        raise ValueError(f"{where}: a tree asks for a feature that is not there")
    return feature, threshold, leaf


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


def _remember(x, memory, own, before, bias):  # type: ignore[no-untyped-def]
    """One step of long short-term memory for every row: gates in the order input, forget, cell, output."""
    units = before.shape[0]
    new, gates = np.empty(memory.shape), np.empty(4 * units)
    for row in range(x.shape[0]):
        gates[:] = bias
        for i in range(x.shape[1]):
            for j in range(4 * units):
                gates[j] += x[row, i] * own[i, j]
        for i in range(units):
            for j in range(4 * units):
                gates[j] += memory[row, i] * before[i, j]
        for j in range(units):
            keep, enter, leave = _sigmoid(gates[units + j]), _sigmoid(gates[j]), _sigmoid(gates[3 * units + j])
            cell = keep * memory[row, units + j] + enter * math.tanh(gates[2 * units + j])
            new[row, units + j] = cell
            new[row, j] = leave * math.tanh(cell)
    return new


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


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


def _boosted(x, decision, feature, threshold, leaf):  # type: ignore[no-untyped-def]
    """The trees of each row's decision: the ways from split i lead to 2 i + 1 (not above the threshold) and 2 i + 2."""
    splits = feature.shape[2]
    y = np.empty((x.shape[0], 1))
    for row in range(x.shape[0]):
        k = decision[row]
        total = 0.0
        for tree in range(feature.shape[1]):
            i = 0
            while i < splits:
                i = 2 * i + (2 if x[row, feature[k, tree, i]] > threshold[k, tree, i] else 1)
            total += leaf[k, tree, i - splits]
        y[row, 0] = total
    return y
