"""Only regular files of a sensible size are read: no pipe, folder or device, and nothing endless."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dosing_env import catalogue, recipe, scenario
from dosing_env.agent import load_agent
from dosing_env.bedside import table as bedside
from dosing_env.interchange.text_models import read_models
from dosing_env.io import reading
from dosing_env.simulation.cells import Table
from dosing_env.trial import Trial


def _trial(path: Path) -> Any:
    (path.parent / "trial.json").unlink(missing_ok=True)
    os.rename(path, path.parent / "trial.json")
    return Trial.load(path.parent)


READERS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "scenario": ("x.toml", lambda path: scenario.load(str(path))),
    "recipe": ("x.toml", lambda path: recipe.load(str(path))),
    "model": ("x.toml", lambda path: catalogue.load("drugs", catalogue.given(path))),
    "bedside": ("x.toml", lambda path: bedside.load(str(path))),
    "code": ("x.py", lambda path: catalogue.load("drugs", catalogue.given(path))),
    "csv": ("x.csv", lambda path: Table("x.csv", path, ())),
    "parquet": ("x.parquet", lambda path: Table("x.parquet", path, ())),
    "models": ("x.csv", lambda path: read_models(path, path)),
    "bundle": ("x.safetensors", lambda path: load_agent(str(path))),
    "trial": ("x.json", _trial),
}
every_reader = pytest.mark.parametrize("kind", READERS)


def refusal(kind: str, folder: Path, make: Callable[[Path], Any]) -> str:
    name, read = READERS[kind]
    make(folder / name)
    with pytest.raises(ValueError, match=r"\S") as refused:
        read(folder / name)
    line = str(refused.value)
    assert line.isprintable()
    assert len(line) < 300
    return line


@every_reader
def test_a_pipe_is_refused(kind: str, tmp_path: Path) -> None:
    """If one were opened for reading, the test would hang."""
    assert "is a pipe" in refusal(kind, tmp_path, os.mkfifo)


@every_reader
def test_a_folder_is_refused(kind: str, tmp_path: Path) -> None:
    assert "is a folder" in refusal(kind, tmp_path, os.mkdir)


@every_reader
def test_a_device_is_refused(kind: str, tmp_path: Path) -> None:
    assert "is a device" in refusal(kind, tmp_path, lambda path: path.symlink_to("/dev/zero"))


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**33)


@every_reader
def test_a_huge_file_is_refused_unread(kind: str, tmp_path: Path) -> None:
    assert "has 8,589,934,592 bytes" in refusal(kind, tmp_path, _huge)


def test_a_file_that_grows_is_not_read_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.toml"
    path.write_text("x" * 11)
    monkeypatch.setattr(reading, "_check", lambda *_: None)
    with pytest.raises(ValueError, match="more than 10 bytes"):
        reading.read_bytes(path, 10)


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("TIME,AMT\n")
    pd.DataFrame({"TIME": [], "AMT": []}).to_parquet(tmp_path / "x.parquet")
    for name in ("x.csv", "x.parquet"):
        with pytest.raises(ValueError, match="the table has a heading but no rows"):
            Table(name, tmp_path / name, ())


def test_a_parquet_bomb_is_refused(tmp_path: Path) -> None:
    """A few kilobytes that would be a gigabyte in memory."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = {f"x{i}": pa.array([0.0] * 100_000) for i in range(11)}
    with parquet.ParquetWriter(tmp_path / "x.parquet", pa.table(columns).schema) as file:
        for _ in range(100):
            file.write_table(pa.table(columns))
    with pytest.raises(ValueError, match="a table has at most 100,000,000 cells"):
        Table("x.parquet", tmp_path / "x.parquet", ())
