"""Decisions that are not asked for: doses before the first by a protocol, between two the dose before once more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from dosing_env import catalogue
from dosing_env.env import DosingEnv
from tests.environment.rollouts import changed, columns, environment, roll

ONCE = "vancomycin_oneshot"
SIZE = 12


def asked_at(*hours: float, lead_in: str = "auc500_typical") -> Any:
    return changed("vancomycin_ward", course={"decided_h": hours, "lead_in": lead_in if hours[0] > 0 else ""})


def test_the_lead_in_doses_and_the_first_chart_shows_it() -> None:
    env = environment(ONCE, SIZE)
    observation, _ = env.reset(seed=4)
    rules, cohort = env.task.rules, env.cohort
    assert cohort is not None
    assert np.all(observation[:, 0] == 36.0)
    given = observation[:, columns(env, "dose_")]
    typical = [env.task.lead_in(_admitted(env, slot)) for slot in range(SIZE)]
    expected = rules.step * np.floor(np.array(typical) / rules.step + 0.5)
    assert np.array_equal(given[:, :3], np.tile(expected[:, None], 3).astype(np.float32))
    assert np.all(given[:, 3:] == 0.0)
    assert np.all(observation[:, columns(env, "resulted_")] == 1.0)


def _admitted(env: Any, slot: int) -> Any:
    from dosing_env.chart import read

    return read(env.cohort.observation[slot].astype(np.float64), env.task.rules)


def test_a_course_is_the_one_that_the_same_doses_make() -> None:
    """Given by hand at every decision, the doses lead to the same patient to the last bit."""
    held = roll(environment(asked_at(24.0, 84.0), SIZE))
    doses = held.courses["doses"].T[:, :, None]
    by_hand = roll(environment("vancomycin_ward", SIZE), doses)
    for field in ("amounts", "auc", "levels", "creatinine", "onset", "risk"):
        assert np.array_equal(held.courses[field], by_hand.courses[field]), field
    assert np.array_equal(held.observations[1:], by_hand.observations[[7, 14]])
    np.testing.assert_allclose(held.rewards.sum(axis=0), by_hand.rewards[2:].sum(axis=0), rtol=1e-12)


def test_between_two_decisions_the_dose_is_repeated() -> None:
    env = environment(asked_at(0.0, 72.0), 2)
    course = roll(env, np.array([[[1000.0], [250.0]], [[500.0], [0.0]]], dtype=np.float32))
    assert course.courses["doses"].tolist() == [[1000.0] * 6 + [500.0] * 8, [250.0] * 6 + [0.0] * 8]
    assert course.observations[:, 0, 0].tolist() == [0.0, 72.0, 168.0]


def test_one_decision_ends_the_task_and_a_course_is_cut_off() -> None:
    once, twice = roll(environment(ONCE, 2)), roll(environment(asked_at(0.0, 72.0), 2))
    assert once.terminated.all()
    assert not once.truncated.any()
    assert twice.truncated[-1].all()
    assert not twice.terminated.any()
    one = DosingEnv(ONCE)
    one.reset(seed=0)
    assert one.step(np.array([500.0], np.float32))[2:4] == (True, False)


def test_the_next_patients_are_treated_up_to_their_decision_too() -> None:
    env = environment(ONCE, 3, autoreset_mode=AutoresetMode.SAME_STEP)
    env.reset(seed=1)
    observation, *_, info = env.step(np.full((3, 1), 500.0))
    first, _ = environment(ONCE, 3).reset(seed=1, options={"patients": [3, 4, 5]})
    assert np.array_equal(observation, first)
    assert info["_final_obs"].all()


@pytest.mark.parametrize("policy", ["fixed_1g_q12h", "poppk_a_priori"])
def test_any_protocol_may_lead_in(policy: str) -> None:
    env = environment(asked_at(48.0, lead_in=policy), 3)
    env.reset(seed=0)
    assert env.cohort is not None
    assert (env.cohort.courses["doses"][:, :4].sum(axis=1) > 0.0).all()
    assert env.task.lead_in is catalogue.load("protocols", policy).dose
