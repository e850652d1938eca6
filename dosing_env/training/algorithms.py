"""A recipe as an untrained model of Stable-Baselines3 or sb3-contrib."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from sb3_contrib import QRDQN, TQC, MaskablePPO, RecurrentPPO
from sb3_contrib.common.recurrent.policies import RecurrentActorCriticPolicy
from stable_baselines3 import A2C, DQN, PPO, SAC
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor

from dosing_env.algorithms import ALGORITHMS
from dosing_env.catalogue import unknown
from dosing_env.recipe import Network, Recipe
from dosing_env.weights import State

CLASSES: dict[str, type[BaseAlgorithm]] = {
    "PPO": PPO,
    "A2C": A2C,
    "RecurrentPPO": RecurrentPPO,
    "MaskablePPO": MaskablePPO,
    "SAC": SAC,
    "TQC": TQC,
    "DQN": DQN,
    "QR-DQN": QRDQN,
}
QUANTILES = ("QR-DQN", "TQC")  # learn those of the return
_OURS = ("self", "policy", "env", "seed", "policy_kwargs", "device", "tensorboard_log", "_init_setup_model", "verbose")


class Remembering(RecurrentActorCriticPolicy):
    """sb3-contrib's policy, which follows a sequence step by step if a course begins in it, elsewhere in one go.

    Its buffer lets sequences begin where courses do. So the first step is told apart: memory is cleared before it.
    """

    @staticmethod
    def _process_sequence(
        features: Tensor, lstm_states: tuple[Tensor, Tensor], episode_starts: Tensor, lstm: torch.nn.LSTM
    ) -> tuple[Tensor, Tensor]:
        begins = episode_starts.reshape(lstm_states[0].shape[1], -1).clone()  # (sequences, steps)
        kept = (1.0 - begins[:, 0]).view(1, -1, 1)
        begins[:, 0] = 0.0
        hidden, cells = lstm_states
        return RecurrentActorCriticPolicy._process_sequence(features, (kept * hidden, kept * cells), begins, lstm)


def check(recipe: Recipe) -> None:
    """Refuse hyperparameters that the algorithm cannot take.

    Raises:
        ValueError: an unknown one, also under [search], or a value that cannot be.
    """
    known = arguments_of(recipe.algorithm)
    for key in recipe.search:
        if key not in known and key not in sections_of(recipe.algorithm):
            names = [*known, *sections_of(recipe.algorithm)]
            raise ValueError(f"{recipe.file}: search: {unknown('hyperparameter', key, names)}")
    for key, value in recipe.hyperparameters.items():
        place = f"{recipe.file}: hyperparameters"
        if key not in known:
            raise ValueError(f"{place}: {unknown('key', key, list(known))}")
        if str(known[key].annotation) in ("int", "<class 'int'>") and not isinstance(value, int):
            raise ValueError(f"{place}.{key}: {value} is not a whole number")
        if key in ("gamma", "gae_lambda", "tau") and not (isinstance(value, float | int) and 0.0 <= value <= 1.0):
            raise ValueError(f"{place}.{key}: {value} is not between 0 and 1")


def arguments_of(algorithm: str) -> dict[str, inspect.Parameter]:
    """What a recipe may say under [hyperparameters]."""
    signature = inspect.signature(CLASSES[algorithm].__init__)
    return {name: p for name, p in signature.parameters.items() if name not in _OURS}


def sections_of(algorithm: str) -> dict[str, str]:
    """What else may be searched for, and under which section of a recipe it stands."""
    sections = {"num_envs": "training", "layers": "network", "activation": "network"}
    if ALGORITHMS[algorithm].remembers:
        sections["lstm"] = "network"
    if algorithm in QUANTILES:
        sections["quantiles"] = "network"
    return sections


def build(recipe: Recipe, env: VecEnv, seed: int) -> BaseAlgorithm:
    """The model as the recipe describes it, untrained.

    Raises:
        ValueError: the library refuses a value.
    """
    if not isinstance(recipe.form, Network):
        raise ValueError(f"{recipe.file}: network: is missing, {recipe.algorithm} has none")
    arguments: dict[str, Any] = dict(recipe.hyperparameters)
    if recipe.training.anneal:
        rate = float(recipe.hyperparameters["learning_rate"])
        arguments["learning_rate"] = lambda left: left * rate
    policy = Remembering if recipe.form.lstm else "MlpPolicy"
    try:
        return CLASSES[recipe.algorithm](
            policy, env, seed=seed, device="cpu", policy_kwargs=_network(recipe, recipe.form), **arguments
        )
    except (AssertionError, TypeError, ValueError) as error:
        raise ValueError(f"{recipe.file}: hyperparameters: {error}") from error


def state_of(model: BaseAlgorithm) -> State:
    """The policy's weights as arrays."""
    return {name: value.detach().numpy().copy() for name, value in model.policy.state_dict().items()}


def _network(recipe: Recipe, network: Network) -> dict[str, Any]:
    """The network as arguments of a policy."""
    activation = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[network.activation]
    arguments: dict[str, Any] = {"net_arch": list(network.layers), "activation_fn": activation}
    if network.lstm:
        arguments["lstm_hidden_size"] = network.lstm
    if recipe.algorithm in QUANTILES:
        arguments["n_quantiles"] = network.quantiles
    if not ALGORITHMS[recipe.algorithm].on_policy:
        arguments["optimizer_kwargs"] = {"fused": True}  # their small steps are many: a fifth less time for SAC
    return arguments
