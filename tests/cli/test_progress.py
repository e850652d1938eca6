"""Progress: a bar on a terminal, plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress

from dosing_env.cli.progress import Bar, Lines, progress
from tests.cli.commands import TWO, WARD, Terminal, slow_policy


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_start_and_end_are_always_told(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(clock)
    lines(0, 4, "preparing")
    for done in (1, 2, 3, 4):
        clock.now += 0.1
        lines(done, 4, f"piece {done}")
    assert capsys.readouterr().err == "  0 %  preparing\n100 %  piece 4, 0 s\n"


def test_a_line_each_tenth_but_not_more_often_than_two_seconds(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines(clock)
    for done in range(1, 101):
        clock.now += 0.5
        lines(done, 100, "work")
    told = capsys.readouterr().err.splitlines()
    assert [int(line[:3]) for line in told] == [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert told[0] == " 10 %  work, about 45 s left"
    assert told[-1] == "100 %  work, 50 s"


def test_slow_work_is_told_every_half_minute(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(clock)
    for done in range(1, 5):
        clock.now += 20
        lines(done, 1000, "work")
    told = capsys.readouterr().err.splitlines()
    assert told == ["  0 %  work, about 332 min 40 s left", "  0 %  work, about 332 min 0 s left"]


def test_other_work_begins_at_its_own_time(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(clock)
    clock.now += 60
    lines(2, 2, "first")
    lines(0, 2, "second")
    clock.now += 10
    lines(1, 2, "second")
    clock.now += 10
    lines(2, 2, "second")
    assert capsys.readouterr().err.splitlines() == [
        "100 %  first, 1 min 0 s",
        "  0 %  second",
        " 50 %  second, about 10 s left",
        "100 %  second, 20 s",
    ]


def test_the_bar_follows_and_begins_again(clock: Clock) -> None:
    shown = Progress(console=Console(file=io.StringIO()), get_time=clock)
    bar = Bar(shown, shown.add_task("starting", total=None))
    bar(3, 10, "seed 0")
    task = shown.tasks[0]
    assert (task.completed, task.total, task.description) == (3, 10, "seed 0")
    clock.now += 30
    bar(1, 20, "seed 1")
    assert (task.completed, task.total, task.description, task.elapsed) == (1, 20, "seed 1", 0)


def test_elsewhere_than_on_a_terminal_there_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(quiet=False) as shown:
        shown(0, 1, "[bold]work[/bold]")
    assert capsys.readouterr().err == "  0 %  [bold]work[/bold]\n"


def test_quiet_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(quiet=True) as shown:
        shown(1, 1, "work")
    assert capsys.readouterr() == ("", "")


def test_a_terminal_has_a_bar_with_the_time_left(tmp_path: Path) -> None:
    policies = f"{TWO},{slow_policy(tmp_path)}"
    terminal = Terminal("evaluate", WARD, "--policies", policies, "--patients", "3", "--no-rivals", folder=tmp_path)
    terminal.wait_for("renal_table on ")
    (tmp_path / "go").touch()
    code, out, err = terminal.end()
    assert code == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", err)
    assert "preparing (compiles on first use)" in plain
    assert re.search(r"renal_table on vancomycin_goti2018 [━╺╸]+ +67% \d:\d\d:\d\d left: \d:\d\d:\d\d", plain)
    assert re.search(r"results ━+ +100%", plain)
    assert "\x1b[?25l" in err
    assert err.rindex("\x1b[?25h") > err.rindex("\x1b[?25l"), "the cursor is given back"
    assert "\x1b" not in out, "the table is redirected: it is plain"
