"""Tables that people type. Every complaint names table, row, column, value and rule."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dosing_env.io import printable, reading
from dosing_env.io.spreadsheet import unquoted

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

CELLS = 10**8  # of a table: 8 bytes or more each in memory
_NOTHING = ("", ".", "na", "nan", "null")  # NONMEM's dot, and what other programs write for a missing value


class Cell(NamedTuple):
    """One value of a table, with where it stands."""

    table: str
    row: int | None  # counted from 1; None where the table is a single record
    column: str
    value: Any

    def wrong(self, rule: str) -> ValueError:
        """What to raise where the value breaks the rule."""
        row = "" if self.row is None else f"row {self.row}, "
        column = printable.one_line(self.column, printable.VALUE)
        return ValueError(f"{self.table}: {row}{column}: {printable.value(self.value)}: {rule}")

    def number(self, default: float | None = None, least: float = -math.inf) -> float:
        """The value as a number of at least `least`; the default where the cell is empty.

        Raises:
            ValueError: empty without a default, not a finite number, or too small.
        """
        return float(
            Table(self.table, [{self.column: self.value}], (), self.row).numbers(self.column, default, least)[0]
        )


class Table:
    """A DataFrame, list of dicts or CSV file. Known headings are matched whatever their case, other columns exactly."""

    def __init__(
        self, name: str, data: Any, headings: Iterable[str], row: int | None = 1, may_be_empty: bool = False
    ) -> None:
        """Read the table; `row` is the number of its first row, None for a single record.

        Raises:
            ValueError: not a table, two columns of one name, or a file without rows that may not be empty.
        """
        self.name, self.first = name, row
        frame = _frame(name, data)
        if not (may_be_empty or len(frame)) and isinstance(data, str | Path):
            raise ValueError(f"{name}: the table has a heading but no rows")
        known = {heading.casefold(): heading for heading in headings}
        columns = [known.get(str(column).casefold(), str(column)) for column in frame.columns]
        if len(set(columns)) < len(columns):
            twice = next(column for column in columns if columns.count(column) > 1)
            raise ValueError(f"{name}: two columns are called {printable.value(twice)} (case does not count)")
        frame.columns = pd.Index(columns)
        self.frame = frame
        self._read: dict[str, tuple[Mask, Floats]] = {}  # per column: where it is empty, and its numbers
        self.columns = [column for column in columns if not self.empty(column).all()]

    def __len__(self) -> int:
        return len(self.frame)

    def empty(self, column: str) -> Mask:
        """Where a column holds nothing; everywhere if there is no such column."""
        return self._cells(column)[0]

    def _cells(self, column: str) -> tuple[Mask, Floats]:
        """Where a column is empty, and its numbers; nan where a cell is none."""
        if column not in self._read:
            self._read[column] = _read(self.frame[column]) if column in self.frame else _nothing(len(self.frame))
        return self._read[column]

    def numbers(self, column: str, default: float | None = None, least: float = -math.inf) -> Floats:
        """The column as finite numbers of at least `least`; the default where a cell is empty (nan: may be empty).

        Raises:
            ValueError: a cell is empty without a default, not a finite number, or too small.
        """
        empty, values = self._cells(column)
        if default is None:
            self.require(~empty, column, "a number is needed here")
        self.require(empty | ~np.isnan(values), column, "not a number")
        self.require(empty | np.isfinite(values), column, "not a finite number")
        self.require(empty | (values >= least), column, f"must be at least {least:g}")
        return np.where(empty, 0.0 if default is None else default, values)

    def whole(self, column: str, default: float, most: float = 1e9) -> Floats:
        """The column as whole numbers from 0 to `most`."""
        values = self.numbers(column, default, least=0.0)
        self.require(values == np.floor(values), column, "must be a whole number")
        self.require(values <= most, column, f"must be at most {most:,g}")
        return values

    def require_order(self, column: str, values: Floats, codes: NDArray[np.intp], strictly: bool) -> None:
        """Raise a ValueError for the first row whose value is not after (`strictly`), or before, the one before it.

        Args:
            column: where the values stand.
            values: one per row.
            codes: the number of each row's subject; the order is that within a subject.
            strictly: whether two rows may not have the same value.
        """
        order = np.argsort(codes, kind="stable")
        step = np.diff(values[order])
        wrong = np.flatnonzero(((step <= 0.0) if strictly else (step < 0.0)) & (np.diff(codes[order]) == 0))
        if len(wrong):
            k = wrong[np.argmin(order[wrong + 1])]
            rule = f"{'times ascend' if strictly else 'rows are in order of time'}, and the one before is at"
            raise self.cell(column, int(order[k + 1])).wrong(f"{rule} {values[order[k]]:.15g}")

    def require(self, good: Mask, column: str, rule: str) -> None:
        """Raise a ValueError for the first row that is not good."""
        if not good.all():
            raise self.cell(column, int(np.argmin(good))).wrong(rule)

    def cell(self, column: str, index: int) -> Cell:
        """The cell of a row, counted from 0."""
        value = _plain(self.frame[column].iloc[index]) if column in self.frame else None
        return Cell(self.name, None if self.first is None else self.first + index, column, value)

    def subjects(self) -> tuple[list[Hashable], NDArray[np.intp]]:
        """Who is in the table, in order of appearance, and the number of each row's subject; without ID one, None."""
        if "ID" not in self.columns:
            return [None], np.zeros(len(self.frame), dtype=np.intp)
        self.require(~self.empty("ID"), "ID", "every row needs a subject")
        try:
            codes, names = pd.factorize(self.frame["ID"])
        except (TypeError, ArithmeticError):
            raise ValueError(f"{self.name}: ID: subjects are numbers or text") from None
        self.require(codes >= 0, "ID", "every row needs a subject")  # other things that pandas takes for missing
        return [_plain(name) for name in names], codes


def ordered(codes: NDArray[np.intp], count: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """The order that brings the rows of a subject together, and each subject's first and last row in it."""
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(count + 1))
    return order, edges[:-1], edges[1:]


def _frame(name: str, data: Any) -> pd.DataFrame:
    """A table of its own; a file's cells stay text, so that a bad one can be named as it stands there."""
    if isinstance(data, pd.DataFrame):
        return data.reset_index(drop=True)
    if isinstance(data, str | Path):
        return _read_file(name, Path(data))
    if isinstance(data, list | tuple) and all(isinstance(row, Mapping) for row in data):
        return _of_rows(data)
    raise ValueError(f"{name}: expected a DataFrame, a list of dicts or a file, got {type(data).__name__}")


def _of_rows(rows: Sequence[Mapping[Any, Any]]) -> pd.DataFrame:
    """Cells as they were given, None where a row has none."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = np.empty((len(rows), len(columns)), dtype=object)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            cells[i, j] = row.get(column)
    return pd.DataFrame(cells, columns=pd.Index(columns, dtype=object), dtype=object)


def _read_file(name: str, path: Path) -> pd.DataFrame:
    read = _parquet if path.suffix == ".parquet" else _csv
    with reading.opened(path, reading.TABLE, name) as file:
        try:
            frame = read(file)
        except (OSError, ValueError, ImportError) as error:  # pandas' own complaints are ValueErrors
            said = printable.one_line(str(error).strip().partition("\n")[0], 2 * printable.VALUE)
            raise ValueError(f"{name}: not a readable table: {said or type(error).__name__}") from None
    if read is _csv and not isinstance(frame.index, pd.RangeIndex):  # pandas took first cells for names of rows
        raise ValueError(f"{name}: not a readable table: the rows have more cells than the heading")
    return frame


def _csv(file: BinaryIO) -> pd.DataFrame:
    return unquoted(pd.read_csv(file, dtype=str, keep_default_na=False, skipinitialspace=True, encoding="utf-8-sig"))


def _parquet(file: BinaryIO) -> pd.DataFrame:
    """A table whose size in memory is looked at first: a small file can hold billions of equal cells."""
    from pyarrow import parquet

    said = parquet.read_metadata(file)
    if said.num_rows * max(said.num_columns, 1) > CELLS:
        raise ValueError(f"{said.num_rows:,} rows of {said.num_columns:,} columns: a table has at most {CELLS:,} cells")
    file.seek(0)
    return pd.read_parquet(file).reset_index(drop=True)


def _nothing(rows: int) -> tuple[Mask, Floats]:
    return np.ones(rows, dtype=bool), np.full(rows, math.nan)


def _read(values: pd.Series[Any]) -> tuple[Mask, Floats]:
    if has_text(values):
        cells = values.tolist()
        return np.array([_empty(cell) for cell in cells], dtype=bool), np.array([_float(cell) for cell in cells])
    return values.isna().to_numpy(dtype=bool), as_floats(values)


def has_text(values: pd.Series[Any]) -> bool:
    """Whether the values are something else than numbers."""
    return not (pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values))


def as_floats(values: pd.Series[Any]) -> Floats:
    """The values as floats; nan where one is none."""
    if has_text(values):
        return np.array([_float(value) for value in values.tolist()], dtype=float)
    if pd.api.types.is_complex_dtype(values):
        return np.full(len(values), math.nan)
    return values.to_numpy(dtype=float, na_value=math.nan)


def _empty(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() in _NOTHING
    return (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float | np.floating) and math.isnan(value))
    )


def _float(value: Any) -> float:
    """The value as a float; nan where it is none, or is one only in the eyes of Python ("1_000", True, b"1")."""
    if isinstance(value, bool | np.bool_ | bytes | bytearray | np.ndarray):
        return math.nan
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, ArithmeticError):
        return math.nan


def _plain(value: Any) -> Any:
    """A NumPy scalar as the Python number that it is, for readable messages."""
    return value.item() if hasattr(value, "item") and not getattr(value, "shape", ()) else value
