"""The cases of tests/reference, read without the library's own reader of such directories."""

from __future__ import annotations

import csv
import functools
from collections import defaultdict
from pathlib import Path
from typing import Any

import pandas as pd

from dosing_env import simulate
from dosing_env.interchange.text_models import read_models
from dosing_env.pharmacology import Drug

FOLDER = Path(__file__).resolve().parents[1] / "reference"
EVENT = ("time", "evid", "amt", "rate", "ii", "addl", "ss", "cmt")

Rows = list[dict[str, str]]


@functools.cache
def tables() -> dict[str, dict[str, Rows]]:
    """Rows of a table by case."""
    found: dict[str, dict[str, Rows]] = {}
    for name in ("cases", "params", "events", "covariates", "expected"):
        found[name] = defaultdict(list)
        with open(FOLDER / f"{name}.csv", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found[name][row["case_id"]].append(row)
    return found


@functools.cache
def models() -> dict[str, Drug]:
    """The drugs that the texts of models.csv and outputs.csv describe."""
    varying = {row["name"] for rows in tables()["covariates"].values() for row in rows}
    return read_models(FOLDER / "models.csv", FOLDER / "outputs.csv", varying)


CASES = {case: models()[rows[0]["model"]] for case, rows in tables()["cases"].items()}


def steps_of(case: str) -> list[dict[str, Any]]:
    """Covariates at each time of a change; the parameters of a case are covariates of a text model."""
    steps: dict[float, dict[str, Any]] = {0.0: {row["name"]: float(row["value"]) for row in tables()["params"][case]}}
    for row in tables()["covariates"][case]:
        steps.setdefault(float(row["time"]), {})[row["name"]] = float(row["value"])
    names = CASES[case].Covariates._fields
    return [{"TIME": time} | {name: step.get(name) for name in names} for time, step in sorted(steps.items())]


def solved(case: str, solver: str) -> pd.DataFrame:
    """States and outputs by their names in expected.csv, a row for each time there."""
    events = [{name: float(row[name]) for name in EVENT} for row in tables()["events"][case]]
    times = sorted({float(row["time"]) for row in tables()["expected"][case]})
    table = simulate(CASES[case], events, covariates=steps_of(case), times=times, solver=solver)
    return table.set_index("time").rename(columns=lambda name: name.removeprefix("A_"))
