"""A table that comes in parts, as one file: CSV or Parquet. Never more than a part is in memory."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from dosing_env.io.spreadsheet import quoted
from dosing_env.io.writing import whole

ENDINGS = (".csv", ".parquet")


def write_parts(path: Path, parts: Iterable[pd.DataFrame]) -> int:
    """Write the file whole or not at all.

    The units of the columns (`attrs["units"]` of the parts) go into a Parquet file: "units" of the schema, as JSON,
    "unit" of each column, and `attrs` of what pandas reads from it. A CSV file has no room for them.

    Args:
        path: what it ends in says what it is, see `ENDINGS`.
        parts: at least one; all with the same columns.

    Returns:
        The number of rows.

    Raises:
        ValueError: another ending.
        ImportError: Parquet without the package pyarrow.
    """
    if path.suffix not in ENDINGS:
        raise ValueError(f"{path}: a table is written to a file that ends in {' or '.join(ENDINGS)}")
    write = _write_csv if path.suffix == ".csv" else _write_parquet
    with whole(path) as half:
        return write(half, parts)


def _write_csv(path: Path, parts: Iterable[pd.DataFrame]) -> int:
    rows = 0
    with open(path, "w", encoding="utf-8", newline="") as file:
        for number, part in enumerate(parts):
            quoted(part).to_csv(file, index=False, header=number == 0, lineterminator="\n")
            rows += len(part)
    return rows


def _write_parquet(path: Path, parts: Iterable[pd.DataFrame]) -> int:
    import pyarrow as arrow
    from pyarrow.parquet import ParquetWriter

    parts, rows = iter(parts), 0
    first = next(parts)
    units = first.attrs.get("units", {})
    schema = arrow.Table.from_pandas(first, preserve_index=False).schema
    for number, column in enumerate(schema):
        if column.name in units:
            schema = schema.set(number, column.with_metadata({"unit": units[column.name]}))
    told = {"units": json.dumps(units), "PANDAS_ATTRS": json.dumps({"units": units})}  # the second for pandas
    schema = schema.with_metadata({**(schema.metadata or {}), **told})
    with ParquetWriter(path, schema) as writer:
        for part in itertools.chain([first], parts):
            writer.write_table(arrow.Table.from_pandas(part, schema=schema, preserve_index=False))
            rows += len(part)
    return rows
