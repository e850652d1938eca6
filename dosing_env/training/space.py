"""Where a search looks for the values of a recipe, and a recipe with values from there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from dosing_env import recipe as recipes
from dosing_env.algorithms import ALGORITHMS
from dosing_env.io import records
from dosing_env.recipe import Choice, Range, Recipe
from dosing_env.training import algorithms

if TYPE_CHECKING:
    import optuna

DIGITS = 4  # of what is tried between low and high: a recipe is read by people

_ALL = {
    "learning_rate": Range(low=1e-4, high=3e-3, log=True),
    "gamma": Range(among=(0.95, 0.99, 1.0)),
    "layers": Range(among=((32, 32), (64, 64), (128, 128))),
    "activation": Range(among=("tanh", "relu")),
}
_ON_POLICY = _ALL | {"gae_lambda": Range(low=0.8, high=1.0), "ent_coef": Range(low=0.0, high=0.02)}
_CLIPPED = _ON_POLICY | {"n_epochs": Range(low=2, high=12), "clip_range": Range(low=0.1, high=0.4)}
_FROM_MEMORY = _ALL | {"batch_size": Range(among=(64, 128, 256, 512)), "gradient_steps": Range(among=(1, 2, 4))}
_ACTOR_CRITIC = _FROM_MEMORY | {"tau": Range(low=0.002, high=0.05, log=True)}
_VALUES = _FROM_MEMORY | {
    "target_update_interval": Range(among=(500, 2000, 8000)),
    "exploration_fraction": Range(low=0.05, high=0.5),
    "exploration_final_eps": Range(low=0.01, high=0.1),
}
# Without [search]. Any combination is legal: see `_rollouts` for what depends on the recipe.
SPACES: dict[str, dict[str, Range]] = {
    "PPO": _CLIPPED,
    "A2C": _ON_POLICY | {"vf_coef": Range(low=0.25, high=1.0)},
    "RecurrentPPO": _CLIPPED | {"lstm": Range(among=(32, 64, 128))},
    "MaskablePPO": _CLIPPED,
    "SAC": _ACTOR_CRITIC,
    "TQC": _ACTOR_CRITIC | {"quantiles": Range(low=10, high=50), "top_quantiles_to_drop_per_net": Range(low=0, high=5)},
    "DQN": _VALUES,
    "QR-DQN": _VALUES | {"quantiles": Range(low=10, high=100)},
}


def space_of(recipe: Recipe) -> dict[str, Range]:
    """The ranges under [search], or those of the algorithm.

    Raises:
        ValueError: the recipe trains no network, or an end of a range cannot be a value of the recipe.
    """
    if recipe.algorithm not in SPACES:
        raise ValueError(f"{recipe.file}: algorithm: {recipe.algorithm} has no hyperparameters to search for")
    if not recipe.search:
        return SPACES[recipe.algorithm] | _rollouts(recipe)
    for key, found in recipe.search.items():
        for value in found.among or (found.low, found.high):
            with_values(recipe, {key: value}, f"{recipe.file}: search.{key}")
    return recipe.search


def _rollouts(recipe: Recipe) -> dict[str, Range]:
    """Of those that learn from rollouts: steps of one, and batches that divide it."""
    if not ALGORITHMS[recipe.algorithm].on_policy:
        return {}
    arguments = algorithms.arguments_of(recipe.algorithm)
    steps = int(recipe.hyperparameters.get("n_steps", arguments["n_steps"].default))
    found = {"n_steps": Range(among=(steps, 2 * steps))}
    if "batch_size" in arguments:
        rollout = steps * recipe.training.num_envs
        batches = tuple(rollout // k for k in (16, 8, 4, 2) if rollout % k == 0 and rollout // k > 1)
        found["batch_size"] = Range(among=batches or (rollout,))
    return found


def with_values(recipe: Recipe, values: Mapping[str, Any], where: str) -> Recipe:
    """The recipe with other values, without the section [search]; `where` they come from is for messages.

    Raises:
        ValueError: a value that cannot be.
    """
    content, sections = msgspec.to_builtins(recipe), algorithms.sections_of(recipe.algorithm)
    for key, value in values.items():
        content.setdefault(sections.get(key, "hyperparameters"), {})[key] = value
    try:
        changed = msgspec.structs.replace(records.convert(content, Recipe), search={})
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    recipes.check(changed, where)
    algorithms.check(msgspec.structs.replace(changed, file=where))
    return changed


def proposed(trial: optuna.Trial, space: Mapping[str, Range]) -> dict[str, Choice]:
    """A value from each range, as the sampler of a study proposes."""
    return {key: _proposed(trial, key, found) for key, found in space.items()}


def _proposed(trial: optuna.Trial, key: str, found: Range) -> Choice:
    if found.among is not None:
        chosen = trial.suggest_categorical(key, [_label(value) for value in found.among])
        return next(value for value in found.among if _label(value) == chosen)
    low, high, step = found.low, found.high, found.step
    if isinstance(low, int) and isinstance(high, int) and isinstance(step, int | None):
        return trial.suggest_int(key, low, high, step=step or 1, log=found.log)
    assert low is not None  # see `Range.fault`
    assert high is not None
    value = trial.suggest_float(key, low, high, step=step, log=found.log)
    return min(max(float(f"{value:.{DIGITS}g}"), low), high)


def present(recipe: Recipe, space: Mapping[str, Range]) -> dict[str, Any]:
    """What the recipe says itself, as far as it is in the space, as a study knows it: a first trial."""
    content, sections = msgspec.to_builtins(recipe), algorithms.sections_of(recipe.algorithm)
    said = {key: content.get(sections.get(key, "hyperparameters"), {}).get(key) for key in space}
    return {key: _label(value) for key, value in said.items() if value is not None and _holds(space[key], value)}


def _holds(found: Range, value: Choice) -> bool:
    if found.among is not None:
        return _label(value) in map(_label, found.among)
    assert found.low is not None
    assert found.high is not None
    return isinstance(value, int | float) and found.low <= value <= found.high


def _label(value: Choice) -> int | float | str:
    """A choice as a study knows it; numbers side by side are a text there."""
    return json.dumps(value) if isinstance(value, tuple | list) else value
