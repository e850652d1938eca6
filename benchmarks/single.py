"""Steps of the environment for one patient, as `gymnasium.make` gives it, against plain steps, per CPU-second."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from time import process_time
from typing import Any

import gymnasium
from numpy.typing import NDArray

import dosing_env  # noqa: F401  registers the environments
from benchmarks.measure import Figure, best, faster, main
from benchmarks.plain_env import plain_twin
from benchmarks.steps import SCENARIOS, plain_courses, some_doses


def figures(small: bool = False) -> Iterator[Figure]:
    courses, repeats = (1, 1) if small else (10, 25)
    doses = some_doses(courses)
    for name, identifier in SCENARIOS.items():
        env = gymnasium.make(identifier)
        env.reset(seed=0)
        our_courses(env, doses)  # compiles
        plain = plain_twin(env.get_wrapper_attr("task"), courses)
        ours, other = best(repeats, partial(our_courses, env, doses), partial(plain_courses, plain, doses))
        yield faster(f"single step, {name}", ours, other, "plain environment", 10)


def our_courses(env: gymnasium.Env[Any, Any], doses: NDArray[Any]) -> float:
    """CPU-seconds per decision; resets included, as for the plain environment."""
    begin = process_time()
    for patient in range(doses.shape[1]):
        env.reset()
        for k in range(len(doses)):
            env.step(doses[k, patient])
    return (process_time() - begin) / doses.size


if __name__ == "__main__":
    main(figures)
