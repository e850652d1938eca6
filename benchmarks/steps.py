"""Vector steps of the shipped scenarios against plain single steps, per CPU-second.

A step of ours is the whole of it: doses, simulation, assay, AUC, reward, observation, info. The ends of the courses
with their automatic restarts are counted in one figure and left out in the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from time import process_time
from typing import Any, cast

import gymnasium
import numpy as np
from numpy.typing import NDArray

import dosing_env  # noqa: F401  registers the environments
from benchmarks.measure import Figure, best, faster, main
from benchmarks.plain_env import DECISIONS, plain_twin
from dosing_env.vector import DosingVectorEnv

SCENARIOS = {"ward": "dosing_env/VancomycinWard-v1", "icu": "dosing_env/VancomycinIcu-v1"}


def figures(small: bool = False) -> Iterator[Figure]:
    patients, cycles, courses, repeats = (64, 1, 1, 1) if small else (4096, 2, 10, 25)
    for name, identifier in SCENARIOS.items():
        env = cast(DosingVectorEnv, gymnasium.make_vec(identifier, num_envs=patients))
        doses = some_doses(patients)
        within_courses(env, doses, 1)  # compiles
        plain = plain_twin(env.task, courses)
        within, whole, one = best(
            repeats,
            partial(within_courses, env, doses, cycles),
            partial(with_restarts, env, doses, cycles),
            partial(one_by_one, plain, doses[:, :courses]),
        )
        yield faster(f"vector step, {name}, {patients:,} patients", within, one, "plain environment", 2000)
        yield faster(f"vector step, {name}, with ends and restarts", whole, one, "plain environment", 2000)


def some_doses(patients: int) -> NDArray[np.float32]:
    """(decisions, patients, 1) mg."""
    return np.random.default_rng(0).choice([500, 750, 1000, 1250, 1500], (DECISIONS, patients, 1)).astype(np.float32)


def within_courses(env: DosingVectorEnv, doses: NDArray[np.float32], cycles: int) -> float:
    """CPU-seconds per patient and decision; the starts of the courses are not counted."""
    spent = 0.0
    for seed in range(cycles):
        env.reset(seed=seed)
        begin = process_time()
        for wanted in doses:
            env.step(wanted)
        spent += process_time() - begin
    return spent / (cycles * doses.size)


def with_restarts(env: DosingVectorEnv, doses: NDArray[np.float32], cycles: int) -> float:
    """CPU-seconds per patient and decision over whole courses: Gymnasium restarts in a step of its own (NEXT_STEP)."""
    env.reset(seed=0)
    begin = process_time()
    for _ in range(cycles):
        for wanted in doses:
            env.step(wanted)
        env.step(doses[0])
    return (process_time() - begin) / (cycles * doses.size)


def one_by_one(env: gymnasium.Env[Any, Any], doses: NDArray[Any]) -> float:
    """CPU-seconds per decision over the courses of as many patients as there are doses for; resets included."""
    begin = process_time()
    for patient in range(doses.shape[1]):
        env.reset()
        for k in range(len(doses)):
            env.step(doses[k, patient])
    return (process_time() - begin) / doses.size


if __name__ == "__main__":
    main(figures)
