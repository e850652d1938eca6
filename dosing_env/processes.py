"""Work in several processes that Ctrl-C ends at once. Imports nothing of the project."""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

_told: Any = None  # in a process of `work`: where to put what is told


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


def work(jobs: int, calls: Sequence[tuple[Any, ...]], told: Callable[..., None]) -> list[Any]:
    """What functions return that run in processes, each given as itself and its arguments.

    `told` is called here with what they say there by `tell`.
    """
    said = multiprocessing.get_context("spawn").Queue()
    with pool(jobs, said) as processes:
        with starting():
            futures = [processes.submit(*call) for call in calls]
        while not all(future.done() for future in futures):
            with suppress(queue.Empty):
                told(*said.get(timeout=0.2))
        return [future.result() for future in futures]


def tell(*what: Any) -> None:
    """Within a process of `work`: tell it to the one that waits."""
    _told.put(what)


def _tell_to(told: Any) -> None:
    global _told
    _told = told


@contextmanager
def undisturbed() -> Iterator[Callable[[], None]]:
    """Ctrl-C waits for the end of what is done here, or for a moment that suits: what is yielded lets it in."""
    came: list[int] = []

    def let_in() -> None:
        if came:
            raise KeyboardInterrupt

    with _answered(lambda number, _: came.append(number)):
        yield let_in
    let_in()


@contextmanager
def starting() -> Iterator[None]:
    """A terminal sends Ctrl-C to every process; processes started meanwhile leave it to this one."""
    with _answered(signal.SIG_IGN):
        yield


@contextmanager
def _answered(how: Any) -> Iterator[None]:
    """Ctrl-C is answered so meanwhile, unless it is ignored here and left to another process."""
    main = threading.current_thread() is threading.main_thread()  # only it may change what a signal does
    if not main or signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        yield
        return
    before = signal.signal(signal.SIGINT, how)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
