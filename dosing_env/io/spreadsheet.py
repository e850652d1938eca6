"""Cells of CSV files as text: a spreadsheet runs a cell that begins with =, +, - or @. Imports nothing of the project.

Such a cell of a text column is written with an apostrophe before it, by which spreadsheets know a text, and so is one
that begins with an apostrophe: what is written is read back as it was. Numbers stay numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_RUN = ("=", "+", "-", "@", "\t", "\r", "'")


def quoted(table: pd.DataFrame) -> pd.DataFrame:
    """The table as it is written to CSV."""
    return _each(table, lambda cell: f"'{cell}" if cell.startswith(_RUN) and not _is_number(cell) else cell)


def unquoted(table: pd.DataFrame) -> pd.DataFrame:
    """The table as it was before it was written."""
    return _each(table, lambda cell: cell[1:] if cell.startswith("'") and cell[1:].startswith(_RUN) else cell)


def _each(table: pd.DataFrame, change: Any) -> pd.DataFrame:
    """The table with its texts changed, and its headings."""
    changed: Any = table.rename(columns=lambda name: change(name) if isinstance(name, str) else name)
    for number, kind in enumerate(table.dtypes):
        if kind.kind not in "biufcmM":
            cells = table.iloc[:, number].map(lambda cell: change(cell) if isinstance(cell, str) else cell)
            if not cells.equals(table.iloc[:, number]):
                changed.isetitem(number, cells)
    return changed


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
