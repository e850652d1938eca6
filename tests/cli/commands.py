"""Commands run in this process or, where signals and terminals matter, in one of their own; and small input files."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from dosing_env import catalogue
from dosing_env.cli import main
from tests.ctrl_c import heard

ROOT = Path(__file__).resolve().parents[2]
WARD = "vancomycin_ward"
TWO = "fixed_1g_q12h,renal_table"  # policies that are quick
PATIENCE = 120  # s, for code that was never compiled before


class Result(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def run(*words: str) -> Result:
    """A command in this process; its output is no terminal."""
    result = CliRunner().invoke(main, words, prog_name="dosing-env", env={"COLUMNS": "80"})
    if not isinstance(result.exception, SystemExit | None):
        raise result.exception
    return Result(result.exit_code, result.stdout, result.stderr)


def complaint(result: Result, code: int = 2) -> str:
    """The one line of a command that failed."""
    assert result.code == code, result
    assert re.fullmatch(r"error: [^\n]+\n", result.err), result.err
    return result.err


def start(*words: str, folder: Path, **streams: Any) -> subprocess.Popen[str]:
    """A command in a process group of its own, which hears Ctrl-C even where the tests were told not to."""
    unset = {"NO_COLOR", "FORCE_COLOR", "DOSING_ENV_DEBUG"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-m", "dosing_env", *words]
    with heard():
        return subprocess.Popen(
            command, cwd=folder, env=environment, text=True, start_new_session=True, stdin=subprocess.DEVNULL, **streams
        )


class Terminal:
    """A command whose stderr is a terminal."""

    def __init__(self, *words: str, folder: Path) -> None:
        self._screen, theirs = os.openpty()
        self.process = start(*words, folder=folder, stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        self.seen = ""

    def wait_for(self, text: str) -> None:
        """Read until a text appears."""
        until = time.monotonic() + PATIENCE
        while text not in self.seen:
            assert time.monotonic() < until, f"{text!r} did not appear in {self.seen!r}"
            assert self._read(), f"ended without {text!r}: {self.seen!r}"

    def send(self, number: int = signal.SIGINT) -> None:
        """Send a signal to every process of the group, as a terminal does at Ctrl-C."""
        os.killpg(self.process.pid, number)

    def end(self) -> Result:
        """Wait for the end."""
        while self._read():
            pass
        os.close(self._screen)
        out, _ = self.process.communicate(timeout=PATIENCE)
        return Result(self.process.returncode, out, self.seen)

    def _read(self) -> bool:
        """Read what has come; False at the end."""
        if not select.select([self._screen], [], [], PATIENCE)[0]:
            self.process.kill()
            raise AssertionError(f"silent for {PATIENCE} s after {self.seen!r}")
        try:
            part = os.read(self._screen, 65536)
        except OSError:  # how Linux tells that nobody has the other side open
            part = b""
        self.seen += part.decode(errors="replace")
        return part != b""


def small_scenario(folder: Path, **changes: str) -> Path:
    """The ward with one quick policy and no rivals, as a file of the user's own; `changes`: top-level keys."""
    text = catalogue.find("scenarios", WARD).read_text(encoding="utf-8")
    for key, value in {"policies": '["fixed_1g_q12h"]', "rivals": "[]", **changes}.items():
        text, found = re.subn(rf"(?ms)^{key} = (\[.*?\]|.*?$)", f"{key} = {value}", text, count=1)
        assert found == 1, key
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def small_recipe(folder: Path, **changes: str) -> Path:
    """The shipped recipe for a few seconds on `small_scenario`, as a file of the user's own."""
    text = catalogue.find("agents", "vancomycin_ward_ppo").read_text(encoding="utf-8")
    brief = {"steps": "4096", "num_envs": "64", "seeds": "[0, 1]", "evaluate_every": "2048", "evaluate_patients": "50"}
    brief |= {"scenario": f'"{small_scenario(folder).name}"', "n_steps": "28", "batch_size": "448"}
    for key, value in (brief | changes).items():
        text, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text, count=1)
        assert found == 1, key
    path = folder / "tiny.toml"
    path.write_text(text, encoding="utf-8")
    return path


def slow_policy(folder: Path) -> str:
    """A policy that decides nothing before a file called `go` exists."""
    (folder / "slow.py").write_text(
        """import time
from pathlib import Path
import numpy as np
from dosing_env.policy import Policy

class Slow(Policy):
    name, title, kind = "slow", "Slow", "label"

    def doses(self, observation):
        while not Path("go").exists():
            time.sleep(0.01)
        return np.zeros(len(observation))

PLANNER = Slow
"""
    )
    return "slow.py"


def files(folder: Path) -> set[str]:
    """Everything in a folder and below, hidden files too."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
