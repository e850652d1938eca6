"""Ctrl-C while something must not be cut in two."""

from __future__ import annotations

import signal
import threading

import pytest

from dosing_env.processes import starting, undisturbed

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
    with starting(), undisturbed() as let_in:
        signal.raise_signal(signal.SIGINT)
        let_in()


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
