"""Work in several processes that Ctrl-C ends at once. Imports nothing of the project."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Processes to submit work to, all of it below `starting`. After Ctrl-C or an error their work is given up."""
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as processes:
        try:
            yield processes
        except BaseException:
            processes.shutdown(wait=False, cancel_futures=True)
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            raise


@contextmanager
def starting() -> Iterator[None]:
    """A terminal sends Ctrl-C to every process; processes started meanwhile leave it to this one."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread may change what a signal does
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
