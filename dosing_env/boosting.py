"""scikit-learn's gradient boosting, with its trees as arrays that need no scikit-learn to be followed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.recipe import Boosting
from dosing_env.weights import State

try:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits
except ImportError as error:
    raise ImportError("training needs the extra packages: pip install 'dosing-env[train]'") from error

Floats = NDArray[np.float64]


class Boosted:
    """Boosted trees for each decision: a `fitting.Learner`."""

    def __init__(
        self, boosting: Boosting, asked: NDArray[np.intp], inputs: int, decisions: int, seed: int, threads: int
    ) -> None:
        self._boosting, self._inputs, self._decisions = boosting, inputs, decisions
        self._seed, self._threads = seed, threads
        self._examples: dict[int, list[tuple[Any, Floats]]] = {int(k): [] for k in asked}

    def add(self, k: int, x: NDArray[np.float32], y: Floats) -> None:
        """See `fitting.Learner`."""
        self._examples[k].append((x, y))

    def learned(self) -> State:
        """Trees as `learned.Trees` follows them; those of a decision that nobody makes are 0."""
        each = (self._decisions, self._boosting.trees)
        splits = 2**self._boosting.depth - 1
        feature, threshold = np.zeros((*each, splits), np.uint16), np.zeros((*each, splits), np.float32)
        leaf = np.zeros((*each, splits + 1), np.float32)
        for k, examples in self._examples.items():
            x, y = (np.concatenate(parts) for parts in zip(*examples, strict=True))
            feature[k], threshold[k], leaf[k] = self._grown(x, y)
        return {"feature": feature, "threshold": threshold, "leaf": leaf, "inputs": np.array([self._inputs], np.int64)}

    def _grown(self, x: NDArray[np.float32], y: Floats) -> tuple[Any, Any, Any]:
        """The trees of one decision."""
        made = HistGradientBoostingRegressor(
            max_iter=self._boosting.trees,
            max_depth=self._boosting.depth,
            learning_rate=self._boosting.learning_rate,
            min_samples_leaf=self._boosting.min_leaf,
            max_leaf_nodes=None,
            early_stopping=False,
            random_state=self._seed,
        )
        with threadpool_limits(self._threads):
            made.fit(x, y)
        return trees_of(made, self._boosting.depth)


def trees_of(made: Any, depth: int) -> tuple[Any, Any, Any]:
    """Features, thresholds (trees, splits) and leaves (trees, leaves) of a fitted regressor.

    scikit-learn has no public name for the trees of its fast boosting; a test holds these against its `predict`.
    """
    trees = [_complete(predictor.nodes, depth) for (predictor,) in made._predictors]
    feature, threshold, leaf = (np.array(parts) for parts in zip(*trees, strict=True))
    leaf[0] += made._baseline_prediction.item()  # where boosting began
    return feature, _not_above(threshold), leaf.astype(np.float32)


def _complete(nodes: Any, depth: int) -> tuple[Any, Any, Any]:
    """A tree with all splits down to the depth: those that were not made have the same leaf on both sides."""
    splits = 2**depth - 1
    at = np.zeros(2 * splits + 1, dtype=np.intp)  # the node at each place
    feature, threshold = np.zeros(splits, np.uint16), np.full(splits, np.inf)
    for i in range(splits):
        node = nodes[at[i]]
        at[2 * i + 1 : 2 * i + 3] = at[i]
        if not node["is_leaf"]:
            feature[i], threshold[i] = node["feature_idx"], node["num_threshold"]
            at[2 * i + 1 : 2 * i + 3] = node["left"], node["right"]
    return feature, threshold, nodes["value"][at[splits:]]


def _not_above(threshold: Floats) -> NDArray[np.float32]:
    """The largest single-precision numbers that are not above: single-precision inputs are split as before."""
    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)
