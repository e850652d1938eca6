"""No dose breaks a hard limit, of policies that try: a million decisions shared by all scenarios; most are slow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dosing_env.scenario import load
from dosing_env.vector import DosingVectorEnv
from dosing_env.ward.kind import WARD
from tests.environment.rollouts import SCENARIOS, changed, decisions, ends, environment

PATIENTS = 2_000
CASES = {name: load(name) for name in SCENARIOS} | {  # limits that are no multiples of the step, nor floats of 32 bits
    "coarse": changed("vancomycin_ward", dosing={"max_dose_mg": 1150.3, "max_daily_mg": 1900.7}),
    "fine": changed("vancomycin_icu", dosing={"step_mg": 33.3, "max_dose_mg": 1150.3, "max_daily_mg": 1300.1}),
    "tablets": changed("trial_coag", dosing={"max_dose_mg": 7.7}),
    "half a day": changed("vancomycin_oneshot", dosing={"max_daily_mg": 2900.0}),
}
LIMITED = ("vancomycin_icu", "vancomycin_ward", "coarse", "fine", "half a day")  # a day may have less than all doses


def anything(env: DosingVectorEnv, random: np.random.Generator) -> NDArray[np.float32]:
    """A fifth of the patients each: samples, ends, ends in turn, neighbours of where rounding turns, what is left."""
    low, high = (end.astype(np.float32) for end in ends(env))
    shape, each, coins = (PATIENTS, len(low)), np.arange(PATIENTS), random.random((3, PATIENTS, 1)) < 0.5
    halves = env.task.rules.step * (random.integers(0, high[0] // env.task.rules.step, shape) + 0.5)
    ways = np.empty((5, *shape), dtype=np.float32)
    ways[0] = env.action_space.sample()
    ways[1] = np.where(coins[0], low, high)
    ways[2] = np.where((each[:, None] // 5 + decided(env)) % 2, low, high)
    ways[3] = np.nextafter(np.where(coins[1], halves.astype(np.float32), ways[1]), np.where(coins[2], low, high))
    ways[4], ways[4, :, 0] = high, left(env)
    return np.clip(ways[each % 5, each], low, high)


def any_index(env: DosingVectorEnv, random: np.random.Generator) -> Any:
    """Places in the grids, whether allowed or not."""
    return env.action_space.sample()


def an_allowed_index(env: DosingVectorEnv, random: np.random.Generator) -> Any:
    """Places in the grids that the masks leave; of half the patients the last ones."""
    sizes = np.cumsum([len(grid) for grid in env.task.grids])[:-1]
    odds = np.where(np.arange(PATIENTS)[:, None] % 2, random.random((PATIENTS, 1)), 1.0)
    parts = np.split(env.action_masks(), sizes, axis=1)
    return np.stack([(odds * part.sum(axis=1, keepdims=True)).astype(int)[:, 0].clip(1) - 1 for part in parts], axis=1)


WAYS: dict[str, Callable[[DosingVectorEnv, np.random.Generator], Any]] = {
    "milligrams": anything,
    "grid": any_index,
    "masked grid": an_allowed_index,
}
FEW = 1  # decisions: a course of everybody
SHARE = -(-1_000_000 // (len(CASES) * len(WAYS)))


@pytest.mark.parametrize("share", [FEW, pytest.param(SHARE, marks=pytest.mark.slow)])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CASES)
def test_hard_limits_hold_whatever_is_wanted(name: str, way: str, share: int) -> None:
    env, random = environment(CASES[name], PATIENTS, discrete=way != "milligrams"), np.random.default_rng(1)
    env.action_space.seed(2)
    treated, course, told = 0, 0, set[str]()
    while treated < share:
        env.reset(seed=course)
        for _ in range(decisions(env)):
            actions, room, k = WAYS[way](env, random), left(env), decided(env)
            info = env.step(actions)[4]
            require_legal(env, info["dose"], k)
            wanted = np.asarray(actions).reshape(PATIENTS, -1)[:, 0]
            require_told(env, np.array(env.task.grids[0])[wanted] if env.discrete else wanted, room, info)
            told |= set(info["limited"].tolist())
        treated, course = treated + PATIENTS * decisions(env), course + 1
    by_day, by_dose = name in LIMITED and way != "masked grid", name in ("coarse", "fine") and way == "milligrams"
    assert told == {"", *["max_daily_mg"] * by_day, *["max_dose_mg"] * by_dose}


def decided(env: DosingVectorEnv) -> int:
    """Doses given, the same of everybody."""
    return int(record(env)["decision"][0])


def record(env: DosingVectorEnv) -> Any:
    assert env.cohort is not None
    return env.cohort.courses


def left(env: DosingVectorEnv) -> NDArray[np.float64]:
    """(n,) mg that may still be given today at once, by the patients' records."""
    rules, k = env.task.rules, decided(env)
    if env.task.care is not WARD:
        return np.full(PATIENTS, rules.max_dose)
    today = record(env)["doses"][:, k - k % round(24.0 / rules.interval) : k].sum(axis=1)
    return np.asarray(np.minimum(rules.max_daily - today, rules.max_dose))


def require_legal(env: DosingVectorEnv, dose: NDArray[np.float64], k: int) -> None:
    """Of the dose of decision k and all that were given until a policy is asked again."""
    rules, doses = env.task.rules, record(env)["doses"]
    assert np.array_equal(doses[:, k], dose)
    given = doses[:, k : decided(env)]
    assert (given >= 0.0).all()
    assert (given <= rules.max_dose).all()
    assert np.array_equal(np.rint(given / rules.step) * rules.step, given)
    assert not doses[:, decided(env) :].any()
    if env.task.care is WARD:
        days = doses.reshape(PATIENTS, rules.days, -1).sum(axis=2)
        assert (days <= rules.max_daily + 1e-9).all()


def require_told(env: DosingVectorEnv, wanted: Any, room: NDArray[np.float64], info: dict[str, Any]) -> None:
    """A dose is called limited where it was lowered, and nowhere else; and it is no lower than it must be."""
    rules, dose = env.task.rules, info["dose"]
    if env.task.care is WARD:  # elsewhere what can be ordered is within the limit, and tablets owe the rest
        lowered = dose < np.floor(wanted.astype(np.float64) / rules.step + 0.5) * rules.step
        assert np.array_equal(info["limited"] != "", lowered)
        assert (dose[lowered] + rules.step > room[lowered] - 1e-6).all()
