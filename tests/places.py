"""Every place of a file where a text may stand, found from the fields of its record, and a file with a text there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

SET_BY_LOADING = ("name", "file")

Place = tuple[str | int, ...]  # keys and numbers, from the outside


def places(kind: type[msgspec.Struct]) -> list[Place]:
    """Where a text may stand in a file of a record."""
    found = dict.fromkeys(_places(inspect.type_info(kind)))
    return [place for place in found if place[0] not in SET_BY_LOADING]


def field_of(place: Place) -> str:
    """As messages name it, without numbers."""
    return ".".join(str(part) for part in place if part != 0)


def write(path: Path, kind: type[msgspec.Struct], content: dict[str, Any], place: Place, text: str) -> Path:
    """A TOML file of this content with a text at a place."""
    path.write_bytes(msgspec.toml.encode(put(inspect.type_info(kind), content, place, text)))
    return path


def put(info: Any, content: Any, place: Place, text: str) -> Any:
    """The content with a text at a place; what is missing on the way there is made up."""
    if not place:
        return text
    key, rest = place[0], place[1:]
    inner = _inside(info, key)
    if key == 0:
        items = list(content or [None])
        return [put(inner, items[0], rest, text), *items[1:]]
    known = content if content is not None else _example(_struct(info))
    return known | {key: put(inner, known.get(key), rest, text)}


def _places(info: Any, at: Place = ()) -> Iterator[Place]:
    if isinstance(info, inspect.StrType | inspect.LiteralType):
        yield at
    elif isinstance(info, inspect.UnionType):
        for one in info.types:
            yield from _places(one, at)
    elif isinstance(info, inspect.VarTupleType):
        yield from _places(info.item_type, (*at, 0))
    elif isinstance(info, inspect.DictType):
        yield from _places(info.value_type, (*at, "key"))
    elif isinstance(info, inspect.StructType):
        for field in info.fields:
            yield from _places(field.type, (*at, field.name))


def _inside(info: Any, key: str | int) -> Any:
    """The type of what stands under a key."""
    if isinstance(info, inspect.UnionType):
        found = (_inside(one, key) for one in info.types)
        return next(one for one in found if one is not None)
    if isinstance(info, inspect.VarTupleType):
        return info.item_type if key == 0 else None
    if isinstance(info, inspect.DictType):
        return info.value_type if isinstance(key, str) else None
    fields = info.fields if isinstance(info, inspect.StructType) else ()
    return next((field.type for field in fields if field.name == key), None)


def _struct(info: Any) -> Any:
    return next(one for one in getattr(info, "types", [info]) if not isinstance(one, inspect.NoneType))


def _example(info: Any) -> Any:
    """The least that a record or a value may be."""
    if isinstance(info, inspect.StructType):
        return {field.name: _example(field.type) for field in info.fields if field.required}
    if isinstance(info, inspect.VarTupleType):
        return [_example(info.item_type)]
    if isinstance(info, inspect.DictType):
        return {}
    if isinstance(info, inspect.LiteralType):
        return info.values[0]
    return "x" if isinstance(info, inspect.StrType) else 1
