"""No observation tells of the future, nor of what a clinician cannot know."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from dosing_env.clinic.kind import CLINIC
from dosing_env.simulation.chance import key_of
from dosing_env.vector import DosingVectorEnv
from dosing_env.ward.kind import WARD
from tests.environment.rollouts import (
    Rollout,
    changed,
    columns,
    decisions,
    ends,
    environment,
    every_eventful_scenario,
    every_scenario,
    every_ward,
    hours,
    roll,
    some_doses,
)

PATIENTS = 12
KEPT: dict[Any, tuple[Any, ...]] = {
    WARD: ("level_", "below_", "creatinine_", "dose_"),
    CLINIC: ("ordered_", "dose_", ("inr_", "outside_"), "CYP2C9", "VKORC1", "CYP4F2"),
}  # once it is there


def some_decisions(env: DosingVectorEnv) -> list[int]:
    """All of a course, of a long one some sixteen, with the first and the last."""
    return np.unique(np.linspace(0, decisions(env) - 1, 16).astype(int)).tolist()


@every_scenario
def test_later_doses_change_nothing_earlier(name: str) -> None:
    env = environment(name, PATIENTS)
    doses = some_doses(env, range(PATIENTS))
    plain = roll(env, doses)
    for k in some_decisions(env):
        other = doses.copy()
        other[k:] = np.sum(ends(env), axis=0, dtype=np.float32) - other[k:]
        changed_later = roll(env, other)
        assert np.array_equal(changed_later.observations[: k + 1], plain.observations[: k + 1])
        assert np.array_equal(changed_later.rewards[:k], plain.rewards[:k])
        assert not np.array_equal(changed_later.observations[k + 1], plain.observations[k + 1])


@every_scenario
def test_later_noise_changes_no_earlier_dose(name: str) -> None:
    """The patients enter another random world before decision k: a policy's doses are the same up to decision k."""
    env = environment(name, PATIENTS)
    plain = roll(env, reads_everything(env))
    for k in some_decisions(env):
        other = roll(env, reads_everything(env), meddle=another_world_from(k))
        assert np.array_equal(other.observations[: k + 1], plain.observations[: k + 1])
        assert np.array_equal(given(other)[: k + 1], given(plain)[: k + 1])
        if noise_is_still_charted(env, plain, k):
            assert not np.array_equal(other.observations[k + 1 :], plain.observations[k + 1 :])


def noise_is_still_charted(env: DosingVectorEnv, course: Rollout, k: int) -> bool:
    """Whether a creatinine is still to come, or in a clinic the INRs of several visits: one may be the same."""
    if env.task.care is WARD:
        return k < decisions(env) - round(24.0 / env.task.rules.interval)
    return bool(np.count_nonzero(course.courses["measured"][:, env.task.asked[k] + 1 : -1]) >= 5)


def reads_everything(env: DosingVectorEnv) -> Any:
    """A policy that answers to every number it sees, with every number it decides."""
    (low, high), count = ends(env), len(env.task.features)
    weights = np.random.default_rng(1).normal(size=(len(low), count)).T

    def doses(observation: Any) -> Any:
        return low + (high - low) * (0.5 + 0.5 * np.sin(observation.astype(np.float64) @ weights))

    return doses


def another_world_from(k: int) -> Any:
    def meddle(decision: int, env: DosingVectorEnv) -> None:
        if decision == k:
            assert env.cohort is not None
            env.cohort.key = key_of("evaluate", 987)

    return meddle


def given(course: Rollout) -> Any:
    return np.array([info["dose"] for info in course.infos])


@every_eventful_scenario
def test_a_level_is_unknown_until_it_arrives(name: str) -> None:
    """Blood drawn shortly before a decision, with the result after it; and with the plan of the scenario."""
    interval = environment(name, 1).task.rules.interval
    count = len(environment(name, 1).task.rules.drawn)
    late = [(j + 1) * interval - 0.1 for j in range(count)]
    for scenario in (name, changed(name, levels={"drawn_h": late, "turnaround_h": interval + 1.5})):
        env = environment(scenario, PATIENTS)
        course = roll(env)
        assert_known_on_arrival(env, course)


def assert_known_on_arrival(env: DosingVectorEnv, course: Rollout) -> None:
    rules, blood = env.task.rules, range(1, len(env.task.rules.drawn) + 1)
    at = {
        kind: [columns(env, f"{kind}_{j}")[0] for j in blood]
        for kind in ("level", "drawn", "arrived", "resulted", "below")
    }
    for k, observation in enumerate(course.observations):
        known = rules.drawn + rules.turnaround <= hours(env)[k] + 1e-9
        assert np.all(observation[:, at["resulted"]] == known)
        for kind in ("level", "drawn", "arrived", "below"):
            assert np.all(observation[:, at[kind]][:, ~known] == 0.0)
        assert np.all(observation[:, at["drawn"]][:, known] == np.float32(rules.drawn[known]))
        assert np.all(observation[:, at["arrived"]][:, known] == np.float32(rules.drawn[known] + rules.turnaround))
        reported = np.minimum(course.courses["levels"][:, known], 500.0).astype(np.float32)
        assert np.array_equal(observation[:, at["level"]][:, known], reported)


@every_scenario
def test_a_known_result_is_never_changed(name: str) -> None:
    env = environment(name, PATIENTS)
    course = roll(env)
    for kind in KEPT[env.task.care]:
        chart = course.observations[..., columns(env, *np.atleast_1d(kind))]
        assert chart.any() == (kind not in untested(env))
        for earlier, later in itertools.pairwise(chart):
            assert np.all((earlier == 0.0) | (earlier == later))


def untested(env: DosingVectorEnv) -> list[str]:
    """The genes of which a clinic knows nobody's."""
    shares = env.task.rules.tested if env.task.care is CLINIC else []
    return [gene for gene, share in zip(("CYP2C9", "VKORC1", "CYP4F2"), shares, strict=False) if share == 0.0]


@every_ward
def test_creatinine_is_charted_when_its_day_begins(name: str) -> None:
    env = environment(name, PATIENTS)
    course = roll(env)
    for k in range(decisions(env)):
        today = int(hours(env)[k] // 24.0)
        charted = course.observations[k][:, columns(env, "creatinine_")]
        assert np.all(charted[:, : today + 1] > 0.0)
        assert np.all(charted[:, today + 1 :] == 0.0)
        assert np.array_equal(course.observations[k][:, columns(env, "SCR")[0]], charted[:, today])


@every_eventful_scenario
def test_random_effects_show_in_levels_alone(name: str) -> None:
    """The same people with other random effects, where exposure does not touch the kidney."""
    env = environment(changed(name, aki={"creatinine_factor": 1.0}), PATIENTS)
    plain, other = roll(env), roll(env, meddle=with_other_effects)
    assert not np.array_equal(plain.courses["auc"], other.courses["auc"])
    levels = columns(env, "level_", "below_")
    rest = np.setdiff1d(np.arange(len(env.task.features)), levels)
    assert np.array_equal(plain.observations[..., rest], other.observations[..., rest])
    known = np.array([k * env.task.rules.interval for k in range(decisions(env) + 1)]) >= first_result(env)
    assert np.array_equal(plain.observations[~known], other.observations[~known])
    assert not np.array_equal(plain.observations[known], other.observations[known])


def with_other_effects(k: int, env: DosingVectorEnv) -> None:
    if k == 0:
        assert env.cohort is not None
        env.cohort.courses["eta"] = 0.5 - env.cohort.courses["eta"]


def first_result(env: DosingVectorEnv) -> float:
    return float(env.task.rules.drawn[0] + env.task.rules.turnaround)


@every_eventful_scenario
def test_the_first_chart_holds_only_what_was_charted(name: str) -> None:
    env = environment(name, 200)
    observation, _ = env.reset(seed=0)
    assert env.cohort is not None
    courses = env.cohort.courses
    assert np.array_equal(observation[:, columns(env, "WT")[0]], courses["weight"].astype(np.float32))
    true_weight, true_creatinine = courses["patient"][:, 1], courses["patient"][:, 4]
    assert not np.any(courses["weight"] == true_weight)
    errors = np.log(courses["weight"] / true_weight) / env.task.rules.weight_cv
    assert 0.8 < errors.std() < 1.2
    errors = np.log(courses["creatinine"][:, 0] / true_creatinine) / env.task.rules.creatinine_cv
    assert 0.8 < errors.std() < 1.2
    later = columns(env, "dose_", "level_", "drawn_", "arrived_", "resulted_", "below_")
    assert np.all(observation[:, later] == 0.0)
