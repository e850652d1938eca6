"""The cases of tests/reference are whole. That every solver agrees with them is what `dosing-env verify` checks."""

from __future__ import annotations

import math

import pandas as pd

from tests.simulation.reference_data import CASES, FOLDER, MODELS


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
