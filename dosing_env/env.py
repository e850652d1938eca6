"""The environment for one patient: a batch of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from dosing_env.decision import Paid
from dosing_env.io.arguments import seed_of
from dosing_env.scenario import Scenario
from dosing_env.threads import one_thread, taken
from dosing_env.vector import DosingVectorEnv, checked_options, info_of

OPTIONS = ("patients",)  # of a reset; slots to start again are for a batch
_OF_A_BATCH = {"num_envs", "autoreset_mode"}  # arguments


class DosingEnv(gymnasium.Env[NDArray[np.float32], Any]):
    """One patient of a scenario under treatment.

    Arguments, observation, action, reward and info are those of `DosingVectorEnv`, without the patient axis.
    Every episode treats the next patient of the seed; the episode is truncated at the end of the course; terminated
    with `finite`, or where one decision is all that is asked.
    """

    metadata: dict[str, Any] = dict(DosingVectorEnv.metadata)  # noqa: RUF012

    def __init__(
        self,
        scenario: str | Mapping[str, Any] | Scenario = "vancomycin_ward",
        *,
        render_mode: str | None = None,
        **arguments: Any,
    ) -> None:
        for name in _OF_A_BATCH & set(arguments):
            raise ValueError(f"{name}: of one patient there is no batch; gymnasium.make_vec or DosingVectorEnv has one")
        self._batch = DosingVectorEnv(
            scenario, 1, autoreset_mode=AutoresetMode.DISABLED, render_mode=render_mode, **arguments
        )
        self.render_mode = render_mode
        self.scenario, self.task = self._batch.scenario, self._batch.task
        self.features, self._prices = self._batch.features, self._batch.prices.tolist()
        self.observation_space = self._batch.single_observation_space
        self.action_space = self._batch.single_action_space
        self._lock = self._batch._lock

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("task", "_lock")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.task, self._lock = self._batch.task, self._batch._lock

    @one_thread
    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Start the first patient of a seed, or the next one. `options={"patients": [17]}` picks a patient."""
        options, seed = checked_options(options, OPTIONS), None if seed is None else seed_of(seed)
        super().reset(seed=seed)
        observation, info = self._batch.reset(seed=seed, options=options)
        return observation[0], info

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Give a dose and advance to the next decision."""
        if not self._lock.acquire(False):
            raise taken(self)
        try:
            return self._step(action)
        finally:
            self._lock.release()

    def _step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        if self._batch.over.item():
            raise RuntimeError("the course is over: reset() comes before the next step()")
        paid, terminated, truncated = self._batch.treat(action)
        paid = Paid(*[column[0] if column.ndim > 1 else column.item() for column in paid])
        info = info_of(self.task, self._prices, paid, self.task.limits[paid.limit])
        return self._batch.observation()[0], paid.reward, terminated.item(), truncated.item(), info

    def action_masks(self) -> NDArray[np.bool_]:
        """(values,): which values of the grids the hard limits allow now: doses, in a clinic then days to an INR."""
        return np.asarray(self._batch.action_masks()[0])

    def render(self) -> Any:
        """The course so far as text ("ansi") or picture ("rgb_array")."""
        frames = self._batch.render()
        return None if frames is None else frames[0]
