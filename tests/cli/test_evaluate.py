"""`evaluate` and `report`: the files a trial leaves, and what is refused before the long work begins."""

from __future__ import annotations

import html
import json
import os
import resource
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dosing_env import catalogue
from dosing_env.cli.evaluate import command_line
from dosing_env.io.exact import read_csv
from dosing_env.trial import Trial
from tests.cli.commands import ROOT, TWO, WARD, complaint, files, run, slow_policy, small_scenario

TABLES = {"trial.csv", "summary.csv", "trial.json", "courses.csv", "doses.csv", "levels.csv"}
SMALL = (WARD, "--policies", TWO, "--patients", "20", "--no-rivals")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small trial and its report."""
    folder = tmp_path_factory.mktemp("saved")
    assert run("evaluate", *SMALL, "--quiet", "-o", str(folder)).code == 0
    return folder


def test_a_trial_leaves_tables_and_report(here: Path) -> None:
    result = run("evaluate", WARD, "--policies", TWO, "--patients", "25", "-o", "runs/first")
    assert result.code == 0
    assert files(here / "runs" / "first") == {*TABLES, "report.html"}
    assert result.out.endswith(
        "\nwrote runs/first/trial.csv\nwrote runs/first/summary.csv\nwrote runs/first/report.html\n"
    )
    assert "25 virtual patients, the same for each policy" in result.out
    for title in ("Fixed 1 g every 12 h", "Renal table", "against", "95 % interval"):
        assert title in result.out
    trial = Trial.load("runs/first")
    assert [arm.name for arm in trial.arms()] == TWO.split(",")
    assert len(trial.drugs) == 3
    assert len(trial.frame) == 2 * 3 * 25
    assert trial.provenance["seed"] == 7


def test_redirected_output_is_plain_and_progress_is_in_lines(here: Path) -> None:
    result = run("evaluate", *SMALL)
    assert "\x1b" not in result.out + result.err
    lines = result.err.splitlines()
    assert lines[0] == "  0 %  preparing (compiles on first use)"
    assert any(line.startswith("100 %  renal_table on vancomycin_goti2018, ") for line in lines)
    assert lines[-1].startswith("100 %  results, ")
    assert all(line[3:7] == " %  " for line in lines)
    assert files(here) == set()


def test_quiet_prints_no_progress(here: Path) -> None:
    result = run("evaluate", *SMALL, "--quiet", "--report", "out/page.html")
    assert result.err == ""
    assert result.out.endswith("\nwrote out/page.html\n")
    assert files(here) == {"out/page.html"}


def test_more_jobs_change_no_byte(here: Path) -> None:
    words = ("evaluate", WARD, "--policies", "fixed_1g_q12h", "--patients", "31", "--no-rivals", "--quiet")
    for jobs in ("1", "2"):
        assert run(*words, "--jobs", jobs, "-o", f"jobs{jobs}").code == 0
    for name in (*TABLES, "report.html"):
        assert (here / "jobs1" / name).read_bytes() == (here / "jobs2" / name).read_bytes(), name


def test_the_command_in_the_report_gives_the_same_trial(here: Path) -> None:
    """Of files of the user's own only the name is kept: it is run beside them."""
    (here / "own.py").write_text(catalogue.source("protocols", "fixed_1g_q12h").replace("fixed_1g_q12h", "own"))
    scenario = str(small_scenario(here))
    words = (scenario, "--policies", f"fixed_1g_q12h, {here}/own.py", "--patients", "22", "--seed", "5", "--no-rivals")
    assert run("evaluate", *words, "--quiet", "-o", "a").code == 0
    command = json.loads((here / "a" / "trial.json").read_text())["provenance"]["command"]
    assert html.escape(command) in (here / "a" / "report.html").read_text()
    assert str(here) not in command
    program, *again = shlex.split(command)
    assert program == "dosing-env"
    assert run(*again, "--quiet", "-o", "b").code == 0
    for name in TABLES:
        assert (here / "a" / name).read_bytes() == (here / "b" / name).read_bytes(), name


def test_of_a_name_only_the_folders_of_its_files_are_left_out() -> None:
    names = ["shield:0.1@/my/drug.toml:agent:/my/agent.toml", "tablets:1/2x5", "map_dosing:../mine.py", "ucsf"]
    command = command_line("/my/case.toml", names, 5, 7, no_rivals=False)
    assert shlex.split(command)[2:5] == [
        "case.toml",
        "--policies",
        "shield:0.1@drug.toml:agent:agent.toml,tablets:1/2x5,map_dosing:mine.py,ucsf",
    ]


def test_parquet_holds_the_same_rows(saved: Path, here: Path) -> None:
    result = run("evaluate", *SMALL, "--quiet", "--parquet", "-o", "p")
    assert files(here / "p") == {*TABLES - {"trial.csv"}, "trial.parquet", "report.html"}
    assert "\nwrote p/trial.parquet\n" in result.out
    written = read_csv(saved / "trial.csv")
    pd.testing.assert_frame_equal(pd.read_parquet("p/trial.parquet"), written)


def test_without_policies_those_of_the_scenario_take_part(here: Path) -> None:
    scenario = str(small_scenario(here, policies='["oracle", "ucsf"]'))
    assert run("evaluate", scenario, "--patients", "20", "-o", "t").code == 0
    assert list(pd.read_csv("t/summary.csv")["policy"]) == ["oracle", "ucsf"]


def test_a_planner_of_the_users_own_is_a_policy(here: Path) -> None:
    (here / "go").touch()
    result = run("evaluate", WARD, "--policies", slow_policy(here), "--patients", "3", "--no-rivals")
    assert result.code == 0
    assert "● Slow " in result.out


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (
            ["-o", "own"],
            "own/doses.csv: is in the way: own holds files of somebody else. Name another folder, or",
        ),
        (["-o", "finished", "--seed", "8"], "finished: holds a finished trial that would be replaced (scenario vanco"),
        (["-o", "finished", "--patients", "19"], "finished: holds a finished trial that would be replaced (scenario v"),
        (["-o", "finished", "--policies", "oracle"], "finished: holds a finished trial that would be replaced (scena"),
        (["-o", "finished"], "finished/levels.csv: was changed since it was written, and would be replaced. Name ano"),
    ],
)
def test_a_folder_where_something_would_be_lost_is_refused_before_the_work(
    saved: Path, here: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], answer: str
) -> None:
    monkeypatch.setattr("dosing_env.virtual_trial.evaluate", lambda *_, **__: pytest.fail("the work began"))
    shutil.copytree(saved, "finished")
    if len(words) == 2:
        (here / "finished" / "levels.csv").write_text("mine")
    (here / "own").mkdir()
    for name in ("seeds.csv", "doses.csv"):
        (here / "own" / name).write_text("mine")
    before = {name: (here / name).read_bytes() for name in files(here)}
    assert answer in complaint(run("evaluate", *SMALL, *words))
    assert {name: (here / name).read_bytes() for name in files(here)} == before


def test_overwriting_deletes_nothing_of_the_users(here: Path) -> None:
    for name in ("seeds.csv", "doses.csv", "mine.txt"):
        (here / name).write_text("mine")
    assert run("evaluate", *SMALL, "--quiet", "-o", ".", "--overwrite").code == 0
    assert files(here) == {*TABLES, "report.html", "seeds.csv", "mine.txt"}
    assert (here / "seeds.csv").read_text() == (here / "mine.txt").read_text() == "mine"
    assert Trial.load(".").seeds is None


def test_the_same_trial_again_needs_no_question(saved: Path, here: Path) -> None:
    shutil.copytree(saved, "again")
    result = run("evaluate", *SMALL, "--quiet", "-o", "again")
    assert (result.code, result.err) == (0, "")
    for name in (*TABLES, "report.html"):
        assert (here / "again" / name).read_bytes() == (saved / name).read_bytes(), name


def test_a_folder_that_was_taken_during_the_work_costs_no_results(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Trial.save

    def late(trial: Trial, directory: Path, **more: Any) -> Path:
        if directory == Path("run"):
            (here / "run").mkdir(exist_ok=True)
            (here / "run" / "mine.txt").write_text("mine")
        return original(trial, directory, **more)

    monkeypatch.setattr(Trial, "save", late)
    result = run("evaluate", *SMALL, "--quiet", "-o", "run")
    folder = f"runs/{WARD}_seed7_stopped"
    assert result.code == 0
    assert "warning: run/mine.txt: is in the way" in result.err
    assert f"The results go to {folder}\n" in result.err
    assert result.out.endswith(f"\nwrote {folder}/report.html\n")
    assert files(here / "run") == {"mine.txt"}


def test_a_report_that_was_changed_is_not_made_again(saved: Path, here: Path) -> None:
    shutil.copytree(saved, "run")
    (here / "run" / "report.html").write_text("mine")
    assert "run/report.html: was not written by this program, or changed since" in complaint(run("report", "run"))
    assert run("report", "run", "--overwrite").code == 0
    assert (here / "run" / "report.html").read_bytes() == (saved / "report.html").read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
@pytest.mark.parametrize(
    ("words", "answer", "left"),
    [
        (["-o", "run"], "the tables are in run", {f"run/{name}" for name in (*TABLES, "report.html")}),
        ([], "the table above is all there is", set()),
    ],
)
def test_a_full_disk_costs_neither_the_table_nor_what_was_written(
    here: Path, words: list[str], answer: str, left: set[str]
) -> None:
    result = run("evaluate", *SMALL, "--quiet", *words, "--report", "/dev/full")
    assert complaint(result, 1) == f"error: /dev/full: not written: No space left on device; {answer}\n"
    assert "20 virtual patients, the same for each policy" in result.out
    assert files(here) == left


def test_tables_that_do_not_fit_are_written_not_at_all(here: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        result = run("evaluate", *SMALL, "--quiet", "-o", "run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert complaint(result, 1) == "error: run: not written: File too large; the table above is all there is\n"
    assert "20 virtual patients, the same for each policy" in result.out
    assert files(here) == set()


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["-o", "file/run"], "file/run: cannot be written: file: Not a directory"),
        (["-o", "file"], "file: cannot be written: file: Not a directory"),
        (["--report", "file/page.html"], "file: cannot be written: file: Not a directory"),
        (["--report", "."], ".: cannot be written: it is a directory"),
        (["--parquet"], "--parquet: needs -o DIR"),
    ],
)
def test_what_cannot_be_written_is_known_before_the_work(
    here: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], answer: str
) -> None:
    monkeypatch.setattr("dosing_env.virtual_trial.evaluate", lambda *_, **__: pytest.fail("the work began"))
    (here / "file").touch()
    assert answer in complaint(run("evaluate", *SMALL, *words))
    assert files(here) == {"file"}


def test_parquet_without_its_package_is_known_before_the_work(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    answer = complaint(run("evaluate", *SMALL, "--parquet", "-o", "run"))
    assert "pip install 'dosing-env[parquet]'" in answer
    assert files(here) == set()


def test_a_saved_trial_gives_the_same_report_again(saved: Path, here: Path) -> None:
    before = (saved / "report.html").read_bytes()
    (saved / "report.html").unlink()
    assert run("report", str(saved)) == (0, f"wrote {saved}/report.html\n", "")
    assert run("report", str(saved), "-o", "new/page.html").out == "wrote new/page.html\n"
    assert (saved / "report.html").read_bytes() == (here / "new" / "page.html").read_bytes() == before


def test_the_report_of_no_trial_is_refused(here: Path) -> None:
    assert "nowhere: no trial.json: not the directory of a trial" in complaint(run("report", "nowhere"))
    assert files(here) == set()


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        ("trial.csv", "1", "trial.csv: was changed after the trial was saved"),
        ("trial.json", "}", "trial.json: not readable as JSON"),
    ],
)
def test_the_report_of_a_damaged_trial_is_refused(saved: Path, here: Path, name: str, text: str, answer: str) -> None:
    for table in TABLES:
        (here / table).write_bytes((saved / table).read_bytes())
    with (here / name).open("a") as file:
        file.write(text)
    assert answer in complaint(run("report", "."))
    (here / name).unlink()
    assert name in complaint(run("report", "."))
    assert "report.html" not in files(here)


def test_a_report_that_cannot_be_written_is_refused(saved: Path, here: Path) -> None:
    assert ".: cannot be written: it is a directory" in complaint(run("report", str(saved), "-o", "."))


def test_a_terminal_of_another_encoding_costs_no_results(here: Path) -> None:
    words = ["evaluate", WARD, "--policies", "fixed_1g_q12h", "--patients", "2", "--no-rivals", "--quiet"]
    environment = os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "dosing_env", *words]
    done = subprocess.run(command, env=environment, check=True, capture_output=True)
    assert "? Fixed 1 g every 12 h" in done.stdout.decode("cp1252")
