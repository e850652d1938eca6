"""`dosing-env import-sb3`: refused unless the file is trusted; then an agent that evaluates like any other."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

import dosing_env
from dosing_env import recipe
from dosing_env import scenario as scenarios
from tests.cli.commands import complaint, files, run, small_recipe

training = pytest.importorskip("dosing_env.training")
TRUSTED = ("import-sb3", "model.zip", "tiny.toml", "--trust")


@pytest.fixture
def saved(here: Path) -> Path:
    """A working directory with an untrained model of tiny.toml."""
    small_recipe(here)
    rules = recipe.load("tiny.toml")
    env = training.PatientVecEnv(rules, scenarios.load(rules.scenario), 4, seed=0)
    training.build(rules, env, seed=1).save("model.zip")
    return here


def test_without_trust_it_says_why_not(saved: Path) -> None:
    before = files(saved)
    assert complaint(run("import-sb3", "model.zip", "tiny.toml")) == (
        "error: model.zip: a zip of Stable-Baselines3 holds pickles, which may run code when they are read: "
        "give --trust for a file that you made yourself\n"
    )
    assert files(saved) == before


def test_the_next_command_works(saved: Path) -> None:
    result = run(*TRUSTED)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0].startswith("model.zip: ")
    assert lines[0].endswith(", 0 steps")
    assert "bundle:  runs/tiny_imported/tiny.safetensors" in lines
    _, program, *words = shlex.split(lines[-1])
    assert program == "dosing-env"
    result = run(*words, "--patients", "5", "--quiet")
    assert (result.code, result.err) == (0, "")
    assert "PPO agent" in result.out
    shown = run("show", "runs/tiny_imported/tiny.toml")
    assert "imported from model.zip" in shown.out


def test_a_folder_of_ones_own(saved: Path) -> None:
    assert run(*TRUSTED, "-o", "own").code == 0
    assert {"own/tiny.toml", "own/tiny.safetensors"} < files(saved)
    assert "own/tiny.safetensors: is in the way: own holds files of" in complaint(run(*TRUSTED, "-o", "own"))
    assert run(*TRUSTED, "-o", "own", "--overwrite").code == 0
    assert "tiny.toml: is what this command reads" in complaint(run(*TRUSTED, "-o", "."))
    (saved / "file").touch()
    assert "file/own: cannot be written" in complaint(run(*TRUSTED, "-o", "file/own"))


def test_a_wrong_recipe_is_refused(saved: Path) -> None:
    text = (saved / "tiny.toml").read_text()
    (saved / "tiny.toml").write_text(text.replace("layers = [64, 64]", "layers = [64, 32]"))
    assert "does not fit the recipe's layers" in complaint(run(*TRUSTED))
    assert "nowhere.toml: no such file" in complaint(run("import-sb3", "model.zip", "nowhere.toml", "--trust"))


def test_without_the_extra_packages_it_says_how_to_get_them(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "dosing_env.training", raising=False)
    monkeypatch.delattr(dosing_env, "training", raising=False)
    assert "pip install 'dosing-env[train]'" in complaint(run(*TRUSTED))
