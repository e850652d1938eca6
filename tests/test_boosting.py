"""Boosted trees: what is kept of scikit-learn's are its predictions, and no file can lead out of the arrays."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from dosing_env import recipe, scenario
from dosing_env.agent import Agent
from dosing_env.fitting import fit
from dosing_env.learned import Trees
from dosing_env.recipe import Boosting, Recipe
from dosing_env.treatment import treat
from dosing_env.ward.tables import PRIMARY, outcomes
from dosing_env.weights import State

ONCE = scenario.load("vancomycin_oneshot")
FORM = Boosting(trees=30, depth=4)


def small(**changes: Any) -> Recipe:
    rules = recipe.load("vancomycin_oneshot_boosting")
    training = msgspec.structs.replace(rules.training, steps=8_000, num_envs=4_000)
    return msgspec.structs.replace(rules, training=training, boosting=FORM, **changes)


def grown(rows: int, form: Boosting = FORM, whole: bool = False) -> tuple[Any, Any, State, Any]:
    """Inputs, what they make, the trees of decision 1 of 2, and scikit-learn's own predictions."""
    boosting = pytest.importorskip("dosing_env.boosting")
    rng = np.random.default_rng(4)
    x = rng.normal(size=(rows, 3)).astype(np.float32)
    x = np.rint(x) if whole else x
    y = x[:, 0] * x[:, 1] + np.sin(x[:, 2]) + 0.1 * rng.normal(size=rows)
    learner = boosting.Boosted(form, np.array([1]), 3, 2, seed=7, threads=1)
    learner.add(1, x[: rows // 2], y[: rows // 2])
    learner.add(1, x[rows // 2 :], y[rows // 2 :])
    from sklearn.ensemble import HistGradientBoostingRegressor

    theirs = HistGradientBoostingRegressor(
        max_iter=form.trees,
        max_depth=form.depth,
        max_leaf_nodes=None,
        learning_rate=form.learning_rate,
        min_samples_leaf=form.min_leaf,
        early_stopping=False,
        random_state=7,
    ).fit(x, y)
    return x, y, learner.learned(), theirs


@pytest.mark.parametrize("whole", [False, True])  # whole numbers stand on thresholds and leave branches short
def test_the_trees_are_those_of_scikit_learn(whole: bool) -> None:
    x, _, state, theirs = grown(3_000, whole=whole)
    ours = Trees(FORM, state, "here")(x.astype(np.float64), np.ones(len(x), dtype=np.int64))
    np.testing.assert_allclose(ours[:, 0], theirs.predict(x), atol=2e-6)
    assert not Trees(FORM, state, "here")(x.astype(np.float64), np.zeros(len(x), dtype=np.int64)).any()


def test_inputs_at_a_threshold_go_the_same_way() -> None:
    """Each threshold of the first trees, the single-precision numbers around it, and far out."""
    _, _, state, theirs = grown(3_000)
    at = np.unique(state["threshold"][1, :3])
    at = at[np.isfinite(at)]
    around = np.concatenate([at, np.nextafter(at, np.float32(9)), np.nextafter(at, np.float32(-9)), [-1e30, 1e30]])
    x = np.stack(np.meshgrid(around[::3], around[1::3], around[2::3]), axis=-1).reshape(-1, 3).astype(np.float32)
    ours = Trees(FORM, state, "here")(x.astype(np.float64), np.ones(len(x), dtype=np.int64))
    np.testing.assert_allclose(ours[:, 0], theirs.predict(x), atol=2e-6)


def test_a_few_thousand_patients_are_enough_and_the_same_seed_is_the_same() -> None:
    pytest.importorskip("dosing_env.boosting")
    state = fit(small(), ONCE, 0, lambda done, rounds: None)
    agent = Agent(small(), {0: state}, {}, 0, "small")
    assert agent.kind == "regression"
    assert "30 trees of depth 4" in agent.learned.made
    ended, returns = treat(ONCE, agent, np.arange(2_000), seed=0, stream="tune")
    assert outcomes(ended, returns)[PRIMARY].mean() > 58.0  # label dose 41, ceiling 67
    again = fit(small(), ONCE, 0, lambda done, rounds: None)
    assert all(np.array_equal(state[name], again[name]) for name in state)
    other = fit(small(), ONCE, 1, lambda done, rounds: None)
    assert not np.array_equal(state["leaf"], other["leaf"])


def test_it_can_look_at_beliefs_too() -> None:
    pytest.importorskip("dosing_env.boosting")
    seen = (
        recipe.Scaling("CRCL", 4.1, 0.6, log=True),
        recipe.Scaling("eta_*"),
        recipe.Scaling("auc24_*", 6.2, log=True),
    )
    rules = small(belief="vancomycin_goti2018_tong", observation=seen)
    agent = Agent(rules, {0: fit(rules, ONCE, 0, lambda done, rounds: None)}, {}, 0, "small")
    ended, returns = treat(ONCE, agent, np.arange(2_000), seed=0, stream="tune")
    assert outcomes(ended, returns)[PRIMARY].mean() > 60.0
    assert agent.learned.inputs == 8


@pytest.mark.parametrize(
    ("damage", "answer"),
    [
        (lambda state: state.pop("leaf"), "no trees: another recipe's file"),
        (lambda state: state.update(threshold=state["threshold"][:, :5]), "do not fit the recipe's"),
        (lambda state: state.update(leaf=state["leaf"][..., :-1]), "do not fit the recipe's"),
        (lambda state: state["feature"].fill(3), "asks for a feature that is not there"),
        (lambda state: state.update(feature=state["feature"].astype(np.int64) - 1), "a feature that is not there"),
        (lambda state: state.update(inputs=state["inputs"][:0]), "no trees"),
    ],
)
def test_trees_that_cannot_be_are_refused(damage: Any, answer: str) -> None:
    _, _, state, _ = grown(200)
    damage(state)
    with pytest.raises(ValueError, match=f"here: .*{answer}"):
        Trees(FORM, state, "here")
