"""`forecast`: what the Python function says, files whole or not at all, and wrong input in one line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dosing_env import forecast
from dosing_env.cli.program import FAILED
from dosing_env.cli.progress import Late
from dosing_env.io.exact import read_csv
from tests.cli.commands import Result, complaint, files, run

DRUG = ("--drug", "vancomycin_thomson2009")
PATIENT = "TIME,AMT,RATE,II,ADDL,DV,WT,CRCL\n0,1500,1000,12,2,,70,90\n35.5,,,,,14,70,90\n"
QUICK = ("--particles", "100", "--quiet")
MODEL = """title = "Saturable"
parameters = { VM = "50*exp(eta_VM)", KM = 5.0, V = 30.0 }
omega = { VM = 0.1 }
outputs = { level = "central/V" }
assay = { proportional = 0.1 }
compartments = [{ name = "central", derivative = "-VM*central/(KM*V + central)" }]
"""


@pytest.fixture
def patient(here: Path) -> Path:
    """A working directory with a patient."""
    (here / "patient.csv").write_text(PATIENT)
    return here


def forecast_of(*words: str) -> Result:
    return run("forecast", "patient.csv", *DRUG, *QUICK, *words)


def test_an_anonymous_forecast_names_nobody(here: Path) -> None:
    """Neither the ID nor the file, and no exact age, in anything that is written."""
    rows = PATIENT.replace("WT,CRCL", "WT,PMA,SCR,HAEM,ID").replace("70,90", "70,93.7,0.8,0,Hildegard")
    (here / "meyer.csv").write_text(rows)
    files = ("--out", "out.json", "--plot", "out.svg")
    words = ("forecast", "meyer.csv", "--drug", "vancomycin_colin2019", "--regimen", "none", *QUICK, *files)
    named = run(*words)
    assert named.code == 0, named
    assert "Hildegard" in named.out
    hidden = run(*words, "--anonymous")
    assert hidden.code == 0, hidden
    for text in (hidden.out, Path("out.json").read_text(), Path("out.svg").read_text()):
        assert not re.search(r"Hildegard|meyer|PMA\W+93", text)
    assert json.loads(Path("out.json").read_text())["patient"] is None


def test_the_files_hold_what_the_function_says(patient: Path) -> None:
    words = ("--regimen", "750 q12h", "--regimen", "none", "--target-auc24", "350-500", "--at", "40", "--day", "1")
    result = forecast_of(*words, "--seed", "3", "--out", "new/out.csv", "--plot", "new/out.svg")
    assert (result.code, result.err) == (0, "")
    assert result.out.endswith("not for the care of real patients.\nwrote new/out.csv\nwrote new/out.svg\n")
    own = forecast(
        DRUG[1],
        "patient.csv",
        regimens=["750 q12h", "none"],
        target_auc24=(350.0, 500.0),
        at=40.0,
        day=1,
        particles=100,
        seed=3,
    )
    table = read_csv("new/out.csv")
    pd.testing.assert_frame_equal(table.drop(columns="note"), own.regimens, check_exact=True)
    assert "not for the care of real patients" in Path("new/out.svg").read_text()
    assert files(patient) == {"patient.csv", "new/out.csv", "new/out.svg"}


def test_a_terminal_alone_gets_no_file(patient: Path) -> None:
    result = forecast_of()
    assert (result.code, result.err) == (0, "")
    assert "Research and education only; not for the care of real patients." in result.out
    assert "Next dose at 36 h; AUC24 from 60 to 84 h. Target: 400-600 mg h/L, default of vancomycin" in result.out
    assert files(patient) == {"patient.csv"}


def test_a_level_in_another_unit_is_told(patient: Path) -> None:
    (patient / "patient.csv").write_text(PATIENT.replace(",14,", ",14000,"))
    result = forecast_of("--out", "out.json")
    assert (
        "warning: 14,000 mg/L at 35.5 h looks like another unit: it is about 1,000 times what is expected" in result.out
    )
    told = json.loads((patient / "out.json").read_text())["warnings"]
    assert all(f"warning: {warning}\n" in result.out for warning in told)


def test_one_of_several_in_a_model_file(here: Path) -> None:
    (here / "mine.toml").write_text(MODEL)
    (here / "patients.csv").write_text("ID,TIME,AMT,DV\n7,0,300,\n7,11,,6\nb,0,300,\nb,9,,7\n")
    result = run("forecast", "patients.csv", "--drug", "mine.toml", "--id", "b", *QUICK)
    assert result.code == 0, result
    assert "patients.csv, patient b: 1 dose until 0 h, 1 level\n" in result.out
    assert "no target was given" in result.out
    assert "in\ntarget" not in result.out
    answer = complaint(run("forecast", "patients.csv", "--drug", "mine.toml", *QUICK))
    assert "patients.csv: ID: 7, b: these are 2 patients: say which (--id, id=)" in answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["--regimen", "750 bid"], "regimen: '750 bid': expected something like '750 q12h'"),
        (["--target-auc24", "400"], "--target-auc24: '400': expected LOW-HIGH, such as 400-600"),
        (["--target-auc24", "600-400"], "target_auc24: 600-400: two numbers of at least 0, the lower one first"),
        (["--at", "12"], "at: 12: the next dose comes after the last one of patient.csv, at 24 h"),
        (["--at", "30"], "at: 30: the next dose comes after the last record of patient.csv, at 35.5 h"),
        (["--day", "0"], "'--day': 0 is not in the range x>=1."),
        (["--particles", "3"], "'--particles': 3 is not in the range"),
        (["--id", "4"], "id: '4': patient.csv has no column ID"),
        (["--covariates", "WT=70"], "covariates: they stand in the event table too"),
        (["--plot", "out.jpg"], "out.jpg: must end in .png, .svg or .pdf"),
        (["--out", "out.xlsx"], "out.xlsx: must end in .csv or .json"),
        (["--out", "folder.csv"], "folder.csv: cannot be written: it is a directory"),
    ],
)
def test_a_wrong_call(patient: Path, words: list[str], answer: str) -> None:
    (patient / "folder.csv").mkdir()
    assert answer in complaint(forecast_of("--plot", "out.png", *words))
    assert files(patient) == {"patient.csv"}


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        (",14,", ",-14,", "patient.csv: row 2, DV: '-14': a level is not negative (its unit is mg/L)"),
        (",14,", ",much,", "patient.csv: row 2, DV: 'much': not a number"),
        ("35.5,,,,,14,70,90", "0,,,,,14,70,90", "patient.csv: row 2, DV: '14': a level at or before the first dose"),
        (
            "35.5,,,,,14,70,90",
            "35.5,,,,,14,70,90\n35.5,,,,,15,70,90",
            "row 3, DV: '15': row 2 says 14 for the same time",
        ),
        ("35.5,,,,,14,70,90", "35.5,,,,,14,70,90\n35.5,,,,,,70,80", "row 3, CRCL: '80': row 2 says 90 for the same"),
        ("0,1500,1000,12,2,,70,90\n", "", "patient.csv: row 1, DV: '14': a level at or before the first dose"),
    ],
)
def test_records_that_cannot_be(patient: Path, old: str, new: str, answer: str) -> None:
    assert old in PATIENT
    (patient / "patient.csv").write_text(PATIENT.replace(old, new))
    assert answer in complaint(forecast_of("--out", "out.json", "--plot", "out.png"))
    assert files(patient) == {"patient.csv"}


def test_a_picture_that_fails_leaves_no_table(patient: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    assert "No space left on device" in complaint(forecast_of("--out", "out.json", "--plot", "out.png"), FAILED)
    assert files(patient) == {"patient.csv"}


def test_progress_waits() -> None:
    told: list[tuple[int, int, str]] = []
    late = Late(lambda: lambda *words: told.append(words))
    late(0, 4, "reading")
    late(1, 4, "particles")
    assert told == []
    late.begin()
    late(2, 4, "population")
    assert told == [(0, 4, "particles"), (1, 4, "particles"), (2, 4, "population")]


def test_the_page_shows_what_it_really_gives(here: Path, root: Path) -> None:
    page = (root / "docs" / "forecasting.md").read_text(encoding="utf-8")
    rows = re.search(r"```csv\n(.*?)```", page, re.DOTALL)
    shown = re.search(r"```sh\n(dosing-env forecast .*?)\n```\n\n```text\n(.*?)```", page, re.DOTALL)
    assert rows is not None
    assert shown is not None
    (here / "patient.csv").write_text(rows[1])
    own = [line.rstrip() for line in run(*shown[1].split()[1:], "--quiet").out.splitlines()]
    assert own == [line.rstrip() for line in shown[2].splitlines()]
