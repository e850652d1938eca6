"""A trial on disk: trial.csv or trial.parquet, summary.csv, trial.json and one CSV per further table."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dosing_env import printable, reading
from dosing_env.spreadsheet import quoted, unquoted
from dosing_env.trial import Arm, Endpoint, Subgroup, Trial

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
TABLES = ("courses", "doses", "levels", "learning", "seeds")
INDEX = "trial.json"
OURS = {"trial.csv", "trial.parquet", "summary.csv", *(f"{name}.csv" for name in TABLES)}


def save(trial: Trial, directory: Path, *, parquet: bool) -> Path:
    """Write every file beside `directory` first, then move them in; trial.json, which knows the others, goes last."""
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory, prefix=".writing-") as scratch:
        written = [path.name for path in _write_tables(trial, Path(scratch), parquet)]
        (Path(scratch) / INDEX).write_text(_index(trial, Path(scratch), written), encoding="utf-8")
        for name in (*written, INDEX):
            os.replace(Path(scratch) / name, directory / name)
    for name in OURS - set(written):  # of a trial saved here before
        (directory / name).unlink(missing_ok=True)
    return directory


@printable.refusals()
def load(directory: Path) -> Trial:
    """Read a trial; see `Trial.load`."""
    index = _read_index(directory / INDEX)
    tables = {name: _read_table(directory, name, digest) for name, digest in index["files"].items()}
    frame = next(table for name, table in tables.items() if name in ("trial.csv", "trial.parquet"))
    return Trial(
        frame=frame,
        drugs=tuple(index["drugs"]),
        endpoints=tuple(Endpoint(**endpoint) for endpoint in index["endpoints"]),
        policies=tuple(Arm(**arm) for arm in index["policies"]),
        subgroups=tuple(Subgroup(**subgroup) for subgroup in index["subgroups"]),
        provenance=index["provenance"],
        **{name: tables.get(f"{name}.csv") for name in TABLES},
    )


def _write_tables(trial: Trial, scratch: Path, parquet: bool) -> Iterator[Path]:
    frame = scratch / ("trial.parquet" if parquet else "trial.csv")
    if parquet:
        trial.frame.to_parquet(frame, index=False)
    else:
        quoted(trial.frame).to_csv(frame, index=False)
    yield frame
    tables = {name: getattr(trial, name) for name in TABLES} | {"summary": trial.summary()}
    for name, table in tables.items():
        if table is not None:
            quoted(table).to_csv(scratch / f"{name}.csv", index=False)
            yield scratch / f"{name}.csv"


def _index(trial: Trial, scratch: Path, written: list[str]) -> str:
    content = {
        "format": FORMAT,
        "drugs": trial.drugs,
        "endpoints": [asdict(endpoint) for endpoint in trial.endpoints],
        "policies": [asdict(arm) for arm in trial.policies],
        "subgroups": [asdict(subgroup) for subgroup in trial.subgroups],
        "provenance": trial.provenance,
        "files": {name: _digest(scratch / name) for name in written},
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _read_index(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise ValueError(f"{path.parent}: no {INDEX}: not the directory of a trial")
    text = reading.read_text(path, reading.INDEX)
    try:
        index = json.loads(text)
    except (RecursionError, ValueError) as error:
        raise ValueError(f"{path}: not readable as JSON ({error})") from None
    if not isinstance(index, dict) or index.get("format") != FORMAT:
        raise ValueError(f"{path}: format: must be {FORMAT}; written by another version of the package")
    absent = [key for key in ("drugs", "endpoints", "policies", "subgroups", "provenance", "files") if key not in index]
    if absent:
        raise ValueError(f"{path}: {absent[0]}: missing")
    return index


def _read_table(directory: Path, name: str, digest: str) -> pd.DataFrame:
    import pandas as pd

    path = directory / name
    if path.name != name or not path.exists():
        raise ValueError(f"{path}: missing, but {INDEX} names it")
    if _digest(path) != digest:
        raise ValueError(f"{path}: was changed after the trial was saved (its SHA-256 is not the one in {INDEX})")
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return unquoted(pd.read_csv(path))


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with reading.opened(path, reading.ANY) as file:
        while piece := file.read(2**20):
            digest.update(piece)
    return digest.hexdigest()
