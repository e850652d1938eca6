"""Nothing of this machine stands in what is written: no path, no command line."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from dosing_env import catalogue, evaluate
from dosing_env.trial import Trial
from dosing_env.virtual_trial import portable
from tests.cli.commands import small_scenario


def test_a_trial_from_python_keeps_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/home/meyer/run.py", "--patient", "meyer"])
    own = tmp_path / "own.py"
    own.write_text(catalogue.source("protocols", "fixed_1g_q12h").replace("fixed_1g_q12h", "own"))
    scenario = small_scenario(tmp_path)
    trial = evaluate(str(scenario), ["fixed_1g_q12h", str(own)], patients=12, seed=7, rivals=False)
    call = f"dosing_env.evaluate('{scenario.stem}', ['fixed_1g_q12h', 'own.py'], patients=12, seed=7, rivals=False)"
    assert trial.provenance["command"] == call
    folder = trial.save(tmp_path / "out")
    trial.report(folder / "report.html")
    for file in folder.iterdir():
        assert "meyer" not in file.read_text()
        assert str(tmp_path) not in file.read_text()


def test_a_file_keeps_its_name_only() -> None:
    assert (
        portable("shield:0.1@/my/drug.toml:agent:/my/agent.safetensors")
        == "shield:0.1@drug.toml:agent:agent.safetensors"
    )
    assert portable("tablets:1/2x5") == "tablets:1/2x5"


def test_a_trial_with_cells_that_a_spreadsheet_would_run_is_read_back(tmp_path: Path) -> None:
    trial = evaluate("vancomycin_ward", ["fixed_1g_q12h"], patients=12, seed=7, rivals=False)
    named = trial.frame.assign(note="=HYPERLINK(1)")
    folder = replace(trial, frame=named).save(tmp_path / "out")
    assert "'=HYPERLINK(1)" in (folder / "trial.csv").read_text()
    pd.testing.assert_series_equal(Trial.load(folder).frame["note"], named["note"])
