"""The three ways a slot starts again, and the options of a reset."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from dosing_env.env import DosingEnv
from tests.environment.rollouts import (
    assert_identical,
    decisions,
    environment,
    every_asked_scenario,
    every_scenario,
    roll,
    share_of_most,
    some_doses,
)


def played(name: str, mode: AutoresetMode, size: int = 3) -> Any:
    """A batch at the end of its course, what its last step returned, and the same course without restart."""
    env, plain = environment(name, size, autoreset_mode=mode), roll(environment(name, size))
    doses = some_doses(env, range(size))
    env.reset(seed=0)
    for k in range(decisions(env)):
        last = env.step(doses[k])
    return env, last, plain


def first_observation(name: str, patients: list[int]) -> Any:
    return environment(name, len(patients)).reset(seed=0, options={"patients": patients})[0]


@every_scenario
def test_next_step_shows_the_end_and_restarts_with_the_step_after(name: str) -> None:
    env, last, plain = played(name, AutoresetMode.NEXT_STEP)
    observation, reward, terminated, truncated, info = last
    assert np.array_equal(observation, plain.observations[-1])
    assert np.array_equal(reward, plain.rewards[-1])
    assert (terminated | truncated).all()
    assert "final_obs" not in info
    observation, reward, terminated, truncated, info = env.step(share_of_most(env, 1 / 3, 3))
    assert np.array_equal(observation, first_observation(name, [3, 4, 5]))
    assert not reward.any()
    assert not truncated.any()
    assert not terminated.any()
    assert not info["dose"].any()
    assert not info["cost"].any()
    assert env.step(share_of_most(env, 1 / 3, 3))[4]["dose"].all()


@every_asked_scenario
def test_same_step_restarts_at_once_and_hands_over_the_end(name: str) -> None:
    env, last, plain = played(name, AutoresetMode.SAME_STEP)
    observation, reward, _, truncated, info = last
    assert np.array_equal(observation, first_observation(name, [3, 4, 5]))
    assert np.array_equal(reward, plain.rewards[-1])
    assert truncated.all()
    assert info["_final_obs"].all()
    assert info["_final_info"].all()
    assert np.array_equal(np.stack(list(info["final_obs"])), plain.observations[-1])
    assert np.array_equal(info["final_info"]["dose"], plain.infos[-1]["dose"])
    for term, paid in plain.infos[-1]["reward_terms"].items():
        assert np.array_equal(info["final_info"]["reward_terms"][term], paid)
    assert "final_obs" not in env.step(share_of_most(env, 1 / 3, 3))[4]


@every_scenario
def test_same_step_goes_on_like_the_next_patients(name: str) -> None:
    env, _, _ = played(name, AutoresetMode.SAME_STEP)
    other = environment(name, 3)
    other.reset(seed=0, options={"patients": [3, 4, 5]})
    for k in range(decisions(env)):
        dose = share_of_most(env, (k % 5) / 12, 3)
        mine, theirs = env.step(dose), other.step(dose)
        assert np.array_equal(mine[1], theirs[1])
        if k + 1 < decisions(env):
            assert np.array_equal(mine[0], theirs[0])


@every_scenario
def test_disabled_freezes_who_has_finished(name: str) -> None:
    env, last, plain = played(name, AutoresetMode.DISABLED)
    assert np.array_equal(last[0], plain.observations[-1])
    assert env.cohort is not None
    before = env.cohort.courses.copy()
    for _ in range(2):
        observation, reward, _, _, info = env.step(share_of_most(env, 1 / 3, 3))
        assert np.array_equal(observation, plain.observations[-1])
        assert not reward.any()
        assert not info["dose"].any()
        assert not info["cost"].any()
        assert not any(term.any() for term in info["reward_terms"].values())
    assert env.cohort.courses.tobytes() == before.tobytes()


@every_asked_scenario
def test_disabled_restarts_the_masked_slots_alone(name: str) -> None:
    env, _, plain = played(name, AutoresetMode.DISABLED)
    observation, _ = env.reset(options={"reset_mask": np.array([False, True, False])})
    assert np.array_equal(observation[[0, 2]], plain.observations[-1, [0, 2]])
    assert np.array_equal(observation[1], first_observation(name, [4])[0])
    _, reward, _, truncated, info = env.step(share_of_most(env, 1 / 3, 3))
    assert list(info["dose"] > 0) == [False, True, False]
    assert not reward[[0, 2]].any()
    assert not truncated[1]


@every_scenario
def test_one_patient_is_the_next_one_after_each_reset(name: str) -> None:
    env = DosingEnv(name)
    seen = [env.reset(seed=0)[0]] + [env.reset()[0] for _ in range(3)]
    assert np.array_equal(np.array(seen), first_observation(name, [0, 1, 2, 3]))


@every_scenario
def test_patients_are_picked_by_number(name: str) -> None:
    env = environment(name, 3)
    picked = roll(env, seed=0, patients=[40, 2, 7])
    assert list(picked.courses["number"]) == [40, 2, 7]
    assert_identical(picked, roll(environment(name, 41), seed=0), slice(None), [40, 2, 7])
    far = env.reset(seed=0, options={"patients": [2**40, 2**40 + 1, 0]})[0]
    assert len(np.unique(far, axis=0)) == 3
    assert np.array_equal(DosingEnv(name).reset(seed=0, options={"patients": [7]})[0], picked.observations[0, 2])


@every_scenario
@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"patients": [1, 2]}, "patients"),
        ({"patients": [[1, 2, 3]]}, "patients"),
        ({"patients": [1, 2, -3]}, "patients"),
        ({"patients": [1.0, 2.0, 3.0]}, "patients"),
        ({"patients": "all"}, "patients"),
        ({"reset_mask": [True, False]}, "reset_mask"),
        ({"reset_mask": np.array([1, 0, 1])}, "reset_mask"),
        ({"reset_mask": np.zeros(3, dtype=bool)}, "reset_mask"),
        ({"patient": [1, 2, 3]}, "'patient'.*'patients'"),
    ],
)
def test_wrong_options_are_refused(name: str, options: dict[str, Any], named: str) -> None:
    env = environment(name, 3)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=named):
        env.reset(options=options)


@every_scenario
def test_the_first_reset_starts_every_slot(name: str) -> None:
    with pytest.raises(ValueError, match="reset_mask"):
        environment(name, 3).reset(seed=0, options={"reset_mask": np.array([True, False, False])})


@every_scenario
@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_refused(name: str, seed: int) -> None:
    with pytest.raises(ValueError, match="seed"):
        environment(name, 1).reset(seed=seed)
