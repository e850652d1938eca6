"""Every algorithm: what its network says without its library is what it says with it, in milligrams and on the grid."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from dosing_env import recipe as recipes
from dosing_env import scenario as scenarios
from dosing_env.agent import Agent, unscaled
from dosing_env.algorithms import ALGORITHMS
from dosing_env.cohort import Cohort
from dosing_env.recipe import Recipe
from tests.training.recipes import small

training = pytest.importorskip("dosing_env.training")

SCENARIOS = ("vancomycin_ward", "warfarin_initiation")
every = pytest.mark.parametrize(
    ("algorithm", "action", "scenario"),
    [
        (name, action, case)
        for name, algorithm in ALGORITHMS.items()
        for action in algorithm.actions
        for case in SCENARIOS
        if not algorithm.remembers  # see test_recurrent
    ],
)


def mid_course(rules: Recipe, patients: int) -> Cohort:
    """Patients on the second day, after heavy doses: the limits forbid much."""
    case = scenarios.load(rules.scenario)
    cohort = Cohort(case.task().held() if rules.hold else case.task(), patients, "tune", 3)
    cohort.admit(np.arange(patients))
    heavy = np.tile([action.high for action in cohort.task.actions], (patients, 1))
    if cohort.task.care.name == "clinic":
        heavy[:, 1] = 3.0
    for _ in range(3):
        cohort.treat(heavy * np.linspace(0.3, 1.0, patients)[:, None], np.ones(patients, dtype=bool))
    return cohort


@every
def test_it_acts_as_in_its_library(algorithm: str, action: Any, scenario: str) -> None:
    rules = msgspec.structs.replace(small(algorithm, scenario), action=action)
    model = training.build(rules, training.PatientVecEnv(rules, scenarios.load(scenario), 4, seed=0), seed=5)
    cohort = mid_course(rules, 100)
    agent = Agent(rules, {5: training.state_of(model)}, {}, 5, "test")
    agent.begin(cohort.task, None)
    ours = agent.act(cohort.observation, None, None)[0]
    x, more = agent.scaler(cohort.observation), {}
    if algorithm == "MaskablePPO":
        more["action_masks"] = cohort.task.care.masks(cohort.task.rules, cohort.observation)
    theirs, _ = model.predict(x, deterministic=True, **more)
    env = training.PatientVecEnv(rules, scenarios.load(scenario), 4, seed=0).env
    said = training.action_of(rules, env, theirs)
    if not ALGORITHMS[algorithm].joint:
        np.testing.assert_allclose(ours, said, rtol=1e-5, atol=1e-2)
        return
    masks = cohort.task.care.masks(cohort.task.rules, cohort.observation)  # the library knows no masks
    allowed = np.stack([masks[i, [list(cohort.task.grids[0]).index(dose)]] for i, dose in enumerate(said[:, 0])])[:, 0]
    np.testing.assert_array_equal(ours[allowed], said[allowed])
    assert allowed.any()


@pytest.mark.parametrize("algorithm", ["MaskablePPO", "DQN", "QR-DQN"])
def test_what_a_masked_agent_says_is_what_is_given(algorithm: str) -> None:
    rules = small(algorithm)
    model = training.build(rules, training.PatientVecEnv(rules, scenarios.load(rules.scenario), 4, seed=0), seed=5)
    cohort = mid_course(rules, 100)
    agent = Agent(rules, {5: training.state_of(model)}, {}, 5, "test")
    agent.begin(cohort.task, None)
    said = agent.act(cohort.observation, None, None)[0]
    paid = cohort.treat(said, np.ones(100, dtype=bool))
    np.testing.assert_array_equal(paid.dose, said[:, 0])
    assert (paid.limit == 0).all()


@every
def test_actions_come_back_from_what_the_network_says(algorithm: str, action: Any, scenario: str) -> None:
    rules = msgspec.structs.replace(small(algorithm, scenario), action=action)
    task = scenarios.load(scenario).task()
    generator = np.random.default_rng(0)
    wanted = np.stack([generator.choice(grid, 50) for grid in task.grids], axis=1)
    said = unscaled(rules, task, wanted)
    if action == "mg":
        from dosing_env.agent import scaled

        np.testing.assert_allclose(scaled(task, said), wanted, atol=1e-9)
    else:
        from dosing_env.agent import from_grids

        np.testing.assert_array_equal(from_grids(task, said.astype(np.int64)), wanted)


@pytest.mark.parametrize("algorithm", list(ALGORITHMS))
def test_an_unknown_hyperparameter_is_answered_with_the_nearest(algorithm: str) -> None:
    rules = msgspec.structs.replace(small(algorithm), hyperparameters={"learning_rat": 1e-3}, file="mine.toml")
    with pytest.raises(ValueError, match=r"mine\.toml: hyperparameters: unknown key 'learning_rat'\. Did you mean"):
        training.check(rules, scenarios.load(rules.scenario))


@pytest.mark.parametrize(
    ("algorithm", "changes", "fault"),
    [
        ("SAC", {"action": "grid"}, "action: 'grid': SAC takes 'mg' only"),
        ("DQN", {"action": "mg"}, "action: 'mg': DQN takes 'grid' only"),
        ("SAC", {"limits": (recipes.Limit("aki", 0.1),)}, "limits: SAC learns from rewards at old prices; PPO may"),
        ("DQN", {"pretrain": recipes.Pretrain("map_dosing")}, "pretrain: DQN values actions"),
    ],
)
def test_what_an_algorithm_cannot_do_is_refused(algorithm: str, changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        recipes.check(msgspec.structs.replace(small(algorithm), **changes), "mine.toml")


def test_the_hour_and_the_decision_do_not_both_discount() -> None:
    rules = small("PPO", discount_per_hour=0.99)
    rules = msgspec.structs.replace(rules, hyperparameters=rules.hyperparameters | {"gamma": 0.9})
    with pytest.raises(ValueError, match=r"gamma: has to be 1\.0 beside training\.discount_per_hour"):
        recipes.check(rules, "mine.toml")
