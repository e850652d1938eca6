"""Tables of CSV files with their numbers to the last digit, whatever the version of pandas."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def read_csv(path: str | Path) -> pd.DataFrame:
    """The table of a CSV file as it was written."""
    import pandas

    return pandas.read_csv(path, **_exactly())  # type: ignore[no-any-return]


@functools.cache
def _exactly() -> dict[str, Any]:
    """pandas 3.1 reads to the last digit by itself, and warns of the argument that had to be asked for before."""
    import pandas

    return {"float_precision": "round_trip"} if _version(pandas.__version__) < (3, 1) else {}


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:2])
