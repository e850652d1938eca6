"""Every solver against courses solved by mrgsolve and deSolve (tests/reference/README.md), through models as text.

`dosing-env verify` compares every case with every solver; here SciPy solves all of them, and the compiled solvers those
of a few models, which take ten seconds each to compile.
"""

from __future__ import annotations

import math

import pandas as pd
import pytest

from dosing_env.verification.reference import solved
from tests.simulation.reference_data import CASES, FOLDER, MODELS

COMPILED = {"exact": {"PK1", "PK2", "PK3"}, "compiled": {"IDR"}}
RUNS = [("scipy", case) for case in CASES] + [
    (solver, case) for solver, names in COMPILED.items() for case in CASES if CASES[case].model in names
]


@pytest.mark.parametrize(("solver", "case"), RUNS)
def test_agrees_with_the_reference(case: str, solver: str) -> None:
    own = solved(MODELS[CASES[case].model], CASES[case], solver)
    for (_, name), values in CASES[case].expected.items():
        largest = max(map(abs, values.values()))
        for time, value in values.items():
            error = abs(own[name][time] - value)
            assert error <= 1e-6 * (abs(value) + 1e-6 * largest), (name, time)


@pytest.mark.parametrize("case", [case for solver, case in RUNS if solver == "exact"])
def test_the_exact_solver_agrees_with_scipy(case: str) -> None:
    own, other = (solved(MODELS[CASES[case].model], CASES[case], solver) for solver in ("exact", "scipy"))
    size = other.abs() + 1e-6 * other.abs().max() + (other.abs().max() == 0.0)
    assert ((own - other).abs() / size).drop(columns="auc").to_numpy().max() <= 1e-9


def test_the_cases_are_whole() -> None:
    """Each case has every state and output at each of its times; every kind of record occurs."""
    rows = {row.case_id: row for row in pd.read_csv(FOLDER / "cases.csv").itertuples()}
    assert len(CASES) == len(rows) == 34
    for name, case in CASES.items():
        drug = MODELS[case.model]
        assert {variable for kind, variable in case.expected if kind == "state"} == set(drug.compartments)
        assert {variable for kind, variable in case.expected if kind == "output"} == set(drug.outputs)
        for values in case.expected.values():
            assert len(values) == rows[name].n_times
            assert all(math.isfinite(value) for value in values.values())
    events = [event for case in CASES.values() for event in case.events]
    assert {event["evid"] for event in events} == {"1", "3", "4"}
    assert {event["ss"] for event in events} == {"0", "1", "2"}
    assert {float(event["rate"]) for event in events} > {0.0, -2.0}
