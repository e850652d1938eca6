"""Boosted regression trees for each decision."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.learned.decisions import require_decisions
from dosing_env.recipe import Boosting
from dosing_env.simulation.compiling import specialise
from dosing_env.task import Task
from dosing_env.weights import State

Floats = NDArray[np.float64]


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
        require_decisions(len(self._leaf), "trees", task, self._where)

    def __call__(self, x: Floats, decision: NDArray[np.int64]) -> Floats:
        """See `Learned`: the scaled dose."""
        return self._values(x, decision, self._feature, self._threshold, self._leaf)


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
