"""`distil`: a bedside table, its page, and what is lost by following it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import dosing_env
from tests.cli.commands import complaint, files, run

AGENT = "warfarin_initiation_ppo"


@pytest.fixture(autouse=True)
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """From few patients, to be quick."""
    distil = pytest.importorskip("dosing_env.distil")
    monkeypatch.setattr(distil, "ROUNDS", 2)
    monkeypatch.setattr(distil, "PATIENTS", 60)


def test_the_page_the_table_and_what_is_lost(here: Path) -> None:
    result = run("distil", AGENT, "--patients", "30", "--depth", "2", "--quiet")
    assert (result.code, result.err) == (0, "")
    assert files(here) == {f"runs/{AGENT}_bedside/{name}" for name in (f"{AGENT}.md", f"{AGENT}.toml", "written.json")}
    page = (here / "runs" / f"{AGENT}_bedside" / f"{AGENT}.md").read_text()
    assert result.out.startswith(page)
    assert "Not for the care of real patients" in page
    assert "\n**Lost by following the table instead: " in page
    assert page.count("\n### Dose, ") == 3
    assert f"    dosing-env distil {AGENT} --depth 2 --patients 30 --seed 7\n" in page
    assert result.out.endswith(f".toml\nwrote runs/{AGENT}_bedside/{AGENT}.md\n")


def test_only_the_same_table_is_replaced(here: Path) -> None:
    words = ("distil", AGENT, "--patients", "3", "--depth", "1", "--quiet", "-o", "mine")
    assert run(*words).code == 0
    (here / "mine" / "notes.txt").write_text("mine")
    assert run(*words).code == 0
    answer = f"mine: holds what another command made (dosing-env distil {AGENT} --depth 1 --patients 3 --seed 7)"
    assert answer in complaint(run(*words, "--seed", "8"))
    page = here / "mine" / f"{AGENT}.md"
    page.write_text("mine")
    assert f"mine/{AGENT}.md: was changed since it was written, and would be replaced" in complaint(run(*words))
    assert page.read_text() == "mine"
    assert run(*words, "--seed", "8", "--overwrite").code == 0
    assert page.read_text() != "mine"
    assert (here / "mine" / "notes.txt").read_text() == "mine"


def test_the_table_is_a_policy(here: Path) -> None:
    run("distil", AGENT, "--patients", "3", "--depth", "1", "--quiet", "-o", "mine")
    policy = f"bedside:mine/{AGENT}.toml"
    result = run("evaluate", "warfarin_initiation", "--policies", policy, "--patients", "3", "--no-rivals", "--quiet")
    assert (result.code, result.err) == (0, "")
    assert "PPO agent, bedside" in result.out


def test_any_policy_where_the_scenario_is_named(here: Path) -> None:
    words = ("distil", "warfarin_5mg_wilson", "--patients", "3", "--depth", "1", "--quiet")
    assert "--scenario: is missing, warfarin_5mg_wilson has none of its own" in complaint(run(*words))
    assert run(*words, "--scenario", "warfarin_initiation").code == 0
    assert f"runs/{'warfarin_5mg_wilson'}_bedside/warfarin_5mg_wilson.toml" in files(here)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("vancomycin_ward_ppo",), "vancomycin_ward: a bedside table is for a clinic with visits, this is a ward"),
        (("warfarin_initiation_pp",), f"Did you mean 'agent:{AGENT}'?"),
        (("nowhere.toml",), "nowhere.toml: no such file"),
        ((AGENT, "--depth", "6"), "6 is not in the range 1<=x<=5"),
        ((AGENT, "--scenario", "warfarin_initation"), "Did you mean 'warfarin_initiation'?"),
        ((AGENT, "-o", "file/below"), "file/below: cannot be written: file: Not a directory"),
    ],
)
def test_wrong_input(here: Path, words: tuple[str, ...], answer: str) -> None:
    (here / "file").touch()
    assert answer in complaint(run("distil", *words))
    assert files(here) == {"file"}


def test_a_table_that_cannot_be_read(here: Path) -> None:
    (here / "mine.toml").write_text("title = 1\n")
    for policy, answer in (("bedside:mine.toml", "mine.toml: Expected `str`"), ("bedside:no.toml", "no.toml: no such")):
        words = ("evaluate", "warfarin_initiation", "--patients", "2", "--policies", policy)
        assert answer in complaint(run(*words))
    assert "a bedside table as 'bedside:mine.toml'" in complaint(run(*words[:-1], "mine.toml"))


def test_without_the_extra_packages_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.tree", None)
    monkeypatch.delitem(sys.modules, "dosing_env.distil", raising=False)
    monkeypatch.delattr(dosing_env, "distil", raising=False)
    assert "pip install 'dosing-env[train]'" in complaint(run("distil", AGENT))
