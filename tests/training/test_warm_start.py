"""A warm start: a network that begins no more than 2 points below its teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from dosing_env import recipe as recipes
from dosing_env import scenario as scenarios
from dosing_env.policies import policy_of
from dosing_env.recipe import Pretrain, Recipe
from dosing_env.treatment import treat
from tests.training.recipes import small

training = pytest.importorskip("dosing_env.training")

PATIENTS = 500


def taught(algorithm: str, scenario: str, plan: Pretrain) -> Recipe:
    """A recipe that learns nothing but what it is taught."""
    rules = small(algorithm, scenario, steps=32, evaluate_patients=PATIENTS)
    assert rules.network is not None
    network = msgspec.structs.replace(rules.network, layers=(64, 64), lstm=32 if rules.network.lstm else 0)
    one = {"n_steps": 1} if "n_steps" in rules.hyperparameters else {}
    one |= {"batch_size": 32} if "PPO" in algorithm else {}
    return msgspec.structs.replace(
        rules, pretrain=plan, network=network, hyperparameters=rules.hyperparameters | one | {"gamma": 1.0}
    )


def primary(policy: Any, scenario: str) -> float:
    """Of a policy, on the patients of the tuning stream."""
    case = scenarios.load(scenario)
    cohort, returns = treat(case, policy, np.arange(PATIENTS), seed=0, stream="tune")
    tables = case.kind.tables
    return float(tables.outcomes(cohort, returns)[tables.PRIMARY].mean())


@pytest.mark.parametrize(
    ("algorithm", "scenario", "teacher", "patients"),
    [
        ("PPO", "vancomycin_ward", "map_dosing", 1000),
        ("MaskablePPO", "vancomycin_ward", "poppk_a_priori", 3000),
        ("SAC", "vancomycin_ward", "map_dosing", 1000),
        ("RecurrentPPO", "warfarin_initiation", "warfarin_iwpc_genetic_lenzini_wilson", 400),
    ],
)
def test_it_begins_where_its_teacher_is(
    algorithm: str, scenario: str, teacher: str, patients: int, tmp_path: Path
) -> None:
    rules = taught(algorithm, scenario, Pretrain(teacher, patients=patients, rounds=3, epochs=15))
    case = scenarios.load(scenario)
    run = training.train_seed(rules, case, 0, tmp_path)
    first = run.learning[0]
    assert first["steps"] == 0
    assert first[case.kind.tables.PRIMARY] > primary(policy_of(teacher), scenario) - 2.0


def test_the_value_of_a_state_is_learned_too(tmp_path: Path) -> None:
    """What the value network says at admission is on average what courses bring."""
    rules = taught("PPO", "vancomycin_ward", Pretrain("guideline_2020", patients=500, rounds=2, epochs=10))
    case = scenarios.load(rules.scenario)
    warm_start = pytest.importorskip("dosing_env.training.warm_start")
    env = training.PatientVecEnv(rules, case, 256, seed=9)
    model = training.build(rules, env, seed=0)
    warm_start.warm_start(model, rules, case, 0, lambda done, what: None)
    torch = pytest.importorskip("torch")
    with torch.no_grad():
        value = model.policy.predict_values(torch.from_numpy(env.reset())).numpy().mean()
    earned = 0.0
    x = env.reset()
    for _ in range(14):
        x, reward, _, _ = env.step(model.predict(x, deterministic=True)[0])
        earned += reward.mean()
    assert value == pytest.approx(earned, abs=0.1)
    assert 0.0 > float(model.policy.log_std) > -4.0


@pytest.mark.parametrize("teacher", ["mine.py", "shield:0.1@mine.py:oracle", "shield:0.1:mine.py"])
def test_a_teacher_that_is_code_is_refused_unread(
    teacher: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text("from pathlib import Path\nPath('ran').touch()\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"mine\.toml: pretrain\.policy: .* is code"):
        recipes.check(taught("PPO", "vancomycin_ward", Pretrain(teacher)), "mine.toml")
    text = recipes.text(taught("PPO", "vancomycin_ward", Pretrain(teacher)))
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(ValueError, match="is code"):
        training.train("mine.toml")
    assert not (tmp_path / "ran").exists()


def test_an_unknown_teacher_is_refused() -> None:
    rules = taught("PPO", "vancomycin_ward", Pretrain("map_dossing"))
    with pytest.raises(ValueError, match="Did you mean 'map_dosing'"):
        training.check(rules, scenarios.load(rules.scenario))
