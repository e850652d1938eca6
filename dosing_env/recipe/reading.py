"""Recipe files, and what is told apart by them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from dosing_env import catalogue
from dosing_env.io import printable, reading
from dosing_env.io.records import decode, decode_text
from dosing_env.recipe.checks import check
from dosing_env.recipe.sections import Recipe
from dosing_env.scenario import content_of


@printable.refusals()
def load(name: str) -> Recipe:
    """The recipe of a catalogue name or of a path to a .toml file.

    Raises:
        ValueError: one line with file, field, value, rule and the nearest right answer.
    """
    path = catalogue.find("agents", name)
    recipe = msgspec.structs.replace(decode(path, Recipe), name=path.stem, file=str(path))
    check(recipe, str(path))
    return recipe


@printable.refusals()
def parse(text: str, name: str, where: str) -> Recipe:
    """The recipe in a text, named so; `where` it stands is for messages.

    Raises:
        ValueError: as `load`.
    """
    recipe = msgspec.structs.replace(decode_text(text, where, Recipe), name=name)
    check(recipe, where)
    return recipe


def fingerprint(recipe: Recipe) -> str:
    """A hash of what gives the learned numbers their meaning: their form, what is seen and how, what is said."""
    meaning: tuple[Any, ...] = (recipe.algorithm, recipe.action, recipe.form, recipe.observation)
    if recipe.hold:
        meaning += ("hold",)
    if recipe.frames:
        meaning += (recipe.frames,)
    if recipe.belief:
        meaning += (content_of("drugs", recipe.belief),)
    return hashlib.sha256(msgspec.json.encode(meaning)).hexdigest()[:12]


def text(recipe: Recipe) -> str:
    """The recipe as TOML: the file it was read from with its comments, unless it was changed since."""
    if recipe.file and load(recipe.file) == recipe:
        return reading.read_text(Path(recipe.file))
    content = msgspec.to_builtins(recipe)
    return msgspec.toml.encode({key: value for key, value in content.items() if key not in ("name", "file")}).decode()
