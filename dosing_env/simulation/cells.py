"""The cells of tables that people type. Every complaint names table, row, column, value and rule."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd


class Cell(NamedTuple):
    """One value of a table, with where it stands."""

    table: str
    row: int | None  # counted from 1; None where the table is a single record
    column: str
    value: Any

    def wrong(self, rule: str) -> ValueError:
        """What to raise where the value breaks the rule."""
        row = "" if self.row is None else f"row {self.row}, "
        return ValueError(f"{self.table}: {row}{self.column}: {self.value!r}: {rule}")

    @property
    def empty(self) -> bool:
        """Nothing, not a number, or NONMEM's dot."""
        if isinstance(self.value, str):
            return self.value.strip() in ("", ".")
        return bool(pd.api.types.is_scalar(self.value) and pd.isna(self.value))

    def number(self, default: float | None = None, least: float = -math.inf) -> float:
        """The value as a number of at least `least`; the default where the cell is empty.

        Raises:
            ValueError: empty without a default, not a finite number, or too small.
        """
        if self.empty:
            if default is None:
                raise self.wrong("a number is needed here")
            return default
        try:
            value = float(self.value)
        except (TypeError, ValueError):
            raise self.wrong("not a number") from None
        if not math.isfinite(value):
            raise self.wrong("not a finite number")
        if value < least:
            raise self.wrong(f"must be at least {least:g}")
        return value

    def whole(self, default: int) -> int:
        """The value as a whole number of at least 0; the default where the cell is empty."""
        value = self.number(default, least=0.0)
        if value != int(value):
            raise self.wrong("must be a whole number")
        return int(value)


Row = dict[str, Cell]


def read_rows(table: str, data: Any, headings: Iterable[str]) -> list[Row]:
    """The rows of a DataFrame or of a list of dicts; `headings` are matched whatever their case, other columns exactly.

    Every row has the same columns; what is not given is an empty cell.

    Raises:
        ValueError: neither of the two, or two columns of one name.
    """
    known = {heading.casefold(): heading for heading in headings}
    records = [_renamed(table, record, known) for record in _records(table, data)]
    columns = dict.fromkeys([*known.values(), *(column for record in records for column in record)])
    return [
        {column: Cell(table, number, column, _plain(record.get(column))) for column in columns}
        for number, record in enumerate(records, start=1)
    ]


def columns_of(rows: list[Row]) -> list[str]:
    """The columns in which any row holds something, in order of appearance."""
    return list(dict.fromkeys(column for row in rows for column, cell in row.items() if not cell.empty))


def _records(table: str, data: Any) -> list[Mapping[Any, Any]]:
    if isinstance(data, pd.DataFrame):
        if not data.columns.is_unique:
            raise ValueError(f"{table}: two columns are called {data.columns[data.columns.duplicated()][0]!r}")
        return data.to_dict("records")  # type: ignore[return-value]
    if isinstance(data, list | tuple) and all(isinstance(row, Mapping) for row in data):
        return list(data)
    raise ValueError(f"{table}: expected a DataFrame or a list of dicts, got {type(data).__name__}")


def _renamed(table: str, record: Mapping[Any, Any], known: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column, value in record.items():
        name = known.get(str(column).casefold(), str(column))
        if name in row:
            raise ValueError(f"{table}: two columns are called {name!r} (case does not count)")
        row[name] = value
    return row


def _plain(value: Any) -> Any:
    """A NumPy scalar as the Python number that it is, for readable messages."""
    return value.item() if hasattr(value, "item") and not getattr(value, "shape", ()) else value
