"""Python generated from checked trees, as a module.

numba keeps machine code only of functions that say they come from a .py file, so the text is written to the user's
cache directory. What runs is the text itself, under the name of that file; what stands in the file is never read back.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from dosing_env.io.writing import write_whole
from dosing_env.simulation.notices import UNKEPT, warn_once
from dosing_env.source.modules import module_of


@functools.cache
def module(text: str) -> ModuleType:
    """The module that a text is, one for each text."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:24]
    name = f"dosing_env_text_{digest}"
    return module_of(name, text, _written(f"{name}.py", text))


def _written(name: str, text: str) -> str:
    """The path of a file with this text; a name in brackets where none can be written."""
    folder = cache_folder()
    with suppress(OSError):
        path = folder / name if folder else None
        if path and not (path.is_file() and path.read_bytes() == text.encode()):
            write_whole(path, text.encode())
        if path:
            return str(path)
    warn_once(UNKEPT)
    return f"<{name}>"


def cache_folder() -> Path | None:
    """Where generated modules are kept: numba's folder where the user chose one, else the platform's for caches."""
    own = os.environ.get("NUMBA_CACHE_DIR")
    if own:
        return Path(own).absolute() / "dosing_env_text"
    try:
        caches = _caches()
    except RuntimeError:  # nobody's home
        return None
    return caches / "dosing_env" / "text" if caches.is_absolute() else None


def _caches() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
