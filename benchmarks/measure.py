"""Two things measured in one run, and the line that says how they compare."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One line of the table. The ratio says how many times as fast, or as small, ours is as the other."""

    what: str
    ours: str
    other: str
    ratio: float
    target: str
    reached: bool

    def __str__(self) -> str:
        """The line."""
        ratio = f"{self.ratio:,.0f}" if self.ratio >= 100 else f"{self.ratio:.2f}"
        columns = f"{self.what:<53} {self.ours:>23} {self.other:>40}   ratio {ratio:>5}   target {self.target:<10}"
        return f"{columns} reached: {'yes' if self.reached else 'no'}"


def faster(what: str, ours: float, other: float, name: str, least: float) -> Figure:
    """Ours against `name`, from the CPU-seconds that a step costs each; the ratio has to be at least `least`."""
    ratio = other / ours
    return Figure(
        what, f"{1 / ours:,.0f} steps/CPU-s", f"{name} {1 / other:,.0f}", ratio, f">= {least:,g}", ratio >= least
    )


def under(what: str, ours: float, other: float, name: str, most: float, unit: str = "s") -> Figure:
    """What ours costs against `name`; it has to be under `most`."""
    ours_, other_ = (f"{value:,.2f} {unit}" if unit == "s" else f"{value:,.0f} {unit}" for value in (ours, other))
    return Figure(what, ours_, f"{name} {other_}", other / ours, f"< {most:,g} {unit}", ours < most)


def best(repeats: int, *works: Callable[[], float]) -> list[float]:
    """The least of what each work returns, run in turn (A, B, A, B, ...) so that a busy machine hurts all of them."""
    rounds = [[work() for work in works] for _ in range(repeats)]
    return [min(results) for results in zip(*rounds, strict=True)]


def fresh(code: str, **environment: str) -> Any:
    """What the code prints last, as JSON, run in a new Python process."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=os.environ | environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main(figures: Callable[[bool], Iterator[Figure]]) -> None:
    """Print the figures of one script."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true", help="the smallest setting: it runs, its figures mean nothing")
    for figure in figures(parser.parse_args().small):
        print(figure, flush=True)
