"""What is known of a patient and of a task in compiled code: records of named numbers, and flat rows of series.

Lengths (of a course, of a list of times) do not belong to the type of anything, so that a change of them compiles
nothing: every series of a patient lies in one row `memory`, every list of the scenario in one row `plan`, and the
record `rules.where` says where each begins and ends. Lists of whole numbers have a row of their own, `counts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.tasks.part import Column, Setting
from dosing_env.tasks.parts import Named

Record = NDArray[np.void]


class Rules(NamedTuple):
    """The numbers of a task, a record of shape (1,), and its lists in rows: those of numbers, and of whole numbers."""

    record: Any
    plan: Any
    counts: Any


class Shelf:
    """Where the series of a row stand."""

    def __init__(self) -> None:
        self.width = 0
        self.places: dict[str, int] = {}

    def put(self, name: str, length: int) -> None:
        """Make room for a series."""
        self.places[f"{name}_first"], self.places[f"{name}_end"] = self.width, self.width + length
        self.width += length


class Laid(NamedTuple):
    """What a part has in compiled code."""

    numbers: Mapping[str, float]  # of the scenario
    lists: tuple[str, ...]
    counts: tuple[str, ...]  # lists of whole numbers
    series: tuple[str, ...]  # of a patient


class Memory:
    """The records of a task's parts; with numbers, lists and series of the course, and the places of columns.

    Attributes:
        laid: path of a part -> what it has.
        rules: shape (1,), the numbers of the scenario: a record for each part, `prices`, and `where`.
        plan, counts: every list of the scenario, one behind the other: those of numbers, and those of whole numbers.
        lists: names of the lists of the course, and whether they are of whole numbers.
        width: of a patient's row of series.
    """

    def __init__(
        self,
        parts: Sequence[Named],
        settings: Mapping[str, Setting],
        course: Mapping[str, float],
        lists: Mapping[str, Any],
        series: Mapping[str, int],
        places: Mapping[str, int],
    ) -> None:
        plan, counts, memory = Shelf(), Shelf(), Shelf()
        for name, length in series.items():
            memory.put(name, length)
        self.laid: dict[str, Laid] = {}
        numbers: list[Any] = [np.zeros(0)]
        whole: list[Any] = [np.zeros(0, np.int64)]

        def keep(name: str, value: Any) -> None:
            shelf, values = (counts, whole) if _is_whole(value) else (plan, numbers)
            shelf.put(name, len(value))
            values.append(value)

        for name, value in lists.items():
            keep(f"clock_{name}", value)
        for p in parts:
            found, own_series = p.part.numbers(p.section, settings[p.path]), p.part.series(p.section, settings[p.path])
            own = {name: value for name, value in found.items() if np.ndim(value) > 0}
            for name, value in own.items():
                keep(f"{p.id}_{name}", value)
            for name, length in own_series.items():
                memory.put(f"{p.id}_{name}", length)
            single = {name: float(value) for name, value in found.items() if np.ndim(value) == 0}
            of_whole = tuple(name for name, value in own.items() if _is_whole(value))
            self.laid[p.path] = Laid(single, tuple(own), of_whole, tuple(own_series))
        self.plan, self.counts = np.concatenate(numbers), np.concatenate(whole)
        self.lists = {name: _is_whole(value) for name, value in lists.items()}
        self.width = memory.width
        sections = {p.id: self.laid[p.path].numbers for p in parts if self.laid[p.path].numbers}
        sections["course"] = course
        self.rules = _record(sections, {**plan.places, **counts.places, **memory.places, **places})

    @property
    def all(self) -> Rules:
        """Numbers and lists as compiled code takes them."""
        return Rules(self.rules, self.plan, self.counts)


def _is_whole(values: Any) -> bool:
    return np.asarray(values).dtype.kind == "i"


def _record(sections: Mapping[str, Mapping[str, float]], where: Mapping[str, int]) -> Record:
    kinds: list[Any] = [(name, [(key, "f8") for key in numbers]) for name, numbers in sections.items()]
    kinds.append(("where", [(key, "i8") for key in where]))
    rules = np.zeros(1, np.dtype(kinds))
    for name, numbers in (*sections.items(), ("where", where)):
        rules[name] = [tuple(numbers.values())]
    return rules


def course_type(parts: Sequence[Named], sizes: Mapping[str, int], changing: int, terms: int) -> np.dtype[np.void]:
    """One patient's record: everything that changes and is no series, the true state.

    Args:
        parts: those of the task.
        sizes: lengths of `patient`, `eta`, `parameters`, `amounts`, `days` (what the drug's days remember).
        changing: bedside values that can change.
        terms: of the reward.
    """
    return np.dtype(
        [
            ("number", "i8"),  # the patient
            ("decision", "i8"),  # decision points passed
            ("going", "i8"),  # doses that go on, see `course_events`
            ("gained", "f8", (terms,)),  # so far, of each term before its price
            *((name, "f8", (size,)) for name, size in sizes.items()),
            (
                "evaluated",
                "f8",
                (max(changing, 1) + 1,),
            ),  # bedside values that gave the parameters, and the occasion; nan: none
            *((p.id, [(name, "f8") for name in p.part.now]) for p in parts if p.part.now),
        ]
    )


def admission(kind: np.dtype[np.void], parts: Sequence[Named]) -> Record:
    """The record of a patient at admission, shape (1,)."""
    course = np.zeros(1, kind)
    course["evaluated"] = np.nan
    for p in parts:
        for name, value in p.part.now.items():
            course[p.id][name] = value
    return course


def places(columns: Sequence[tuple[str, Column]]) -> tuple[dict[str, int], int]:
    """Where each column of a chart begins, the single numbers before the series; and how many numbers there are."""
    at, out = 0, {}
    for single in (True, False):
        for name, column in columns:
            if (column.length == 0) is single:
                out[name], out[f"{name}_end"] = at, at + max(column.length, 1)
                at += max(column.length, 1)
    return out, at
