"""Reading TOML into checked records."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from dosing_env.io import printable, reading

T = TypeVar("T")

MOST_DOTS = 200  # of a line: what it takes to read a key of so many parts grows with their square
_SET_BY_LOADING = ("name", "file")  # fields that are no keys of the file


def decode(path: Path, kind: type[T] | Callable[[dict[str, Any]], type[T]]) -> T:
    """The record in a TOML file, of a kind that may depend on what is in it.

    Raises:
        ValueError: one line with file, field, value, rule and, for an unknown key, the nearest known one.
    """
    with printable.refusals():
        return decode_text(reading.read_text(path), str(path), kind)


def decode_text(text: str, where: str, kind: type[T] | Callable[[dict[str, Any]], type[T]]) -> T:
    """The same of a text; `where` it stands is for messages.

    Raises:
        ValueError: as `decode`.
    """
    try:
        data = toml(text)
        for key in _SET_BY_LOADING:
            if key in data:
                raise ValueError(f"unknown key {key}. It is known from the path of the file.")
        return convert(data, kind if isinstance(kind, type) else kind(data))
    except RecursionError:
        raise ValueError(f"{where}: brackets inside one another too deeply") from None
    except ValueError as error:  # tomllib's and the decoder's are ValueErrors too
        raise ValueError(f"{where}: {error}") from None


def toml(text: str) -> dict[str, Any]:
    """The tables and values of a TOML text.

    Raises:
        RecursionError: brackets stand inside one another too deeply.
        ValueError: it is no TOML, or a line has too many dots.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > MOST_DOTS and len(re.findall(r"\.(?!\.)", line)) > MOST_DOTS:
            raise ValueError(f"line {number} has more than {MOST_DOTS} dots")
    return tomllib.loads(text)


def convert(data: Any, kind: type[T]) -> T:
    """The record made of tables and values as TOML knows them.

    Raises:
        ValueError: as `decode`, without the file.
    """
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise ValueError(_explain(_named(str(error), kind, data), kind, data)) from None


def finite(number: float) -> bool:
    """Whether a number is one that 64 bits hold: not infinite, no nan, no huge integer."""
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


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
    choice = re.match(r"Invalid enum value .* - at `\$\.(.*?)`$", message, re.DOTALL)
    if choice is not None:
        return _no_choice(choice.group(1), kind, data)
    unknown = re.match(r"Object contains unknown field `(.*?)`(?: - at `\$\.?(.*?)`)?$", message, re.DOTALL)
    if unknown is None:
        return message.replace("`$.", "`") + _found(message, data) + _why(message, kind)
    key, at = unknown.group(1), unknown.group(2) or ""
    known = _keys(kind, at)
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known: {printable.listed(known)}."
    return f"unknown key {f'{at}.' if at else ''}{printable.one_line(key, printable.VALUE)}. {hint}"


def _found(message: str, data: Any) -> str:
    """The value that stands where the sentence says, unless a whole section is meant."""
    place = re.search(r"at `\$\.?(.*?)`$", message, re.DOTALL)
    if place is None or not place.group(1) or message.startswith("Object"):
        return ""
    return f", found {printable.value(_at(place.group(1), data))}"


def _at(place: str, data: Any) -> Any:
    """What stands at a path such as "course.days" or "subgroups[0].title"."""
    known, _, _ = place.partition("[...]")  # which key of a table it is, the sentence does not say
    for part in re.findall(r"[^.\[\]]+", known):
        data = data[int(part) if isinstance(data, list | tuple) else part]
    return data


def _no_choice(place: str, kind: Any, data: Any) -> str:
    """The value, and the ones that could stand there."""
    found, choices = _at(place, data), _literals(_hint(kind, place))
    near = difflib.get_close_matches(str(found), choices, n=1, cutoff=0.6)
    hint = f". Did you mean {near[0]!r}?" if near else ""
    return f"{place}: {printable.value(found)} is not one of {printable.listed(choices)}{hint}"


def _literals(hint: Any) -> list[str]:
    """The values that a type lists."""
    if typing.get_origin(hint) is typing.Literal:
        return [str(value) for value in typing.get_args(hint)]
    return [value for inside in typing.get_args(hint) for value in _literals(inside)]


def _hint(kind: Any, place: str) -> Any:
    """The type of the field at a path."""
    section, _, name = place.rpartition(".")
    return typing.get_type_hints(_section(kind, section), include_extras=True).get(name.partition("[")[0])


def _why(message: str, kind: Any) -> str:
    """Why there is a bound that is passed, if the record says it."""
    place = re.match(r"Expected .* <= .* - at `\$\.?(.*?)`$", message)
    if place is None:
        return ""
    reasons = [meta.description for meta in _metas(_hint(kind, place.group(1))) if meta.description]
    return f": {reasons[0 if 'of length' in message else -1]}" if reasons else ""


def _metas(hint: Any) -> Iterator[msgspec.Meta]:
    """What is said of a type and of the types inside it, the innermost last."""
    yield from (meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, msgspec.Meta))
    for inside in typing.get_args(hint):
        yield from _metas(inside)


def _keys(kind: Any, at: str) -> list[str]:
    """The keys that the section at a path such as "course", "subgroups[0]" or "search.n_steps" knows."""
    return [field.name for field in msgspec.structs.fields(_section(kind, at)) if field.name not in _SET_BY_LOADING]


def _section(kind: Any, at: str) -> Any:
    """The record of a section at a path."""
    for name in filter(None, at.split(".")):
        of_user = typing.get_origin(kind) is dict
        kind = typing.get_args(kind)[1] if of_user else typing.get_type_hints(kind)[name.partition("[")[0]]
        inside = (part for part in typing.get_args(kind) if hasattr(part, "__struct_fields__"))  # of a list, a choice
        kind = kind if typing.get_origin(kind) is dict else next(inside, kind)
    return kind
