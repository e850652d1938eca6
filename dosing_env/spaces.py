"""What is observed and done, as spaces of Gymnasium, and actions of these spaces as numbers that a task takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from dosing_env.care import Feature
from dosing_env.task import Task


def observation_space(features: tuple[Feature, ...]) -> spaces.Box:
    """The observation of one patient: bounds of its features."""
    low = np.array([f.low for f in features], dtype=np.float32)
    return spaces.Box(low, np.array([f.high for f in features], dtype=np.float32), dtype=np.float32)


def action_space(task: Task, discrete: bool) -> spaces.Space[Any]:
    """The action of one patient: numbers in clinical units, or the indices of values of their grids."""
    if discrete:
        sizes = [len(grid) for grid in task.grids]
        return spaces.Discrete(sizes[0]) if len(sizes) == 1 else spaces.MultiDiscrete(sizes)
    low, high = (np.array([getattr(a, end) for a in task.actions], dtype=np.float32) for end in ("low", "high"))
    return spaces.Box(low, high, dtype=np.float32)


class Actions:
    """The actions of so many patients at once, from an array as wide as the task asks for.

    `Actions(task, count, discrete)(actions)` is (count, numbers) in clinical units.

    Raises:
        ValueError: an action is not a finite number within the action space.
    """

    def __init__(self, task: Task, count: int, discrete: bool) -> None:
        self._discrete, width = discrete, len(task.actions)
        self._shape = (count, width)
        self._shapes = [self._shape, *([(count,)] if width == 1 else []), *([()] if count == width == 1 else [])]
        self._shapes += [(width,)] if count == 1 else []
        self._grids = [np.array(grid) for grid in task.grids]
        self._names = [f"{a.name} index" if discrete else f"{a.name}_{a.unit}" for a in task.actions]
        self._bounds = [(a.low, a.high) for a in task.actions]
        if discrete:
            self._bounds = [(0, len(grid) - 1) for grid in self._grids]

    def __call__(self, actions: Any) -> NDArray[np.float64]:
        """See the class docstring."""
        columns = self._columns(actions).T
        checked = [
            _checked(column, low, high, name, self._discrete)
            for column, (low, high), name in zip(columns, self._bounds, self._names, strict=True)
        ]
        if self._discrete:
            checked = [grid[column] for grid, column in zip(self._grids, checked, strict=True)]
        return np.stack(checked, axis=1)

    def _columns(self, actions: Any) -> NDArray[Any]:
        """The actions as an array (count, numbers), of the numbers they came in."""
        values = np.asarray(actions)
        if values.shape not in self._shapes or values.dtype.kind not in "iuf":
            count, width = self._shape
            name, form = " and ".join(self._names), "in a row or column" if width == 1 else f"times {width}"
            raise ValueError(f"{name}: expected {count} numbers {form}, got shape {values.shape} of {values.dtype}")
        return values.reshape(self._shape)


def _checked(values: NDArray[Any], low: float, high: float, name: str, whole: bool) -> Any:
    if whole or not (np.minimum.reduce(values) >= low and np.maximum.reduce(values) <= high):  # also nan
        _require_legal(values, low, high, name, whole)
    return values.astype(np.int64 if whole else np.float64)


def _require_legal(values: NDArray[Any], low: float, high: float, name: str, whole: bool) -> None:
    legal = (values >= low) & (values <= high)  # false for nan
    if whole:
        legal &= values == np.floor(values)
    if not legal.all():
        worst = int(np.flatnonzero(~legal)[0])
        kind = "a whole number" if whole else "a number"
        raise ValueError(
            f"{name} of patient in slot {worst}: {values[worst]} is not {kind} between {low:g} and {high:g}"
        )
