"""Reading TOML into checked records. Imports nothing of the project."""

from __future__ import annotations

import difflib
import re
import tomllib
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_SET_BY_LOADING = ("name", "file")  # fields that are no keys of the file


def decode(path: Path, kind: type[T] | Callable[[dict[str, Any]], type[T]]) -> T:
    """The record in a TOML file, of a kind that may depend on what is in it.

    Raises:
        ValueError: one line with file, field, value, rule and, for an unknown key, the nearest known one.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return decode_text(text, str(path), kind)


def decode_text(text: str, where: str, kind: type[T] | Callable[[dict[str, Any]], type[T]]) -> T:
    """The same of a text; `where` it stands is for messages.

    Raises:
        ValueError: as `decode`.
    """
    try:
        data = tomllib.loads(text)
        for key in _SET_BY_LOADING:
            if key in data:
                raise ValueError(f"unknown key {key}. It is known from the path of the file.")
        return convert(data, kind if isinstance(kind, type) else kind(data))
    except RecursionError:
        raise ValueError(f"{where}: brackets inside one another too deeply") from None
    except ValueError as error:  # tomllib's and the decoder's are ValueErrors too
        raise ValueError(f"{where}: {error}") from None


def convert(data: Any, kind: type[T]) -> T:
    """The record made of tables and values as TOML knows them.

    Raises:
        ValueError: as `decode`, without the file.
    """
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise ValueError(_explain(_named(str(error), kind, data), kind, data)) from None


def one_line(text: str, most: int = 400) -> str:
    """Text of a file in a message: one line of so many characters at most, with nothing that moves a cursor."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * most]).split())
    return line if len(line) <= most else f"{line[:most]} ..."


def _named(message: str, kind: Any, data: Any) -> str:
    """The sentence with the key of a table where msgspec says "[...]", for it names no key that a user chose."""
    place = re.search(r"`\$\.(\w+)\[\.\.\.\]", message)
    if place is None:
        return message
    for key, value in data[place.group(1)].items():
        try:
            msgspec.convert(data | {place.group(1): {key: value}}, kind)
        except msgspec.ValidationError as error:
            if place.group() in str(error):
                return str(error).replace("[...]", f".{key}", 1)
    return message


def _explain(message: str, kind: Any, data: Any) -> str:
    """msgspec's sentence, with the value found, or the nearest known key where a key is unknown."""
    unknown = re.match(r"Object contains unknown field `(.*?)`(?: - at `\$\.?(.*?)`)?$", message)
    if unknown is None:
        return message.replace("`$.", "`") + _found(message, data)
    key, at = unknown.group(1), unknown.group(2) or ""
    known = _keys(kind, at)
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."
    return f"unknown key {f'{at}.' if at else ''}{key}. {hint}"


def _found(message: str, data: Any) -> str:
    """The value that stands where the sentence says, unless a whole section is meant."""
    place = re.search(r"at `\$\.?(.*?)`$", message)
    if place is None or not place.group(1) or message.startswith("Object"):
        return ""
    known, _, _ = place.group(1).partition("[...]")  # which key of a table it is, the sentence does not say
    for part in re.findall(r"[^.\[\]]+", known):
        data = data[int(part) if isinstance(data, list | tuple) else part]
    return f", found {data!r}"


def _keys(kind: Any, at: str) -> list[str]:
    """The keys that the section at a path such as "course", "subgroups[0]" or "search.n_steps" knows."""
    for name in filter(None, at.split(".")):
        of_user = typing.get_origin(kind) is dict
        kind = typing.get_args(kind)[1] if of_user else typing.get_type_hints(kind)[name.partition("[")[0]]
        inside = (part for part in typing.get_args(kind) if hasattr(part, "__struct_fields__"))  # of a list, a choice
        kind = kind if typing.get_origin(kind) is dict else next(inside, kind)
    return [field.name for field in msgspec.structs.fields(kind) if field.name not in _SET_BY_LOADING]
