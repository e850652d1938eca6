"""A trained agent as a policy: recipe and safetensors -> doses, without torch.

The policy network is computed one patient at a time in a fixed order of additions, so that a patient's dose does not
depend on who else is in the batch.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env import catalogue, recipe
from dosing_env.policy import Policy
from dosing_env.recipe import Recipe, Scaler
from dosing_env.simulation.compiling import specialise
from dosing_env.task import Task

RELU: Any = None


class Agent(Policy):
    """The network of one training seed.

    Args:
        recipe: how it was trained.
        weights: Stable-Baselines3's state dict of the policy, as arrays.
        seed: the training seed.
    """

    kind = "agent"

    def __init__(self, recipe: Recipe, weights: dict[str, NDArray[np.float32]], seed: int) -> None:
        self.recipe, self.weights, self.seed = recipe, weights, seed
        self.name, self.title = recipe.name, recipe.title
        self._layers = _layers(recipe, weights)
        self._forward = specialise(_forward)

    def begin(self, task: Task, patients: Any) -> None:
        """Learn which features of the task the network sees."""
        super().begin(task, patients)
        self._scaler = Scaler(self.recipe, task)
        width = self._layers[0][0].shape[0]
        if len(self._scaler.columns) != width:
            raise ValueError(f"{self.name}: expects {width} features, the task has {len(self._scaler.columns)} of them")

    def doses(self, observation: NDArray[np.float32]) -> NDArray[np.float64]:
        """Doses to give now, (n,) mg."""
        return to_mg(self.recipe, self.task, self.outputs(observation))

    def outputs(self, observation: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n, outputs): mean of the scaled dose, or the logits of the products."""
        x = self._scaler(observation).astype(np.float64)
        for matrix, bias in self._layers[:-1]:
            x = self._forward(x, matrix, bias, self.recipe.network.activation == "relu", True)
        matrix, bias = self._layers[-1]
        return self._forward(x, matrix, bias, False, False)


def to_mg(recipe: Recipe, task: Task, outputs: NDArray[Any]) -> NDArray[np.float64]:
    """The network's outputs as doses, (n,) mg."""
    if recipe.action == "grid":
        return np.asarray(task.doses)[np.argmax(outputs, axis=1)]
    return (np.clip(outputs[:, 0], -1.0, 1.0).astype(np.float64) + 1.0) / 2.0 * task.rules.max_dose


def _layers(recipe: Recipe, weights: dict[str, NDArray[np.float32]]) -> list[tuple[Any, Any]]:
    """(inputs, outputs) matrices and biases, in double precision."""
    names = [f"mlp_extractor.policy_net.{2 * i}" for i in range(len(recipe.network.layers))]
    return [
        (np.ascontiguousarray(weights[f"{name}.weight"].T, dtype=np.float64), weights[f"{name}.bias"].astype(np.float64))
        for name in [*names, "action_net"]
    ]


def _forward(x, matrix, bias, relu, activate):  # type: ignore[no-untyped-def]
    """One layer for every row of x."""
    y = np.empty((x.shape[0], matrix.shape[1]))
    for row in range(x.shape[0]):
        y[row] = bias
        for i in range(matrix.shape[0]):
            for j in range(matrix.shape[1]):
                y[row, j] += x[row, i] * matrix[i, j]
        if activate:
            for j in range(matrix.shape[1]):
                y[row, j] = max(y[row, j], 0.0) if relu else math.tanh(y[row, j])
    return y
