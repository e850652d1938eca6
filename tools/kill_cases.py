"""Commands to be killed by `tools/kill_commands.py`, each small, and what must be true of their files afterwards."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.image import imread

from dosing_env import recipe as recipes
from dosing_env.agent import load_agent
from dosing_env.trial import Trial
from dosing_env.weights import read_arrays, read_weights
from tests.cli.commands import small_recipe

SHARE = re.compile(r"^ *(\d+) %", re.MULTILINE)
FINISHED = re.compile(r"(\d+) of (\d+) policies were finished and are in (\S+)$", re.MULTILINE)
SEARCH = "\n[search]\nn_epochs = { low = 1, high = 4 }\n"


class Ended(NamedTuple):
    """How a command ended."""

    number: int  # the signal sent, 0 for none
    code: int
    err: str


class Case:
    """A command in a folder of its own."""

    name = ""
    span = 0.0  # s that a start takes at most

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def words(self) -> tuple[str, ...]:
        """The command as it is to be started next."""
        raise NotImplementedError

    def kept(self, ended: Ended) -> Iterator[str]:
        """What was lost, or is not what it should be, after a stop."""
        yield from ()

    def whole(self) -> Iterator[str]:
        """What is not as it should be after a start that was never stopped."""
        yield from ()


class Evaluate(Case):
    """A trial of four policies in two processes."""

    name = "evaluate"
    policies = ("fixed_1g_q12h", "renal_table", "guideline_2020", "ucsf")
    patients = 400

    def words(self) -> tuple[str, ...]:
        """Always the same folder: of a trial before, or of what a kill left of it."""
        words = (self.name, "vancomycin_ward", "--policies", ",".join(self.policies), "--no-rivals")
        return (*words, "--patients", str(self.patients), "--jobs", "2", "-o", "run")

    def kept(self, ended: Ended) -> Iterator[str]:
        """Policies that were finished when the signal came are in the folder, with every patient."""
        found = FINISHED.search(ended.err)
        told = ended.err.partition("summary")[0]  # progress of the trial; then comes that of its files
        share = max(map(int, SHARE.findall(told)), default=0)
        least = share * len(self.policies) // 100
        if ended.code not in (130, 143):
            return
        if found is not None:
            yield from self._whole_arms(int(found[1]), found[3])
        if found is not None and int(found[1]) < least:
            yield f"{found[1]} policies kept at {share} %"
        if found is None and least and share < 100:
            yield f"no policy kept at {share} %: {ended.err[-200:]}"
        if found is None and share == 100:  # stopped while the table was printed: all is written
            yield from self._whole_arms(len(self.policies))

    def whole(self) -> Iterator[str]:
        """All policies."""
        return self._whole_arms(len(self.policies))

    def _whole_arms(self, count: int, folder: str = "run") -> Iterator[str]:
        """A trial that was stopped does not replace a finished one: it stands in the folder that the command names."""
        trial = Trial.load(self.folder / folder)
        if (len(trial.arms()), len(trial.frame)) != (count, count * self.patients):
            yield f"{len(trial.arms())} policies with {len(trial.frame)} rows, not {count}"


class Simulate(Case):
    """A table of some hundred thousand rows."""

    name = "simulate"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "doses.csv").write_text("TIME,AMT,RATE,II,ADDL\n0,1000,1000,12,9\n")
        self._written = ""

    def words(self) -> tuple[str, ...]:
        """Over and over."""
        (self.folder / "out.csv").unlink(missing_ok=True)
        covariates = ("--covariates", "WT=70", "--covariates", "CRCL=90")
        subjects = ("--subjects", "6000", "--seed", "1", "--times", "0:168:2")
        return (self.name, "vancomycin_thomson2009", "doses.csv", *covariates, *subjects, "-o", "out.csv")

    def kept(self, ended: Ended) -> Iterator[str]:
        """The whole table, or none."""
        path = self.folder / "out.csv"
        if path.exists() and digest(path) != self._written:
            yield "out.csv is half written"

    def whole(self) -> Iterator[str]:
        """The same bytes each time."""
        found = digest(self.folder / "out.csv")
        if self._written not in ("", found):
            yield "out.csv is another one now"
        self._written = found


class Dataset(Case):
    """Courses for Minari, each time under a new id."""

    name = "dataset"
    patients = 200

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._started = 0
        self._named: set[str] = set()  # of which something was said: once is enough

    def words(self) -> tuple[str, ...]:
        """A version more."""
        self._started += 1
        ward = (self.name, "vancomycin_ward", "guideline_2020", "--patients", str(self.patients))
        return (*ward, "-o", f"ward/killed-v{self._started}")

    def kept(self, ended: Ended) -> Iterator[str]:
        """Every set that Minari finds is whole."""
        from minari.dataset.minari_storage import MinariStorage

        for data in sorted((self.folder / "minari").rglob("data")):
            name = data.parent.name
            hidden = any(part.startswith(".") for part in data.relative_to(self.folder).parts)  # not yet moved in
            if name in self._named or hidden:
                continue
            try:
                total = int(MinariStorage.read(data).total_episodes)
            except Exception as error:  # of h5py, json, Minari: whatever it is, the set cannot be read
                self._named.add(name)
                yield f"{name} does not load: {type(error).__name__}"
            else:
                if total != self.patients:
                    self._named.add(name)
                    yield f"{name} loads with {total} episodes"

    def whole(self) -> Iterator[str]:
        """As after a stop, and it is there."""
        yield from self.kept(Ended(0, 0, ""))
        if not (self.folder / "minari" / "ward" / f"killed-v{self._started}").is_dir():
            yield "not written"


class Train(Case):
    """A training of two seeds in two processes; resumed each time, and begun anew when it has come to its end."""

    name = "train"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        small_recipe(folder, steps="20_000", evaluate_every="4000")
        self._runs, self._steps, self._reference = 0, 0, ""

    @property
    def _run(self) -> Path:
        return self.folder / f"run{self._runs}"

    def words(self) -> tuple[str, ...]:
        """Begin, or go on."""
        shared = ("--no-card", "--jobs", "2")
        if list(self._run.glob("*.toml")):
            return (self.name, "--resume", self._run.name, *shared)
        return (self.name, "tiny.toml", "-o", self._run.name, *shared)

    def kept(self, ended: Ended) -> Iterator[str]:
        """Checkpoints never go back; what was learned so far is an agent."""
        if ended.code == 0:
            yield from self.whole()
            return
        steps = sum(map(_steps, (self._run / f"seed{seed}" for seed in (0, 1))))
        if steps < self._steps:
            yield f"{self._steps} steps were kept before, now {steps}"
        self._steps = steps
        if "what was trained so far is in" in ended.err:
            load_agent(str(self._run / "tiny.toml"))
        elif ended.code in (130, 143) and steps and "error: stopped; " in ended.err:
            yield f"{steps} steps are in checkpoints, and no weights are named"

    def whole(self) -> Iterator[str]:
        """The weights of a training that was never stopped, bit for bit."""
        states, card = read_weights(self._run / "tiny.safetensors")
        found = _digest_of(states)
        if self._reference not in ("", found):
            yield "other weights than those of a training never stopped"
        if not card["finished"]:
            yield "not finished"
        self._reference, self._steps, self._runs = found, 0, self._runs + 1


class Search(Case):
    """A search by two processes; each start wants two trials more."""

    name = "search"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        path = small_recipe(folder)
        path.write_text(path.read_text() + SEARCH)
        self._ended = 0

    def words(self) -> tuple[str, ...]:
        """Go on."""
        return (self.name, "tiny.toml", "--steps", "3584", "--jobs", "2", "--trials", str(self._ended + 2))

    def kept(self, ended: Ended) -> Iterator[str]:
        """Trials that have ended stay; the recipe found is that of the best."""
        place = self.folder / "runs" / "tiny_search"
        found = _trials(place / "study.db")
        if len(found) < self._ended:
            yield f"{self._ended} trials had ended before, now {len(found)}"
        self._ended = len(found)
        if "the best of" in ended.err or ended.code == 0:
            record = recipes.load(str(place / "tiny_found.toml")).found
            if record is None or record.value != max(found):
                yield "the recipe that was found is not that of the best trial"

    def whole(self) -> Iterator[str]:
        """As after a stop."""
        return self.kept(Ended(0, 0, ""))


CASES: tuple[type[Case], ...] = (Evaluate, Train, Search, Dataset, Simulate)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def unsound(folder: Path) -> Iterator[str]:
    """Files that do not load, of those that have their final name."""
    for path in sorted(folder.rglob("*")):
        read = _READ.get(path.suffix)
        inside = path.relative_to(folder).parts
        if read is None or not path.is_file() or any(part.startswith((".", "log")) for part in inside):
            continue  # a log is written while it is read
        try:
            read(path)
        except Exception as error:  # whatever it is, the file cannot be read
            yield f"{path.relative_to(folder)} is damaged: {type(error).__name__}: {error}"


def hidden(folder: Path) -> list[str]:
    """What is left of files that were being written."""
    left = (path for path in folder.rglob("*") if path.name.startswith(".") or path.suffix == ".part")
    return sorted(str(path.relative_to(folder)) for path in left)


def _page(path: Path) -> None:
    if not path.read_text(encoding="utf-8").rstrip().endswith("</html>"):
        raise ValueError("the page has no end")


def _weights(path: Path) -> None:
    (read_arrays if path.name.startswith("checkpoint-") else read_weights)(path)


def _database(path: Path) -> None:
    with sqlite3.connect(path) as database:
        (answer,) = database.execute("PRAGMA integrity_check").fetchone()
    if answer != "ok":
        raise ValueError(answer)


_READ: dict[str, Callable[[Path], Any]] = {
    ".csv": pd.read_csv,
    ".html": _page,
    ".safetensors": _weights,
    ".toml": lambda path: tomllib.loads(path.read_text()),
    ".json": lambda path: json.loads(path.read_text()),
    ".png": imread,
    ".db": _database,
}


def _steps(seed: Path) -> int:
    """How far the training of a seed is."""
    if (seed / "trained.safetensors").exists():
        return 10**9
    numbers = (re.search(r"(\d+)", path.stem) for path in seed.glob("checkpoint-*.safetensors"))
    return max((int(number[1]) for number in numbers if number), default=0)


def _digest_of(states: dict[int, dict[str, Any]]) -> str:
    sums = hashlib.sha256()
    for seed in sorted(states):
        for name in sorted(states[seed]):
            sums.update(name.encode() + np.ascontiguousarray(states[seed][name]).tobytes())
    return sums.hexdigest()


def _trials(path: Path) -> list[float]:
    """The values of the trials that are complete."""
    if not path.exists():
        return []
    with sqlite3.connect(path) as database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'trial_values'").fetchone():
            return []
        rows = database.execute(
            "SELECT value FROM trials JOIN trial_values USING (trial_id) WHERE state = 'COMPLETE'"
        ).fetchall()
    return [value for (value,) in rows]
