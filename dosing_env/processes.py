"""Work in several processes that Ctrl-C ends at once. Imports nothing of the project."""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

_told: Any = None  # in a process of `pool_that_tells`: where to put what is told


@contextmanager
def pool(jobs: int, *told: Any) -> Iterator[ProcessPoolExecutor]:
    """Processes to submit work to, all of it below `starting`. After Ctrl-C or an error their work is given up."""
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, _tell_to if told else None, told) as processes:
        try:
            yield processes
        except BaseException:
            processes.shutdown(wait=False, cancel_futures=True)
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            raise


@contextmanager
def pool_that_tells(jobs: int) -> Iterator[tuple[ProcessPoolExecutor, Any]]:
    """The same, and a queue of what is told there by `tell`."""
    told = multiprocessing.get_context("spawn").Queue()
    with pool(jobs, told) as processes:
        yield processes, told


def told_by(futures: Sequence[Future[Any]], told: Any) -> Iterator[Any]:
    """What is told until all of them are done."""
    while not all(future.done() for future in futures):
        with suppress(queue.Empty):
            yield told.get(timeout=0.2)


def tell(what: Any) -> None:
    """Within a process of `pool_that_tells`: tell it to the one that waits."""
    _told.put(what)


def _tell_to(told: Any) -> None:
    global _told
    _told = told


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
