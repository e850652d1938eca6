"""What a training has written to its folder, so that nothing else is ever replaced or deleted there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dosing_env import recipe as recipes
from dosing_env.io import folders
from dosing_env.recipe import Recipe
from dosing_env.training.checkpoints import CHECKPOINT

OF_A_SEED = (CHECKPOINT, "trained.safetensors", "log[0-9]*.csv", "tensorboard/events.*")


def require_free(folder: Path) -> None:
    """Refuse a folder that is not empty.

    Raises:
        ValueError: what is in the way; a training is named as such.
    """
    if any(folder.glob("seed*")):
        raise ValueError(
            f"{folder}: holds a training. Go on with it by `dosing-env train --resume {folder}`, or name another folder"
        )
    folders.require_free(folder, folders.Record(folder, {}), ())


def begin(recipe: Recipe, path: Path, *, card: bool, overwrite: bool) -> None:
    """Write the recipe as it is run to `path`, and delete what would belong to other weights.

    Args:
        recipe: as it is run.
        path: of the recipe in the folder of the training.
        card: a new one will be written.
        overwrite: delete the training that is there, and replace what else is in the way.

    Raises:
        ValueError: the recipe that is read would be changed, or something would be lost. Then nothing is deleted.
    """
    folder, text = path.parent, recipes.text(recipe)
    same = path.is_file() and path.read_text(encoding="utf-8") == text
    if recipe.file and not same:
        folders.require_not_read(recipe.file, path)
    if overwrite:
        _clear(folder, but=path.name if same else "")
    else:
        _delete_card(folder, path.with_suffix(".md").name, card)
    folders.note(folder, (), _of(path))
    if not same:
        write_file(path, path.name, text.encode())


def write_file(path: Path, name: str, data: bytes) -> None:
    """Write a file beside the recipe at `path`, and record it."""
    folders.write(path.parent, name, data, _of(path))


def record(path: Path) -> None:
    """Record what a training has written so far; `path` is its recipe."""
    folder, bundle = path.parent, path.with_suffix(".safetensors")
    names = [*_of_seeds(folder), *([bundle.name] if bundle.exists() else [])]
    folders.note(folder, names, _of(path))


def recipe_of(folder: Path) -> list[Path]:
    """The recipe of the training in a folder; none where no record names it."""
    of = folders.read(folder).of
    name = of.get("recipe", "") if isinstance(of, dict) else ""
    return [folder / name] if folders.is_inside(str(name)) else []


def _of(path: Path) -> dict[str, str]:
    """What a training has written to the folder of its recipe."""
    return {"recipe": path.name}


def _clear(folder: Path, but: str) -> None:
    there = folders.read(folder)
    for name in _of_seeds(folder):
        if not there.unchanged(name):
            raise ValueError(f"{folder / name}: no record says that it was written so: move it away, or go on with it")
    there.delete([but])
    (folder / folders.RECORD).unlink(missing_ok=True)
    for below in sorted(folder.glob("seed*/**/"), reverse=True):
        if not any(below.iterdir()):
            below.rmdir()


def _delete_card(folder: Path, card: str, new: bool) -> None:
    """Delete the card of weights that were there before; one that is not as it was written stays."""
    if folders.read(folder).unchanged(card):
        (folder / card).unlink()
    if new and (folder / card).exists():
        raise ValueError(f"{folder / card}: was changed since it was written, and would be replaced: move it away")


def _of_seeds(folder: Path) -> Iterator[str]:
    """The files of all seeds, by their names in the folder."""
    for pattern in OF_A_SEED:
        for path in sorted(folder.glob(f"seed*/{pattern}")):
            yield path.relative_to(folder).as_posix()
