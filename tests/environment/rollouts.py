"""What the tests of the environments share: every shipped scenario, and courses under given doses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from dosing_env import catalogue, scenario
from dosing_env.cohort import Cohort
from dosing_env.env import DosingEnv
from dosing_env.registration import environment_id
from dosing_env.scenario import Scenario
from dosing_env.vector import DosingVectorEnv
from dosing_env.ward.kind import WARD

SCENARIOS = catalogue.names("scenarios")
TASKS = {name: scenario.load(name).task() for name in SCENARIOS}
WARDS = [name for name, task in TASKS.items() if task.care is WARD]
ASKED = [name for name, task in TASKS.items() if len(task.asked) == task.rules.decisions]
EVENTFUL = [name for name in WARDS if name in ASKED]
every_scenario = pytest.mark.parametrize("name", SCENARIOS)
every_ward = pytest.mark.parametrize("name", WARDS)
every_asked_scenario = pytest.mark.parametrize("name", ASKED)  # a policy is asked at every dose
every_eventful_scenario = pytest.mark.parametrize("name", EVENTFUL)  # a ward where it is so, and all is noisy


class Rollout(NamedTuple):
    """One course of each patient; the decision axis first, then the patient axis."""

    observations: NDArray[np.float32]  # (decisions + 1, n, features)
    rewards: NDArray[np.float64]  # (decisions, n)
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    infos: list[dict[str, Any]]
    courses: Any  # the records at the end


def identifier(name: str) -> str:
    found = environment_id(catalogue.find("scenarios", name))
    assert found is not None
    return found


def environment(name: str | Scenario, size: int, **arguments: Any) -> DosingVectorEnv:
    """A batch whose patients are frozen at the end of their course."""
    return DosingVectorEnv(name, size, **({"autoreset_mode": AutoresetMode.DISABLED} | arguments))


def changed(name: str, **sections: dict[str, Any]) -> Any:
    """A scenario with some keys of some sections changed."""
    base = scenario.load(name)
    parts = {part: msgspec.structs.replace(getattr(base, part), **keys) for part, keys in sections.items()}
    return scenario.check(msgspec.structs.replace(base, **parts), name)


def decisions(env: DosingVectorEnv | DosingEnv | Cohort) -> int:
    """How often a policy is asked."""
    return len(env.task.asked)


def hours(env: DosingVectorEnv) -> NDArray[np.float64]:
    """(decisions + 1,) h: when a policy is asked, and the end of the course."""
    rules = env.task.rules
    return np.asarray(rules.interval * np.append(env.task.asked, rules.decisions))


def ends(env: DosingVectorEnv | DosingEnv | Cohort) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least and the largest of each number of an action."""
    low, high = ([getattr(action, end) for action in env.task.actions] for end in ("low", "high"))
    return np.array(low), np.array(high)


def wanted(env: DosingVectorEnv | DosingEnv, doses: Any) -> NDArray[np.float64]:
    """Actions with these doses, (..., numbers); of every other number of an action the least."""
    actions = np.tile(ends(env)[0], (*np.shape(doses), 1))
    actions[..., 0] = doses
    return actions


def share_of_most(env: DosingVectorEnv | DosingEnv, share: float, n: int | None = None) -> NDArray[np.float64]:
    """Actions of n patients, or of one, with a share of the largest dose."""
    return wanted(env, np.full(() if n is None else n, share * env.task.rules.max_dose))


def some_doses(env: DosingVectorEnv | Cohort, patients: Any) -> NDArray[np.float32]:
    """(decisions, n, numbers): what nobody would plan, a function of patient number and decision alone."""
    shape, (low, high) = (decisions(env), len(env.task.actions)), ends(env)
    drawn = [np.random.default_rng(int(number)).uniform(low, high, shape) for number in patients]
    return np.stack(drawn, axis=1).astype(np.float32)


def extreme_doses(name: str) -> Iterator[Any]:
    """None at all, the most, the most every other time, and anything; what else is decided is as extreme."""
    env = environment(name, 50)
    low, high = ends(env)
    often = np.arange(decisions(env)) % 2 == 0
    for share in (np.zeros_like(often), np.ones_like(often), often):
        yield np.tile((low + np.multiply.outer(share, high - low))[:, None], (1, 50, 1))
    yield some_doses(env, range(50))


def roll(
    env: DosingVectorEnv,
    doses: Any = None,
    *,
    seed: int | None = 0,
    patients: Any = None,
    meddle: Callable[[int, DosingVectorEnv], None] = lambda k, env: None,
) -> Rollout:
    """The courses of patients (by default 0 to n - 1) under doses (by default `some_doses`).

    `meddle(k, env)` is called before decision k.
    """
    patients = np.arange(env.num_envs) if patients is None else np.asarray(patients)
    doses = some_doses(env, patients) if doses is None else doses
    observation, _ = env.reset(seed=seed, options={"patients": patients})
    observations, steps = [observation], []
    for k in range(decisions(env)):
        meddle(k, env)
        observation, *step = env.step(doses(observation) if callable(doses) else doses[k])
        observations.append(observation)
        steps.append(step)
    rewards, terminated, truncated, infos = zip(*steps, strict=True)
    assert env.cohort is not None
    return Rollout(
        np.array(observations),
        np.array(rewards),
        np.array(terminated),
        np.array(truncated),
        list(infos),
        env.cohort.courses.copy(),
    )


def columns(env: DosingVectorEnv, *beginnings: str) -> NDArray[np.int64]:
    """Where the features whose names begin so stand in the observation."""
    found = [i for i, feature in enumerate(env.task.features) if feature.name.startswith(beginnings)]
    return np.array(found, dtype=np.int64)


def assert_identical(one: Rollout, other: Rollout, mine: Any = slice(None), theirs: Any = slice(None)) -> None:
    """The same to the last bit, for the given slots of each."""
    assert np.array_equal(one.observations[:, mine], other.observations[:, theirs])
    assert np.array_equal(one.rewards[:, mine], other.rewards[:, theirs])
    assert np.array_equal(one.truncated[:, mine], other.truncated[:, theirs])
    assert one.courses[mine].tobytes() == other.courses[theirs].tobytes()
    for a, b in zip(one.infos, other.infos, strict=True):
        assert np.array_equal(a["dose"][mine], b["dose"][theirs])
        assert np.array_equal(a["limited"][mine], b["limited"][theirs])
        assert np.array_equal(a["cost"][mine], b["cost"][theirs])


def in_another_process(name: str, patients: list[int]) -> Rollout:
    return roll(environment(name, len(patients)), seed=5, patients=patients)
