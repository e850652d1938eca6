"""What is said where machine code cannot be kept."""

from __future__ import annotations

import functools
import warnings

UNKEPT = (
    "machine code is not kept, so every process compiles for itself, which takes a minute or more. "
    "Name a folder that can be written in NUMBA_CACHE_DIR"
)


@functools.cache
def warn_once(text: str) -> None:
    """Warn, once in a process."""
    warnings.warn(text, RuntimeWarning, stacklevel=2)
