"""How signals are answered while a command runs, and that a library leaves them alone."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dosing_env.cli import stops
from dosing_env.cli.stops import answered
from tests.cli.commands import complaint, run
from tests.ctrl_c import heard

pytestmark = pytest.mark.usefixtures("ctrl_c_is_heard")

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.mark.parametrize(("number", "code"), CODES.items())
def test_every_signal_stops_a_command_in_one_line(monkeypatch: pytest.MonkeyPatch, number: int, code: int) -> None:
    monkeypatch.setattr("dosing_env.catalogue.names", lambda _: signal.raise_signal(number))
    before = {each: signal.getsignal(each) for each in CODES}
    assert complaint(run("list"), code) == "error: stopped\n"
    assert before == {each: signal.getsignal(each) for each in CODES}


def test_once_more_while_what_was_done_is_kept_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []
    with answered() as stop:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        done.append("kept")
        monkeypatch.setattr(stops, "SAME", 0.0)  # whoever has waited for long
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert done == ["kept"]
    assert stop.code(130) == 130
    assert stop.code(1) == 1


class Swallower:
    """Python can only print what is raised here."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGTERM)
        time.sleep(0.0)


def test_a_stop_that_was_swallowed_comes_again(capsys: pytest.CaptureFixture[str]) -> None:
    def swallow() -> None:
        Swallower()
        time.sleep(20.0)

    begin = time.monotonic()
    with answered(), pytest.raises(KeyboardInterrupt):
        swallow()
    assert time.monotonic() - begin < 10.0
    assert capsys.readouterr().err == ""


def test_a_module_is_imported_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of one would stay in memory, and what keeps the results may need it."""
    (tmp_path / "stopped_within.py").write_text("import signal\nsignal.raise_signal(signal.SIGTERM)\ndone = True\n")
    monkeypatch.syspath_prepend(tmp_path)

    def load() -> None:
        importlib.import_module("stopped_within")
        time.sleep(20.0)

    with answered() as stop, pytest.raises(KeyboardInterrupt):
        load()
    assert sys.modules.pop("stopped_within").done
    assert stop.code(130) == 143


def test_what_is_ignored_stays_ignored() -> None:
    """By `nohup`, or by a shell that starts it in the background."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with answered():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_stop_while_python_ends_comes_too_late() -> None:
    code = """
import atexit, os, signal
from dosing_env.cli import main
atexit.register(lambda: [os.kill(os.getpid(), number) for number in (signal.SIGINT, signal.SIGTERM)])
main(["list", "protocols"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_library_leaves_signals_alone() -> None:
    """Whatever of it is used."""
    code = """
import signal
numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
before = [signal.getsignal(number) for number in numbers]
import dosing_env, dosing_env.cli
dosing_env.evaluate("vancomycin_ward", ["fixed_1g_q12h"], patients=2, rivals=False, jobs=2)
assert before == [signal.getsignal(number) for number in numbers]
"""
    script = f"if __name__ == '__main__':\n{''.join(f'    {line}{chr(10)}' for line in code.splitlines())}"
    done: Any = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_fails_because_the_terminal_is_gone() -> None:
    """A terminal that is closed sends SIGHUP; whatever is written to it then is an error."""
    screen, theirs = os.openpty()
    code = """
import sys, time
from dosing_env.cli import main
def wait(_):
    print("here", file=sys.stderr, flush=True)
    for _ in range(6000):
        time.sleep(0.01)  # Python hears a signal between two calls, not one that comes as a long call begins
import dosing_env.catalogue
dosing_env.catalogue.names = wait
main(["list"])
"""
    with heard():
        process = subprocess.Popen([sys.executable, "-c", code], stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    with os.fdopen(screen, "rb") as lines:
        assert lines.readline() == b"here\r\n"
    process.send_signal(signal.SIGHUP)
    assert process.wait(20) == CODES[signal.SIGHUP]
