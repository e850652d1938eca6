"""Work in several processes that end with this one, however it ends. Imports nothing of the project.

A stop is Ctrl-C, SIGTERM or SIGHUP. Its handler is Python's own for Ctrl-C, and the program's for the others while a
command runs (`cli/stops.py`). Here stops are only put off: a signal that kills or is ignored is left as it is.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

_OF_A_TERMINAL = tuple(getattr(signal, name) for name in ("SIGINT", "SIGHUP") if hasattr(signal, name))  # to a group
STOPS = (*_OF_A_TERMINAL, signal.SIGTERM)
ORPHANED = 1  # the exit code of a process whose parent is gone

_DYING = 5.0  # s that a process may take to end
_SAFE_PATH = "PYTHONSAFEPATH"

_told: Any = None  # in a process of `work`: where to put what is told


@contextmanager
def pool(jobs: int, *told: Any) -> Iterator[ProcessPoolExecutor]:
    """Processes to submit work to, all of it below `starting`. After a stop or an error their work is given up."""
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    with _birth():  # a helper of multiprocessing's starts with the first queue
        processes = ProcessPoolExecutor(jobs, context, _begin, told)
    try:
        yield processes
        processes.shutdown()  # here too a stop ends them at once
    except BaseException:
        processes.shutdown(wait=False, cancel_futures=True)
        _end(set(multiprocessing.active_children()) - others)
        raise


def work(jobs: int, calls: Sequence[tuple[Any, ...]], told: Callable[..., None]) -> list[Any]:
    """What functions return that run in processes, each given as itself and its arguments.

    `told` is called here with what they say there by `tell`.
    """
    with _birth():
        said = multiprocessing.get_context("spawn").Queue()
    with pool(jobs, said) as processes:
        with starting():
            futures = [processes.submit(*call) for call in calls]
        while not all(future.done() for future in futures):
            with suppress(queue.Empty):
                told(*said.get(timeout=0.2))
        return [future.result() for future in futures]


def _end(children: Collection[BaseProcess]) -> None:
    """End processes, and wait until they have: whoever tidies up behind them must be alone."""
    for child in children:
        child.terminate()
    for child in children:
        child.join(_DYING)


def tell(*what: Any) -> None:
    """Within a process of `work`: tell it to the one that waits."""
    _told.put(what)


def _begin(told: Any = None) -> None:
    """What a process of `pool` does first. What a terminal sends to it too is for its parent to answer."""
    global _told
    _told = told
    for number in _OF_A_TERMINAL:
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    """A parent that was killed cannot end its processes. Compiled code leaves the interpreter to this thread."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(ORPHANED)


@contextmanager
def _birth() -> Iterator[None]:
    """Processes started meanwhile inherit that a terminal's signals wait, and that modules are not looked for here.

    Without the latter a struct.py in the working folder would be run before anything of ours.
    """
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        with _blocked(_OF_A_TERMINAL):
            yield
    finally:
        os.environ.pop(_SAFE_PATH, None)
        if before is not None:
            os.environ[_SAFE_PATH] = before


@contextmanager
def _blocked(signals: Sequence[int]) -> Iterator[None]:
    """Signals wait, in every thread and process started meanwhile too; one that is ignored would be lost."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def undisturbed() -> Iterator[Callable[[], None]]:
    """A stop waits for the end of what is done here, or for a moment that suits: what is yielded lets it in."""
    with _put_off() as let_in:
        yield let_in
    let_in()


@contextmanager
def starting() -> Iterator[None]:
    """Processes started meanwhile are born deaf to what a terminal sends to them too. Here a stop waits.

    It goes before an error: SIGTERM, where it is sent to all, has broken the pool by then.
    """
    with _put_off() as let_in:
        try:
            with _birth():
                yield
        finally:
            let_in()


@contextmanager
def _put_off() -> Iterator[Callable[[], None]]:
    """Stops that have a handler wait until what is yielded is called."""
    came: list[int] = []
    before = {number: handler for number, handler in handlers_of_stops().items() if callable(handler)}

    def let_in() -> None:
        if came:
            before[came[0]](came.pop(0), None)

    try:
        for number in before:
            signal.signal(number, lambda number, _: came.append(number))
        yield let_in
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def handlers_of_stops() -> dict[int, Any]:
    """The handlers of stops, by number; none in a thread, for only the main thread may change them."""
    main = threading.current_thread() is threading.main_thread()
    return {number: signal.getsignal(number) for number in STOPS} if main else {}
