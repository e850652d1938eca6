"""Wrong input: exit code 2 and one line on stderr. A failure inside: exit code 1 and how to see where."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dosing_env.cli.program import DEBUG
from tests.cli.commands import WARD, complaint, files, run, small_scenario, start
from tests.cli.conftest import Trained

EVALUATE = ("evaluate", WARD, "--patients", "4", "--policies")


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ("\ndays = 7", "\ndayz = 7", "mine.toml: unknown key course.dayz. Did you mean 'days'?"),
        ("interval_h = 12", "interval_min = 720", "unknown key course.interval_min. Did you mean 'interval_h'?"),
        ("max_dose_mg = 3000", "max_dose_g = 3", "unknown key dosing.max_dose_g. Did you mean 'max_dose_mg'?"),
        ("\ndays = 7", "\ndays = 0", "mine.toml: Expected `int` >= 1 - at `course.days`, found 0"),
        ("interval_h = 12", "interval_h = 7", "course.interval_h: 7.0 does not divide a day of 24 h"),
        ("\ndays = 7", '\ndays = "7"', "Expected `int`, got `str` - at `course.days`, found '7'"),
        ("goti2018", "goti2017", "drug: unknown drug 'vancomycin_goti2017'. Did you mean 'vancomycin_goti2018'?"),
        ("fixed_1g", "fxed_1g", "policies: unknown policy 'fxed_1g_q12h'. Did you mean 'fixed_1g_q12h'?"),
        ('["fixed_1g_q12h"]', "[]", "policies: none given"),
        ('column = "male"', 'column = "mail"', "mine: subgroups: unknown column 'mail'. Did you mean 'male'?"),
        ('title = "Vanc', "title = Vanc", "mine.toml: Invalid value (at line 3, column 9)"),
    ],
)
def test_a_wrong_scenario(here: Path, old: str, new: str, answer: str) -> None:
    path = small_scenario(here)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert answer in complaint(run("evaluate", "mine.toml", "--patients", "4", "-o", "run"))
    assert files(here) == {"mine.toml"}


@pytest.mark.parametrize(
    ("policies", "answer"),
    [
        ("guidline_2020", "unknown policy 'guidline_2020'. Did you mean 'guideline_2020'?"),
        ("vancomycin_ward_ppo", "Did you mean 'agent:vancomycin_ward_ppo'?"),
        ("agent:vancomycin_wart_ppo", "unknown agent 'vancomycin_wart_ppo'. Did you mean 'vancomycin_ward_ppo'?"),
        ("mine.toml", "A trained agent is given as 'agent:mine.toml'"),
        ("", "policies: none given"),
        (" , ", "policies: none given"),
        ("ucsf,ucsf", "policies: 'ucsf' is given more than once"),
        ("nowhere.py", "nowhere.py: no such file"),
        ("agent:nowhere.toml", "nowhere.toml: no such file"),
        ("drug.py", "drug.py: the file defines no PROTOCOL"),
    ],
)
def test_wrong_policies(here: Path, policies: str, answer: str) -> None:
    (here / "drug.py").write_text("DRUG = 1\n")
    assert answer in complaint(run(*EVALUATE, policies))


@pytest.mark.parametrize(
    ("scenario", "answer"),
    [
        ("vancomycin_wrd", "unknown scenario 'vancomycin_wrd'. Did you mean 'vancomycin_ward'?"),
        ("nowhere.toml", "nowhere.toml: no such file"),
        ("folder.toml", "folder.toml: is a folder; a regular file is needed"),
    ],
)
def test_a_missing_scenario(here: Path, scenario: str, answer: str) -> None:
    (here / "folder.toml").mkdir()
    assert answer in complaint(run("evaluate", scenario))


@pytest.mark.parametrize(
    ("words"), [(*EVALUATE, "agent:tiny.toml"), ("card", "tiny.toml"), ("show", "tiny.toml")], ids=lambda w: w[0]
)
def test_a_corrupted_weight_file(trained: Trained, here: Path, words: tuple[str, ...]) -> None:
    shutil.copy(trained.folder / "tiny.toml", here)
    shutil.copy(trained.home / "mine.toml", here)
    weights = bytearray((trained.folder / "tiny.safetensors").read_bytes())
    weights[-100] ^= 1
    (here / "tiny.safetensors").write_bytes(weights)
    assert "tiny.safetensors: does not match its checksum: the file is damaged" in complaint(run(*words))
    (here / "tiny.safetensors").write_bytes(weights[:1000])
    assert "tiny.safetensors: not a weight file of this project" in complaint(run(*words))


def test_an_agent_on_another_scenario_is_warned_of_in_one_line(beside_the_agent: Trained) -> None:
    words = ("vancomycin_icu", "--no-rivals", "--policies", "agent:runs/tiny/tiny.toml", "--patients", "3", "--quiet")
    result = run("evaluate", *words)
    assert result.code == 0
    assert result.err == (
        "warning: tiny was trained on another scenario than vancomycin_icu: charting, kidney, drug, population differ\n"
    )


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in the library."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("two\nlines " + 500 * "x")

    monkeypatch.setattr("dosing_env.virtual_trial.evaluate", fail)
    monkeypatch.delenv(DEBUG, raising=False)


@pytest.mark.usefixtures("broken")
def test_an_inner_failure_is_one_line_with_the_way_to_more() -> None:
    answer = complaint(run(*EVALUATE, "ucsf"), 1)
    assert answer.startswith("error: RuntimeError: two lines xxx")
    assert answer.endswith("xxx (DOSING_ENV_DEBUG=1 shows where)\n")
    assert len(answer) < 500


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("way", ["option", "variable"])
def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    if way == "variable":
        monkeypatch.setenv(DEBUG, "1")
    result = run(*(["--debug"] if way == "option" else []), *EVALUATE, "ucsf")
    assert result.code == 1
    assert result.err.startswith("Traceback (most recent call last):\n")
    assert ", in fail\n" in result.err
    assert result.err.splitlines()[-1].startswith("error: RuntimeError: two lines")


def test_debug_shows_the_traceback_of_wrong_input_too(tmp_path: Path) -> None:
    process = start("--debug", "evaluate", "nowhere", folder=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert "Traceback" in err
    assert err.splitlines()[-1].startswith("error: unknown scenario 'nowhere'.")


def test_a_reader_that_goes_away_is_no_failure_to_report(tmp_path: Path) -> None:
    process = start("list", folder=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 1
