"""What was written to a folder is known again, nothing else is deleted, and only one works there at a time."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from dosing_env.io import folders
from dosing_env.io.folders import Record, alone, note, read, require_free, require_not_read, write


def test_a_file_is_known_as_it_was_written(tmp_path: Path) -> None:
    write(tmp_path, "a.md", b"a", of={"by": "x"})
    write(tmp_path, "below/b.md", b"b", of={"by": "x"})
    (tmp_path / "c.md").write_text("c")
    note(tmp_path, ["c.md"], of={"by": "y"})
    (tmp_path / "d.md").write_text("d")
    (tmp_path / "c.md").write_text("changed")
    record = read(tmp_path)
    assert (sorted(record.files), record.of) == (["a.md", "below/b.md", "c.md"], {"by": "y"})
    assert [record.unchanged(name) for name in ("a.md", "below/b.md", "c.md", "d.md")] == [True, True, False, False]
    assert list(record.changed()) == ["c.md"]
    record.delete(but=["a.md"])
    assert sorted(path.name for path in tmp_path.rglob("*.md")) == ["a.md", "c.md", "d.md"]


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000, '{"format": 2, "of": null, "files": {}}', '{"format": 1}'])
def test_a_record_that_cannot_be_read_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / folders.RECORD).write_text(text)
    assert not read(tmp_path).files
    with pytest.raises(ValueError, match=r"written\.json: is in the way"):
        require_free(tmp_path, read(tmp_path), ())


def test_a_record_reaches_no_file_outside_its_folder(tmp_path: Path) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "run"
    victim.write_text("mine")
    write(folder, "own", b"ours", of=None)
    content = json.loads((folder / folders.RECORD).read_text())
    content["files"] |= {name: folders.digest_of(victim) for name in ("../victim", str(victim))}
    (folder / folders.RECORD).write_text(json.dumps(content))
    read(folder).delete()
    assert victim.exists()
    assert not (folder / "own").exists()


def test_a_folder_is_free_where_nothing_would_be_lost(tmp_path: Path) -> None:
    nothing = Record(tmp_path, {})
    require_free(tmp_path / "nowhere", nothing, ["a"])
    (tmp_path / ".hidden").touch()
    require_free(tmp_path, nothing, ["a"])
    (tmp_path / "mine").touch()
    with pytest.raises(ValueError, match=r"mine: is in the way: .* overwrite \(--overwrite\)$"):
        require_free(tmp_path, nothing, ["a"])
    write(tmp_path, "a", b"a", of=None)
    require_free(tmp_path, read(tmp_path), ["a", "b"])
    (tmp_path / "b").touch()
    with pytest.raises(ValueError, match="b: is in the way"):
        require_free(tmp_path, read(tmp_path), ["a", "b"])


def test_what_is_read_is_not_replaced_by_whatever_name(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").touch()
    (tmp_path / "link.toml").symlink_to("mine.toml")
    require_not_read("mine", tmp_path / "mine.toml")
    with pytest.raises(ValueError, match="is what this command reads"):
        require_not_read(tmp_path / "link.toml", tmp_path / "mine.toml")


def test_only_one_works_in_a_folder(tmp_path: Path) -> None:
    with alone(tmp_path / "run"), pytest.raises(ValueError, match="run: another training runs there"):
        alone(tmp_path / "run").__enter__()
    with alone(tmp_path / "run"):
        assert [path.name for path in (tmp_path / "run").iterdir()] == [folders.LOCK]
    assert not list((tmp_path / "run").iterdir())


def test_the_lock_of_a_process_that_was_killed_is_free(tmp_path: Path) -> None:
    context: Any = multiprocessing.get_context("spawn")
    there = context.Event()
    process = context.Process(target=hold, args=(tmp_path, there))
    process.start()
    assert there.wait(60)
    with pytest.raises(ValueError, match="another training runs there"):
        alone(tmp_path).__enter__()
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert (tmp_path / folders.LOCK).exists()
    with alone(tmp_path):
        pass
    assert not (tmp_path / folders.LOCK).exists()


def hold(folder: Path, there: Any) -> None:
    """Hold the lock of a folder until killed."""
    with alone(folder):
        there.set()
        signal.pause()


def test_a_file_of_somebody_else_that_is_called_like_the_lock_stays(tmp_path: Path) -> None:
    (tmp_path / folders.LOCK).write_text("mine")
    with alone(tmp_path):
        pass
    assert (tmp_path / folders.LOCK).read_text() == "mine"
