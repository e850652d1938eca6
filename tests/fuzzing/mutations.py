"""Seeded mutations of files: one key of a TOML text, or bytes and lines of any file."""

from __future__ import annotations

import copy
import random
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import msgspec

Rng = random.Random

NUMBERS: tuple[Any, ...] = (
    *(0, -1, 1, 2, 7, 10**6, 2**31, 2**63 - 1, -(2**63), 2**64, 10**18, 10**400),
    *(0.0, -0.0, 0.5, 1e-9, 1e-300, 5e-324, 1e6, 1e15, 1e300, -1e300, float("nan"), float("inf"), -float("inf")),
)
STRINGS = (
    *("", " ", ".", "..", "x", "a\nb", "a\x00b", "\x1b[2J\x1b]0;t\x07", "\u202eabc\u2066", "\x9b31m", "é" * 10),
    *("x" * 1000, "\x1b" * 5000, "evil.py", "../evil.py", "nowhere.toml", "/dev/zero", "agent:evil.toml", "tablets:5"),
    *("oracle", "vancomycin_goti2018", "warfarin_hamberg2007", "adult_ward", "exp(" * 40, "1/0", "=1+1", "nan"),
)
OTHERS: tuple[Any, ...] = (True, False, [], {}, [[]], [{}], {"a": 1}, date(2020, 1, 1), [1] * 2000, ["x"] * 2000)
BYTES = (b"\x00", b"\x1b[31m", b"\xff\xfe", b"\r", b"\n\n", b"\xe2\x80\xae", b'"', b"[", b"]]", b"=", b",", b"'''")
LONG = (b"9" * 5000, b"x" * 20_000, b"[" * 5000, b".a" * 20_000, b"1e999", b"-1", b"1e-300", b"nan", b"1_0", b"0x1F")


def places(content: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every key and list place in tables, however deep."""
    pairs = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in pairs:
        yield (*place, key)
        yield from places(value, (*place, key))


def one_key(text: str, rng: Rng) -> str:
    """A TOML text with one key deleted, renamed, moved, repeated elsewhere or of another value."""
    content = tomllib.loads(text)
    *way, key = rng.choice(list(places(content)))
    parent: Any = content
    for step in way:
        parent = parent[step]
    change = rng.choice((_delete, _rename, _move, _number, _number, _string, _string, _other))
    change(content, parent, key, rng)
    try:
        return msgspec.toml.encode(content).decode()
    except ValueError:  # a whole number that Python does not write
        return text.replace("=", "= " + "9" * 5000, 1)


def _delete(content: Any, parent: Any, key: Any, rng: Rng) -> None:
    del parent[key]


def _rename(content: Any, parent: Any, key: Any, rng: Rng) -> None:
    if isinstance(parent, dict):
        parent[rng.choice((*STRINGS, str(key).upper(), f"{key}s", f"{key}"[1:]))] = parent.pop(key)


def _move(content: Any, parent: Any, key: Any, rng: Rng) -> None:
    """The same key in another section."""
    value = copy.deepcopy(parent[key])
    tables = [content, *(one for one in content.values() if isinstance(one, dict))]
    rng.choice(tables)[str(key)] = value


def _number(content: Any, parent: Any, key: Any, rng: Rng) -> None:
    parent[key] = rng.choice(NUMBERS)


def _string(content: Any, parent: Any, key: Any, rng: Rng) -> None:
    parent[key] = rng.choice(STRINGS)


def _other(content: Any, parent: Any, key: Any, rng: Rng) -> None:
    parent[key] = copy.deepcopy(rng.choice(OTHERS))


def anything(data: bytes, rng: Rng) -> bytes:
    """A file with one to three of its bytes, lines or pieces changed."""
    for _ in range(rng.randint(1, 3)):
        data = rng.choice(CHANGES)(data, rng)
    return data


def _flip(data: bytes, rng: Rng) -> bytes:
    at = rng.randrange(len(data) or 1)
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def _insert(data: bytes, rng: Rng) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(BYTES + LONG) + data[at:]


def _cut(data: bytes, rng: Rng) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at + rng.choice((1, 10, len(data))) :]


def _line(data: bytes, rng: Rng) -> bytes:
    """A line is left out, or stands there twice or elsewhere."""
    lines = data.split(b"\n")
    line = lines.pop(rng.randrange(len(lines)))
    for _ in range(rng.randrange(3)):
        lines.insert(rng.randrange(len(lines) + 1), line)
    return b"\n".join(lines)


def _word(data: bytes, rng: Rng) -> bytes:
    """A word becomes another of the file, or something extreme."""
    words = data.split() or [b""]
    word, other = rng.choice(words), rng.choice((*words, *LONG, *BYTES))
    return data.replace(word, other, 1) if word else data + other


CHANGES: tuple[Callable[[bytes, Rng], bytes], ...] = (_flip, _insert, _cut, _line, _word)
