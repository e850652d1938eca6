"""Policy networks of Stable-Baselines3 and sb3-contrib, without torch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.algorithms import ALGORITHMS, Algorithm
from dosing_env.recipe import Network
from dosing_env.simulation.compiling import specialise
from dosing_env.task import Task
from dosing_env.weights import State

Floats = NDArray[np.float64]


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
