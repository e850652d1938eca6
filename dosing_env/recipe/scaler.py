"""What the agent of a recipe sees, and how it is scaled."""

from __future__ import annotations

import fnmatch
import math

import numpy as np
from numpy.typing import NDArray

from dosing_env import catalogue
from dosing_env.care import Feature
from dosing_env.recipe.sections import Recipe, Scaling
from dosing_env.sight import Sight
from dosing_env.simulation.compiling import specialise
from dosing_env.task import Task


class Scaler:
    """Observation -> what the network sees, fixed by the recipe."""

    def __init__(self, recipe: Recipe, features: tuple[Feature, ...]) -> None:
        names = [feature.name for feature in features]
        chosen = [(names.index(name), rule) for name in names if (rule := _rule(recipe, name)) is not None]
        self.columns: NDArray[np.int64] = np.array([column for column, _ in chosen])
        self.log: NDArray[np.bool_] = np.array([rule.log for _, rule in chosen])
        self.center: NDArray[np.float64] = np.array([rule.center for _, rule in chosen])
        self.scale: NDArray[np.float64] = np.array([rule.scale for _, rule in chosen])
        self.names = [names[column] for column, _ in chosen]
        self._scale = specialise(_scale)

    def __call__(self, observation: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, features) -> (n, inputs) float32."""
        x = np.empty((len(observation), len(self.columns)), dtype=np.float32)
        self._scale(observation, self.columns, self.log, self.center, self.scale, x)
        return x


def _scale(observation, columns, logs, center, scale, x):  # type: ignore[no-untyped-def]
    """Fill in x, (n, inputs)."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            seen = np.float64(observation[i, columns[j]])
            if not logs[j]:
                x[i, j] = (seen - center[j]) / scale[j]
            else:
                x[i, j] = (math.log(seen) - center[j]) / scale[j] if seen > 0.0 else 0.0


def _rule(recipe: Recipe, name: str) -> Scaling | None:
    """The first rule whose pattern fits a feature."""
    return next((rule for rule in recipe.observation if fnmatch.fnmatchcase(name, rule.features)), None)


def sight_of(recipe: Recipe, task: Task) -> Sight:
    """What the agent of a recipe can see.

    Raises:
        ValueError: the recipe scales a feature that is not there, or its model cannot be believed.
    """
    where = recipe.file or recipe.name
    sight = shown_to(recipe, task, where)
    require_features(recipe, sight, where)
    return sight


def shown_to(recipe: Recipe, task: Task, where: str) -> Sight:
    """What is shown to the agent of a recipe; it may be that it looks for more.

    Raises:
        ValueError: its model cannot be believed.
    """
    try:
        return Sight(task, recipe.belief or None, recipe.frames)
    except ValueError as error:
        fault = str(error)
        raise ValueError(f"{where}: {fault if fault.startswith('frames: ') else f'belief: {fault}'}") from None


def require_features(recipe: Recipe, sight: Sight, where: str) -> None:
    """Refuse a recipe that scales a feature that is not shown.

    Raises:
        ValueError: it is so.
    """
    names = [feature.name for feature in sight.features]
    for rule in recipe.observation:
        if not any(fnmatch.fnmatchcase(name, rule.features) for name in names):
            raise ValueError(f"{where}: observation: {catalogue.unknown('feature', rule.features, names)}")
