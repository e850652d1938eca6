"""A chart as a protocol reads it: a named tuple, filled by the names of its fields; and what it says as an action."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator
from typing import Any

from dosing_env.care import chart_of
from dosing_env.catalogue import unknown
from dosing_env.interchange.generated import module
from dosing_env.simulation.compiling import mentioned
from dosing_env.tasks.compose import Composition


def holes(made: Composition, task: str, dose: Callable[[Any], Any] | None) -> dict[str, Any]:
    """What the holes `read` and `tell` hold for a protocol; None: for none.

    Of the chart that it says it reads it need not have what it does not mention.

    Raises:
        ValueError: the chart of the task lacks something that is read; it is named.
    """
    columns = {column.name: key for key, column in made.columns}
    kind = (chart_of(dose) if dose else None) or _whole(tuple(columns))
    used = mentioned(dose) if dose else frozenset()
    places = {field: _place(made, columns, field) for field in kind._fields}
    for field, place in places.items():
        if place is None and field in used:
            lacks = unknown("column of the chart", field, list(columns))
            raise ValueError(f"reads {field} of a {kind.__name__}; {task}: {lacks}")
    lines = [f"{field}={place or 0.0}" for field, place in places.items()]
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


def _place(made: Composition, columns: dict[str, str], field: str) -> str | None:
    """Where a field of a chart stands in its row. A series may be named in the plural: doses, for dose."""
    if field == "interval":
        return "rules.course.interval"
    name = next((n for n in _names(field) if n in columns), None)
    if name is None:
        return None
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
