"""A training replaces and deletes nothing that it has not written, and never the recipe it is trained by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dosing_env import recipe as recipes
from dosing_env.agent import load_agent
from dosing_env.io import folders
from dosing_env.recipe import Recipe
from tests.training.recipes import small

training = pytest.importorskip("dosing_env.training")

STEPS = 900


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)


def brief(seed: int = 0) -> Recipe:
    return small("A2C", steps=STEPS, evaluate_every=400, seeds=(seed,))


def own_recipe(rules: Recipe | None = None) -> Path:
    """A recipe file of the user's, with a comment."""
    path = Path("mine.toml")
    path.write_text("# by hand\n" + recipes.text(rules or brief()), encoding="utf-8")
    return path


def trained(rules: Recipe | str, output: str = "run", **more: Any) -> Any:
    return training.train(rules, output=output, card=False, **more)


def contents(folder: str = ".") -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["mine.toml", "mine.safetensors", "mine.md", "notes.txt"])
def test_a_folder_with_files_of_somebody_else_is_refused_before_the_work(name: str) -> None:
    own_recipe()
    Path("out").mkdir()
    Path("out", name).write_text("mine")
    before = contents()
    with pytest.raises(ValueError, match=rf"out/{name}: is in the way: out holds files of somebody else"):
        trained("mine.toml", "out")
    with pytest.raises(ValueError, match=r"mine\.toml: is in the way"):
        trained("mine.toml", ".")
    assert contents() == before


def test_a_recipe_trained_where_it_lies_keeps_its_text() -> None:
    own_recipe()
    Path("other.toml").write_text("mine")
    before = contents()
    with pytest.raises(ValueError, match=r"mine\.toml: is what this command reads, and would be replaced"):
        trained("mine.toml", ".", overwrite=True, steps=STEPS // 2)
    assert contents() == before
    assert trained("mine.toml", ".", overwrite=True).card["finished"]
    assert before.items() <= contents().items()
    assert load_agent("mine.toml").card["recipe_text"].startswith("# by hand\n")
    assert training.resume(".", card=False).card["finished"], "the record knows which of two recipes it is"
    assert trained("mine.toml", ".", overwrite=True).card["finished"]
    assert before.items() <= contents().items()


def test_overwriting_deletes_a_training_and_nothing_else() -> None:
    trained(brief(0))
    own = [Path("run", "seed0", "notes.txt"), Path("run", "seeds.csv"), Path("run", "small.md")]
    for path in own:
        path.write_text("mine")
    with pytest.raises(ValueError, match=r"run: holds a training\. Go on with it by"):
        trained(brief(1))
    trained(brief(1), overwrite=True)
    assert sorted(load_agent("run/small.toml").states) == [1]
    assert [path.read_text() for path in own] == ["mine"] * 3
    assert [path.name for path in Path("run", "seed0").iterdir()] == ["notes.txt"]
    assert sorted(path.name for path in Path("run").iterdir()) == sorted(
        ["seed0", "seed1", "seeds.csv", "small.md", "small.safetensors", "small.toml", folders.RECORD]
    )


def test_what_no_record_knows_is_not_deleted() -> None:
    trained(brief())
    weights = Path("run", "seed0", "trained.safetensors")
    weights.write_bytes(weights.read_bytes() + b"mine")
    before = contents()
    with pytest.raises(ValueError, match=r"trained\.safetensors: no record says that it was written so: move it away"):
        trained(brief(), overwrite=True)
    Path("run", folders.RECORD).unlink()
    with pytest.raises(ValueError, match=r"seed0/checkpoint-.*: no record says that it was written so"):
        trained(brief(), overwrite=True)
    assert contents() == {name: data for name, data in before.items() if not name.endswith(folders.RECORD)}


def test_a_card_that_was_edited_is_not_replaced_by_a_training_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dosing_env.training.run.describe", lambda *_: "the card")
    training.train(brief(), output="run")
    card = Path("run", "small.md")
    training.resume("run")
    assert card.read_text() == "the card"
    training.resume("run", card=False)
    assert not card.exists(), "of other weights"
    training.resume("run")
    card.write_text("mine")
    with pytest.raises(ValueError, match=r"small\.md: was changed since it was written, and would be replaced"):
        training.resume("run")
    training.resume("run", card=False)
    assert card.read_text() == "mine"


def test_two_never_train_in_one_folder() -> None:
    trained(brief())
    with folders.alone(Path("run")):
        before = contents()
        with pytest.raises(ValueError, match="run: another training runs there"):
            training.resume("run", card=False)
        with pytest.raises(ValueError, match="run: another training runs there"):
            trained(brief(), overwrite=True)
        assert contents() == before
    training.resume("run", card=False)
    assert folders.LOCK not in {path.name for path in Path("run").iterdir()}


def test_the_lock_is_held_for_the_whole_training() -> None:
    def held(*_: Any) -> None:
        with pytest.raises(ValueError, match="another training runs there"):
            folders.alone(Path("run")).__enter__()

    trained(brief(), progress=held)


def test_a_file_like_a_checkpoint_of_the_users_is_not_counted() -> None:
    trained(brief())
    own = Path("run", "seed0", "checkpoint-best.safetensors")
    own.write_text("mine")
    found = training.resume("run", card=False)
    assert found.card["finished"]
    trained(brief(), overwrite=True)
    assert own.read_text() == "mine"


def test_what_an_ended_process_leaves_is_cleaned_when_training_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of a seed may be ended while it writes a checkpoint."""

    def ended(recipe: Recipe, case: Any, folder: Path, *_: Any) -> Any:
        (folder / "seed0").mkdir(parents=True)
        (folder / "seed0" / ".dosing-env-0123456789abcdef.part").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("dosing_env.training.run._trained", ended)
    with pytest.raises(KeyboardInterrupt):
        trained(brief(), "out")
    assert not list(Path("out", "seed0").iterdir())
