"""Text of users and their files in messages and tables: visible, short, in one line. Imports nothing of the project."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

LINE = 290  # characters of a message
VALUE = 100  # characters of a value that a message repeats
LIST = 140  # characters of the choices that a message lists
_CUT = " ... "


def visible(text: str, keep: str = "") -> str:
    r"""The text with every character that moves a cursor, reorders a line or is not seen written out, as `\x1b`.

    Args:
        text: anything.
        keep: such characters that stay, for example the newlines of a page.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep or unicodedata.category(c) == "Zs" else _escape(c) for c in text)


def shortened(text: str, most: int) -> str:
    """The text with at most so many characters: the middle is left out, because a message ends in its rule."""
    if len(text) <= most:
        return text
    kept = most - len(_CUT)
    return f"{text[: kept - kept // 3]}{_CUT}{text[len(text) - kept // 3 :]}"


def one_line(text: str, most: int = LINE) -> str:
    """The text as one visible line of so many characters at most."""
    few = shortened(text, 4 * most)  # what is escaped grows, and what is left out need not be escaped
    return shortened(visible(few), most)


def value(found: Any, most: int = VALUE) -> str:
    """A value as a message repeats it: its `repr`, shortened."""
    if isinstance(found, str):
        return shortened(repr(shortened(found, most)), most)
    try:
        return shortened(visible(repr(found)), most)
    except ValueError:  # an integer of more digits than Python writes
        return "a number of too many digits"


def listed(names: Sequence[str], most: int = LIST) -> str:
    """Names with commas between; where they are many the first ones, and how many more there are."""
    shown: list[str] = []
    for name in names:
        if shown and sum(map(len, shown)) + 2 * len(shown) + len(name) > most:
            return f"{', '.join(shown)} and {len(names) - len(shown)} more"
        shown.append(one_line(name, most))
    return ", ".join(shown)


@contextmanager
def refusals() -> Iterator[None]:
    """Makes one visible line of what is raised inside as a `ValueError`."""
    try:
        yield
    except ValueError as error:
        line = one_line(str(error))
        if type(error) is ValueError and line == str(error):
            raise
        raise ValueError(line) from None


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()
