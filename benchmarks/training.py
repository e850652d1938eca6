"""Training speed on our environment against one that costs nothing, with the shipped recipe: Stable-Baselines3's PPO.

The ratio is the share of the possible speed: what is missing to 1 is what our environment costs.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from time import process_time
from typing import Any

import msgspec
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv

from benchmarks.measure import Figure, best, faster, main
from dosing_env import recipe, scenario
from dosing_env.training import PatientVecEnv, build

RECIPE = "vancomycin_ward_ppo"


def figures(small: bool = False) -> Iterator[Figure]:
    rules = recipe.load(RECIPE)
    if small:
        rules = msgspec.structs.replace(
            rules,
            training=msgspec.structs.replace(rules.training, num_envs=8),
            hyperparameters=rules.hyperparameters | {"batch_size": 112},
        )
    torch.set_num_threads(rules.training.threads)
    case, size = scenario.load(rules.scenario), rules.training.num_envs
    steps = size * int(rules.hyperparameters["n_steps"])
    ours = build(rules, PatientVecEnv(rules, case, size, seed=0), seed=0)
    free = build(rules, ReplayVecEnv(PatientVecEnv(rules, case, size, seed=0), case.rules().decisions), seed=0)
    a, b = best(1 if small else 25, partial(learn, ours, steps), partial(learn, free, steps))
    yield faster(f"training, PPO, {size} environments", a, b, "environment that costs nothing", 0.90)


def learn(model: PPO, steps: int) -> float:
    """CPU-seconds per step of going on with the training."""
    begin = process_time()
    model.learn(steps, reset_num_timesteps=False)
    return (process_time() - begin) / steps


class ReplayVecEnv(VecEnv):
    """Gives out again and again what another environment returned in one course, whatever is done."""

    def __init__(self, env: VecEnv, decisions: int) -> None:
        super().__init__(env.num_envs, env.observation_space, env.action_space)
        self.first: Any = env.reset()
        doses = [env.action_space.sample() for _ in range(env.num_envs)]
        self.recorded: list[Any] = [env.step(np.stack(doses)) for _ in range(decisions)]
        self.k = 0

    def reset(self) -> Any:
        self.k = 0
        return self.first

    def step_async(self, actions: Any) -> None:
        pass

    def step_wait(self) -> Any:
        self.k += 1
        return self.recorded[(self.k - 1) % len(self.recorded)]

    def close(self) -> None:
        pass

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [None] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise NotImplementedError

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        raise NotImplementedError

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [False] * self.num_envs


if __name__ == "__main__":
    main(figures)
