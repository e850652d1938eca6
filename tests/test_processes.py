"""A stop while something must not be cut in two, and the end of processes."""

from __future__ import annotations

import multiprocessing
import multiprocessing.process
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from dosing_env.processes import pool, starting, undisturbed

pytestmark = pytest.mark.usefixtures("ctrl_c_is_heard")


def interrupted(done: list[str], suits: bool = False, error: Exception | None = None) -> None:
    """Two pieces of work, with Ctrl-C in the first."""
    with undisturbed() as let_in:
        let_in()
        signal.raise_signal(signal.SIGINT)
        done.append("first")
        if suits:
            let_in()
        if error is not None:
            raise error
        done.append("second")


def test_ctrl_c_waits_for_the_end() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(done)
    assert done == ["first", "second"]


def test_ctrl_c_is_let_in_where_it_suits() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(done, suits=True)
    assert done == ["first"]


def test_afterwards_it_comes_at_once() -> None:
    before = signal.getsignal(signal.SIGINT)
    with undisturbed():
        pass
    assert signal.getsignal(signal.SIGINT) == before


def test_an_error_goes_before_it() -> None:
    with pytest.raises(ValueError, match="wrong"):
        interrupted([], error=ValueError("wrong"))


def test_where_ctrl_c_is_ignored_it_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with undisturbed() as let_in, starting():
        signal.raise_signal(signal.SIGINT)
        let_in()


def test_while_processes_start_a_stop_waits_and_goes_before_an_error() -> None:
    done = []

    def start() -> None:
        with starting():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("started")
            raise ValueError("a broken pool")

    with pytest.raises(KeyboardInterrupt):
        start()
    assert done == ["started"]


def test_a_signal_that_kills_is_left_alone() -> None:
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    with undisturbed():
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def hear(number: int) -> str:
    os.kill(os.getpid(), number)
    return "alive"


def in_a_process(number: int) -> str:
    """What it answers that was sent a signal."""
    with pool(1) as processes:
        with starting():
            future = processes.submit(hear, number)
        return future.result()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_processes_leave_signals_of_a_terminal_to_their_parent(number: int) -> None:
    assert in_a_process(number) == "alive"


def test_processes_die_of_sigterm() -> None:
    with pytest.raises(BrokenProcessPool):
        in_a_process(signal.SIGTERM)


@pytest.mark.parametrize("late", [False, True])
def test_processes_have_ended_where_a_stop_ends_their_work(late: bool) -> None:
    """Also where all that is left to do is to wait for them."""
    before, ended = set(multiprocessing.active_children()), list[multiprocessing.process.BaseProcess]()

    def fail() -> None:
        with pool(2) as processes:
            with starting():
                for _ in range(2):
                    processes.submit(time.sleep, 60.0)
            ended.extend(set(multiprocessing.active_children()) - before)
            if late:
                threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
            else:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [child.is_alive() for child in ended] == [False, False]


ORPHANS = """
import os, signal
from dosing_env.processes import tell, work

def busy(kind):
    tell(os.getpid())
    {busy}

if __name__ == "__main__":
    work(2, [(busy, "one"), (busy, "other")], lambda pid: print(pid, flush=True))
"""
BUSY = {
    "python": "while True: pass",
    "compiled": "import numba; numba.njit(lambda n: [i for i in range(n) if i < 0], nogil=True)(10**13)",
}


@pytest.mark.parametrize("kind", BUSY)
def test_processes_end_with_a_parent_that_is_killed(kind: str, tmp_path: Path, root: Path) -> None:
    (tmp_path / "orphans.py").write_text(ORPHANS.format(busy=BUSY[kind]))
    words, environment = [sys.executable, "orphans.py"], os.environ | {"PYTHONPATH": str(root)}
    process = subprocess.Popen(words, cwd=tmp_path, env=environment, text=True, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert all(int(process.stdout.readline()) for _ in range(2))
    process.kill()
    process.communicate(timeout=10)  # until nobody has the other side of the pipe: the workers have it, too


def test_a_module_of_the_working_folder_is_not_run(tmp_path: Path, root: Path) -> None:
    """Spawn starts a process with -c, which looks there first."""
    (tmp_path / "run.py").write_text(ORPHANS.format(busy="pass"))
    for name in ("struct", "random", "json", "pickle"):
        (tmp_path / "here" / f"{name}.py").parent.mkdir(exist_ok=True)
        (tmp_path / "here" / f"{name}.py").write_text("open('was_run', 'w'); raise SystemExit('was run')")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    words, environment = [sys.executable, "../run.py"], environment | {"PYTHONPATH": str(root)}
    done = subprocess.run(words, cwd=tmp_path / "here", env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "here" / "was_run").exists()


def test_a_thread_leaves_it_to_the_main_thread() -> None:
    came = []

    def work() -> None:
        with undisturbed() as let_in:
            let_in()
            came.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert came == [signal.getsignal(signal.SIGINT)]
