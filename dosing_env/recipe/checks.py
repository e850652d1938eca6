"""What cannot be right in a recipe."""

from __future__ import annotations

from collections.abc import Iterator

from dosing_env import catalogue
from dosing_env.algorithms import ALGORITHMS, FITTED
from dosing_env.io import printable
from dosing_env.io.records import finite
from dosing_env.pharmacology import drug_of
from dosing_env.policy import require_policy
from dosing_env.recipe.sections import PARTS, Recipe


def check(recipe: Recipe, where: str) -> None:
    """Raise a ValueError if a part of the recipe cannot be right."""
    for fault in _faults(recipe):
        raise ValueError(f"{where}: {fault}")


def _faults(recipe: Recipe) -> Iterator[str]:
    """What cannot be right, most telling first."""
    algorithm, training = recipe.algorithm, recipe.training
    if algorithm not in (*ALGORITHMS, *FITTED):
        yield f"algorithm: {catalogue.unknown('algorithm', algorithm, [*ALGORITHMS, *FITTED])}"
    for part, algorithms in PARTS.items():
        if (getattr(recipe, part) is not None) != (algorithm in algorithms):
            wrong = "is missing" if algorithm in algorithms else f"belongs to {' and '.join(algorithms)}"
            yield f"{part}: {wrong}, algorithm is {algorithm}"
    if not training.seeds:
        yield "training.seeds: is empty, at least one seed is needed"
    if training.steps < training.num_envs:
        yield f"training.steps: {training.steps} is below num_envs"
    for field, said in (("title", recipe.title), ("purpose", recipe.purpose)):
        if not "".join(said.split()).isprintable():
            yield f"{field}: {said!r} cannot be printed"
    if not recipe.observation:
        yield "observation: is empty, an agent sees at least one feature"
    for rule in recipe.observation:
        if not (finite(rule.center) and finite(rule.scale)):
            yield f"observation: {rule.features}: center {rule.center} or scale {rule.scale} is not finite"
    yield from _names_of_nothing(recipe)
    yield from _network_faults(recipe) if algorithm in ALGORITHMS else _fitted_faults(recipe)


def _names_of_nothing(recipe: Recipe) -> Iterator[str]:
    """Names of a model or a policy that is none, or code."""
    try:
        if recipe.belief:
            field = "belief"
            drug_of(recipe.belief)
        if recipe.pretrain:
            field = "pretrain.policy"
            require_policy(recipe.pretrain.policy)
    except ValueError as error:
        yield f"{field}: {error}"


def _fitted_faults(recipe: Recipe) -> Iterator[str]:
    if recipe.search:
        yield f"search: belongs to {', '.join(ALGORITHMS)}, algorithm is {recipe.algorithm}"
    if recipe.hyperparameters or recipe.action != "mg":
        yield f"{recipe.algorithm} has no section hyperparameters, and action 'mg'"
    if recipe.limits or recipe.pretrain:
        yield f"{'limits' if recipe.limits else 'pretrain'}: belongs to networks, algorithm is {recipe.algorithm}"


def _network_faults(recipe: Recipe) -> Iterator[str]:
    network, algorithm = recipe.network, ALGORITHMS[recipe.algorithm]
    if network is None:
        return
    if recipe.action not in algorithm.actions:
        yield f"action: {recipe.action!r}: {recipe.algorithm} takes {' or '.join(map(repr, algorithm.actions))} only"
    if (network.lstm > 0) != algorithm.remembers:
        yield f"network.lstm: {network.lstm}: RecurrentPPO has units that remember, {recipe.algorithm} none"
    if not network.layers:
        yield "network.layers: is empty, at least one layer is needed"
    if recipe.limits and not algorithm.on_policy:
        yield f"limits: {recipe.algorithm} learns from rewards at old prices; PPO may"
    if recipe.pretrain and algorithm.joint:
        yield f"pretrain: {recipe.algorithm} values actions and has no policy that could be taught"
    if recipe.training.discount_per_hour < 1.0 and recipe.hyperparameters.get("gamma") != 1.0:
        yield "hyperparameters.gamma: has to be 1.0 beside training.discount_per_hour"
    if recipe.training.anneal and "learning_rate" not in recipe.hyperparameters:
        yield "hyperparameters.learning_rate: is missing, training.anneal needs it"
    for key, value in recipe.hyperparameters.items():
        if not isinstance(value, str) and not finite(value):
            yield f"hyperparameters.{key}: {printable.value(value)} is not finite"
    for key, found in recipe.search.items():
        if (fault := found.fault()) is not None:
            yield f"search.{key}: {fault}"
