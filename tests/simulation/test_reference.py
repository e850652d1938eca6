"""Every solver against courses solved by mrgsolve and deSolve (see tests/reference/README.md)."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from dosing_env import simulate
from dosing_env.pharmacology import Drug
from tests.models import dialysis, pk1, pk2, pk2cov, pk3

EVENT = ("time", "amt", "rate", "ii", "addl", "cmt")
FOLDER = Path(__file__).resolve().parents[1] / "reference"
MODELS: dict[str, Drug] = {m.DRUG.name.upper(): m.DRUG for m in (pk1, pk2, pk3, pk2cov, dialysis)}


def rows(table: str, case: str = "") -> list[dict[str, str]]:
    """The rows of a table, or those of one case."""
    with open(FOLDER / f"{table}.csv", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["case_id"] == case or not case]


PLAIN = ("pk1_bolus", "pk1_inf", "pk2_bolus", "pk2_inf_addl", "pk2_overlap", "pk3_bolus_inf", "cov_step", "dialysis")
CASES = {row["case_id"]: MODELS[row["model"]] for row in rows("cases") if row["case_id"] in PLAIN}


@pytest.mark.parametrize("solver", ["exact", "compiled", "stiff", "scipy"])
@pytest.mark.parametrize("case", CASES)
def test_agrees_with_the_reference(case: str, solver: str) -> None:
    expected = {(row["name"], float(row["time"])): float(row["value"]) for row in rows("expected", case)}
    own = simulated(case, sorted({time for _, time in expected}), solver)
    largest = {name: max(abs(v) for (n, _), v in expected.items() if n == name) for name, _ in expected}
    for (name, time), value in expected.items():
        assert abs(own[name, time] - value) <= 1e-6 * (abs(value) + 1e-6 * largest[name]), (name, time)


def simulated(case: str, times: list[float], solver: str) -> dict[tuple[str, float], float]:
    """Every state and output at the times."""
    table = simulate(CASES[case], events_of(case), covariates=covariates_of(case), times=times, solver=solver)
    own = {"level": "CP"} | {f"A_{compartment}": compartment for compartment in CASES[case].compartments}
    values = {(own[name], time): float(v) for name in own for time, v in zip(times, table[name], strict=True)}
    return values | {("CE", time): v for (name, time), v in values.items() if name == "EFF"}


def events_of(case: str) -> list[dict[str, float]]:
    return [{name: float(event[name]) for name in EVENT} for event in rows("events", case)]


def covariates_of(case: str) -> list[dict[str, float]]:
    """A row at each time of a change; the parameters of a case are covariates of the test drugs."""
    names = CASES[case].Covariates._fields
    steps: dict[float, dict[str, float]] = {0.0: {}}
    for row in rows("params", case):
        steps[0.0] |= {row["name"]: float(row["value"])}
    for row in rows("covariates", case):
        steps.setdefault(float(row["time"]), {})[row["name"]] = float(row["value"])
    return [{"time": time} | {name: step.get(name, math.nan) for name in names} for time, step in sorted(steps.items())]


def test_the_table_is_whole() -> None:
    """Each case has every state and output at each of its times, plain doses, and nothing that the drugs leave out."""
    assert len(CASES) == 8
    for row in rows("cases"):
        if row["case_id"] not in CASES:
            continue
        case, drug = row["case_id"], CASES[row["case_id"]]
        names = {*drug.compartments, "CP"} | ({"CE"} if "EFF" in drug.compartments else set())
        assert len(rows("expected", case)) == len(names) * int(row["n_times"])
        assert {expected["name"] for expected in rows("expected", case)} == names
        assert {(event["evid"], event["ss"]) for event in rows("events", case)} == {("1", "0")}
        left_out = {param["name"]: float(param["value"]) for param in rows("params", case)}
        assert all(left_out.get(name, 1.0) == 1.0 for name in ("F1", "FC"))
        assert all(left_out.get(name, 0.0) == 0.0 for name in ("LAG1", "LAGC"))
