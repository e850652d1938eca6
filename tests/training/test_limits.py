"""Prices on safety costs: the controller by hand, what the learner earns, and that they keep a limit."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from dosing_env import scenario as scenarios
from dosing_env import weights
from dosing_env.recipe import Limit, Recipe
from tests.training.recipes import small

training = pytest.importorskip("dosing_env.training")
write_bundle = pytest.importorskip("dosing_env.training.run").write_bundle
Prices = pytest.importorskip("dosing_env.training.prices").Prices


PATIENTS = 500


def limited(*limits: Limit, **changes: Any) -> Recipe:
    return msgspec.structs.replace(small("PPO", **changes), limits=limits)


def test_the_price_follows_the_excess() -> None:
    """Two courses of cost 0.3 and 0.1 at a limit of 0.15: 0.05 too much, then 0.05 too little."""
    prices = Prices((Limit("aki", 0.15, integral=2.0, proportional=4.0),), 2)
    over, no = np.array([True, True]), np.array([False, False])
    assert prices.charge({"aki": np.array([0.2, 0.1])}, no).tolist() == [0.0, 0.0]
    prices.settle()  # nobody has come to the end: nothing is known
    assert prices.now.tolist() == [0.0]
    prices.charge({"aki": np.array([0.1, 0.0])}, over)
    prices.settle()
    assert prices.mean == pytest.approx([0.2])
    assert prices.now == pytest.approx([2.0 * 0.05 + 4.0 * 0.05])
    assert prices.charge({"aki": np.array([0.1, 0.1])}, over) == pytest.approx([0.03, 0.03])
    prices.settle()
    assert prices.now == pytest.approx([max(0.0, 2.0 * 0.0 + 4.0 * -0.05)])


def test_the_learner_earns_the_reward_less_the_price() -> None:
    plain, priced = small("PPO"), limited(Limit("aki", 0.0))
    case = scenarios.load(plain.scenario)
    one, other = (training.PatientVecEnv(rules, case, 8, seed=1) for rules in (plain, priced))
    one.reset()
    other.reset()
    other.prices.now[:] = 3.0
    earned = np.zeros((2, 8))
    for _ in range(14):
        for which, env in enumerate((one, other)):
            earned[which] += env.step(np.full((8, 1), 0.5, dtype=np.float32))[1]
    other.prices.settle()
    assert (earned[0] - earned[1]).mean() == pytest.approx(3.0 * other.prices.mean[0], rel=1e-5)
    assert other.prices.mean[0] > 0.05


def test_a_limit_makes_a_safer_agent(tmp_path: Path) -> None:
    """A limit that is hard to keep: less kidney injury than without, at the price of attainment."""
    brief = {"steps": 150_000, "num_envs": 256, "evaluate_every": 10**9, "evaluate_patients": PATIENTS}
    case = scenarios.load("vancomycin_ward")
    runs = {}
    for name, limits in {"free": (), "limited": (Limit("aki", 0.05),)}.items():
        rules = limited(*limits, **brief)
        rules = msgspec.structs.replace(
            rules, hyperparameters={"n_steps": 14, "batch_size": 896, "n_epochs": 5, "learning_rate": 1e-3}
        )
        runs[name] = training.train_seed(rules, case, 0, tmp_path / name)
        runs[name] = costs_of(rules, runs[name].state, case)
    assert runs["limited"] < runs["free"] - 0.01


def costs_of(rules: Recipe, state: Any, case: Any) -> float:
    """Mean cost of a course on the tuning stream."""
    from dosing_env.agent import Agent
    from dosing_env.treatment import treat

    cohort, _ = treat(case, Agent(rules, {0: state}, {}, 0, "test"), np.arange(PATIENTS), seed=0, stream="tune")
    return float(cohort.courses["risk"].mean())


def test_a_look_tells_the_costs_that_have_a_limit(tmp_path: Path) -> None:
    rules, case = limited(Limit("aki", 0.05), evaluate_patients=PATIENTS), scenarios.load("vancomycin_ward")
    run = training.train_seed(rules, case, 0, tmp_path)
    assert run.learning[-1]["cost_aki"] == pytest.approx(costs_of(rules, run.state, case), rel=1e-12)


def test_the_best_seed_keeps_the_limits_if_one_does(tmp_path: Path) -> None:
    """Of three that differ in cost and return; where none keeps it, the one nearest to it."""
    rules, case = limited(Limit("aki", 0.1)), scenarios.load("vancomycin_ward")
    run = training.train_seed(rules, case, 0, tmp_path)

    def shipped(*looks: tuple[float, float]) -> int:
        learning = [run.learning[-1] | {"seed": seed, "cost_aki": c, "return": r} for seed, (c, r) in enumerate(looks)]
        runs = [dataclasses.replace(run, seed=row["seed"], learning=[row]) for row in learning]
        write_bundle(tmp_path / "one.safetensors", rules, case, runs)
        return int(weights.read_weights(tmp_path / "one.safetensors")[1]["shipped_seed"])

    assert shipped((0.12, 0.6), (0.08, 0.5), (0.09, 0.4)) == 1
    assert shipped((0.12, 0.6), (0.11, 0.3), (0.13, 0.7)) == 1
    assert shipped((0.02, 0.2), (0.09, 0.3), (0.1, 0.7)) == 2


def test_an_unknown_cost_is_answered_with_those_there_are() -> None:
    rules = limited(Limit("aky", 0.1))
    with pytest.raises(ValueError, match=r"limits: unknown cost 'aky'\. Did you mean 'aki'"):
        training.check(rules, scenarios.load(rules.scenario))


def test_rewards_are_worth_less_by_the_hour() -> None:
    plain, hourly = small("PPO"), small("PPO", discount_per_hour=0.99)
    case = scenarios.load(plain.scenario)
    one, other = (training.PatientVecEnv(rules, case, 4, seed=1) for rules in (plain, hourly))
    one.reset()
    other.reset()
    earned = 0.0
    for k in range(14):
        rewards = [env.step(np.full((4, 1), 0.5, dtype=np.float32))[1] for env in (one, other)]
        assert rewards[1] == pytest.approx(rewards[0] * 0.99 ** (12.0 * k), rel=1e-6)
        earned += abs(rewards[0]).sum()
    assert earned > 0.0
