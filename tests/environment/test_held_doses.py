"""A policy that is asked at some doses only: a protocol doses before it is asked, and between, its dose is repeated."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from dosing_env import catalogue
from dosing_env.ward.chart import read
from dosing_env.ward.scenario import WardScenario
from tests.environment.rollouts import Rollout, changed, columns, environment, hours, roll, some_doses

MODES = (AutoresetMode.DISABLED, AutoresetMode.SAME_STEP)
SIZE = 20
PROTOCOL = "auc500_typical"


def ward(*decided: float, **dosing: float) -> WardScenario:
    """A ward with all its noise where a policy is asked at these hours."""
    course = {"decided_h": decided, "lead_in": PROTOCOL if decided and decided[0] else ""}
    return changed("vancomycin_ward", course=course, dosing=dosing)


HELD = {
    "one dose": changed("vancomycin_oneshot"),
    "one dose on a ward": ward(36.0),
    "twice, no lead-in": ward(0.0, 72.0),
    "in the evening, then next morning": ward(12.0, 24.0, 108.0),
    "two days at the daily limit": ward(24.0, max_daily_mg=2000.0),
}
every_held = pytest.mark.parametrize("held", HELD.values(), ids=HELD)


def asked_always(held: WardScenario) -> WardScenario:
    """The same scenario, with a policy asked at every dose."""
    return held.replace(course={"days": held.course.days, "interval_h": held.course.interval_h})


def both_ways(held: WardScenario) -> tuple[Rollout, Rollout, NDArray[np.int64]]:
    """Held, and by hand: what the lead-in gave, then the last wanted dose at every decision. And who asks when."""
    env, full = environment(held, SIZE), environment(asked_always(held), SIZE)
    asked, wanted = np.flatnonzero(env.task.rules.asked), some_doses(env, range(SIZE))
    one = roll(env, wanted)
    by_hand = one.courses["doses"].T[:, :, None].copy()
    for k in range(asked[0], full.task.rules.decisions):
        by_hand[k] = wanted[np.searchsorted(asked, k, side="right") - 1]
    return one, roll(full, by_hand), asked


@every_held
def test_courses_are_those_of_the_same_doses_given_by_hand(held: WardScenario) -> None:
    one, hand, asked = both_ways(held)
    assert one.courses.tobytes() == hand.courses.tobytes()
    assert np.array_equal(one.observations[:-1], hand.observations[asked])
    assert np.array_equal(one.observations[-1], hand.observations[-1])


@every_held
def test_everything_is_paid_but_what_the_lead_in_earned(held: WardScenario) -> None:
    one, hand, asked = both_ways(held)
    for k, until in enumerate([*asked[1:], len(hand.rewards)]):
        paid = hand.rewards[asked[k] : until].sum(axis=0)
        np.testing.assert_allclose(one.rewards[k], paid, rtol=1e-12, atol=1e-15)
        cost = sum(info["cost"] for info in hand.infos[asked[k] : until])
        np.testing.assert_allclose(one.infos[k]["cost"], cost, rtol=1e-12, atol=1e-15)
        assert np.array_equal(one.infos[k]["dose"], hand.infos[asked[k]]["dose"])
        assert np.array_equal(one.infos[k]["limited"], hand.infos[asked[k]]["limited"])


@pytest.mark.parametrize("name", ["one dose", "one dose on a ward"])
def test_the_lead_in_doses_by_the_protocol_and_the_chart_of_that_hour(name: str) -> None:
    held = HELD[name]
    env, full = environment(held, SIZE), environment(asked_always(held), SIZE)
    rules, rule = full.task.rules, catalogue.load("protocols", PROTOCOL).dose
    observation, _ = full.reset(seed=0)
    env.reset(seed=0)
    assert env.cohort is not None
    for k in range(3):
        wanted = np.array([rule(read(row.astype(np.float64), rules)) for row in observation])
        products = rules.step * np.floor(wanted / rules.step + 0.5)
        assert np.array_equal(env.cohort.courses["doses"][:, k], products)
        assert len(set(products)) > 2
        observation = full.step(products[:, None])[0]
    assert not env.cohort.courses["doses"][:, 3:].any()


def test_a_lead_in_keeps_the_hard_limits() -> None:
    env = environment(ward(24.0, max_daily_mg=1250.0), SIZE)
    env.reset(seed=0)
    assert env.cohort is not None
    today = env.cohort.courses["doses"][:, :2].sum(axis=1)
    assert today.max() == 1250.0


def test_a_reset_ends_where_a_policy_is_first_asked() -> None:
    env = environment("vancomycin_oneshot", SIZE)
    observation, _ = env.reset(seed=0)
    assert env.cohort is not None
    assert set(observation[:, columns(env, "time")[0]]) == {36.0}
    assert (observation[:, columns(env, "resulted_")] == 1.0).all()
    doses, levels = observation[:, columns(env, "dose_")], observation[:, columns(env, "level_")]
    assert doses.tolist() == env.cohort.courses["doses"].tolist()
    assert (doses[:, :3] > 0).all()
    assert levels.tolist() == env.cohort.courses["levels"].astype(np.float32).tolist()
    assert (levels > 0).all()


def test_a_dose_is_repeated_until_a_policy_is_asked_again() -> None:
    env = environment(ward(0.0, 72.0), 1)
    assert hours(env).tolist() == [0.0, 72.0, 168.0]
    course = roll(env, np.array([[[1250.0]], [[500.0]]]))
    assert course.courses["doses"][0].tolist() == 6 * [1250.0] + 8 * [500.0]


@every_held
def test_where_one_decision_is_asked_the_task_is_done_and_else_time_is_up(held: WardScenario) -> None:
    course = roll(environment(held, 3))
    done, up = course.terminated, course.truncated
    last = np.arange(len(done)) == len(done) - 1
    expected = np.repeat(last[:, None], 3, axis=1)
    once = len(held.course.decided_h) == 1
    assert np.array_equal(done, expected & once)
    assert np.array_equal(up, expected & (not once))


def test_the_next_patients_start_in_the_same_step_behind_their_lead_in() -> None:
    plain, going_on = (environment("vancomycin_oneshot", 3, autoreset_mode=mode) for mode in MODES)
    going_on.reset(seed=0)
    for round_ in range(3):
        numbers = np.arange(3) + 3 * round_
        alone = roll(plain, np.full((1, 3, 1), 1000.0), patients=numbers)
        observation, reward, terminated, _, info = going_on.step(np.full((3, 1), 1000.0))
        assert terminated.all()
        assert np.array_equal(reward, alone.rewards[0])
        assert np.array_equal(np.stack(info["final_obs"]), alone.observations[1])
        assert np.array_equal(observation, plain.reset(seed=0, options={"patients": numbers + 3})[0])
