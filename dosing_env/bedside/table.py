"""A bedside table (TOML) <-> a frozen, checked Table: short decision trees, written line by line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from dosing_env.bedside.chart import COLUMNS, Counts
from dosing_env.catalogue import unknown
from dosing_env.io import printable
from dosing_env.io.records import decode

DEEPEST = 5  # questions before an answer
MOST = {"mg": 1000.0, "percent": 1000.0, "days": 1000.0}


class Line(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A question, with the lines of "at most" behind it and then those of "above"; or an answer."""

    ask: str | None = None  # a column of `chart.COLUMNS`
    at_most: float | None = None
    say: float | None = None
    patients: Annotated[int, Meta(ge=0)] = 0  # virtual ones, who met the answer when the table was made


Lines = tuple[Line, ...]
Unit = Literal["mg", "percent"]  # of a dose: mg a day, or percent of the mean daily dose of the last 7 days


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """The trees of some days."""

    title: str
    unit: Unit
    dose: Lines
    next: Lines  # days to the next INR
    until_day: Annotated[int, Meta(ge=1)] | None = None  # left out of the last part: to the end


class Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be done at a visit."""

    title: str
    purpose: str
    policy: str  # whose doses it gives as nearly as it can
    scenario: str  # where that was asked
    parts: tuple[Part, ...]
    name: str = ""  # of the file
    file: str = ""  # where it was read from


@printable.refusals()
def load(file: str) -> Table:
    """The table in a file.

    Raises:
        ValueError: one line with file, field, value, rule and the nearest right answer.
    """
    path = Path(file)
    table = msgspec.structs.replace(decode(path, Table), name=path.stem, file=file)
    for fault in faults(table):
        raise ValueError(f"{file}: {fault}")
    return table


def text_of(table: Table) -> str:
    """The table as the text of a file."""
    return "\n".join([*_text(table), ""])


def faults(table: Table) -> Iterator[str]:
    """What cannot be right, in words."""
    ends = [part.until_day for part in table.parts]
    if not ends or ends[-1] is not None or None in ends[:-1] or sorted(set(ends[:-1])) != ends[:-1]:  # type: ignore[type-var]
        yield f"parts: until_day: {ends}: must rise from part to part, and be left out of the last one only"
    for i, part in enumerate(table.parts):
        for name, unit in (("dose", part.unit), ("next", "days")):
            for fault in _faults(getattr(part, name), unit):
                yield f"parts[{i}].{name}{fault}"


def _faults(lines: Lines, unit: str) -> Iterator[str]:
    for i, line in enumerate(lines):
        if fault := _fault(line, unit):
            yield f"[{i}].{fault}"
            return
    try:
        turns(lines)
    except ValueError as error:
        yield str(error)


def _fault(line: Line, unit: str) -> str:
    """What is wrong with a line by itself."""
    if line.say is not None:
        if line.ask is not None or line.at_most is not None:
            return "say: stands beside a question: a line asks (ask, at_most) or says"
        least = 1.0 if unit == "days" else 0.0
        wrong = not least <= line.say <= MOST[unit]
        return f"say: {line.say:g} {unit} is not between {least:g} and {MOST[unit]:g}" if wrong else ""
    if line.ask is None or line.at_most is None:
        return "ask: a line has either ask and at_most, or say"
    if line.ask not in COLUMNS:
        return f"ask: {unknown('column', line.ask, list(COLUMNS))}"
    step = COLUMNS[line.ask].step
    steps = line.at_most / step
    if not math.isfinite(steps) or abs(steps - round(steps)) > 1e-6:
        return f"at_most: {line.at_most:g} is no multiple of {step:g}, in which {line.ask} is read"
    return ""


def turns(lines: Lines) -> NDArray[np.int64]:
    """For each question the number of the line where "above" begins, (lines,); 0 of an answer.

    Raises:
        ValueError: lines are missing or left over, or there are too many questions one after the other.
    """
    above = np.zeros(len(lines), dtype=np.int64)
    end = _end(lines, 0, 0, above)
    if end < len(lines):
        raise ValueError(f"[{end}]: stands behind the last answer, every question has two")
    return above


def _end(lines: Lines, i: int, depth: int, above: NDArray[np.int64]) -> int:
    """One past the last line of the tree that begins at line i."""
    if i >= len(lines):
        raise ValueError(f": ends after {len(lines)} lines, and a question has no answer")
    if lines[i].say is not None:
        return i + 1
    if depth == DEEPEST:
        raise ValueError(f"[{i}]: is question {depth + 1} of a row, {DEEPEST} are the most")
    above[i] = _end(lines, i + 1, depth + 1, above)
    return _end(lines, int(above[i]), depth + 1, above)


def answers(lines: Lines, above: NDArray[np.int64], counts: Counts, size: int) -> NDArray[np.int64]:
    """The number of the line that answers each of `size` charts, (size,)."""
    at = np.zeros(size, dtype=np.int64)
    for i, line in enumerate(lines):  # questions stand before their answers
        if line.ask is not None and line.at_most is not None:
            here = at == i
            few = counts[line.ask][here] <= round(line.at_most / COLUMNS[line.ask].step)
            at[here] = np.where(few, i + 1, above[i])
    return at


def said(lines: Lines) -> NDArray[np.float64]:
    """What each line says, (lines,); 0 of a question."""
    return np.array([line.say or 0.0 for line in lines])


def walk(lines: Lines) -> Iterator[tuple[int, Line]]:
    """Every line with the number of questions before it."""
    depths = [0]
    for line in lines:
        depth = depths.pop()
        yield depth, line
        depths += [depth + 1, depth + 1] if line.say is None else []


def _text(table: Table) -> Iterator[str]:
    yield "# Research and education only. Not for the care of real patients. A question (ask) is followed by the lines"
    yield "# for values of at most that and then by those for values above; an answer (say) ends a row of questions."
    for key in ("title", "purpose", "policy", "scenario"):
        yield f"{key} = {json.dumps(getattr(table, key))}"
    for part in table.parts:
        yield "\n[[parts]]"
        for key in ("title", "unit", "until_day"):
            if (value := getattr(part, key)) is not None:
                yield f"{key} = {json.dumps(value)}"
        for key in ("dose", "next"):
            rows = [f"  {'  ' * depth}{_inline(line)}," for depth, line in walk(getattr(part, key))]
            yield "\n".join([f"{key} = [", *rows, "]"])


def _inline(line: Line) -> str:
    return f"{{ {', '.join(f'{key} = {json.dumps(value)}' for key, value in msgspec.to_builtins(line).items())} }}"
