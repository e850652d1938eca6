"""Who is simulated: the subjects of the tables, and the number by which each of them draws."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.io.arguments import whole

Numbers = NDArray[np.uint64]
Names = Sequence[Hashable]

MOST = 10_000_000  # subjects: a list of their numbers takes 400 MB

_NO_NUMBER = 1 << 63  # set in the number of a subject whose ID is none


def common(tables: Mapping[str, list[Hashable]], subjects: Any = None) -> list[Hashable]:
    """The subjects of the tables that have them; all of those name the same ones. Without any, the one subject None.

    Args:
        tables: name of the table -> its subjects.
        subjects: how many subjects (1 to n), or a range of their numbers, where no table has any.

    Raises:
        ValueError: two tables name different subjects, or one names any and `subjects` is given.
    """
    with_subjects = {name: who for name, who in tables.items() if who != [None]}
    if subjects is not None:
        for name in with_subjects:
            raise ValueError(f"subjects: {subjects!r}: {name} has an ID; only tables without one can be repeated")
        return list(_numbered(subjects))
    for name, who in with_subjects.items():
        for other, others in with_subjects.items():
            missing = set(who) - set(others)
            if missing:
                raise ValueError(f"{other}: ID: {next(s for s in who if s in missing)!r} of {name} has no row")
    return next(iter(with_subjects.values()), [None])


def _numbered(subjects: Any) -> range:
    if not isinstance(subjects, range):
        return range(1, 1 + whole("subjects", subjects, 1, MOST, ", nor a range of their numbers"))
    if subjects and subjects[-1] - subjects[0] >= MOST * subjects.step:
        raise ValueError(f"subjects: {subjects!r} are more than {MOST:,}; a list of their numbers takes 400 MB")
    if not (len(subjects) > 0 and min(subjects) >= 0 and max(subjects) < _NO_NUMBER):
        raise ValueError(f"subjects: {subjects!r} is empty, or has numbers that are not from 0 to {_NO_NUMBER - 1}")
    return subjects


def rows_of(subjects: list[Hashable], who: list[Hashable]) -> NDArray[np.intp]:
    """Where each subject stands in a table; 0 where the table is for all."""
    if subjects == [None]:
        return np.zeros(len(who), dtype=np.intp)
    if subjects is who:
        return np.arange(len(who))
    place = {name: index for index, name in enumerate(subjects)}
    return np.array([place[name] for name in who], dtype=np.intp)


def numbers_of(who: list[Hashable]) -> Numbers:
    """The number by which each subject draws: an ID that is a whole number (or such text) itself, else a digest of it.

    A subject without ID has the number 1.
    """
    numbers = np.asarray(who) if all(type(name) is int for name in who) else np.zeros(0)
    if numbers.dtype.kind == "i" and numbers.min() >= 0:
        return numbers.astype(np.uint64)
    return np.array([_number(name) for name in who], dtype=np.uint64)


def _number(name: Hashable) -> int:
    if name is None:
        return 1
    if isinstance(name, float) and name.is_integer():
        name = int(name)
    text = str(name)
    if text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < _NO_NUMBER and str(int(text)) == text:
        return int(text)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) | _NO_NUMBER
