"""How a command is stopped: by Ctrl-C, by SIGTERM (`kill`, `timeout`, batch systems), by SIGHUP (a closed terminal)."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from dosing_env.processes import handlers_of_stops

STOPPED = 130  # the shell's own code for a program that Ctrl-C ended: 128 and the number of the signal
SAME = 5.0  # s in which another signal is the same stop: what is done is being kept meanwhile
_AGAIN = 0.05  # s after which a stop that could not be answered comes again


class Stops:
    """The handler of all stops: KeyboardInterrupt, once."""

    def __init__(self) -> None:
        self.number: int = signal.SIGINT
        self._raised = -SAME  # when
        self._asked: float | None = None  # when, of a stop that waits

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Stop. Once more while what is done is being kept changes nothing.

        A module that is being imported is waited for: half of one would stay, and the keeping may need it.
        """
        now = time.monotonic()
        if now - self._raised < SAME:
            return
        if self._asked is None:
            self.number, self._asked = number, now
        if _importing(frame) and now - self._asked < SAME:
            self.again()
            return
        self._raised, self._asked = now, None
        _leave_lost_terminal()
        raise KeyboardInterrupt

    def again(self) -> None:
        """Stop a moment later: nothing has stopped where Python swallows the exception (a callback, `__del__`)."""
        self._raised = -SAME
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)  # a handler must not start threads: their locks may be held

    def repeat(self, *_: Any) -> None:
        """The signal once more, to whoever answers it now."""
        signal.raise_signal(self.number)

    def code(self, code: int) -> int:
        """The exit code, which names the signal."""
        return STOPPED - signal.SIGINT + self.number if code == STOPPED else code


@contextmanager
def answered() -> Iterator[Stops]:
    """Stops are answered here. One that is ignored stays ignored: by `nohup`, or by a shell in the background."""
    stops, swallowed = Stops(), sys.unraisablehook
    before = {number: was for number, was in handlers_of_stops().items() if was not in (signal.SIG_IGN, None)}

    def notice(what: Any) -> None:
        if what.exc_type is KeyboardInterrupt:
            stops.again()
        else:
            swallowed(what)

    try:
        sys.unraisablehook = notice
        for number in before:
            signal.signal(number, stops)
        if before:
            before[signal.SIGALRM] = signal.signal(signal.SIGALRM, stops.repeat)
        yield stops
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.unraisablehook = swallowed
        atexit.unregister(_ignore)
        atexit.register(_ignore)


def _ignore() -> None:
    """While Python ends, all is done and the exit code is known."""
    for number in handlers_of_stops():
        signal.signal(number, signal.SIG_IGN)


def _importing(frame: FrameType | None) -> bool:
    """Whether a module is being imported by what a frame belongs to."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _leave_lost_terminal() -> None:
    """Where the terminal is gone, nothing can be said; but nothing shall fail because it was said."""
    for stream in (1, 2):
        try:
            os.write(stream, b"")
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
