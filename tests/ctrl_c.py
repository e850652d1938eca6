"""Signals that stop a command, where the tests themselves do not hear them.

A shell that starts something in the background ignores Ctrl-C for it, and `nohup` the end of a terminal.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_HEARD: dict[int, Any] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
}


@contextmanager
def heard() -> Iterator[None]:
    """Stops are answered here, and by processes that are started here, as at a terminal."""
    before = {number: signal.signal(number, handler) for number, handler in _HEARD.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
