"""Every solver against courses solved by mrgsolve and deSolve (see tests/reference/README.md)."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dosing_env.pharmacology import Drug
from tests.models import dialysis, pk1, pk2, pk2cov, pk3
from tests.simulation.courses import go_on

FOLDER = Path(__file__).resolve().parents[1] / "reference"
TABLES = {name: pd.read_csv(FOLDER / f"{name}.csv") for name in ("cases", "params", "events", "covariates", "expected")}
MODELS: dict[str, Drug] = {m.DRUG.name.upper(): m.DRUG for m in (pk1, pk2, pk3, pk2cov, dialysis)}
CASES = dict(zip(TABLES["cases"]["case_id"], TABLES["cases"]["model"], strict=True))
SOLVERS = ("exact", "compiled", "scipy")


def rows(table: str, case: str) -> pd.DataFrame:
    found = TABLES[table]
    return found[found["case_id"] == case]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("case", CASES)
def test_agrees_with_the_reference(case: str, solver: str) -> None:
    expected = rows("expected", case).pivot(index="time", columns="name", values="value")
    own = simulated(case, expected.index.tolist(), solver)[list(expected)]
    largest = expected.abs().max()
    allowed = 1e-6 * (expected.abs() + 1e-6 * largest)
    excess = (own - expected).abs() - allowed
    assert excess.max().max() <= 0.0, excess.max()


def simulated(case: str, times: list[float], solver: str) -> pd.DataFrame:
    """Every state and output at the times."""
    drug, doses, steps = MODELS[CASES[case]], doses_of(case), rows("covariates", case)
    amounts, table = np.zeros(len(drug.compartments)), {}
    for begin, end in itertools.pairwise(sorted({0.0, *times, *steps["time"]})):
        go_on(drug, parameters(drug, case, begin), amounts, begin, end, doses, solver=solver)
        # An output at the time of a step uses the new covariates.
        table[end] = dict(zip(drug.compartments, amounts, strict=True)) | outputs(
            drug, amounts, parameters(drug, case, end)
        )
    return pd.DataFrame.from_dict({t: table[t] for t in times}, orient="index")


def outputs(drug: Drug, amounts: Any, p: Any) -> dict[str, float]:
    level = {"CP": drug.output(tuple(amounts), p)}
    return level | ({"CE": amounts[drug.compartments.index("EFF")]} if "EFF" in drug.compartments else {})


def doses_of(case: str) -> list[tuple[float, float, float, float]]:
    """Every dose, the additional ones too: start, duration, amount, compartment counted from 0."""
    return [
        (e.time + k * e.ii, e.amt / e.rate if e.rate else 0.0, e.amt, e.cmt - 1.0)
        for e in rows("events", case).itertuples()
        for k in range(int(e.addl) + 1)
    ]


def parameters(drug: Drug, case: str, time: float) -> Any:
    """The individual parameters from the covariates that hold from this time on."""
    values = dict(rows("params", case)[["name", "value"]].itertuples(index=False))
    steps = rows("covariates", case)
    values |= dict(steps[steps["time"] <= time].sort_values("time")[["name", "value"]].itertuples(index=False))
    return drug.individual(drug.Covariates(*(float(values[name]) for name in drug.Covariates._fields)), drug.no_eta)


def test_the_table_is_whole() -> None:
    """Each case with doses, and with every state and output at each of its times."""
    assert len(CASES) == 8
    for case, model in CASES.items():
        count = len(MODELS[model].compartments) + len(
            outputs(MODELS[model], np.zeros(5), parameters(MODELS[model], case, 0.0))
        )
        times = TABLES["cases"].set_index("case_id").loc[case, "n_times"]
        assert len(rows("expected", case)) == count * times
        assert len(rows("events", case)) > 0
        assert set(rows("events", case)["evid"]) == {1}
        left_out = rows("params", case).set_index("name")["value"]
        assert all(left_out.get(name, 1.0) == 1.0 for name in ("F1", "FC"))
        assert all(left_out.get(name, 0.0) == 0.0 for name in ("LAG1", "LAGC"))
