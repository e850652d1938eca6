"""Kill commands at random moments, and look at what they leave: `python -m tools.kill_commands --kills 20`.

    python -m tools.kill_commands --kills 5 --commands train,search --seed 1

Each command is stopped by SIGTERM, SIGKILL or SIGINT, sent to it alone or to its processes too, and started again.
After each stop no process of it may be alive for more than 10 s, no file be half written, nothing that was finished be
lost; a training ends with the weights of one that was never stopped. At the end the command is left to finish: nothing
hidden may remain then. The exit code is 1 if any of that fails. Linux only: processes are found by their environment
in /proc.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.ctrl_c import heard
from tools.kill_cases import CASES, Case, Ended, hidden, unsound

ROOT = Path(__file__).resolve().parents[1]
MARKER = "DOSING_ENV_KILLED_BY"
SIGNALS = (signal.SIGTERM, signal.SIGKILL, signal.SIGINT)
CODES = {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGKILL: -signal.SIGKILL}
LIMIT = 10.0  # s until the last process has ended


class Stop(NamedTuple):
    """A signal, and what was found after it."""

    number: int
    to_all: bool  # to every process, as from a terminal
    after: float  # s since the start
    code: int
    took: float  # s until the last process had ended
    complaints: tuple[str, ...]


def main() -> int:
    """Run it; returns the exit code."""
    names = {case.name: case for case in CASES}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="of each command")
    parser.add_argument("--commands", default=",".join(names), help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="of the moments and the signals")
    asked = parser.parse_args()
    failed = 0
    for name in asked.commands.split(","):
        with tempfile.TemporaryDirectory() as folder:
            stops, complaints = kill_often(names[name](Path(folder)), asked.kills, random.Random(asked.seed))
        report(name, stops, complaints)
        failed += len(complaints) + sum(len(stop.complaints) for stop in stops)
    return 1 if failed else 0


def kill_often(case: Case, kills: int, chance: random.Random) -> tuple[list[Stop], list[str]]:
    """Kill a command so many times; then let it finish. Returns the stops, and what is wrong in the end."""
    begin = time.monotonic()
    wrong = finish(case)
    case.span = time.monotonic() - begin
    stops = [kill_once(case, SIGNALS[k % len(SIGNALS)], chance) for k in range(kills)]
    wrong += finish(case)
    return stops, [*wrong, *(f"left: {path}" for path in hidden(case.folder))]


def kill_once(case: Case, number: signal.Signals, chance: random.Random) -> Stop:
    """Start a command and stop it at a moment of its life, rather late, where files are written."""
    to_all, before, wrong = chance.random() < 0.5, hidden(case.folder), []
    while True:
        process, marker = start(case)
        begin = time.monotonic()
        if runs_on(process, chance.triangular(0.0, case.span, 0.9 * case.span)):
            break
        case.span = min(case.span, time.monotonic() - begin)
        wrong += list(case.kept(Ended(0, process.returncode, errors_of(case))))  # it was quicker
    after = time.monotonic() - begin
    (os.killpg if to_all else os.kill)(process.pid, number)
    took, left = until_gone(process, marker)
    ended = Ended(number, process.returncode, errors_of(case))
    wrong += [*left, *found_after(case, ended)]
    if number != signal.SIGKILL:
        wrong += [f"left after a stop: {path}" for path in hidden(case.folder) if path not in before]
    return Stop(number, to_all, after, ended.code, took, tuple(wrong))


def runs_on(process: subprocess.Popen[bytes], span: float) -> bool:
    """Whether a process is alive after so many seconds."""
    try:
        process.wait(span)
    except subprocess.TimeoutExpired:
        return True
    return False


def found_after(case: Case, ended: Ended) -> Iterator[str]:
    """What is wrong after a stop."""
    yield from unsound(case.folder)
    try:
        yield from case.kept(ended)
    except Exception as error:  # of whatever could not be read
        yield f"{type(error).__name__}: {error}"
    early = ended.code == -ended.number and "%" not in ended.err  # before the command could answer
    if ended.code not in (0, CODES[signal.Signals(ended.number)]) and not early:
        yield f"exit code {ended.code}: {ended.err[-300:]}"
    if ended.code > 0 and "Traceback" in ended.err:
        yield f"a traceback: {ended.err[-600:]}"


def finish(case: Case) -> list[str]:
    """Run a command to its end. Returns what is wrong."""
    process, _ = start(case)
    if process.wait():
        return [f"exit code {process.returncode}: {errors_of(case)[-300:]}"]
    return [*unsound(case.folder), *case.whole()]


def start(case: Case) -> tuple[subprocess.Popen[bytes], str]:
    """The command in a process group of its own, and what its processes have in their environment."""
    marker = secrets.token_hex(8)
    environment = os.environ | {MARKER: marker, "PYTHONPATH": str(ROOT)}
    environment |= {"MINARI_DATASETS_PATH": str(case.folder / "minari")}
    words = [sys.executable, "-m", "dosing_env", *case.words()]
    with heard(), open(case.folder / "err.txt", "wb") as err:
        process = subprocess.Popen(
            words,
            cwd=case.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=err,
            start_new_session=True,
        )
    return process, marker


def errors_of(case: Case) -> str:
    """What the newest start has said on stderr."""
    return (case.folder / "err.txt").read_text(errors="replace")


def until_gone(process: subprocess.Popen[bytes], marker: str) -> tuple[float, list[str]]:
    """Wait for the last process. Returns s, and who was alive at the limit; these are killed."""
    begin = time.monotonic()
    while (process.poll() is None or alive(marker)) and time.monotonic() - begin < LIMIT:
        time.sleep(0.02)
    took, left = time.monotonic() - begin, alive(marker)
    for number in left:
        os.kill(number, signal.SIGKILL)
    process.wait()
    return took, [f"alive after {took:.0f} s: {command}" for command in left.values()]


def alive(marker: str) -> dict[int, str]:
    """The processes with a marker in their environment, with their commands."""
    wanted, found = f"{MARKER}={marker}".encode(), {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (place / "environ").read_bytes().split(b"\0"):
                found[int(place.name)] = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it has ended meanwhile
            continue
    return found


def report(name: str, stops: list[Stop], complaints: list[str]) -> None:
    """One line for each signal, and one for each complaint."""
    for number in SIGNALS:
        mine = [stop for stop in stops if stop.number == number]
        codes = ", ".join(f"{code} ({count})" for code, count in Counter(stop.code for stop in mine).most_common())
        slowest = max((stop.took for stop in mine), default=0.0)
        bad = sum(bool(stop.complaints) for stop in mine)
        counts = f"{len(mine):3} stops, {bad} with complaints, gone after {slowest:4.1f} s at most"
        print(f"{name:9} {number.name:8} {counts}, exit codes {codes}", flush=True)
    for stop in stops:
        for complaint in stop.complaints:
            whom = "all" if stop.to_all else "it alone"
            print(f"  {signal.Signals(stop.number).name} to {whom} after {stop.after:.1f} s: {complaint}", flush=True)
    for complaint in complaints:
        print(f"  in the end: {complaint}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
