"""The table on the terminal."""

import io
from typing import Any

import pytest
from rich.console import Console

from dosing_env.report.table import TerminalReport
from dosing_env.trial import Trial
from tests.synthetic import ARMS, interrupted, make_trial


def printed(trial: Trial, width: int) -> str:
    console = Console(width=width, file=io.StringIO())
    with console.capture() as captured:
        console.print(TerminalReport(trial))
    return captured.get()


@pytest.mark.parametrize("width", [80, 140])
def test_every_policy_with_its_numbers(width: int):
    trial = make_trial()
    text = printed(trial, width)
    summary: Any = trial.summary().set_index(["drug", "policy"]).loc[trial.drugs[0]]
    for arm in ARMS:
        assert arm.title in text
        assert f"{summary.loc[arm.name, 'attainment_percent']:.1f}" in text
        assert f"{summary.loc[arm.name, 'total_dose_mg']:,.0f}" in text
    assert "knows the patient" in text
    assert "3 seeds" in text
    assert max(map(len, text.splitlines())) <= width


def test_an_interrupted_trial_says_so():
    assert "interrupted" in printed(interrupted(make_trial(), 2), 100).splitlines()[0]
