"""Trained agents without torch: equal to Stable-Baselines3, independent of the batch, at home in one task."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from dosing_env import catalogue, recipe
from dosing_env import scenario as scenarios
from dosing_env.agent import Agent, load_agent
from dosing_env.cohort import Cohort
from dosing_env.recipe import Equation, Network, Recipe
from dosing_env.statistics import Means, group_means
from dosing_env.treatment import followed
from dosing_env.virtual_trial import evaluate
from dosing_env.ward.kind import WARD
from tests.bundles import sound

every_agent = pytest.mark.parametrize("name", catalogue.names("agents"))


def shipped(form: type) -> Any:
    """Every shipped agent that learned this."""
    names = [name for name in catalogue.names("agents") if isinstance(recipe.load(name).form, form)]
    return pytest.mark.parametrize("name", names)


def observations(rules: Recipe, patients: int) -> tuple[Any, Any]:
    """Observations of a cohort in the middle of its course, and its task."""
    task = scenarios.load(rules.scenario).task()
    cohort = Cohort(task, patients, "tune", 3)
    cohort.admit(np.arange(patients))
    given = [(dose,) for dose in (1500.0, 750.0, 1000.0, 1000.0)] if task.care is WARD else [(6.0, 2.0)] * 4
    for action in given[: len(task.asked) - 1]:
        cohort.treat(np.tile(action, (patients, 1)), np.ones(patients, dtype=bool))
    return cohort.observation, task


@pytest.mark.parametrize("action", ["mg", "grid"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_an_untrained_network_acts_as_in_stable_baselines3(action: Any, activation: Any) -> None:
    training = pytest.importorskip("dosing_env.training")
    rules = msgspec.structs.replace(
        recipe.load("vancomycin_ward_ppo"), action=action, network=Network((16, 8), activation)
    )
    env = training.PatientVecEnv(rules, scenarios.load(rules.scenario), 4, seed=0)
    model = training.build(rules, env, seed=5)
    agent = Agent(rules, {5: training.state_of(model)}, {}, 5, "test")
    same_as_predict(model, agent, rules)


@shipped(Network)
def test_a_shipped_agent_acts_as_in_stable_baselines3(name: str) -> None:
    torch, training = pytest.importorskip("torch"), pytest.importorskip("dosing_env.training")
    agent = load_agent(name)
    env = training.PatientVecEnv(agent.recipe, scenarios.load(agent.recipe.scenario), 4, seed=0)
    model = training.build(agent.recipe, env, seed=agent.seed)
    state = agent.states[agent.seed]
    model.policy.load_state_dict({key: torch.as_tensor(value) for key, value in state.items()})
    same_as_predict(model, agent, agent.recipe)


@shipped(Equation)
def test_a_regression_is_its_equation(name: str) -> None:
    """One coefficient after the other: 1, the scaled features, their squares and products."""
    agent = load_agent(name)
    observation, task = observations(agent.recipe, 5)
    agent.begin(task, None)
    observation[:, 0] = [0.0, 12.0, 36.0, 36.0, 60.0]
    outputs = agent.outputs(observation)
    coefficients = agent.states[agent.seed]["equation"].astype(np.float64)
    assert coefficients.shape == (
        task.rules.decisions,
        1 + agent.learned.inputs + agent.learned.inputs * (agent.learned.inputs + 1) // 2,
    )
    for i, decision in enumerate([0, 1, 3, 3, 5]):
        x = [float(value) for value in agent.scaler(observation[[i]])[0]]
        terms = [1.0, *x, *(x[a] * x[b] for a in range(len(x)) for b in range(a, len(x)))]
        assert outputs[i, 0] == pytest.approx(np.dot(coefficients[decision], terms), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("was", "now", "answer"),
    [
        ("degree = 2", "degree = 3", "equation.degree"),
        ("degree = 2", "degre = 2", "unknown key equation.degre. Did you mean 'degree'?"),
        ('"least_squares"', '"PPO"', "network: is missing, algorithm is PPO"),
        ('action = "mg"', 'action = "grid"', "least_squares has no section hyperparameters, and action 'mg'"),
    ],
)
def test_a_recipe_of_an_equation_that_cannot_be(tmp_path: Path, was: str, now: str, answer: str) -> None:
    text = catalogue.find("agents", "vancomycin_ward_regression").read_text()
    (tmp_path / "mine.toml").write_text(text.replace(was, now))
    with pytest.raises(ValueError, match=re.escape(answer)):
        recipe.load(str(tmp_path / "mine.toml"))


def same_as_predict(model: Any, agent: Agent, rules: Recipe) -> None:
    observation, task = observations(rules, 200)
    agent.begin(task, None)
    seen, _ = agent.sight(observation, None)
    outputs = agent.outputs(seen)
    actions, _ = model.predict(agent.scaler(seen), deterministic=True)
    if rules.action == "mg":
        np.testing.assert_allclose(np.clip(outputs, -1, 1), actions, atol=1e-6)
    else:
        assert (outputs.argmax(axis=1) == actions).all()


@every_agent
def test_a_patients_dose_does_not_depend_on_the_batch(name: str) -> None:
    agent = load_agent(name)
    observation, task = observations(agent.recipe, 301)
    agent.begin(task, None)

    def outputs(rows: Any) -> Any:
        return agent.outputs(agent.sight(observation[rows], None)[0])

    together = outputs(slice(None))
    order = np.random.default_rng(0).permutation(len(observation))
    assert (outputs(order) == together[order]).all()
    for batch in (1, 7, 64):
        assert (outputs(slice(batch)) == together[:batch]).all()


@every_agent
def test_a_trial_does_not_depend_on_the_processes(name: str) -> None:
    case, policies = load_agent(name).recipe.scenario, [f"agent:{name}"]
    one, two = (evaluate(case, policies, patients=101, seed=3, jobs=jobs, rivals=False) for jobs in (1, 2))
    pd.testing.assert_frame_equal(one.frame, two.frame, check_exact=True)
    assert one.seeds is not None
    assert two.seeds is not None
    pd.testing.assert_frame_equal(one.seeds, two.seeds, rtol=1e-12)  # a mean of means


@every_agent
def test_the_shipped_files_belong_together(name: str) -> None:
    agent = load_agent(name)
    assert sorted(agent.states) == sorted(agent.recipe.training.seeds)
    assert agent.card["finished"]
    assert agent.card["scenario_parts"] == scenarios.parts(scenarios.load(agent.recipe.scenario))
    assert catalogue.find("agents", name).with_suffix(".md").is_file()


@every_agent
def test_training_seeds_give_different_agents(name: str) -> None:
    agent = load_agent(name)
    observation, task = observations(agent.recipe, 20)
    said = set()
    for one in agent.siblings():
        one.begin(task, None)
        said.add(one.outputs(one.sight(observation, None)[0]).tobytes())
    assert len(said) == len(agent.states)


def test_an_agent_with_a_limit_keeps_it_on_patients_it_has_never_met() -> None:
    """Within the interval of the mean, and more safely than the agent without one."""
    limited, free = load_agent("vancomycin_ward_limited_ppo"), load_agent("vancomycin_ward_ppo")
    (limit,), case = limited.recipe.limits, scenarios.load("vancomycin_ward")
    harm = [term.name for term in case.task().care.terms].index(limit.cost)

    def costs(agent: Agent) -> Means:
        return group_means(followed(case, agent, np.arange(2000), seed=1, stream="evaluate")[2][:, [harm]])

    kept, other = costs(limited), costs(free)
    assert kept.low < limit.most < other.low
    assert kept.estimate == pytest.approx(limit.most, abs=0.005)


def test_weights_of_another_scaling_are_refused(tmp_path: Path) -> None:
    shipped = catalogue.find("agents", "vancomycin_ward_ppo")
    (tmp_path / "mine.safetensors").write_bytes(shipped.with_suffix(".safetensors").read_bytes())
    text = shipped.read_text()
    assert "center = 84" in text
    (tmp_path / "mine.toml").write_text(text.replace("center = 84", "center = 8"))
    with pytest.raises(ValueError, match=r"mine\.safetensors: trained with another algorithm, action"):
        load_agent(str(tmp_path / "mine.toml"))
    (tmp_path / "mine.toml").write_text(text.replace("steps = 6_000_000", "steps = 7_000_000"))
    assert load_agent(str(tmp_path / "mine.toml")).seed == load_agent("vancomycin_ward_ppo").seed


def test_an_unknown_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed: 99 is not one of"):
        load_agent("vancomycin_ward_ppo", seed=99)


@pytest.mark.parametrize(
    ("action", "was", "now", "answer"),
    [
        (
            "mg",
            "max_dose_mg = 3000",
            "max_dose_mg = 2000",
            "action: dose: the agent learned on 0 to 3000 mg, here it is 0 to 2000 mg",
        ),
        (
            "grid",
            "step_mg = 250",
            "step_mg = 500",
            "action: dose: the agent learned on 0, 250, 500 ... 3000 (13 values), here it is 0, 500, 1000 ... 3000 (7 ",
        ),
        (
            "mg",
            "drawn_h = [28.5, 34, 58, 106]",
            "drawn_h = [28.5, 34, 58]",
            "observation: differs from the one the agent learned on: lacks level_4, lacks resulted_4, lacks below_4",
        ),
        (
            "mg",
            "drawn_h = [28.5, 34, 58, 106]",
            "drawn_h = [28.5, 34, 58, 82, 106]",
            "observation: differs from the one the agent learned on: has level_5 too, has resulted_5 too, ",
        ),
        ("mg", "days = 7", "days = 6", "observation: differs from the one the agent learned on: lacks creatinine_"),
    ],
)
def test_a_task_that_differs_is_refused_by_name(tmp_path: Path, action: str, was: str, now: str, answer: str) -> None:
    text = catalogue.find("scenarios", "vancomycin_ward").read_text()
    assert was in text
    other = tmp_path / "other.toml"
    other.write_text(text.replace(was, now))
    bundle = sound("DQN" if action == "grid" else "PPO").write(tmp_path / "mine.safetensors")
    assert_refused(load_agent(str(bundle)), str(other), f"{bundle}: task other: {answer}")


@pytest.mark.parametrize(
    ("home", "other", "answer"),
    [
        ("vancomycin_ward", "warfarin_initiation", "lacks time, "),
        ("warfarin_initiation", "vancomycin_ward", "lacks day, "),
    ],
)
def test_an_agent_of_another_kind_of_care_is_refused(tmp_path: Path, home: str, other: str, answer: str) -> None:
    bundle = sound(scenario=home).write(tmp_path / "mine.safetensors")
    said = f"{bundle}: task {other}: observation: differs from the one the agent learned on: {answer}"
    assert_refused(load_agent(str(bundle)), other, said)


def test_a_believing_agent_is_refused_in_a_clinic() -> None:
    agent = load_agent("vancomycin_ward_belief_ppo")
    assert_refused(agent, "warfarin_initiation", f"{agent.where}: task warfarin_initiation: belief: ")


def assert_refused(agent: Agent, scenario: str, answer: str) -> None:
    with pytest.raises(ValueError, match=re.escape(answer)) as error:
        agent.begin(scenarios.load(scenario).task(), None)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(answer)
