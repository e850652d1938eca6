"""A chart as a protocol reads it: a named tuple, filled by the names of its fields; and what it says as an action."""

from __future__ import annotations

import typing
from collections import namedtuple
from collections.abc import Callable, Iterator
from typing import Any

from dosing_env.catalogue import unknown
from dosing_env.interchange.generated import module
from dosing_env.tasks.compose import Composition


def chart_of(dose: Callable[[Any], Any]) -> Any:
    """The named tuple that a protocol says it reads, by the annotation of its chart; None where it does not say."""
    hints = typing.get_type_hints(dose)
    return next((hint for name, hint in hints.items() if name != "return" and hasattr(hint, "_fields")), None)


def holes(made: Composition, task: str, chart: Any) -> dict[str, Any]:
    """What the holes `read` and `tell` hold.

    Raises:
        ValueError: the chart of the task lacks something that is read; it is named.
    """
    columns = {column.name: key for key, column in made.columns}
    kind = chart or _whole(tuple(columns))
    lines = [f"{field}={_place(made, columns, field, task, kind.__name__)}" for field in kind._fields]
    text = "\n".join(
        (
            '"""How a protocol reads the chart of a task."""',
            "from dosing_env.simulation.compiling import HOLE",
            "Chart = HOLE",
            "",
            "",
            "def read(row, rules):",
            "    where = rules.where",
            f"    return Chart({', '.join(lines)})",
            "",
        )
    )
    return {"read": vars(module(text))["read"], "Chart": kind, "tell": tell_one if len(made.given) == 1 else tell_all}


_KINDS: dict[tuple[str, ...], Any] = {}


def _whole(names: tuple[str, ...]) -> Any:
    """A chart with everything that stands in it."""
    if names not in _KINDS:
        _KINDS[names] = namedtuple("Chart", ("interval", *names))
    return _KINDS[names]


def _place(made: Composition, columns: dict[str, str], field: str, task: str, kind: str) -> str:
    """Where a field of a chart stands in its row. A series may be named in the plural: doses, for dose."""
    if field == "interval":
        return "rules.course.interval"
    name = next((n for n in _names(field) if n in columns), None)
    if name is None:
        raise ValueError(f"reads {field} of a {kind}; {task}: {unknown('column of the chart', field, list(columns))}")
    key = columns[name]
    series = dict(made.columns)[key].length
    return f"row[where.{key} : where.{key}_end]" if series else f"row[where.{key}]"


def _names(field: str) -> Iterator[str]:
    yield field
    if field.endswith("s"):
        yield field[:-1]


def tell_one(order: Any, action: Any) -> None:
    """The dose that a protocol says."""
    action[0] = order


def tell_all(order: Any, action: Any) -> None:
    """All numbers of the order, one after the other."""
    for j in range(len(order)):
        action[j] = order[j]


def tell_none(order: Any, action: Any) -> None:
    """Nothing is said."""


def nothing(chart: Any) -> float:
    """Nothing; never asked for, where a policy is asked from the beginning."""
    return 0.0
