"""`train` and `card`: weights, recipe, checkpoints and model card, and recipes that are refused."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

import dosing_env
from dosing_env.agent import load_agent
from dosing_env.report.card import describe
from tests.cli.commands import complaint, files, run, small_recipe
from tests.cli.conftest import Trained


def test_training_leaves_weights_recipe_card_and_checkpoints(trained: Trained) -> None:
    assert trained.result.code == 0
    left = files(trained.folder)
    assert {"tiny.safetensors", "tiny.toml", "tiny.md"} <= left
    assert (trained.folder / "tiny.toml").read_bytes() == (trained.home / "tiny.toml").read_bytes()
    for seed in ("seed0", "seed1"):
        assert {f"{seed}/trained.safetensors", f"{seed}/log0.csv"} <= left
        assert any(name.startswith(f"{seed}/checkpoint-") for name in left)
        assert any(name.startswith(f"{seed}/tensorboard/") for name in left)
    assert not any(part.startswith(".") for name in left for part in Path(name).parts)
    card = load_agent(str(trained.folder / "tiny.toml")).card
    assert card["finished"]
    assert sorted({row["seed"] for row in card["learning"]}) == [0, 1]


def test_training_says_how_it_went_and_where_things_are(trained: Trained) -> None:
    out, err = trained.result.out, trained.result.err
    assert err.startswith(
        "checkpoints:  runs/tiny/seed*/checkpoint-*.safetensors  (dosing-env train --resume runs/tiny)"
    )
    assert "\n100 %  seed " in err
    assert "\n  0 %  model card: preparing" in err
    assert "\nbundle:  runs/tiny/tiny.safetensors\n" in out
    assert out.count("% of days within target") == 3
    assert "\n2 seeds: interquartile mean " in out
    assert out.count(", chosen") == 1


def test_the_next_command_that_training_names_works(beside_the_agent: Trained) -> None:
    line = next(line for line in beside_the_agent.result.out.splitlines() if line.startswith("next:"))
    _, program, *words = shlex.split(line)
    assert program == "dosing-env"
    result = run(*words, "--patients", "5", "--quiet")
    assert (result.code, result.err) == (0, "")
    assert "PPO agent" in result.out
    assert "2 seeds" in result.out


def test_one_seed_for_fewer_steps(here: Path) -> None:
    small_recipe(here)
    result = run("train", "tiny.toml", "--seed", "9", "--steps", "1792", "--quiet", "-o", "short", "--no-card")
    assert (result.code, result.err) == (0, "")
    agent = load_agent("short/tiny.toml")
    assert (sorted(agent.states), agent.card["learning"][-1]["steps"]) == ([9], 1792)
    assert {name.split("/")[0] for name in files(here / "short")} == {
        "tiny.safetensors",
        "tiny.toml",
        "seed9",
        "written.json",
    }


def test_costs_that_have_a_limit_are_told(here: Path) -> None:
    path = small_recipe(here)
    path.write_text(path.read_text() + '[[limits]]\ncost = "aki"\nmost = 0.2\n')
    result = run("train", "tiny.toml", "--seed", "0", "--steps", "1792", "--quiet")
    cost = load_agent("runs/tiny_seed0/tiny.toml").card["learning"][-1]["cost_aki"]
    assert f", aki {cost:.4f} (limit 0.2), 1,792 steps" in result.out
    row = f'| limit | aki at most 0.2 on average, kept by a price; on the stream "tune" it is {cost:.4f} |'
    assert row in Path("runs/tiny_seed0/tiny.md").read_text().splitlines()


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ("steps = ", "stepz = ", "tiny.toml: unknown key training.stepz. Did you mean 'steps'?"),
        ("n_epochs = ", "n_epoch = ", "tiny.toml: hyperparameters: unknown key 'n_epoch'. Did you mean 'n_epochs'?"),
        ("steps = 4096", "steps = -1", "tiny.toml: Expected `int` >= 1 - at `training.steps`, found -1"),
        ('"mine.toml"', '"vancomycin_wart"', "unknown scenario 'vancomycin_wart'. Did you mean 'vancomycin_ward'?"),
        ('features = "WT"', 'features = "WTT"', "tiny.toml: observation: unknown feature 'WTT'. Did you mean 'WT'?"),
    ],
)
def test_a_wrong_recipe_is_refused_in_one_line(here: Path, old: str, new: str, answer: str) -> None:
    path = small_recipe(here)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert answer in complaint(run("train", "tiny.toml"))
    assert files(here) == {"mine.toml", "tiny.toml"}


def test_a_value_that_ppo_refuses_is_wrong_input(here: Path) -> None:
    small_recipe(here, batch_size="1")
    result = run("train", "tiny.toml", "--quiet")
    assert "error: tiny.toml: hyperparameters: `batch_size` must be greater than 1" in complaint(result)


@pytest.mark.parametrize("command", ["train", "card"])
def test_an_unknown_agent_is_answered_with_the_nearest(command: str) -> None:
    answer = complaint(run(command, "vancomycin_ward_pppo"))
    assert "unknown agent 'vancomycin_ward_pppo'. Did you mean 'vancomycin_ward_ppo'?" in answer
    assert "nowhere.toml: no such file" in complaint(run(command, "nowhere.toml"))


def test_without_the_extra_packages_it_says_how_to_get_them(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_recipe(here)
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "dosing_env.training", raising=False)
    monkeypatch.delattr(dosing_env, "training", raising=False)
    assert "pip install 'dosing-env[train]'" in complaint(run("train", "tiny.toml"))


def test_boosting_without_its_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    monkeypatch.delitem(sys.modules, "dosing_env.boosting", raising=False)
    assert "pip install 'dosing-env[train]'" in complaint(run("train", "vancomycin_oneshot_boosting"))


def test_an_output_that_cannot_be_written_is_refused_before_training(here: Path) -> None:
    small_recipe(here)
    (here / "file").touch()
    assert "file/run: cannot be written: file: Not a directory" in complaint(
        run("train", "tiny.toml", "-o", "file/run")
    )
    assert "file/run: cannot be written" in complaint(run("card", "tiny.toml", "-o", "file/run/card.md"))
    assert ".: cannot be written: it is a directory" in complaint(run("card", "tiny.toml", "-o", "."))


def test_the_card_command_writes_the_card_that_training_wrote(beside_the_agent: Trained, tmp_path: Path) -> None:
    written = (beside_the_agent.folder / "tiny.md").read_text()
    shown = run("card", "runs/tiny/tiny.toml", "--quiet")
    assert shown == (0, written, "")
    result = run("card", "runs/tiny/tiny.toml", "--jobs", "2", "-o", str(tmp_path / "new" / "card.md"))
    assert (result.code, result.out) == (0, "")
    assert result.err.startswith("  0 %  preparing")
    assert (tmp_path / "new" / "card.md").read_text() == written
    assert "100 patients" in written
    assert "Not for the care of real patients" in written


def test_a_card_needs_weights(here: Path) -> None:
    small_recipe(here)
    assert "tiny.safetensors: no such file" in complaint(run("card", "tiny.toml"))


def test_a_stopped_card_is_not_written(beside_the_agent: Trained) -> None:
    def stop(done: int, total: int, what: str) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="a model card needs the whole trial"):
        describe("runs/tiny/tiny.toml", stop)
