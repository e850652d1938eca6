"""The vector environment as Stable-Baselines3 wants it."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from dosing_env.agent import combination, from_grids, scaled
from dosing_env.algorithms import ALGORITHMS
from dosing_env.pharmacology import drug_of
from dosing_env.recipe import Recipe, Scaler
from dosing_env.scenario import Scenario
from dosing_env.spaces import action_space
from dosing_env.training.prices import Prices
from dosing_env.vector import DosingVectorEnv


class PatientVecEnv(VecEnv):
    """The vector environment as Stable-Baselines3 wants it, with the recipe's scaling of observation and action.

    A course has a fixed length and its end is part of the task (`time_left` is observed). So at the end
    `TimeLimit.truncated` is False for the learner: there is no value beyond it to bootstrap from.
    """

    def __init__(self, recipe: Recipe, case: Scenario, num_envs: int, seed: int, stream: str = "train") -> None:
        self.recipe, self.first_seed = recipe, seed
        mode = AutoresetMode.SAME_STEP
        self.env = DosingVectorEnv(
            case,
            num_envs,
            stream=stream,
            autoreset_mode=mode,
            finite=True,
            hold=recipe.hold,
            frames=recipe.frames,
            belief=drug_of(recipe.belief) if recipe.belief else None,  # a name would count as the user's
        )
        self.scaler = Scaler(recipe, self.env.features)
        self.prices = Prices(recipe.limits, num_envs) if recipe.limits else None
        inputs = spaces.Box(-np.inf, np.inf, (len(self.scaler.columns),), np.float32)
        super().__init__(num_envs, inputs, network_actions(recipe, self.env))

    def reset(self) -> NDArray[np.float32]:
        """Start the first patients of the training seed."""
        observation, _ = self.env.reset(seed=self.first_seed)
        return self.scaler(observation)

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Treat every patient."""
        wanted, discount = action_of(self.recipe, self.env, self._actions), self._discount()
        observation, reward, over, _, info = self.env.step(wanted)
        infos: list[dict[str, Any]] = [{}] * self.num_envs  # of those that go on nothing is said
        if self.prices is not None:
            reward = reward - self.prices.charge(info["costs"], over)
        if discount is not None:
            reward = reward * discount
        if over.any():
            slots = np.flatnonzero(over)
            last = self.scaler(np.stack([info["final_obs"][slot] for slot in slots]))
            for slot, seen in zip(slots, last, strict=True):
                infos[slot] = {"terminal_observation": seen, "TimeLimit.truncated": False}
        return self.scaler(observation), reward.astype(np.float32), over, infos

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """Everything that changes, to go on from: see `restore`."""
        own = {} if self.prices is None else self.prices.snapshot()
        return self.env.snapshot() | own

    def restore(self, snapshot: dict[str, NDArray[Any]]) -> None:
        """Go on from a snapshot, in the random world of the same training seed."""
        self.env.restore(self.first_seed, snapshot)
        if self.prices is not None:
            self.prices.restore(snapshot)

    def _discount(self) -> NDArray[np.float64] | None:
        """(num_envs,) what a reward from now on is worth at admission, where the recipe discounts by the hour.

        A reward that is worth d^t after t hours makes a learner without a discount of its own do what one does that
        discounts each decision by its length; `time` is observed, so values may depend on it.
        """
        rate = self.recipe.training.discount_per_hour
        if rate == 1.0:
            return None
        assert self.env.cohort is not None
        hours = self.env.task.hours[self.env.cohort.courses["decision"]]
        return np.asarray(rate**hours)

    def close(self) -> None:
        """Nothing to close."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The same attribute of the batch for every asked slot."""
        return [getattr(self.env, attr_name, None) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Refused: patients have no attributes of their own."""
        raise NotImplementedError(f"set_attr({attr_name!r}): the patients of a batch have no attributes of their own")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Action masks by patient; other methods are refused."""
        if method_name != "action_masks":
            raise NotImplementedError(f"env_method({method_name!r}): patients of a batch have no methods of their own")
        masks = self.env.action_masks()
        return [masks[slot] for slot in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Nothing is wrapped."""
        return [False for _ in self._get_indices(indices)]


def network_actions(recipe: Recipe, env: DosingVectorEnv) -> spaces.Space[Any]:
    """What the network says: numbers in [-1, 1], which values of their grids, or which combination of them."""
    if recipe.action == "mg":
        return spaces.Box(-1.0, 1.0, (len(env.task.actions),), np.float32)
    if ALGORITHMS[recipe.algorithm].joint:
        return spaces.Discrete(int(np.prod([len(grid) for grid in env.task.grids])))
    return action_space(env.task, discrete=True)


def action_of(recipe: Recipe, env: DosingVectorEnv, actions: NDArray[Any]) -> NDArray[np.float64]:
    """Sampled actions of the network as actions of the environment, (n, numbers)."""
    if recipe.action == "mg":
        return scaled(env.task, actions)
    joint = ALGORITHMS[recipe.algorithm].joint
    return from_grids(env.task, combination(env.task, actions) if joint else actions.reshape(len(actions), -1))
