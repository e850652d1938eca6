"""Files and folders that are written whole or not at all. Imports nothing of the project.

What is not finished stands under a hidden name, and whoever writes it holds a lock on it. The system frees the locks of
a process that dies, so the next start in that folder knows what it may remove.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

UNFINISHED = re.compile(r"\.dosing-env-[0-9a-f]{16}\.part")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is either the old one or the new one, never half of it; see `whole`."""
    with whole(path) as half:
        half.write_bytes(data)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write what becomes the file at the end; if an error or Ctrl-C comes before, the old one stays.

    A link stays a link, its target is replaced; a file keeps its mode. A device or a pipe is written in place.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    with _unfinished(target.parent, lambda half: _create(half, target)) as (half, descriptor):
        yield half
        os.fsync(descriptor)
        os.replace(half, target)
        flush(target.parent)


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A hidden folder within a folder, for what is moved out of it at the end. The rest is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    with _unfinished(folder, _make_folder) as (half, _):
        yield half


def clean(folder: Path) -> None:
    """Remove what processes that died have left unfinished in a folder."""
    with suppress(OSError):  # a folder that may be written to but not listed
        for name in filter(UNFINISHED.fullmatch, os.listdir(folder)):
            with suppress(OSError):  # of another user, gone meanwhile, or no locks on this file system
                _remove_if_dead(folder / name)


def lock(descriptor: int) -> bool:
    """Lock an open file until it is closed or the process dies; False where somebody else has.

    Raises:
        OSError: the file system knows no locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def is_named(descriptor: int, path: Path) -> bool:
    """Whether an open file still stands under its name: somebody may have removed it before it was locked."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def flush(path: Path) -> None:
    """See to it that a file, or the names in a folder, are on the disk, where the platform can."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _unfinished(folder: Path, make: Callable[[Path], int]) -> Iterator[tuple[Path, int]]:
    """A new hidden name, made and opened by `make` and locked; gone at the end."""
    clean(folder)
    half, descriptor = _made(folder, make)
    try:
        yield half, descriptor
    finally:
        _remove(half)
        os.close(descriptor)


def _made(folder: Path, make: Callable[[Path], int]) -> tuple[Path, int]:
    while True:
        half = folder / f".dosing-env-{secrets.token_hex(8)}.part"
        descriptor = make(half)
        locked = True
        with suppress(OSError):  # no locks here: then nobody cleans either
            locked = lock(descriptor)
        if locked and is_named(descriptor, half):
            return half, descriptor
        os.close(descriptor)  # somebody cleaned between the two calls


def _create(half: Path, target: Path) -> int:
    """A new file, exclusively (a link of that name is refused too), with the mode that the target has."""
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    descriptor = os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666 if mode is None else 0o600)
    if mode is not None:
        os.fchmod(descriptor, mode)
    return descriptor


def _make_folder(half: Path) -> int:
    half.mkdir()
    return os.open(half, os.O_RDONLY | os.O_DIRECTORY)


def _remove_if_dead(half: Path) -> None:
    descriptor = os.open(half, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        mode = os.fstat(descriptor).st_mode
        if (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) and lock(descriptor) and is_named(descriptor, half):
            _remove(half)
    finally:
        os.close(descriptor)


def _remove(half: Path) -> None:
    if half.is_dir():
        shutil.rmtree(half, ignore_errors=True)
    else:
        half.unlink(missing_ok=True)
