"""Every scenario as a Gymnasium and a Stable-Baselines3 environment."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import RescaleAction
from stable_baselines3.common.env_checker import check_env as check_for_stable_baselines
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecNormalize

from dosing_env.clinic.kind import CLINIC
from dosing_env.env import DosingEnv
from dosing_env.vector import DosingVectorEnv
from dosing_env.ward.kind import WARD
from tests.environment.rollouts import SCENARIOS, TASKS, decisions, ends, every_scenario, identifier

DECIDED = {WARD: ["dose"], CLINIC: ["dose", "next"]}
ANOTHER = {WARD: "vancomycin_thomson2009", CLINIC: "warfarin_xia2024"}  # drug
MEANT = "normalized"  # actions are milligrams: the recipe of an agent scales them


@every_scenario
@pytest.mark.parametrize("discrete", [False, True])
def test_gymnasium_accepts_it(name: str, discrete: bool) -> None:
    environment = gymnasium.make(identifier(name), discrete=discrete).unwrapped
    assert complaints(check_env, environment) == []


@every_scenario
@pytest.mark.parametrize("discrete", [False, True])
def test_stable_baselines_accepts_it(name: str, discrete: bool) -> None:
    assert complaints(check_for_stable_baselines, DosingEnv(name, discrete=discrete)) == []


def complaints(check: Callable[..., Any], environment: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check(environment)
    return [text for text in (str(warning.message) for warning in caught) if MEANT not in text]


@every_scenario
def test_made_by_its_id(name: str) -> None:
    one = gymnasium.make(identifier(name))
    many = gymnasium.make_vec(identifier(name), num_envs=3)
    assert isinstance(one.unwrapped, DosingEnv)
    assert isinstance(many.unwrapped, DosingVectorEnv)
    assert many.num_envs == 3
    assert many.single_observation_space == one.observation_space
    assert many.single_action_space == one.action_space
    assert many.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP


@every_scenario
def test_any_scenario_by_the_general_id(name: str) -> None:
    general = gymnasium.make("dosing_env/Scenario-v0", scenario=name)
    own = gymnasium.make(identifier(name))
    assert np.array_equal(general.reset(seed=4)[0], own.reset(seed=4)[0])


def test_every_id_is_of_a_scenario_and_has_a_native_batch() -> None:
    ids = [name for name in gymnasium.registry if name.startswith("dosing_env/")]
    assert sorted(ids) == sorted(["dosing_env/Scenario-v0", *map(identifier, SCENARIOS)])
    assert isinstance(gymnasium.make_vec("dosing_env/Scenario-v0", num_envs=2).unwrapped, DosingVectorEnv)


@every_scenario
def test_batched_by_gymnasium_itself(name: str) -> None:
    """Slower, with a seed for each patient; the first is the first of the native batch, to his end and beyond."""
    own, many = (
        gymnasium.make_vec(identifier(name), num_envs=2, vectorization_mode=mode)
        for mode in ("vector_entry_point", "sync")
    )
    assert isinstance(many, gymnasium.vector.SyncVectorEnv)
    assert np.array_equal(many.reset(seed=0)[0][0], own.reset(seed=0)[0][0])
    many.action_space.seed(0)
    for _ in range(decisions(DosingEnv(name)) + 1):  # one more: the next patients
        action = many.action_space.sample()
        mine, theirs = many.step(action), own.step(action)
        assert mine[0] in many.observation_space
        for a, b in zip(mine[1:4], theirs[1:4], strict=True):
            assert a[0] == b[0]
        assert mine[4]["dose"][0] == theirs[4]["dose"][0] if "dose" in mine[4] else not theirs[4]["dose"][0]


@every_scenario
def test_batched_by_stable_baselines_as_the_zoo_does(name: str) -> None:
    """`make_vec_env` of an id, with actions scaled by a wrapper of Gymnasium and observations by their statistics."""

    def scaled(env: gymnasium.Env[Any, Any]) -> gymnasium.Env[Any, Any]:
        return RescaleAction(env, np.float32(-1.0), np.float32(1.0))

    arguments = {"finite": True}  # or it values what is beyond the course, which it never sees
    many = VecNormalize(make_vec_env(identifier(name), 2, seed=0, wrapper_class=scaled, env_kwargs=arguments))
    many.reset()
    actions, ended = np.zeros((2, len(DECIDED[TASKS[name].care])), dtype=np.float32), []
    for _ in range(decisions(DosingEnv(name))):
        observation, reward, over, infos = many.step(actions)
        assert isinstance(observation, np.ndarray)
        assert np.abs(observation).max() <= many.clip_obs
        assert np.isfinite(reward).all()
        ended.append(over)
    assert not np.any(ended[:-1])
    assert all(ended[-1])
    for info in infos:
        assert "terminal_observation" in info
        assert info["episode"]["l"] == len(ended)
        assert not info["TimeLimit.truncated"]


@every_scenario
def test_spaces_are_named_bounded_and_in_clinical_units(name: str) -> None:
    env = DosingEnv(name)
    box, features = env.observation_space, env.task.features
    assert isinstance(box, spaces.Box)
    assert box.dtype == np.float32
    assert box.shape == (len(features),)
    assert np.isfinite(box.low).all()
    assert np.isfinite(box.high).all()
    assert np.all(box.low < box.high)
    assert len({feature.name for feature in features}) == len(features)
    assert all(feature.unit for feature in features)
    low, high = ends(env)
    assert env.action_space == spaces.Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)
    assert [action.name for action in env.task.actions] == DECIDED[env.task.care]
    assert (low[0], high[0], env.task.actions[0].unit) == (0.0, env.task.rules.max_dose, "mg")


@every_scenario
def test_discrete_actions_are_the_doses_in_order(name: str) -> None:
    env = DosingEnv(name, discrete=True)
    sizes = [len(grid) for grid in env.task.grids]
    assert env.action_space == (spaces.Discrete(sizes[0]) if len(sizes) == 1 else spaces.MultiDiscrete(sizes))
    for index, dose in enumerate(env.task.doses):
        env.reset(seed=0)
        assert env.step(index if len(sizes) == 1 else [index, 0])[4]["dose"] == dose


@every_scenario
def test_batch_spaces_are_those_of_one_patient_repeated(name: str) -> None:
    for discrete in (False, True):
        env = DosingVectorEnv(name, 4, discrete=discrete)
        expected = gymnasium.vector.utils.batch_space(env.single_action_space, 4)
        assert env.action_space == expected
        assert env.observation_space == gymnasium.vector.utils.batch_space(env.single_observation_space, 4)


@every_scenario
def test_one_patient_is_the_first_of_the_batch(name: str) -> None:
    one, many = DosingEnv(name), DosingVectorEnv(name, 3)
    assert np.array_equal(one.reset(seed=9)[0], many.reset(seed=9)[0][0])
    for _ in range(decisions(one)):
        action = one.action_space.sample()
        observation, reward, terminated, truncated, info = one.step(action)
        batch = many.step(np.tile(action, (3, 1)))
        assert np.array_equal(observation, batch[0][0])
        assert (reward, terminated, truncated) == (batch[1][0], batch[2][0], batch[3][0])
        assert info["dose"] == batch[4]["dose"][0]
        assert isinstance(info["limited"], str)
        assert isinstance(reward, float)
        assert isinstance(truncated, bool)
    assert terminated or truncated


@every_scenario
def test_stepping_before_a_reset_says_so(name: str) -> None:
    with pytest.raises(RuntimeError, match="reset"):
        DosingEnv(name).step(np.zeros(1, dtype=np.float32))


def test_a_misspelt_id_is_answered_with_the_nearest() -> None:
    with pytest.raises(gymnasium.error.NameNotFound, match="Scenario"):
        gymnasium.make("dosing_env/Scenari-v0")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"stream": "test"}, "stream: 'test'"),
        ({"solver": "euler"}, "solver: 'euler'"),
        ({"render_mode": "human"}, "render_mode: 'human'"),
        ({"drug": "vancomycin_goti"}, "vancomycin_goti2018"),
        ({"population": "adult_wart"}, "adult_ward"),
        ({"drugs": "vancomycin_goti2018"}, "drugs.*'drug'"),
        ({"drug": 3}, "drug"),
        ({"num_envs": 0}, "num_envs: 0"),
    ],
)
def test_wrong_arguments_are_refused_when_made(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        DosingVectorEnv("vancomycin_ward", **arguments)


@every_scenario
def test_another_drug_by_its_name(name: str) -> None:
    other = ANOTHER[TASKS[name].care]
    env = DosingVectorEnv(name, 2, drug=other)
    assert env.task.drug.name == env.scenario.drug == other
    if env.task.care is WARD:  # in a clinic the error may be that of the assay alone
        assert env.task.rules.proportional == env.task.drug.assay.proportional
