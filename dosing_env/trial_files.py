"""A trial on disk: trial.csv or trial.parquet, summary.csv, trial.json and one CSV per further table.

trial.json is the record of the folder: the SHA-256 of each table, and of each report that was written there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dosing_env.io import folders, printable, reading
from dosing_env.io.exact import read_csv
from dosing_env.io.folders import ANOTHER, Record, digest_of
from dosing_env.io.spreadsheet import quoted, unquoted
from dosing_env.io.writing import flush, whole, write_whole
from dosing_env.trial import Arm, Endpoint, Subgroup, Trial

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
TABLES = ("courses", "doses", "levels", "learning", "seeds")
INDEX = "trial.json"
REPORT = "report.html"
OURS = {"trial.csv", "trial.parquet", "summary.csv", *(f"{name}.csv" for name in TABLES), REPORT}
SAME = ("scenario", "scenario_hash", "seed", "patients")  # of the provenance, in two trials that are the same


def save(trial: Trial, directory: Path, *, parquet: bool, overwrite: bool) -> Path:
    """Write every file under a hidden name, then move them in, first trial.json, which knows the others.

    What a trial that was saved here before has left is deleted where it still is as it was written.

    Raises:
        ValueError: as `require_free`.
    """
    require_free(directory, None if trial.partial else identity_of(trial), overwrite)
    before, tables = _record(directory), dict(_tables(trial, parquet))
    with ExitStack() as moved_in:  # at its end, in the other order
        halves = {name: moved_in.enter_context(whole(directory / name)) for name in tables}
        index = moved_in.enter_context(whole(directory / INDEX))
        for name, half in halves.items():
            _write(tables[name], half, name)
            flush(half)
        index.write_bytes(_as_json(_index(trial, {name: digest_of(half) for name, half in halves.items()})))
        before.delete(but=halves)
    return directory


def require_free(directory: Path, asked: Mapping[str, Any] | None, overwrite: bool) -> None:
    """Refuse a directory where a trial would replace what is not its own.

    It may replace one that was interrupted, and the same trial (see `identity`) once more. Where `asked` is None, it
    may replace nothing that is finished.

    Raises:
        ValueError: what is in the way.
    """
    if overwrite:
        return
    record = _record(directory)
    folders.require_free(directory, record, OURS)
    if record.of is not None and record.of != asked:
        what = "scenario {scenario}, seed {seed}, {patients} patients, {policies}".format_map(record.of)
        raise ValueError(f"{directory}: holds a finished trial that would be replaced ({what}). {ANOTHER}")


def identity(provenance: Mapping[str, Any], policies: Iterable[str], drugs: Iterable[str]) -> dict[str, Any]:
    """What has to be the same for a trial to be the same once more."""
    return {key: provenance.get(key) for key in SAME} | {"policies": list(policies), "drugs": list(drugs)}


def identity_of(trial: Trial) -> dict[str, Any]:
    """The identity of a trial."""
    return identity(trial.provenance, [arm.name for arm in trial.policies], trial.drugs)


def write_report(path: Path, html: bytes) -> None:
    """Write a report. A trial that is saved in its folder records it."""
    with suppress(ValueError):  # there is no trial
        index = _read_index(path.parent / INDEX)
        if path.name not in (INDEX, *index["files"]):
            reports = index.get("reports", {}) | {path.name: hashlib.sha256(html).hexdigest()}
            write_whole(path.parent / INDEX, _as_json(index | {"reports": reports}))
    write_whole(path, html)


def require_own_report(directory: Path, overwrite: bool) -> None:
    """Refuse to replace report.html in the directory of a trial where it is not as it was written.

    Raises:
        ValueError: it is not.
    """
    path = directory / REPORT
    if not overwrite and path.exists() and not _record(directory).unchanged(REPORT):
        raise ValueError(f"{path}: was not written by this program, or changed since. {ANOTHER}")


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


def _tables(trial: Trial, parquet: bool) -> Iterator[tuple[str, pd.DataFrame]]:
    yield "trial.parquet" if parquet else "trial.csv", trial.frame
    tables = {name: getattr(trial, name) for name in TABLES} | {"summary": trial.summary()}
    yield from ((f"{name}.csv", table) for name, table in tables.items() if table is not None)


def _write(table: pd.DataFrame, path: Path, name: str) -> None:
    if name.endswith(".parquet"):
        table.to_parquet(path, index=False)
    else:
        quoted(table).to_csv(path, index=False)


def _index(trial: Trial, digests: dict[str, str]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "drugs": trial.drugs,
        "endpoints": [asdict(endpoint) for endpoint in trial.endpoints],
        "policies": [asdict(arm) for arm in trial.policies],
        "subgroups": [asdict(subgroup) for subgroup in trial.subgroups],
        "provenance": trial.provenance,
        "files": digests,
    }


def _as_json(index: dict[str, Any]) -> bytes:
    return (json.dumps(index, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _record(directory: Path) -> Record:
    """What a trial has written to a directory; nothing where there is none. Of a finished one also its identity."""
    try:
        index = _read_index(directory / INDEX)
        written = {str(name): str(digest) for name, digest in (index["files"] | index.get("reports", {})).items()}
        of = identity(index["provenance"], [arm["name"] for arm in index["policies"]], index["drugs"])
        there = all((directory / name).exists() for name in index["files"])
        finished = there and not index["provenance"].get("partial", False)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Record(directory, {})
    return Record(directory, written, of if finished else None)


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
    if digest_of(path) != digest:
        raise ValueError(f"{path}: was changed after the trial was saved (its SHA-256 is not the one in {INDEX})")
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return unquoted(read_csv(path))
