"""Folders of results: what was written there, what may be replaced, who works there.

A record says of each file that was written the SHA-256 it had. Only a file that still has it may be replaced or
deleted; all else in a folder is of somebody else.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from dosing_env.io import reading
from dosing_env.io.writing import is_named, lock, write_whole

RECORD = "written.json"
LOCK = "run.lock"
FORMAT = 1
ANOTHER = "Name another folder, or overwrite (--overwrite)"


@dataclass(frozen=True)
class Record:
    """What was written to a folder, and what had been asked for."""

    folder: Path
    files: Mapping[str, str]  # SHA-256 by name, which is relative to the folder
    of: Any = None  # as JSON knows it

    def unchanged(self, name: str) -> bool:
        """Whether the file lies there as it was written."""
        return name in self.files and is_inside(name) and digest_of(self.folder / name) == self.files[name]

    def changed(self) -> Iterator[str]:
        """Files that lie there otherwise than they were written."""
        for name in self.files:
            if (self.folder / name).exists() and not self.unchanged(name):
                yield name

    def delete(self, but: Iterable[str] = ()) -> None:
        """Delete the files that lie there as they were written."""
        for name in self.files.keys() - set(but):
            if self.unchanged(name):
                (self.folder / name).unlink()


def read(folder: Path) -> Record:
    """The record of a folder; of nothing where there is none that can be read."""
    try:
        content = json.loads(reading.read_text(folder / RECORD, reading.INDEX))
        if content["format"] == FORMAT:
            return Record(folder, {str(name): str(digest) for name, digest in content["files"].items()}, content["of"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    return Record(folder, {})


def note(folder: Path, names: Iterable[str], of: Any) -> None:
    """Record files as they lie there, besides those that are recorded."""
    _record(folder, {name: digest_of(folder / name) for name in names}, of)


def write(folder: Path, name: str, data: bytes, of: Any) -> Path:
    """Write a file whole, and record it before: whoever is killed between the two leaves nothing that is nobody's."""
    _record(folder, {name: hashlib.sha256(data).hexdigest()}, of)
    write_whole(folder / name, data)
    return folder / name


def require_free(folder: Path, record: Record, names: Iterable[str]) -> None:
    """Refuse a folder where something would be lost: neither empty nor ours as we left it.

    Args:
        record: what was written there before; nothing: then only hidden files may lie there.
        names: the files that may be written there.

    Raises:
        ValueError: the file that is in the way.
    """
    for name in record.changed():
        raise ValueError(f"{folder / name}: was changed since it was written, and would be replaced. {ANOTHER}")
    there = sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []
    for name in there:
        if name not in record.files and (name in names or not record.files):
            raise ValueError(f"{folder / name}: is in the way: {folder} holds files of somebody else. {ANOTHER}")


def require_not_read(source: str | Path, target: Path) -> None:
    """Refuse to replace a file by what is made of it.

    Raises:
        ValueError: source and target are one file.
    """
    if target.exists() and os.path.exists(source) and os.path.samefile(source, target):
        raise ValueError(f"{target}: is what this command reads, and would be replaced. Name another folder or file")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Work in a folder that nobody else works in meanwhile; the lock of a process that dies is free again.

    Raises:
        ValueError: somebody works there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = _locked(folder)
    try:
        yield
    finally:
        if os.fstat(descriptor).st_size == 0:
            (folder / LOCK).unlink(missing_ok=True)
        os.close(descriptor)


def digest_of(path: Path) -> str:
    """SHA-256 of a file; "" where there is no regular file."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_inside(name: str) -> bool:
    """Whether a name in a record, which anybody may have written, is of a file within its folder."""
    path = PurePosixPath(name)
    return name not in ("", ".") and not path.is_absolute() and ".." not in path.parts


def _record(folder: Path, files: dict[str, str], of: Any) -> None:
    content = {"format": FORMAT, "of": of, "files": dict(sorted((dict(read(folder).files) | files).items()))}
    write_whole(folder / RECORD, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def _locked(folder: Path) -> int:
    """The open file of the lock."""
    while True:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        if not _lock(descriptor):
            os.close(descriptor)
            raise ValueError(f"{folder}: another training runs there. Wait for its end, or name another folder")
        if is_named(descriptor, folder / LOCK):
            return descriptor
        os.close(descriptor)  # its owner ended, and removed it, between the two calls


def _lock(descriptor: int) -> bool:
    try:
        return lock(descriptor)
    except OSError:  # a file system without locks
        return True
