"""Every solver against courses solved by mrgsolve and deSolve (see tests/reference/README.md)."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dosing_env.pharmacology import Drug
from tests.models import dialysis, pk1, pk2, pk2cov, pk3
from tests.simulation.courses import go_on

FOLDER = Path(__file__).resolve().parents[1] / "reference"
MODELS: dict[str, Drug] = {m.DRUG.name.upper(): m.DRUG for m in (pk1, pk2, pk3, pk2cov, dialysis)}


def rows(table: str, case: str = "") -> list[dict[str, str]]:
    """The rows of a table, or those of one case."""
    with open(FOLDER / f"{table}.csv", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["case_id"] == case or not case]


CASES = {row["case_id"]: MODELS[row["model"]] for row in rows("cases")}


@pytest.mark.parametrize("solver", ["exact", "compiled", "scipy"])
@pytest.mark.parametrize("case", CASES)
def test_agrees_with_the_reference(case: str, solver: str) -> None:
    expected = {(row["name"], float(row["time"])): float(row["value"]) for row in rows("expected", case)}
    own = simulated(case, sorted({time for _, time in expected}), solver)
    largest = {name: max(abs(v) for (n, _), v in expected.items() if n == name) for name, _ in expected}
    for (name, time), value in expected.items():
        assert abs(own[name, time] - value) <= 1e-6 * (abs(value) + 1e-6 * largest[name]), (name, time)


def simulated(case: str, times: list[float], solver: str) -> dict[tuple[str, float], float]:
    """Every state and output at the times."""
    drug, doses = CASES[case], doses_of(case)
    changes = {0.0, *times, *(float(step["time"]) for step in rows("covariates", case))}
    amounts = np.zeros(len(drug.compartments))
    table: dict[tuple[str, float], float] = {}
    for begin, end in itertools.pairwise(sorted(changes)):
        go_on(drug, parameters(case, begin), amounts, begin, end, doses, solver=solver)
        table |= {(name, end): value for name, value in seen(drug, amounts, parameters(case, end)).items()}
    return table


def seen(drug: Drug, amounts: Any, p: Any) -> dict[str, float]:
    """States and outputs. At the time of a step the parameters are those of the new covariates."""
    states = dict(zip(drug.compartments, amounts.tolist(), strict=True))
    effect = {"CE": states["EFF"]} if "EFF" in states else {}
    return states | effect | {"CP": float(drug.output(tuple(amounts), p))}


def doses_of(case: str) -> list[tuple[float, float, float, float]]:
    """Every dose, the additional ones too: start, duration, amount, compartment counted from 0."""
    doses = []
    for event in rows("events", case):
        time, amt, rate, ii, cmt = (float(event[name]) for name in ("time", "amt", "rate", "ii", "cmt"))
        for k in range(int(event["addl"]) + 1):
            doses.append((time + k * ii, amt / rate if rate else 0.0, amt, cmt - 1.0))
    return doses


def parameters(case: str, time: float) -> Any:
    """The individual parameters from the covariates that hold from this time on."""
    drug = CASES[case]
    values = {row["name"]: float(row["value"]) for row in rows("params", case)}
    for step in sorted(rows("covariates", case), key=lambda row: float(row["time"])):
        if float(step["time"]) <= time:
            values[step["name"]] = float(step["value"])
    return drug.individual(drug.Covariates(*(values[name] for name in drug.Covariates._fields)), drug.no_eta)


def test_the_table_is_whole() -> None:
    """Each case has every state and output at each of its times, plain doses, and nothing that the drugs leave out."""
    assert len(CASES) == 8
    for row in rows("cases"):
        case, drug = row["case_id"], CASES[row["case_id"]]
        names = seen(drug, np.zeros(len(drug.compartments)), parameters(case, 0.0))
        assert len(rows("expected", case)) == len(names) * int(row["n_times"])
        assert {(event["evid"], event["ss"]) for event in rows("events", case)} == {("1", "0")}
        left_out = {param["name"]: float(param["value"]) for param in rows("params", case)}
        assert all(left_out.get(name, 1.0) == 1.0 for name in ("F1", "FC"))
        assert all(left_out.get(name, 0.0) == 0.0 for name in ("LAG1", "LAGC"))
