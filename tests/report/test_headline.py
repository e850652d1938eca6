"""The headline is true whoever wins."""

import pytest

from dosing_env.report.headline import headline
from dosing_env.report.numbers import Numbers
from dosing_env.trial import Trial
from tests.synthetic import ARMS, interrupted, make_trial


def said(trial: Trial) -> str:
    return headline(trial, Numbers(trial)).plain


@pytest.fixture(scope="module")
def wins() -> str:
    return said(make_trial())


@pytest.fixture(scope="module")
def loses() -> str:
    return said(make_trial(agent_error=0.9))


def test_win_with_its_bad_news(wins: str):
    assert "points better than Guideline 2020, the best clinical protocol" in wins
    assert "points worse than Bayesian dosing" in wins
    assert "In the group “Weight > 100 kg” (n = 38) it is" in wins
    assert "leak" not in wins


def test_loss_is_called_a_loss(loses: str):
    assert "points worse than Guideline 2020, the best clinical protocol" in loses
    assert "better" not in loses
    assert "Also worse: " in loses
    assert "rival models: Thomson 2009" in loses
    assert "seeds the weakest reaches" in loses


def test_a_tie_is_not_called_equal():
    text = said(make_trial(agent_error=0.3))
    assert "not told apart from Guideline 2020" in text
    assert "equal" not in text


def test_without_an_agent_it_says_so():
    text = said(make_trial(arms=[arm for arm in ARMS if arm.kind != "agent"]))
    assert text.startswith("No agent took part. Bayesian dosing reaches")
    assert "shown to be worse than that protocol" in text


def test_protocols_only_are_compared_with_each_other():
    text = said(make_trial(arms=ARMS[:3]))
    assert "Guideline 2020 reaches" in text
    assert "better than Dosing equation, the next best protocol" in text


def test_without_a_protocol_nothing_is_claimed():
    text = said(make_trial(arms=ARMS[4:5]))
    assert "No clinical protocol took part" in text
    assert "better" not in text


def test_an_interrupted_trial_says_what_is_missing():
    assert "interrupted; missing: Bayesian dosing, PPO agent and Oracle" in said(interrupted(make_trial(), 3))


def test_too_few_patients_give_no_verdict():
    text = said(make_trial(patients=12))
    assert "too few patients for an interval" in text
    assert "better" not in text


def test_an_agent_above_the_oracle_is_a_leak():
    """The oracle's outcomes are given the agent's name and the other way round."""
    trial = make_trial()
    swap = {"oracle": "vancomycin_ward_ppo", "vancomycin_ward_ppo": "oracle"}
    frame = trial.frame.assign(policy=trial.frame["policy"].replace(swap))
    assert "look for a leak" in said(Trial(**{**_fields(trial), "frame": frame}))


def _fields(trial: Trial) -> dict:
    return {name: getattr(trial, name) for name in trial.__dataclass_fields__}
