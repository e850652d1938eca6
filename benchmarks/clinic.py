"""Patient-days of warfarin: the vector environment against SciPy's LSODA, patient by patient, per CPU-second.

A day of ours is the whole of it: admission, order, tablets, what happens at home, INR, judgement, observation. LSODA
only integrates the rates, in plain Python, of a typical patient, dose by dose (rtol 1e-6).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from time import process_time
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from benchmarks.measure import Figure, best, faster, main
from dosing_env import catalogue
from dosing_env.vector import DosingVectorEnv

DAYS = 90


def figures(small: bool = False) -> Iterator[Figure]:
    patients, courses, repeats = (64, 1, 1) if small else (4096, 2, 5)
    env = DosingVectorEnv("warfarin_initiation", patients, stream="evaluate")
    by_environment(env, 1)  # compiles
    ours, theirs = best(repeats, partial(by_environment, env, DAYS), partial(by_lsoda, courses))
    yield faster(f"patient-days of warfarin, {patients:,} patients", ours, theirs, "LSODA", 300)


def by_environment(env: DosingVectorEnv, days: int) -> float:
    """CPU-seconds per patient and day from admission on, 5 mg a day and an INR every week."""
    actions = np.tile(np.float32([5.0, 7.0]), (env.num_envs, 1))
    begin = process_time()
    env.reset(seed=1)
    for _ in range(days):
        env.step(actions)
    return (process_time() - begin) / (env.num_envs * days)


def by_lsoda(courses: int) -> float:
    """The same by LSODA."""
    drug = catalogue.load("drugs", "warfarin_hamberg2007")
    p = drug.individual(drug.Covariates(67.0, 0.0, 0.0, 1.0, 1.0), drug.no_eta)
    begin = process_time()
    for _ in range(courses):
        _course(drug, p)
    return (process_time() - begin) / (courses * DAYS)


def _course(drug: Any, p: Any) -> float:
    none, amounts = (0.0,) * len(drug.compartments), np.array(drug.initial(p))

    def slopes(t: float, A: Any) -> Any:
        return drug.rates(t, tuple(A), p, none)

    for day in range(DAYS):
        amounts[drug.dosed] += 5.0
        span = (24.0 * day, 24.0 * day + 24.0)
        amounts = solve_ivp(slopes, span, amounts, method="LSODA", rtol=1e-6, atol=1e-9).y[:, -1]
    return float(drug.output(tuple(amounts), p))


if __name__ == "__main__":
    main(figures)
