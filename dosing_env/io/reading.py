"""The user's files: only a regular file of at most so many bytes is read. Imports nothing of the project.

A pipe, a folder or a device is refused before anything is read from it: a pipe would wait for ever, a device such as
/dev/zero never ends.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

WRITTEN = 2**20  # bytes of a file that people write by hand (TOML, Python): more takes a parser minutes
TABLE = 2**29  # bytes of a table: as text in memory it takes some ten times as much
INDEX = 2**26  # bytes of the index of a trial
ARRAYS = 2**30  # bytes of the weights of an agent
ANY = 2**40  # bytes of a file that is read in pieces

_NOT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@contextmanager
def opened(path: Path, most: int, name: str = "") -> Iterator[BinaryIO]:
    """A user's file, opened for reading bytes.

    Args:
        path: of the file.
        most: bytes it may have.
        name: of the file in messages; by default its path.

    Raises:
        ValueError: there is no such file, it is no regular file, or it is too large.
    """
    name = name or str(path)
    number = _found(path, name)
    try:
        _check(os.fstat(number), most, name)
    except ValueError:
        os.close(number)
        raise
    with os.fdopen(number, "rb") as file:
        yield file


def require(path: Path, most: int, name: str = "") -> None:
    """Refuse a file that `opened` refuses, for readers that open it themselves.

    Raises:
        ValueError: as `opened`.
    """
    with opened(path, most, name):
        pass


def read_bytes(path: Path, most: int, name: str = "") -> bytes:
    """What is in a user's file.

    Raises:
        ValueError: as `opened`; or the file cannot be read, or has more bytes than its folder says.
    """
    name = name or str(path)
    with opened(path, most, name) as file:
        try:
            content = file.read(most + 1)
        except OSError as error:
            raise ValueError(f"{name}: {error.strerror}") from None
    if len(content) > most:
        raise ValueError(f"{name}: has more than {most:,} bytes, the most that a file of this kind has")
    return content


def read_text(path: Path, most: int = WRITTEN, name: str = "") -> str:
    """What is in a user's text file (UTF-8), with the line ends of Python.

    Raises:
        ValueError: as `read_bytes`; or the file is no text.
    """
    try:
        text = read_bytes(path, most, name).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name or path}: {error}") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check(status: os.stat_result, most: int, name: str) -> None:
    for is_kind, what in _KINDS:
        if is_kind(status.st_mode):
            raise ValueError(f"{name}: is {what}; a regular file is needed")
    if status.st_size > most:
        raise ValueError(f"{name}: has {status.st_size:,} bytes; a file of this kind has at most {most:,}")


def _found(path: Path, name: str) -> int:
    """The number of the opened file."""
    try:
        return os.open(path, os.O_RDONLY | _NOT_WAITING)
    except FileNotFoundError:
        raise ValueError(f"{name}: no such file") from None
    except OSError as error:
        raise ValueError(f"{name}: {error.strerror}") from None
    except ValueError:  # a NUL in its name
        raise ValueError(f"{name}: no such file") from None
