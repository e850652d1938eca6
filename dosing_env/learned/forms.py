"""What training found, whatever its form: from the arrays in a bundle."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dosing_env.learned.equations import Equations
from dosing_env.learned.networks import PolicyNetwork, RecurrentNetwork
from dosing_env.learned.trees import Trees
from dosing_env.recipe import Boosting, Equation, Network, Recipe
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
