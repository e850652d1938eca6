"""What a published trial found, set beside what this one finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest

from dosing_env import scenario
from dosing_env.report.findings import found
from dosing_env.report.numbers import Numbers
from dosing_env.report.page import page
from dosing_env.report.table import TerminalReport
from dosing_env.scenario_file import Finding
from dosing_env.trial import Trial
from tests.synthetic import make_trial

ARM, AGAINST = "vancomycin_ward_ppo", "guideline_2020"
MADE = replace(make_trial(), courses=None, doses=None, levels=None)
OWN = MADE.differences(ARM, AGAINST).set_index("endpoint").loc["attainment_percent"]


def printed(difference: float, low: float, high: float, **more: Any) -> Trial:
    finding = {"source": "Somebody 2013", "arm": ARM, "against": AGAINST, "difference": difference} | more
    return replace(MADE, provenance=MADE.provenance | {"published": [finding | {"low": low, "high": high}]})


@pytest.mark.parametrize(
    ("low", "high", "same"),
    [
        (OWN["difference"] - 1.0, OWN["difference"] + 1.0, True),
        (OWN["difference"] - 1.0, OWN["difference"] - 0.1, False),
        (OWN["difference"] + 0.1, OWN["difference"] + 1.0, False),
        (-5.0, OWN["difference"] + 5.0, True),
    ],
)
def test_found_is_what_the_published_interval_holds(low: float, high: float, same: bool) -> None:
    row = printed((low + high) / 2, low, high).findings().iloc[0]
    assert OWN["low"] > 0.0
    assert row["found"] == same
    assert (row["difference"], row["low"], row["high"]) == tuple(OWN)


def test_a_difference_that_is_not_told_from_none_does_not_find_one() -> None:
    """The published interval lies above 0 and holds the difference, whose own interval does not lie above 0."""
    trial = replace(make_trial(patients=40, agent_error=0.25), courses=None, doses=None, levels=None)
    own = trial.differences(ARM, AGAINST).set_index("endpoint").loc["attainment_percent"]
    assert own["low"] < 0.0 < own["difference"] < own["high"]
    for low, same in ((own["difference"] / 2, False), (-1.0, True)):
        finding = {"source": "x", "arm": ARM, "against": AGAINST, "difference": own["high"], "low": low}
        published = [finding | {"high": own["high"] + 1.0}]
        met = replace(trial, provenance=trial.provenance | {"published": published})
        assert met.findings().iloc[0]["found"] == same


def test_the_report_says_it_in_page_and_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    trial = printed(90.0, 80.0, 99.0, arm_mean=95.0, against_mean=5.0)
    (words,) = found(trial, Numbers(trial))
    assert words.verdict == "NOT FOUND"
    assert (
        "Somebody 2013: PPO agent minus Guideline 2020 +90.0 (+80.0 to +99.0) points, 95.0 against 5.0 %" in words.plain
    )
    Console(width=200).print(TerminalReport(trial))
    assert words.plain in capsys.readouterr().out
    assert "<strong>NOT FOUND</strong>" in page(trial)
    assert "Somebody" not in page(MADE)


def test_where_an_arm_is_missing_nothing_is_said() -> None:
    trial = printed(1.0, 0.0, 2.0, arm="another")
    assert trial.findings().empty
    assert found(trial, Numbers(trial)) == []


def test_findings_are_saved_with_the_trial(tmp_path: Path) -> None:
    trial = printed(1.0, 0.0, 2.0)
    again = Trial.load(trial.save(tmp_path / "trial"))
    pd.testing.assert_frame_equal(again.findings(), trial.findings())


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"arm": "guideline_2021"}, "published.arm: unknown policy of the scenario 'guideline_2021'"),
        ({"low": 2.0}, "published.difference: 1 is not between low, 2, and high"),
    ],
)
def test_a_finding_that_cannot_be(changed: dict[str, Any], fault: str) -> None:
    base = scenario.load("vancomycin_ward")
    finding = Finding(source="x", arm="guideline_2020", against="ucsf", difference=1.0, low=0.0, high=2.0)
    assert base.replace(published=[finding]).published == (finding,)
    with pytest.raises(ValueError, match=fault.replace("(", "\\(")):
        base.replace(published=[msgspec.structs.replace(finding, **changed)])
