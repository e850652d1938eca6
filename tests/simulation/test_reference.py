"""Every solver against courses solved by mrgsolve and deSolve (tests/reference/README.md), through models as text.

`dosing-env verify` compares every case with every solver; here SciPy solves all of them, and the compiled solvers those
of a few models, which take ten seconds each to compile.
"""

from __future__ import annotations

import math

import pytest

from tests.simulation.reference_data import CASES, solved, tables

COMPILED = {"exact": {"PK1", "PK2", "PK3"}, "compiled": {"IDR"}}
RUNS = [("scipy", case) for case in CASES] + [
    (solver, case) for solver, names in COMPILED.items() for case, drug in CASES.items() if drug.name in names
]


@pytest.mark.parametrize(("solver", "case"), RUNS)
def test_agrees_with_the_reference(case: str, solver: str) -> None:
    own, expected = solved(case, solver), tables()["expected"][case]
    largest: dict[str, float] = {}
    for row in expected:
        largest[row["name"]] = max(largest.get(row["name"], 0.0), abs(float(row["value"])))
    for row in expected:
        name, time, value = row["name"], float(row["time"]), float(row["value"])
        error = abs(own[name][time] - value)
        assert error <= 1e-6 * (abs(value) + 1e-6 * largest[name]), (name, time)


@pytest.mark.parametrize("case", [case for solver, case in RUNS if solver == "exact"])
def test_the_exact_solver_agrees_with_scipy(case: str) -> None:
    own, other = solved(case, "exact"), solved(case, "scipy")
    size = other.abs() + 1e-6 * other.abs().max() + (other.abs().max() == 0.0)
    assert ((own - other).abs() / size).drop(columns="auc").to_numpy().max() <= 1e-9


def test_the_cases_are_whole() -> None:
    """Each case has every state and output at each of its times; every kind of record occurs."""
    assert len(CASES) == 34
    for case, drug in CASES.items():
        expected = tables()["expected"][case]
        assert len(expected) == (len(drug.compartments) + len(drug.outputs)) * int(
            tables()["cases"][case][0]["n_times"]
        )
        assert {row["name"] for row in expected if row["kind"] == "state"} == set(drug.compartments)
        assert {row["name"] for row in expected if row["kind"] == "output"} == set(drug.outputs)
        assert all(math.isfinite(float(row["value"])) for row in expected)
    events = [row for rows in tables()["events"].values() for row in rows]
    assert {row["evid"] for row in events} == {"1", "3", "4"}
    assert {row["ss"] for row in events} == {"0", "1", "2"}
    assert {float(row["rate"]) for row in events} > {0.0, -2.0}
