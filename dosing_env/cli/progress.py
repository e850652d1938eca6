"""Progress on stderr: a bar with the time left on a terminal, plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from dosing_env.io import printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Report = Callable[[int, int, str], None]  # done, total, what
OFTEN, SELDOM = 2.0, 30.0  # s between plain lines: at least; at most while work is being finished


@contextmanager
def progress(quiet: bool) -> Iterator[Report]:
    """What long work calls after each piece with (done, total, what). When `done` falls, other work has begun."""
    if quiet:
        yield lambda done, total, what: None
    elif sys.stderr.isatty():
        with _bar() as bar:
            yield Bar(bar, bar.add_task("starting", total=None))
    else:
        yield Lines()


@contextmanager
def late_progress(quiet: bool, after: float = OFTEN) -> Iterator[Report]:
    """The same of work that is usually done before anybody looks: nothing is told in its first seconds."""
    with ExitStack() as stack:
        late = Late(lambda: stack.enter_context(progress(quiet)))
        timer = threading.Timer(after, late.begin)
        timer.daemon = True
        timer.start()
        try:
            yield late
        finally:
            timer.cancel()
            timer.join()


class Late:
    """Keeps what is told until it begins."""

    def __init__(self, start: Callable[[], Report]) -> None:
        self.start = start
        self.shown: Report | None = None
        self.latest = (0, 1, "starting")

    def begin(self) -> None:
        """Tell from now on, beginning with the newest."""
        done, total, what = self.latest
        shown = self.start()
        shown(0, total, what)
        shown(done, total, what)
        self.shown = shown

    def __call__(self, done: int, total: int, what: str) -> None:
        """Tell, or keep."""
        self.latest = (done, total, what)
        if self.shown is not None:
            self.shown(done, total, what)


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    what, elapsed, left = TextColumn("{task.description}", markup=False), TimeElapsedColumn(), TimeRemainingColumn()
    columns = (what, BarColumn(20), TaskProgressColumn(), elapsed, TextColumn("left:"), left)
    return Progress(*columns, console=Console(stderr=True), transient=True)


class Bar:
    """A bar of Rich."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self.bar, self.task, self.last = bar, task, 0

    def __call__(self, done: int, total: int, what: str) -> None:
        """Move the bar."""
        if done < self.last:
            self.bar.reset(self.task)
        self.last = done
        self.bar.update(self.task, completed=done, total=total, description=printable.one_line(what))


class Lines:
    """At most one line for each tenth of the work and every two seconds; the start and the end are always told."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.began = self.told = clock()
        self.last = self.tenth = 0

    def __call__(self, done: int, total: int, what: str) -> None:
        """Print a line if it is time for one."""
        if done < self.last:
            self.began = self.told = self.clock()
            self.tenth = 0
        self.last = done
        if done == 0:
            _line(0, what)
            return
        now, tenth = self.clock(), 10 * done // total
        waited = now - self.told
        if done >= total or (waited >= OFTEN and tenth > self.tenth) or waited >= SELDOM:
            self.told, self.tenth = now, tenth
            left = (now - self.began) * (total - done) / done
            more = f", about {_span(left)} left" if done < total else f", {_span(now - self.began)}"
            _line(100 * done // total, f"{what}{more}")


def _line(percent: int, text: str) -> None:
    print(f"{percent:3d} %  {printable.one_line(text)}", file=sys.stderr, flush=True)


def _span(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
