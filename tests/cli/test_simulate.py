"""`simulate`: the table of the Python function in a file, whole or not at all, and wrong input in one line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dosing_env import Adherence, catalogue, simulate
from dosing_env.cli.program import FAILED, STOPPED
from dosing_env.cli.simulate import MOST_TIMES, grid
from dosing_env.interchange.nonmem import data_set
from dosing_env.io.exact import read_csv
from dosing_env.simulation import tables
from dosing_env.simulation.solvers import SOLVERS
from tests.cli.commands import Terminal, complaint, files, run

DRUG = "vancomycin_adane2015"
X = {"WT": 70.0, "CRCL": 90.0}
ONES = ("--covariates", "WT=70", "--covariates", "CRCL=90")
DOSES = "TIME,AMT,RATE,II,ADDL\n0,1500,1000,12,3\n"
PEOPLE = "ID,TIME,AMT,WT,CRCL\n7,0,1000,70,90\n7,5,,80,\nb,0,500,60,40\n"
MODEL = """title = "Saturable"
parameters = { VM = "50*exp(eta_VM)", KM = 5.0, V = 30.0 }
omega = { VM = 0.1 }
outputs = { level = "central/V" }
assay = { proportional = 0.1 }
compartments = [{ name = "central", derivative = "-VM*central/(KM*V + central)" }]
"""


@pytest.fixture
def doses(here: Path) -> Path:
    """A working directory with an event table."""
    (here / "doses.csv").write_text(DOSES)
    return here


def same(path: str, expected: pd.DataFrame) -> None:
    """Whether a file holds this table, to the last digit."""
    own = pd.read_parquet(path) if path.endswith("parquet") else read_csv(path)
    pd.testing.assert_frame_equal(own, expected, check_exact=True)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_file_holds_the_table_of_the_function(doses: Path, ending: str) -> None:
    words = ("--times", "0:48:12,50.5", "--seed", "3", "--subjects", "5", "--eta", "CL=0.1", "--solver", "scipy")
    result = run("simulate", DRUG, "doses.csv", *ONES, *words, "-o", f"new/out.{ending}")
    assert result.code == 0, result
    assert result.out == (
        "columns: ID, time (h), A_central (mg), level (mg/L), dv (mg/L), blq, auc (mg/L h)\n"
        f"wrote new/out.{ending}: 30 rows\n"
    )
    times = [0, 12, 24, 36, 48, 50.5]
    expected = simulate(
        DRUG, "doses.csv", covariates=X, times=times, seed=3, subjects=5, eta={"CL": 0.1}, solver="scipy"
    )
    same(f"new/out.{ending}", expected)
    assert files(doses) == {"doses.csv", f"new/out.{ending}"}


def test_parts_and_subjects_of_a_table_with_covariates(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_ROWS_AT_ONCE", 1)
    (here / "people.csv").write_text(PEOPLE)
    habits = Adherence(missed=0.2, missed_again=0.5, late_sd=1.0, early=True, dose_cv=0.1)
    words = ("--missed", "0.2", "--missed-again", "0.5", "--late-sd", "1", "--early", "--dose-cv", "0.1")
    assert run("simulate", DRUG, "people.csv", "--carry", "nocb", "--seed", "1", *words, "-o", "out.parquet").code == 2
    (here / "people.csv").write_text(PEOPLE.replace("80,", "80,90"))
    result = run("simulate", DRUG, "people.csv", "--carry", "nocb", "--seed", "1", *words, "-o", "out.parquet")
    assert result.code == 0, result
    assert result.err.splitlines()[0] == "  0 %  reading (compiles on first use)"
    assert result.err.splitlines()[-1].startswith("100 %  subjects, ")
    same("out.parquet", simulate(DRUG, "people.csv", carry="nocb", seed=1, adherence=habits))


def test_covariates_in_a_file(doses: Path) -> None:
    pd.DataFrame([{"TIME": 0} | X, {"TIME": 9, "WT": 70.0, "CRCL": 20.0}]).to_csv("steps.csv", index=False)
    assert run("simulate", DRUG, "doses.csv", "--covariates", "steps.csv", "--quiet", "-o", "out.csv").code == 0
    same("out.csv", simulate(DRUG, "doses.csv", covariates="steps.csv"))


def test_units_are_told_where_there_is_room(doses: Path) -> None:
    from pyarrow.parquet import read_schema

    assert run("simulate", DRUG, "doses.csv", *ONES, "-o", "out.parquet").code == 0
    units = {"time": "h", "A_central": "mg", "level": "mg/L", "auc": "mg/L h"}
    schema = read_schema("out.parquet")
    assert json.loads(schema.metadata[b"units"]) == units
    assert {field.name: field.metadata[b"unit"].decode() for field in schema} == units
    assert pd.read_parquet("out.parquet").attrs["units"] == units


def test_the_terminal_shows_the_first_rows(doses: Path) -> None:
    result = run("simulate", DRUG, "doses.csv", *ONES, "--quiet", "--times", "0,12")
    assert result.err == ""
    lines = result.out.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["time", "A_central", "level", "auc"], ["h", "mg", "mg/L", "mg/L", "h"], ["0", "0", "0", "0"],
    ]  # fmt: skip
    assert lines[-1] == "2 rows"
    result = run("simulate", DRUG, "doses.csv", *ONES, "--subjects", "30")
    assert result.out.endswith("\n20 of 1,890 rows; -o FILE.csv or FILE.parquet writes all\n")
    assert files(doses) == {"doses.csv"}


def test_a_nonmem_data_set(doses: Path) -> None:
    words = ("--seed", "1", "--subjects", "3", "--missed", "0.4", "--nonmem", "-o", "out.csv")
    result = run("simulate", DRUG, "doses.csv", *ONES, *words)
    assert result.code == 0, result
    assert "AMT (mg), RATE (mg/h), II (h), ADDL, SS, CMT, DV (mg/L), MDV, BLQ, WT, CRCL\nwrote" in result.out
    shared: dict[str, Any] = {"covariates": X, "seed": 1, "adherence": Adherence(missed=0.4)}
    table = simulate(DRUG, "doses.csv", subjects=3, **shared)
    same("out.csv", data_set(DRUG, "doses.csv", table, **shared))
    assert run("simulate", DRUG, "out.csv", "--seed", "1", "--quiet", "-o", "again.csv").code == 0
    again = read_csv("again.csv")
    pd.testing.assert_frame_equal(again, table, rtol=1e-12)


def test_the_solvers_in_the_help_are_those_there_are() -> None:
    words = " ".join(run("simulate", "--help").out.split())
    *first, last = SOLVERS
    assert f"{', '.join(first)} or {last}.".replace("exact", "exact (linear models)") in words


def test_the_page_shows_what_it_really_gives(here: Path, root: Path) -> None:
    page = (root / "docs" / "simulation.md").read_text(encoding="utf-8")
    blocks = {kind: re.search(rf"```{kind}\n(.*?)```", page, re.DOTALL) for kind in ("csv", "sh", "text")}
    rows, command, shown = (found[1] for found in blocks.values() if found is not None)
    (here / "doses.csv").write_text(rows)
    assert run(*command.split()[1:]).out == shown


# Times.


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("0", [0]),
        ("0, 1,2.5", [0, 1, 2.5]),
        ("0:3:1", [0, 1, 2, 3]),
        ("0:1:0.1", [0.1 * k for k in range(11)]),
        ("1:2:0.4,9", [1, 1.4, 1.8, 9]),
        ("5:5:1", [5]),
    ],
)
def test_times(text: str, times: list[float]) -> None:
    assert grid(text) == pytest.approx(times, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", "--times: '': '' is not a number"),
        ("0,noon", "--times: '0,noon': 'noon' is not a number"),
        ("0:inf:1", "'inf' is not a number"),
        ("0:5", "'0:5' is neither a time nor from:to:step"),
        ("0:5:0", "'0:5:0' is neither a time nor from:to:step with a positive step"),
        ("5:0:1", "'5:0:1' is neither"),
        ("0:1e9:1e-3", f"more than {MOST_TIMES:,} times"),
        ("0:1e300:1e-300", f"more than {MOST_TIMES:,} times"),
        ("3,2", "times: row 2, time: 2.0: times ascend, and the one before is at 3"),
        ("-1", "times: row 1, time: -1.0: must be at least 0"),
    ],
)
def test_wrong_times(doses: Path, text: str, answer: str) -> None:
    assert answer in complaint(run("simulate", DRUG, "doses.csv", *ONES, "--quiet", "--times", text))


# What cannot be done.


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ([DRUG, "dozes.csv", *ONES], "dozes.csv: no such file"),
        (["vancomycin_adane2016", "doses.csv"], "unknown drug 'vancomycin_adane2016'. Did you mean 'vancomycin_adane"),
        (["nowhere.toml", "doses.csv"], "nowhere.toml: no such file"),
        ([DRUG, "doses.csv"], "covariates: WT, CRCL: missing"),
        ([DRUG, "doses.csv", "--covariates", "nowhere.csv"], "nowhere.csv: no such file"),
        ([DRUG, "doses.csv", "--covariates", "WT"], "WT: no such file"),
        ([DRUG, "doses.csv", "--covariates", "WT="], "--covariates: 'WT=': expected NAME=VALUE"),
        ([DRUG, "doses.csv", *ONES, "--covariates", "WT=7"], "--covariates: 'WT=7': WT is given twice"),
        ([DRUG, "doses.csv", *ONES, "--covariates", "x.csv"], "'x.csv': give one file, or constants as NAME=VALUE"),
        ([DRUG, "doses.csv", "--covariates", "WT=big", "--covariates", "CRCL=1"], "covariates: WT: 'big': not a numb"),
        ([DRUG, "doses.csv", *ONES, "--eta", "CL"], "--eta: 'CL': expected NAME=VALUE"),
        ([DRUG, "doses.csv", *ONES, "--eta", "C=1"], "eta: unknown random effect 'C'. Did you mean 'CL'?"),
        ([DRUG, "doses.csv", *ONES, "--solver", "exat"], "solver: 'exat' is not one of exact, compiled"),
        ([DRUG, "doses.csv", *ONES, "--missed", "0.1"], "which doses are missed or late is drawn: give a seed"),
        ([DRUG, "doses.csv", *ONES, "--missed", "2"], "'--missed': 2.0 is not in the range 0.0<=x<=1.0."),
        ([DRUG, "doses.csv", *ONES, "--missed", "nan", "--seed", "1"], "Adherence.missed: nan is not a finite number"),
        ([DRUG, "doses.csv", *ONES, "--subjects", "0"], "'--subjects': 0 is not in the range x>=1."),
        ([DRUG, "people.csv", "--subjects", "4"], "subjects: 4: events has an ID"),
        ([DRUG, "doses.csv", *ONES, "-o", "out.xlsx"], "-o: 'out.xlsx': must end in .csv or .parquet"),
        ([DRUG, "doses.csv", *ONES, "-o", "folder.csv"], "folder.csv: cannot be written: it is a directory"),
        ([DRUG, "people.csv", "--nonmem"], "ID: 'b': a NONMEM data set holds numbers only"),
    ],
)
def test_wrong_input_is_answered_in_one_line(doses: Path, words: list[str], answer: str) -> None:
    (doses / "people.csv").write_text(PEOPLE.replace("7,5,,80,", "7,5,10,80,"))
    (doses / "folder.csv").mkdir()
    output = [] if "-o" in words else ["-o", "out.csv"]
    assert answer in complaint(run("simulate", *words, *output, "--quiet"))
    assert files(doses) == {"doses.csv", "people.csv"}


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        ("TIME,AMT\n0,100\n5,lots\n", "doses.csv: row 2, AMT: 'lots': not a number"),
        ("TIME,AMT\n5,100\n0,100\n", "doses.csv: row 2, TIME: '0': rows are in order of time, and the one before is"),
        ("TIME,AMT,CMT\n0,100,3\n", f"doses.csv: row 1, CMT: '3': {DRUG} has the compartments 1 central"),
        ("TIME,AMT,ADDL\n0,100,3\n", "doses.csv: row 1, ADDL: '3': further doses (ADDL) need their interval in II"),
        ("TIME,AMUNT\n0,100\n", "doses.csv: unknown column 'AMUNT'. Did you mean 'AMT'?"),
        ("TIME,AMT\n1e300,1\n", "doses.csv: row 1, TIME: '1e300': must be at most 4,000,000 h"),
        ("TIME,AMT\n1e6,1\n", "times: the last dose ends after 1e+06 h: say at which times"),
        ("", "doses.csv: not a readable table"),
    ],
)
def test_a_wrong_event_table(doses: Path, rows: str, answer: str) -> None:
    (doses / "doses.csv").write_text(rows)
    assert answer in complaint(run("simulate", DRUG, "doses.csv", *ONES, "--quiet", "-o", "out.csv"))
    assert files(doses) == {"doses.csv"}


def test_parquet_needs_its_package(doses: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    answer = complaint(run("simulate", DRUG, "doses.csv", *ONES, "-o", "out.parquet"))
    assert answer == (
        "error: out.parquet: needs the extra package pyarrow: pip install 'dosing-env[parquet]'; .csv does not\n"
    )


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_failed_solve_leaves_nothing(doses: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setattr(tables, "_ROWS_AT_ONCE", 1)
    steps = [{"ID": n, "TIME": 0, "WT": 70, "CRCL": 90} for n in (1, 2, 3)]
    steps.append({"ID": 3, "TIME": 5, "WT": 0, "CRCL": 90})
    pd.DataFrame(steps).to_csv("steps.csv", index=False)
    words = ("--covariates", "steps.csv", "--times", "3,8", "--quiet", "-o", f"out.{ending}")
    answer = complaint(run("simulate", DRUG, "doses.csv", *words), FAILED)
    assert answer.startswith(f"error: {DRUG}: the solver failed between 5 and 8 h of subject '3': amounts [")
    assert files(doses) == {"doses.csv", "steps.csv"}


@pytest.mark.parametrize(("ending", "method"), [("csv", "DataFrame.to_csv"), ("parquet", "ParquetWriter")])
def test_a_full_disk_leaves_the_old_file(
    doses: Path, monkeypatch: pytest.MonkeyPatch, ending: str, method: str
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    (doses / f"out.{ending}").write_text("old")
    monkeypatch.setattr(f"{'pandas' if ending == 'csv' else 'pyarrow.parquet'}.{method}", full)
    answer = complaint(run("simulate", DRUG, "doses.csv", *ONES, "--quiet", "-o", f"out.{ending}"), FAILED)
    assert "No space left on device" in answer
    assert (doses / f"out.{ending}").read_text() == "old"
    assert files(doses) == {"doses.csv", f"out.{ending}"}


def test_ctrl_c_leaves_the_old_file(doses: Path) -> None:
    (doses / "out.csv").write_text("old")
    words = ("--subjects", "500000", "--seed", "1", "-o", "out.csv")
    terminal = Terminal("simulate", DRUG, "doses.csv", *ONES, *words, folder=doses)
    terminal.wait_for("  1%")
    terminal.send()
    result = terminal.end()
    assert result.code == STOPPED, result
    assert result.err.endswith("stopped\r\n")
    assert "Traceback" not in result.err
    assert result.out == ""
    assert (doses / "out.csv").read_text() == "old"
    assert files(doses) == {"doses.csv", "out.csv"}


def test_a_model_file_and_its_random_effects(doses: Path) -> None:
    (doses / "mine.toml").write_text(MODEL)
    assert run("simulate", "mine.toml", "doses.csv", "--eta", "VM=0.3", "--times", "12,24", "-o", "out.csv").code == 0
    same("out.csv", simulate(catalogue.load("drugs", "mine.toml"), "doses.csv", eta={"VM": 0.3}, times=[12, 24]))
