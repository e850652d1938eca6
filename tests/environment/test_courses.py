"""What every course must keep: bounds, named and consistent infos, a reward that never pays for an early end."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dosing_env.vector import DosingVectorEnv
from dosing_env.ward.kind import WARD
from tests.environment.rollouts import (
    SCENARIOS,
    TASKS,
    Rollout,
    assert_identical,
    changed,
    columns,
    decisions,
    environment,
    every_asked_scenario,
    every_scenario,
    every_ward,
    extreme_doses,
    hours,
    identifier,
    roll,
    some_doses,
)

DIGESTS = Path(__file__).parent / "digests"
WRITE = "DOSING_ENV_WRITE_DIGESTS"


@every_scenario
def test_observations_stay_inside_their_finite_bounds(name: str) -> None:
    env = environment(name, 50)
    for doses in extreme_doses(name):
        course = roll(env, doses)
        assert np.isfinite(course.observations).all()
        for observation in course.observations:
            assert observation in env.observation_space
        assert np.isfinite(course.rewards).all()


@every_scenario
def test_time_passes_and_ends_in_truncation(name: str) -> None:
    env = environment(name, 5)
    course = roll(env)
    for name_of_time, expected in clock(env).items():
        assert np.all(course.observations[:, :, columns(env, name_of_time)[0]] == expected[:, None])
    alive = ~course.terminated.any(axis=0)
    assert np.array_equal(course.truncated[-1], alive)
    assert not course.truncated[:-1].any()


@every_scenario
def test_a_finite_course_is_the_same_and_ends_in_termination(name: str) -> None:
    finite, plain = roll(environment(name, 5, finite=True)), roll(environment(name, 5))
    assert_identical(finite._replace(truncated=finite.terminated), plain._replace(truncated=ended_in(plain)))
    assert not finite.truncated.any()


def ended_in(course: Rollout) -> Any:
    return course.terminated | course.truncated


def clock(env: DosingVectorEnv) -> dict[str, Any]:
    """What the chart says of the time at each decision and in the end: hours, or days from 1 on."""
    rules, passed = env.task.rules, hours(env)
    if env.task.care is WARD:
        return {"time": passed, "time_left": rules.interval * rules.decisions - passed}
    return {"day": passed / 24.0 + 1.0, "days_left": np.maximum(rules.decisions - passed / 24.0 - 1.0, 0.0)}


@every_scenario
def test_infos_say_what_was_given_paid_and_risked(name: str) -> None:
    env = environment(name, 20)
    course = roll(env)
    doses = columns(env, "dose_")[env.task.asked]
    for k, info in enumerate(course.infos):
        assert np.array_equal(info["dose"], course.observations[k + 1][:, doses[k]])
        np.testing.assert_allclose(sum(info["reward_terms"].values()), course.rewards[k], rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(sum(info["costs"].values()), info["cost"], rtol=1e-12, atol=1e-15)
        assert np.all(info["cost"] >= 0)
        assert set(info["limited"]) <= set(env.task.care.limits)
    assert sum(info["cost"].sum() for info in course.infos) > 0


@every_ward
def test_the_truth_is_judged_and_not_the_assay(name: str) -> None:
    """The primary endpoint is the share of counted days whose true AUC lies in the target."""
    env = environment(name, 50)
    course, rules = roll(env), env.task.rules
    counted = course.courses["auc"][:, rules.first_day :]
    share = ((counted >= rules.low) & (counted <= rules.high)).mean(axis=1)
    earned = sum(info["reward_terms"]["attainment"] for info in course.infos)
    np.testing.assert_allclose(earned, rules.pay_attainment * share, rtol=1e-12, atol=1e-15)
    assert 0 < share.mean() < 1


@every_scenario
def test_nothing_is_shared_between_steps(name: str) -> None:
    env = environment(name, 3)
    doses = some_doses(env, range(3))
    kept: list[Any] = [env.reset(seed=0)]
    for k in range(min(3, decisions(env))):
        kept.append(env.step(doses[k]))
    arrays = [list(arrays_in(step)) for step in kept]
    assert all(len(found) >= 1 for found in arrays)
    for i, mine in enumerate(arrays):
        for theirs in arrays[i + 1 :]:
            assert not any(np.shares_memory(a, b) for a in mine for b in theirs)
    assert env.cohort is not None
    assert not any(np.shares_memory(array, env.cohort.observation) for found in arrays for array in found)


@every_scenario
def test_spoiling_what_was_returned_changes_no_later_step(name: str) -> None:
    env = environment(name, 3)
    doses, clean = some_doses(env, range(3)), roll(environment(name, 3))
    env.reset(seed=0)
    for k in range(decisions(env)):
        returned = env.step(doses[k])
        assert np.array_equal(returned[0], clean.observations[k + 1])
        assert np.array_equal(returned[1], clean.rewards[k])
        for array in arrays_in(returned):
            array[...] = array.dtype.type()


def arrays_in(value: Any) -> Iterator[Any]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from arrays_in(part)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from arrays_in(part)


# No suicide: ending the treatment never pays more than the worst way to go on.


@every_asked_scenario
def test_ending_the_treatment_never_pays(name: str) -> None:
    rollouts = [roll(environment(name, 50), doses) for doses in extreme_doses(name)]
    assert suicides(rollouts) == 0


def test_a_reward_for_ending_the_treatment_is_found() -> None:
    """Three decisions that cost 1 each; the second patient ends after the first and pays the given price."""
    for paid, found in ((-3.0, 0), (-2.9, 1), (0.0, 1)):
        rewards = np.array([[-1.0, paid], [-1.0, 0.0], [-1.0, 0.0]])
        terminated = np.array([[False, True], [False, False], [False, False]])
        assert suicides([Rollout(np.zeros(0), rewards, terminated, terminated, [], None)]) == found  # type: ignore[arg-type]


def suicides(rollouts: list[Rollout]) -> int:
    """Terminations that pay more than the decisions left (with the present one) at the least reward of any decision."""
    over = [np.cumsum(r.terminated, axis=0) - r.terminated > 0 for r in rollouts]
    going_on = [r.rewards[~r.terminated & ~ended] for r, ended in zip(rollouts, over, strict=True)]
    least = min(rewards.min() for rewards in going_on)
    found = 0
    for r in rollouts:
        left = len(r.rewards) - np.arange(len(r.rewards))
        found += int((r.terminated & (r.rewards > left[:, None] * least)).sum())
    return found


# The stored digest.


@every_scenario
def test_the_dynamics_are_those_of_this_version(name: str) -> None:
    """The courses of 100 patients, six digits of every number, as when this version was made."""
    course = roll(environment(name, 100), seed=0)
    parts = [course.observations, course.rewards, *(i[key] for i in course.infos for key in ("dose", "cost"))]
    mine = digest(np.concatenate([np.ravel(part).astype(np.float64) for part in parts]))
    file = DIGESTS / f"{identifier(name).partition('/')[2]}.txt"
    if os.environ.get(WRITE):
        DIGESTS.mkdir(exist_ok=True)
        file.write_text(mine + "\n", encoding="utf-8")
    stored = file.read_text(encoding="utf-8").strip() if file.is_file() else "none"
    assert stored != "none", f"no digest yet: run this test with {WRITE}=1 and add {file.name} to {DIGESTS.name}/"
    assert mine == stored, (
        f"{identifier(name)}: courses differ from those stored in {file.name}. If that is meant, raise `version` in "
        f"the scenario file, remove the old digest, and run this test with {WRITE}=1."
    )


def digest(numbers: Any) -> str:
    """SHA-256 of the numbers at six significant digits, so that the last bits of a platform do not count."""
    text = "\n".join(f"{number + 0.0:.5e}" for number in numbers)
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_digest_sees_six_digits() -> None:
    assert digest(np.array([1.234561])) == digest(np.array([1.234561 + 1e-13]))
    assert digest(np.array([1.23456])) != digest(np.array([1.23457]))
    assert digest(np.array([-0.0])) == digest(np.array([0.0]))


def test_every_digest_belongs_to_a_scenario() -> None:
    known = {identifier(name).partition("/")[2] for name in SCENARIOS}
    assert {file.stem for file in DIGESTS.glob("*")} <= known


@every_asked_scenario
def test_a_shorter_course_begins_like_the_long_one(name: str) -> None:
    """What is charted at a decision does not depend on how long the treatment will last."""
    long = environment(name, 6)
    short = environment(shorter(name), 6)
    a, b = roll(short), roll(long)
    same = [f.name for f in short.task.features if f.name not in ("time_left", "days_left")]
    assert len(same) == len(short.task.features) - 1
    here = [i for i, f in enumerate(short.task.features) if f.name in same]
    there = [next(j for j, g in enumerate(long.task.features) if g.name == n) for n in same]
    steps = decisions(short)
    assert steps < decisions(long)
    assert np.array_equal(a.observations[:steps][..., here], b.observations[:steps][..., there])


def shorter(name: str) -> Any:
    """The scenario, ended after 2 days on a ward and after 40, or half of them, in a clinic."""
    rules = TASKS[name].rules
    if TASKS[name].care is not WARD:
        return changed(name, course={"days": min(40, rules.decisions // 2)})
    drawn = [float(t) for t in rules.drawn if t <= 48.0]
    return changed(name, course={"days": 2}, levels={"drawn_h": drawn}, target={"first_day": 1})
