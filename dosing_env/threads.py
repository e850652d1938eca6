"""One thread at a time for an environment: its compiled step runs without Python's lock, and two would mix patients."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

S = TypeVar("S")
P = ParamSpec("P")
R = TypeVar("R")


def taken(environment: Any) -> RuntimeError:
    """The error of a second thread."""
    name = type(environment).__name__
    return RuntimeError(f"{name}: another thread is using this environment: give each thread one of its own")


def one_thread(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """A method that refuses a second thread while one is in it, or in another such method of the object.

    The object holds a `threading.RLock` in `_lock`. A step does without this, because of the half microsecond.

    Raises:
        RuntimeError: another thread is in it.
    """

    @functools.wraps(method)
    def alone(self: Any, *args: P.args, **kwargs: P.kwargs) -> R:
        if not self._lock.acquire(False):
            raise taken(self)
        try:
            return method(self, *args, **kwargs)
        finally:
            self._lock.release()

    return alone  # type: ignore[return-value]
