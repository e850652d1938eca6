"""Machine code in files, from which the next process takes it instead of compiling.

numba finds the folder (NUMBA_CACHE_DIR, else `__pycache__` beside the source, else the user's cache) and says what is
kept. The files are ours: numba's have no checksum, and a flipped byte in machine code ends the process or gives wrong
numbers. There is one file for each function and signature, written whole, so that processes that compile at the same
time cannot disturb one another.

A checksum finds damage, not malice: what is read is unpickled, and then run. The folder is trusted like the package's.
"""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

from numba.core.caching import FunctionCache
from numba.core.ccallback import CFunc
from numba.core.serialize import dumps
from numba.core.sigutils import normalize_signature

from dosing_env.io.writing import write_whole
from dosing_env.simulation.notices import UNKEPT, warn_once

_SUM = hashlib.sha256().digest_size  # bytes in front of what they are the checksum of


def keep(compiled: Any, function: Any) -> Any:
    """The dispatcher or callback of numba, with a cache; without one and with a warning where no folder can be written.

    Args:
        compiled: not compiled yet.
        function: its source.
    """
    try:
        compiled._cache = Kept(function)
    except RuntimeError:  # numba knows no folder
        warn_once(UNKEPT)
    return compiled


def callback(function: Any, signature: Any, options: dict[str, Any], kept: bool) -> Any:
    """The function compiled for callers that know its address only."""
    made = CFunc(function, normalize_signature(signature), locals={}, options=options)
    if kept:
        keep(made, function)
    made.compile()
    return made


class Kept(FunctionCache):  # type: ignore[misc]
    """The files of one function. A damaged one counts as none and is written again."""

    def _load_overload(self, sig: Any, target_context: Any) -> Any:
        if not self._enabled:
            return None
        key = self._index_key(sig, target_context.codegen())
        path = self._path(key)
        try:
            of, compiled = _read(path)
            return self._impl.rebuild(target_context, compiled) if of == key else None
        except OSError:  # nothing there, or nothing that can be read: then writing says so
            return None
        except Exception:  # what is wrong with it depends on the byte
            warn_once(f"{path.parent}: damaged machine code in this folder is compiled again")
            return None

    def _save_overload(self, sig: Any, data: Any) -> None:
        if not (self._enabled and self._impl.check_cachable(data)):
            return
        key = self._index_key(sig, data.codegen)
        path = self._path(key)
        try:
            write_whole(path, _sealed(dumps((key, self._impl.reduce(data)))))
        except OSError as error:
            warn_once(f"{path.parent}: machine code cannot be written there: {error.strerror}; {UNKEPT}")

    def flush(self) -> None:
        """Forget what is kept of the function."""
        for path in self._folder.glob(f"{self._impl.filename_base}.*.nbc"):
            path.unlink(missing_ok=True)

    @property
    def _folder(self) -> Path:
        return Path(self.cache_path)

    def _path(self, key: Any) -> Path:
        return self._folder / f"{self._impl.filename_base}.{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}.nbc"


def _sealed(content: bytes) -> bytes:
    return hashlib.sha256(content).digest() + content


def _read(path: Path) -> Any:
    """What a file holds.

    Raises:
        ValueError: not what was written.
    """
    sealed = path.read_bytes()
    content = sealed[_SUM:]
    if _sealed(content) != sealed:
        raise ValueError(f"{path}: damaged")
    return pickle.loads(content)  # noqa: S301  machine code, of a folder that is trusted like the package's
