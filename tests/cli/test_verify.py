"""`verify`: PASS and FAIL of a small reference directory, and tables that are not what they should be."""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from dosing_env.cli.program import FAILED, STOPPED
from dosing_env.simulation.solvers import SOLVERS
from dosing_env.verification.convergence import orders
from tests.cli.commands import complaint, files, run, start
from tests.text_files import replace

HALF_LIFE = 4.0
K = math.log(2.0) / HALF_LIFE
TIMES = (1.0, 4.0, 8.0)


@pytest.fixture
def reference(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bolus in one compartment, half of which is left after 4 h; without the drugs of the catalogue."""
    monkeypatch.setattr("dosing_env.verification.checks.catalogue.names", lambda kind: [])
    folder = here / "own"
    folder.mkdir()
    expected = [f"half,{t},state,A,{800.0 * math.exp(-K * t)!r}" for t in TIMES]
    expected += [f"half,{t},output,C,{8.0 * math.exp(-K * t)!r}" for t in TIMES]
    for name, lines in {
        "models": ["model,cmt,name,derivative,initial,bioavailability,lag,duration", "ONE,1,A,-K*A,,,,"],
        "outputs": ["model,output,expression", "ONE,C,A/V"],
        "cases": ["case_id,family,model", "half,bolus,ONE"],
        "params": ["case_id,name,value", f"half,K,{K!r}", "half,V,100"],
        "events": ["case_id,time,evid,amt,rate,ii,addl,ss,cmt", "half,0,1,800,0,0,0,0,1"],
        "covariates": ["case_id,time,name,value"],
        "expected": ["case_id,time,kind,name,value", *expected],
    }.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_what_agrees_passes(reference: Path, here: Path) -> None:
    result = run("verify", "--reference", "own", "--jobs", "1", "-o", "checks.csv")
    assert result.code == 0, result
    assert [line.split()[:3] for line in result.out.splitlines() if line.startswith("PASS")] == [
        ["PASS", "reference", "half"],
        ["PASS", "exact", "and"],
    ]
    assert result.out.endswith("6 of 6 checks passed\n")
    assert "FAIL" not in result.out
    assert result.err.splitlines()[-1].startswith("100 %  ONE, ")
    table = pd.read_csv("checks.csv")
    assert list(table.columns) == ["kind", "subject", "way", "figure", "limit", "note", "passed"]
    assert table["way"].tolist() == ["exact", "exact", "compiled", "explicit", "stiff", "scipy"]
    assert table["passed"].all()
    assert (table["figure"] < table["limit"]).all()
    assert "checks.csv" in files(here)


def test_what_differs_fails(reference: Path) -> None:
    replace(reference / "expected.csv", "4.0,state,A,400.0", "4.0,state,A,400.01")
    result = run("verify", "--reference", "own", "--jobs", "1", "--quiet", "-o", "checks.csv")
    assert complaint(result, FAILED) == "error: 5 of 6 checks failed\n"
    assert re.search(r"^FAIL +reference +half +5 +2\.5e-05 +1e-06", result.out, re.MULTILINE), result.out
    for solver in SOLVERS:
        assert f"\nFAIL reference, half, {solver}: 2.50e-05  bolus\n" in result.out
    assert (~pd.read_csv("checks.csv")["passed"]).sum() == 5


def test_what_cannot_be_computed_fails_and_says_why(reference: Path) -> None:
    replace(reference / "params.csv", "V,100", "V,0")
    result = run("verify", "--reference", "own", "--jobs", "1", "--quiet")
    assert complaint(result, FAILED) == "error: 5 of 5 checks failed\n"
    assert re.search(
        r"\nFAIL reference, half, exact: nan  ONE: the solver failed .*Parameters\(K=0.173287, V=0\)\n", result.out
    ), result.out


def test_no_number_is_no_agreement(reference: Path) -> None:
    replace(reference / "outputs.csv", "ONE,C,A/V\n", "ONE,C,A/V\nONE,L,log(A-500)\n")
    replace(reference / "expected.csv", "half,1.0,output", "half,4.0,output,L,1.0\nhalf,1.0,output")
    result = run("verify", "--reference", "own", "--jobs", "1", "--quiet")
    assert complaint(result, FAILED) == "error: 5 of 5 checks failed\n"
    assert "exact: nan  ONE: an amount or output is not a finite number at 4 h: amounts [400]\n" in result.out


def test_an_output_may_have_the_name_of_a_state(reference: Path) -> None:
    replace(reference / "outputs.csv", "ONE,C", "ONE,A")
    text = (reference / "expected.csv").read_text()
    (reference / "expected.csv").write_text(text.replace("output,C", "output,A"))
    result = run("verify", "--reference", "own", "--jobs", "1", "--quiet")
    assert (result.code, result.err) == (0, ""), result


def test_a_spreadsheet_marks_its_files(reference: Path) -> None:
    for path in reference.iterdir():
        path.write_text("\ufeff" + path.read_text().replace("\n", "\r\n"), newline="")
    result = run("verify", "--reference", "own", "--jobs", "1", "--quiet")
    assert (result.code, result.err) == (0, ""), result


@pytest.mark.parametrize(
    ("errors", "figure"),
    [
        ([10.0**-n for n in range(4, 9)], 1.0),
        ([10.0 ** (-n / 2) for n in range(4, 9)], 2.0),
        ([1e-4, 1e-9, 1e-6, 1e-7, 1e-8], 5 / 3),  # small by chance
        ([1e-10] * 5, 0.0),
        ([1e-4] * 5, math.inf),
        ([1e-6, 1e-6, 1e-6, 1e-6, 1e-5], math.inf),
    ],
)
def test_how_fast_an_error_falls(errors: list[float], figure: float) -> None:
    assert orders(errors) == pytest.approx(figure)


@pytest.mark.parametrize("table", ["models", "outputs", "cases", "params", "events", "covariates", "expected"])
def test_a_table_that_is_missing(reference: Path, table: str) -> None:
    (reference / f"{table}.csv").unlink()
    answer = complaint(run("verify", "--reference", "own", "--quiet", "-o", "checks.csv"))
    assert re.search(rf"own/{table}\.csv: no such file", answer, re.IGNORECASE), answer
    assert not Path("checks.csv").exists()


@pytest.mark.parametrize(
    ("table", "old", "new", "answer"),
    [
        ("expected", "value", "valu", "own/expected.csv: unknown column 'value'. Did you mean 'valu'?"),
        ("events", "addl", "add", "own/events.csv: unknown column 'addl'. Did you mean 'add'?"),
        ("cases", ",ONE", ",TWO", "own/cases.csv: model: unknown model 'TWO'"),
        ("params", f"half,K,{K!r}\n", "", "own/params.csv: half: K: the parameter has no value at time 0"),
        ("params", "half,V,100", "half,V,", "own/params.csv: row 2, value: '': a number is needed here"),
        ("models", "-K*A", "-K*B**2", "own/models.csv: row 1, derivative: '-K*B**2', character"),
        ("expected", "half,1.0,state,A", "half,1.0,state,B", "own/expected.csv: half: unknown state 'B'"),
        ("expected", "half,1.0", "half,noon", "own/expected.csv: row 1, time: 'noon': not a number"),
        ("expected", "half,1.0", "halve,1.0", "own/expected.csv: case_id: unknown case 'halve'. Did you mean 'half'?"),
    ],
)
def test_a_wrong_table(reference: Path, table: str, old: str, new: str, answer: str) -> None:
    replace(reference / f"{table}.csv", old, new)
    assert answer in complaint(run("verify", "--reference", "own", "--quiet"))


def test_ctrl_c_ends_it_at_once(reference: Path, here: Path) -> None:
    words = ("verify", "--reference", "own", "--jobs", "2", "-o", "checks.csv")
    process = start(*words, folder=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stderr is not None
    assert " %  " in process.stderr.readline()
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (STOPPED, "")
    assert err.endswith("error: stopped\n")
    assert "Traceback" not in err
    assert "checks.csv" not in files(here)
