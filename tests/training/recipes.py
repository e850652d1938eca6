"""Small recipes of every algorithm."""

from __future__ import annotations

from typing import Any

import msgspec

from dosing_env import recipe
from dosing_env.algorithms import ALGORITHMS
from dosing_env.recipe import Network, Recipe

HYPERPARAMETERS: dict[str, dict[str, Any]] = {
    "PPO": {"n_steps": 28, "batch_size": 448, "n_epochs": 2},
    "A2C": {"n_steps": 7},
    "RecurrentPPO": {"n_steps": 14, "batch_size": 224, "n_epochs": 2},
    "MaskablePPO": {"n_steps": 28, "batch_size": 448, "n_epochs": 2},
    "SAC": {"batch_size": 64, "gradient_steps": 2, "learning_starts": 500, "buffer_size": 2000},
    "TQC": {"batch_size": 64, "gradient_steps": 2, "learning_starts": 500, "buffer_size": 20000},
    "DQN": {"batch_size": 64, "train_freq": 1, "learning_starts": 500, "buffer_size": 2000},
    "QR-DQN": {"batch_size": 64, "train_freq": 1, "learning_starts": 500, "buffer_size": 2000},
}


def small(algorithm: str = "PPO", scenario: str = "vancomycin_ward", **training: Any) -> Recipe:
    """A recipe of an algorithm for a few seconds."""
    own = ALGORITHMS[algorithm]
    rules = recipe.load("vancomycin_ward_ppo" if scenario.startswith("vanco") else "warfarin_initiation_ppo")
    brief = {"steps": 4096, "num_envs": 32, "evaluate_every": 1500, "evaluate_patients": 20, "seeds": (0, 1)} | training
    return msgspec.structs.replace(
        rules,
        name="small",
        file="",
        scenario=scenario,
        algorithm=algorithm,
        action="mg" if "mg" in own.actions else "grid",
        network=Network((16, 8), "tanh", lstm=12 if own.remembers else 0, quantiles=5),
        training=msgspec.structs.replace(rules.training, anneal=False, **brief),
        hyperparameters=HYPERPARAMETERS[algorithm],
    )
