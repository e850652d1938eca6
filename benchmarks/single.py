"""Steps of the environment for one patient, as `gymnasium.make` gives it, against plain steps, per CPU-second."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import gymnasium

import dosing_env  # noqa: F401  registers the environments
from benchmarks.measure import Figure, best, faster, main
from benchmarks.plain_env import plain_twin
from benchmarks.steps import SCENARIOS, one_by_one, some_doses


def figures(small: bool = False) -> Iterator[Figure]:
    courses, repeats = (1, 1) if small else (10, 25)
    doses = some_doses(courses)
    for name, identifier in SCENARIOS.items():
        env = gymnasium.make(identifier)
        env.reset(seed=0)
        one_by_one(env, doses)  # compiles
        plain = plain_twin(env.get_wrapper_attr("task"), courses)
        ours, other = best(repeats, partial(one_by_one, env, doses), partial(one_by_one, plain, doses))
        yield faster(f"single step, {name}", ours, other, "plain environment", 10)


if __name__ == "__main__":
    main(figures)
