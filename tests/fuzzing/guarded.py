"""Files loaded one after the other in a process of its own, with bounds on time and memory."""

from __future__ import annotations

import json
import os
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

SLOWEST, MEMORY, LONGEST = 5.0, 2**30, 300  # s of a processor, bytes, characters
ENDLESS = 900  # s after which the process is ended
EVIL = "from pathlib import Path\nPath('ran').touch()\n"  # code that no file may have run


class Found(NamedTuple):
    """What came of many files."""

    loaded: int
    refused: int
    faults: list[str]  # what was neither loaded nor refused in a good line
    slowest: float  # s
    slowest_case: str
    memory: int  # bytes more than at the start


def guarded(cases: Iterable[tuple[str, bytes]], path: Path, load: Callable[[Path], Any]) -> Found:
    """Write each case (what it is, its bytes) to the path and load it.

    The working folder of the process is that of the path, with a file evil.py in it.
    """
    (path.parent / "evil.py").write_text(EVIL)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(ENDLESS)  # a process forked from one with threads may wait for ever
            os.close(reading)
            os.chdir(path.parent)
            found = _all(cases, path, load)
            with os.fdopen(writing, "w") as pipe:
                json.dump(found, pipe)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    assert said, "the process died, or did not end"
    return Found(*json.loads(said))


def _all(cases: Iterable[tuple[str, bytes]], path: Path, load: Callable[[Path], Any]) -> Found:
    resource.setrlimit(resource.RLIMIT_AS, (_virtual() + 2 * MEMORY,) * 2)
    before, counts, faults, slowest = _peak(), [0, 0], [], (0.0, "")
    for what, data in cases:
        path.write_bytes(data)
        began = time.process_time()
        fault = _one(path, load, counts)
        took = time.process_time() - began
        slowest = max(slowest, (took, what))
        if took > SLOWEST:
            fault = f"took {took:.1f} s"
        if fault:
            faults.append(f"{what}: {fault}"[:2000])
    if Path("ran").exists():
        faults.append("code of a file was run")
    return Found(counts[0], counts[1], faults, slowest[0], slowest[1], _peak() - before)


def _one(path: Path, load: Callable[[Path], Any], counts: list[int]) -> str:
    """What is wrong with how a file is loaded or refused."""
    try:
        load(path)
    except (RuntimeError, ValueError) as error:  # RuntimeError: a solve failed
        counts[1] += 1
        line = str(error)
        if isinstance(error, RecursionError) or not (line and line.isprintable() and len(line) < LONGEST):
            return f"{type(error).__name__}: {line!r}"
    except BaseException as error:
        return f"{type(error).__name__}: {error!s:.200} {traceback.format_exc()[-900:]}"
    else:
        counts[0] += 1
    return ""


def _virtual() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
