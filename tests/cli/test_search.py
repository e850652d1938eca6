"""`search`: what it prints and writes, what it refuses, and Ctrl-C."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

import dosing_env
from dosing_env import recipe
from dosing_env.cli.program import STOPPED
from tests.cli.commands import Terminal, complaint, files, run, small_recipe

optuna = pytest.importorskip("optuna")

SECTION = "\n[search]\nn_epochs = { low = 1, high = 4 }\nlayers = { among = [[8], [16, 8]] }\n"


def searchable(folder: Path, **changes: str) -> Path:
    """The small recipe with ranges."""
    path = small_recipe(folder, **changes)
    path.write_text(path.read_text() + SECTION)
    return path


def test_a_search_prints_its_best_trials_and_the_next_command_works(here: Path) -> None:
    searchable(here)
    result = run("search", "tiny.toml", "--trials", "2", "--steps", "1792", "-o", "better.toml")
    assert result.code == 0, result
    lines = result.out.splitlines()
    assert lines[0].split()[0] == "trial"
    assert [line.split()[0] for line in lines[2:6]] == ["return", "%", "n_epochs", "layers"]
    assert "2 trials complete, 0 pruned, 0 failed" in lines
    assert "(on 50 patients of the tuning stream; seed 0, 1,792 steps)" in lines
    assert re.search(r"\n100 %  trial 1, .*best: -?\d\.\d{3} \(trial \d\)", result.err)
    assert files(here) == {"mine.toml", "tiny.toml", "better.toml", "better.png", "runs/tiny_search/study.db"}
    _, program, *words = shlex.split(next(line for line in lines if line.startswith("next:")))
    assert (program, words) == ("dosing-env", ["train", "better.toml"])
    assert run(*words, "--seed", "0", "--steps", "1792", "--quiet").code == 0
    assert '| searched | values of n_epochs, layers: the best of 2 trials (0 more pruned) on the stream "tune" |' in (
        Path("runs/better_seed0/better.md").read_text().splitlines()
    )
    assert recipe.load("runs/better_seed0/better.toml").found == recipe.load("better.toml").found
    again = run("search", "tiny.toml", "--trials", "2", "--steps", "1792", "-o", "better.toml", "--quiet")
    assert again == (0, result.out, "")


def test_a_search_replaces_no_file_that_nobody_named(here: Path) -> None:
    searchable(here)
    words = ("search", "tiny.toml", "--trials", "1", "--steps", "1792", "--quiet")
    assert "tiny.toml: is what this command reads" in complaint(run(*words, "-o", "tiny.toml"))
    (here / "better.png").write_text("mine")
    (here / "better.toml").write_text("of the user, who names it")
    answer = "better.png: would be replaced, and the search has not written it so. Name another folder, or overwrite"
    assert answer in complaint(run(*words, "-o", "better.toml"))
    assert (here / "better.png").read_text() == "mine"
    assert run(*words, "-o", "better.toml", "--overwrite").code == 0
    assert run(*words, "-o", "better.toml").code == 0
    assert run(*words).code == 0
    found = here / "runs" / "tiny_search" / "tiny_found.toml"
    assert run(*words).code == 0
    found.write_text(found.read_text() + "# mine")
    assert "tiny_found.toml: would be replaced" in complaint(run(*words))


@pytest.mark.parametrize("word", ["seeds", "trials", "jobs"])
def test_counts_begin_at_one(word: str) -> None:
    answer = f"'--{word}': 0 is not in the range x>=1."
    assert answer in complaint(run("search", "vancomycin_ward_ppo", f"--{word}", "0"))


def test_what_cannot_be_is_refused_before_anything_is_written(here: Path) -> None:
    path = searchable(here)
    text = path.read_text()
    assert "Either --seed or --seeds" in complaint(run("search", "tiny.toml", "--seed", "1", "--seeds", "2"))
    path.write_text(text.replace("n_epochs = { l", "n_epoch = { l"))
    answer = "tiny.toml: search: unknown hyperparameter 'n_epoch'. Did you mean 'n_epochs'?"
    assert answer in complaint(run("search", "tiny.toml"))
    assert answer in complaint(run("train", "tiny.toml"))
    path.write_text(text)
    assert ".: cannot be written: it is a directory" in complaint(run("search", "tiny.toml", "-o", "."))
    assert "storage nonsense: Could not parse" in complaint(run("search", "tiny.toml", "--storage", "nonsense"))
    assert files(here) == {"mine.toml", "tiny.toml"}


def test_without_optuna_it_says_how_to_get_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searchable(here)
    monkeypatch.setitem(sys.modules, "optuna", None)
    for module in ("search", "study", "trials"):
        monkeypatch.delitem(sys.modules, f"dosing_env.training.{module}", raising=False)
        monkeypatch.delattr(dosing_env.training, module, raising=False)
    assert "pip install 'dosing-env[train,search]'" in complaint(run("search", "tiny.toml"))


def test_a_stopped_search_keeps_what_was_tried_and_leaves_nothing_running(tmp_path: Path) -> None:
    searchable(tmp_path)
    terminal = Terminal("search", "tiny.toml", "--trials", "500", "--jobs", "2", "--steps", "1792", folder=tmp_path)
    terminal.wait_for("best: -")
    terminal.send()
    result = terminal.end()
    assert (result.code, result.out) == (STOPPED, "")
    kept = r"stopped; the best of \d+ trials is in runs/tiny_search/tiny_found\.toml; the same command goes on\r\n$"
    assert re.search(kept, result.err)
    assert "Traceback" not in result.err
    study = optuna.load_study(study_name="tiny", storage=f"sqlite:///{tmp_path}/runs/tiny_search/study.db")
    for trial in study.trials:  # one that was killed as it began is left to its heartbeat
        assert trial.state.name in ("COMPLETE", "PRUNED", "FAIL") or not trial.user_attrs
    found = recipe.load(str(tmp_path / "runs" / "tiny_search" / "tiny_found.toml")).found
    assert found is not None
    assert found.value == study.best_value
    assert {path.name for path in (tmp_path / "runs" / "tiny_search").iterdir()} == {
        "study.db",
        "tiny_found.png",
        "tiny_found.toml",
    }
