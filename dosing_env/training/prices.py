"""Prices on safety costs that keep their means within limits: Lagrange multipliers, found while the network learns.

After each rollout the price of a cost is

    price = max(0, I + proportional x excess),    I = max(0, I + integral x excess)

where the excess is the mean of the cost over the courses that ended in the rollout, less its limit: a controller as in
Stooke, Achiam and Abbeel 2020 (arXiv:2007.03964), without its derivative part. The network earns the reward less the
costs at their prices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dosing_env.recipe import Limit

Floats = NDArray[np.float64]


def standing(limits: Sequence[Limit], look: Mapping[str, float]) -> tuple[float, float]:
    """How good a look at the tuning stream is, higher is better: first that limits are kept, then the return."""
    excess = sum(max(0.0, look[limit.column] - limit.most) for limit in limits)
    return -excess, look["return"]


class Prices:
    """The prices of a training.

    Attributes:
        names: of the costs.
        now: (costs,) their prices.
        mean: (costs,) over the courses that ended in the last rollout, nan before.
    """

    def __init__(self, limits: Sequence[Limit], num_envs: int) -> None:
        self.names = [limit.cost for limit in limits]
        self._most, self._integral, self._proportional = (
            np.array([getattr(limit, name) for limit in limits]) for name in ("most", "integral", "proportional")
        )
        self.now, self._sum = np.zeros(len(limits)), np.zeros(len(limits))
        self.mean = np.full(len(limits), np.nan)
        self._spent = np.zeros((num_envs, len(limits)))
        self._ended, self._courses = np.zeros(len(limits)), np.zeros(1)

    def charge(self, costs: dict[str, Floats], over: NDArray[np.bool_]) -> Floats:
        """(n,) what this step's costs are worth; and count them to the courses, of which some are over."""
        step = np.stack([costs[name] for name in self.names], axis=1)
        self._spent += step
        self._ended += self._spent[over].sum(axis=0)
        self._courses += np.count_nonzero(over)
        self._spent[over] = 0.0
        return np.asarray(step @ self.now)

    def settle(self) -> None:
        """A rollout is over: new prices, if a course has ended in it."""
        if not self._courses[0]:
            return
        self.mean = self._ended / self._courses
        excess = self.mean - self._most
        self._sum = np.maximum(0.0, self._sum + self._integral * excess)
        self.now = np.maximum(0.0, self._sum + self._proportional * excess)
        self._ended, self._courses = np.zeros(len(self.names)), np.zeros(1)

    def snapshot(self) -> dict[str, Floats]:
        """Everything that changes, between two rollouts."""
        kept = ("now", "mean", "_sum", "_spent", "_ended", "_courses")
        return {f"prices_{name}": getattr(self, name).copy() for name in kept}

    def restore(self, snapshot: dict[str, Floats]) -> None:
        """Go on from a snapshot."""
        for name in self.snapshot():
            setattr(self, name.removeprefix("prices_"), snapshot[name].copy())
