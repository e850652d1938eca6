"""`dosing-env new`: a scenario to begin with, and `show` of a scenario made of parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dosing_env import scenario
from dosing_env.policies import policy_of
from dosing_env.treatment import followed
from tests.cli.commands import complaint, run

SCENARIOS = Path(__file__).parents[1] / "tasks" / "scenarios"


def test_a_new_scenario_can_be_treated_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("new", "mine", "--drug", "vancomycin_thomson2009", "--dose", "1000")
    assert (result.code, result.err) == (0, "")
    assert "look at it with `dosing-env show mine.toml`" in result.out
    case = scenario.load("mine.toml")
    assert case.tables.primary == "in_range_percent"
    _, total, _ = followed(case, policy_of("oracle"), np.arange(20), seed=7, stream="evaluate")
    assert total.mean() > 0.6
    shown = run("show", "mine.toml")
    assert shown.code == 0
    assert "reward = 1 x in_range" in shown.out
    assert "given.dose: An infusion at each decision" in shown.out
    assert "is there already" in complaint(run("new", "mine", "--drug", "vancomycin_thomson2009", "--dose", "1000"), 2)


def test_the_story_of_a_scenario() -> None:
    """The code between its parts: named calls, and no number of the scenario."""
    ward = run("show", str(SCENARIOS / "vancomycin_ward.toml"), "--story")
    assert ward.code == 0
    assert "harms_aki_strike(harms_aki(patient)" in ward.out
    assert "400" not in ward.out
    assert "is no scenario made of parts" in complaint(run("show", "vancomycin_ward", "--story"), 2)
