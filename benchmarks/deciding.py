"""What a decision costs under each policy of the ward: 1,000 patients, 14 decisions, one thread, without simulation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from time import process_time
from typing import Any

import numpy as np

from benchmarks.measure import Figure, best, main, under
from dosing_env import scenario
from dosing_env.policies import policy_of
from dosing_env.treatment import treat

CHEAPEST = "trough_rules"
SECONDS = 20.0  # for a whole trial under Bayesian (MAP) dosing


def figures(small: bool = False) -> Iterator[Figure]:
    size, repeats = (20, 1) if small else (1_000, 3)
    case = scenario.load("vancomycin_ward")
    for name in case.policies:
        ours, other = best(repeats, partial(deciding, name, size), partial(deciding, CHEAPEST, size))
        yield Figure(name, f"{1e3 * ours:.4f} ms", f"{CHEAPEST} {1e3 * other:.4f} ms", other / ours, "none", True)
    yield under(f"a trial of {size:,} x 14 decisions under MAP", trial(size), SECONDS, "the aim", SECONDS, "s")


class Timed:
    """A policy whose decisions are timed."""

    def __init__(self, policy: Any) -> None:
        self.policy, self.oracle, self.seconds, self.decided = policy, getattr(policy, "oracle", False), 0.0, 0

    def begin(self, task: Any, patients: Any) -> None:
        """Prepare, untimed."""
        self.policy.begin(task, patients)

    def predict(self, observation: Any, **rest: Any) -> Any:
        """Decide."""
        started = process_time()
        decided = self.policy.predict(observation, **rest)
        self.seconds += process_time() - started
        self.decided += len(observation)
        return decided


def deciding(name: str, size: int) -> float:
    """CPU-seconds per decision."""
    ward = scenario.load("vancomycin_ward")
    treat(ward, policy_of(name), np.arange(2), seed=0, stream="tune")  # compiles
    timed = Timed(policy_of(name))
    treat(ward, timed, np.arange(size), seed=0, stream="tune")
    return timed.seconds / timed.decided


def trial(size: int) -> float:
    """Seconds of a whole trial of one policy, deciding and simulating, after everything is compiled."""
    started = process_time()
    treat(scenario.load("vancomycin_ward"), policy_of("map_dosing"), np.arange(size), seed=0, stream="tune")
    return process_time() - started


if __name__ == "__main__":
    main(figures)
