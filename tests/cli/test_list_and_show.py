"""`list` and `show`: everything in the catalogue, and files of the user's own."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dosing_env import catalogue, recipe, scenario
from dosing_env.cli.kinds import KINDS
from tests.cli.commands import ROOT, WARD, complaint, run, small_recipe, small_scenario
from tests.cli.conftest import Trained

EVERYTHING = [(kind, name) for kind in KINDS for name in catalogue.names(kind)]
PYTHON = [
    ("drugs", "vancomycin_thomson2009"),
    ("populations", "icu"),
    ("protocols", "renal_table"),
    ("planners", "oracle"),
]


def test_list_has_everything_with_its_title() -> None:
    result = run("list")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert [line.strip() for line in lines if line.strip() in KINDS] == list(KINDS)
    for kind, name in EVERYTHING:
        assert any(line.startswith(f"{name} ") and title(kind, name) in line for line in lines), name
    assert "broken" not in result.out


def title(kind: str, name: str) -> str:
    if kind == "agents":
        return recipe.load(name).title
    return scenario.load(name).title if kind == "scenarios" else str(catalogue.load(kind, name).title)


@pytest.mark.parametrize("kind", KINDS)
def test_list_of_one_kind(kind: str) -> None:
    result = run("list", kind)
    assert result == run("list", kind.removesuffix("s"))
    assert result.code == 0
    first, *rest = result.out.splitlines()
    assert first.strip() == kind
    assert [line.split()[0] for line in rest] == catalogue.names(kind)


def test_an_unknown_kind_is_answered_with_the_nearest() -> None:
    assert "unknown kind 'durgs'. Did you mean 'drugs'?" in complaint(run("list", "durgs"))


def test_broken_files_do_not_hide_the_others(tmp_path: Path) -> None:
    for folder in ("dosing_env", "agents", "scenarios"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "scenarios" / "mistyped.toml").write_text("version = 1\ntitel = 'x'\n")
    (tmp_path / "agents" / "no_text.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "dosing_env" / "drugs" / "halves.py").write_text("X = 1\nimport no_such_package\n")
    (tmp_path / "dosing_env" / "protocols" / "syntax.py").write_text("def dose(:\n")
    listed = subprocess.run(
        [sys.executable, "-m", "dosing_env", "list"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert all(f"\n{name} " in listed for _, name in EVERYTHING)
    lines = {line.split()[0]: line for line in listed.splitlines() if "broken: " in line}
    assert sorted(lines) == ["halves", "mistyped", "no_text", "syntax"]
    assert "mistyped.toml: unknown key titel. Did you mean 'title'?" in lines["mistyped"]
    assert "halves.py, line 2: ModuleNotFoundError" in lines["halves"]


@pytest.mark.parametrize(("kind", "name"), EVERYTHING)
def test_everything_in_the_catalogue_can_be_shown(kind: str, name: str) -> None:
    result = run("show", name)
    assert (result.code, result.err) == (0, "")
    assert run("show", f"{kind[:-1]}:{name}") == result
    text = title(kind, name) if kind in catalogue.CONTENT_KINDS else ast.get_docstring(ast.parse(source(kind, name)))
    assert text is not None
    assert text in result.out


def source(kind: str, name: str) -> str:
    return catalogue.source(kind, name)


def test_a_drug_is_shown_with_equations_parameters_and_variances() -> None:
    out = run("show", "vancomycin_thomson2009").out
    assert "dA1/dt" in out
    assert "L/h  clearance" in out
    assert "Random effects between patients" in out
    assert "Residual error of a level: 15 % and 1.6 mg/L" in out


def test_a_scenario_is_shown_with_what_makes_it_run() -> None:
    out = run("show", WARD).out
    assert 'gymnasium.make("dosing_env/VancomycinWard-v1")' in out
    assert f"hash: {scenario.fingerprint(scenario.load(WARD))}" in out
    assert "dose_1 ... dose_14" in out


@pytest.mark.parametrize(("kind", "name"), PYTHON)
def test_a_python_file_of_the_users_own_is_shown(here: Path, kind: str, name: str) -> None:
    (here / "own.py").write_text(source(kind, name))
    result = run("show", "own.py")
    assert result.code == 0
    assert result.out.replace("own.py", name) == run("show", name).out


def test_a_model_file_is_shown_with_the_meaning_of_its_parameters(here: Path) -> None:
    text = (ROOT / "tests" / "models" / "two_compartments.toml").read_text(encoding="utf-8")
    (here / "own.toml").write_text(text)
    result = run("show", "own.toml")
    assert result.code == 0
    assert text in result.out
    assert re.search(r"\nCL +4\.421 +L/h  clearance", result.out)
    (here / "own.toml").write_text(text.replace("CRCL", "GFR"))
    out = run("show", "own.toml").out
    assert "own: no patient of an environment has GFR" in out
    assert "covariance of CL and V1: 0.02939" in out


def test_a_scenario_of_the_users_own_is_shown(here: Path) -> None:
    result = run("show", str(small_scenario(here)))
    assert result.code == 0
    assert f'gymnasium.make("dosing_env/Scenario-v0", scenario="{here}/mine.toml")' in result.out
    assert 'policies = ["fixed_1g_q12h"]' in result.out


def test_a_recipe_without_weights_says_how_to_train_it(here: Path) -> None:
    small_recipe(here)
    assert "no weights yet: dosing-env train tiny.toml" in run("show", "tiny.toml").out


def test_a_trained_agent_is_shown_with_its_seeds(beside_the_agent: Trained) -> None:
    out = run("show", "runs/tiny/tiny.toml").out
    assert "Training seeds, on the tuning stream" in out
    assert out.count("(chosen)") == 1
    assert "trained with: dosing-env" in out


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("vancomycin_goti2017", "unknown name 'vancomycin_goti2017'. Did you mean 'vancomycin_goti2018'?"),
        ("population:adult_wart", "unknown population 'adult_wart'. Did you mean 'adult_ward'?"),
        ("nowhere.toml", "nowhere.toml: no such file"),
        ("nowhere.py", "nowhere.py: no such file"),
        ("empty.py", "empty.py: the file defines none of DRUG, POPULATION, PROTOCOL, PLANNER"),
        ("fails.py", "fails.py, line 2: ZeroDivisionError: division by zero"),
    ],
)
def test_what_cannot_be_shown_is_answered_in_one_line(here: Path, name: str, answer: str) -> None:
    (here / "empty.py").write_text("X = 1\n")
    (here / "fails.py").write_text("X = 1\nY = X / 0\n")
    assert answer in complaint(run("show", name))


def test_a_name_of_two_kinds_asks_for_the_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "names", lambda kind: ["twin"] if kind in ("drugs", "scenarios") else [])
    assert "'twin' is the name of several things. Say drug:twin or scenario:twin" in complaint(run("show", "twin"))
