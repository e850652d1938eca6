"""A NONMEM data set of what was simulated: read back, it gives the same."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing_env import Adherence, simulate, simulate_in_parts
from dosing_env.interchange.nonmem import HEADINGS, data_set, data_sets
from dosing_env.pharmacology import Drug
from tests.models import entering, variable

Events = list[dict[str, Any]]

VARIABLE = variable.DRUG
ENTERING = entering.DRUG
X = {"WT": 70.0}
LAGGING = ENTERING.covariates(None)._asdict() | {"LAG1": 1.5, "F1": 0.7, "BASE": 12.0}
TIMES = [0.0, 3.0, 6.0, 12.0, 12.5, 24.0, 36.0, 50.0]
SEED = 5
few = settings(max_examples=60, deadline=None)


def again(drug: Drug, events: Any, *, times: Any = TIMES, **options: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The data set, and its observations simulated from it; what is read is compared with what was written."""
    table = simulate(drug, events, times=times, **options)
    shared = {name: options[name] for name in ("covariates", "carry", "adherence", "seed") if name in options}
    records = data_set(drug, events, table, **shared)
    read = {name: options[name] for name in ("carry", "seed", "eta") if name in options}
    own = simulate(drug, records, **read)
    seen = records["EVID"].isin([0, 2]).to_numpy().nonzero()[0]
    own = own[(records["EVID"].to_numpy()[seen] == 0)].reset_index(drop=True)
    columns = [name for name in table if name not in ("ID", "dv", "blq")]
    np.testing.assert_allclose(own[columns], table[columns], rtol=1e-9, atol=1e-9)
    measured = "dv" if "dv" in table else "level"
    assert records.loc[records["EVID"] == 0, "DV"].tolist() == table[measured].tolist()
    return records, own


# The property.

hours = st.sampled_from([0.0, 2.0, 3.0, 6.0, 7.25, 12.0, 13.5, 24.0, 30.0])


@st.composite
def row(draw: Any, drug: Drug) -> dict[str, Any]:
    kind = draw(st.sampled_from([0, 1, 1, 1, 3, 4]))
    event: dict[str, Any] = {"TIME": draw(hours), "EVID": kind}
    if kind in (1, 4):
        event |= {"AMT": draw(st.sampled_from([0.0, 50.0, 400.0])), "CMT": draw(st.integers(0, 2))}
        codes = [0.0, 20.0, 100.0] if drug is VARIABLE else [0.0, 20.0, -1.0, -2.0]
        event["RATE"] = draw(st.sampled_from(codes)) if event["AMT"] else 0.0
        if draw(st.booleans()):
            event |= {"II": draw(st.sampled_from([6.0, 12.0])), "ADDL": draw(st.integers(1, 3))}
        if event["AMT"] and event["RATE"]:  # the trough before a bolus in steady state has a test of its own
            event["SS"] = draw(st.sampled_from([0, 0, 1, 2])) if "II" in event else 0
    return event


def tables(drug: Drug) -> Any:
    """Rows of up to three subjects, those of a subject in order of time."""
    people = st.lists(st.lists(row(drug), min_size=1, max_size=5), min_size=1, max_size=3)
    return people.map(
        lambda rows: [
            {"ID": 10 - n} | event for n, mine in enumerate(rows) for event in sorted(mine, key=lambda e: e["TIME"])
        ]
    )


def test_read_back_it_gives_the_same() -> None:
    @few
    @given(tables(VARIABLE), st.booleans(), st.sampled_from(["locf", "nocb"]), st.data())
    def check(events: Events, late: bool, carry: str, data: st.DataObject) -> None:
        adherence = Adherence(missed=0.3, late_sd=1.0, dose_cv=0.1) if late else None
        steps: Any = X
        if data.draw(st.booleans(), "covariates in a table"):
            steps = [{"TIME": 0.0, "WT": 70.0}, {"TIME": 5.0, "WT": 90.0}, {"TIME": 24.0, "WT": 50.0}]
        again(VARIABLE, events, covariates=steps, carry=carry, adherence=adherence, seed=SEED)

    check()


def test_read_back_it_gives_the_same_with_lag_and_modelled_rates() -> None:
    @few
    @given(tables(ENTERING))
    def check(events: Events) -> None:
        again(ENTERING, events, covariates=LAGGING)

    check()


@pytest.mark.parametrize("carry", ["locf", "nocb"])
def test_covariates_and_occasions_in_the_event_table(carry: str) -> None:
    events = [
        {"TIME": 0.0, "AMT": 400.0, "II": 12.0, "ADDL": 3, "WT": 70.0, "OCC": 1},
        {"TIME": 12.0, "EVID": 0, "WT": 50.0, "OCC": 2},
        {"TIME": 12.0, "AMT": 100.0, "RATE": 50.0, "WT": 90.0, "OCC": 2},
        {"TIME": 24.5, "AMT": 100.0, "WT": 60.0, "OCC": 1},
    ]
    records, _ = again(VARIABLE, events, carry=carry, seed=SEED, subjects=4)
    assert list(records.columns) == [*HEADINGS, "WT", "OCC"]
    assert records["ID"].unique().tolist() == [1, 2, 3, 4]


# What stands where.


def test_columns_are_numbers_in_order() -> None:
    events = [{"TIME": 0.0, "AMT": 400.0, "CMT": "CENT"}, {"TIME": 6.0, "AMT": 100.0, "RATE": 50.0}]
    records, _ = again(VARIABLE, events, covariates=X, times=[0.0, 6.0, 7.0])
    assert list(records.columns) == [*HEADINGS, "WT"]
    columns = ["ID", "TIME", "EVID", "AMT", "RATE", "CMT", "MDV", "WT"]
    assert records[columns].to_numpy().tolist() == [
        [1, 0, 0, 0, 0, 0, 0, 70],  # seen before the dose
        [1, 0, 1, 400, 0, 2, 1, 70],
        [1, 6, 0, 0, 0, 0, 0, 70],
        [1, 6, 1, 100, 50, 1, 1, 70],
        [1, 7, 0, 0, 0, 0, 0, 70],
    ]
    assert records.attrs["units"] == {"TIME": "h", "AMT": "mg", "RATE": "mg/h", "II": "h", "DV": "mg/L"}
    assert all(pd.api.types.is_numeric_dtype(kind) for kind in records.dtypes)


def test_what_is_below_the_limit_is_flagged() -> None:
    table = simulate(VARIABLE, [{"TIME": 0.0, "AMT": 400.0}], covariates=X, seed=SEED, times=[0.0, 2.0, 90.0])
    records = data_set(VARIABLE, [{"TIME": 0.0, "AMT": 400.0}], table, covariates=X, seed=SEED)
    seen = records[records["EVID"] == 0]
    assert seen["BLQ"].tolist() == table["blq"].tolist() == [1, 0, 1]
    assert seen["DV"].tolist() == table["dv"].tolist()


def test_a_missed_dose_has_no_record() -> None:
    events = [{"TIME": 0.0, "AMT": 400.0, "II": 12.0, "ADDL": 9}]
    records, _ = again(VARIABLE, events, covariates=X, adherence=Adherence(missed=0.5), seed=SEED, subjects=20)
    doses = records[records["EVID"] == 1]
    assert 60 < len(doses) < 140
    assert (doses["AMT"] == 400.0).all()
    assert (doses["ADDL"] == 0).all()


def test_a_reset_with_dose_is_two_records_where_the_patient_is_seen_in_between() -> None:
    events = [{"TIME": 0.0, "AMT": 400.0}, {"TIME": 6.0, "EVID": 4, "AMT": 90.0}, {"TIME": 7.0, "EVID": 4, "AMT": 80.0}]
    records, _ = again(VARIABLE, events, covariates=X, times=[6.0, 8.0])
    assert records[["TIME", "EVID", "AMT"]].to_numpy().tolist() == [
        [0, 1, 400], [6, 3, 0], [6, 0, 0], [6, 1, 90], [7, 4, 80], [8, 0, 0],
    ]  # fmt: skip


def test_a_covariate_that_changes_alone_has_a_record() -> None:
    steps = [{"TIME": 0.0, "WT": 70.0}, {"TIME": 5.0, "WT": 90.0}, {"TIME": 100.0, "WT": 50.0}]
    events = [{"TIME": 2.0, "AMT": 400.0}]
    records, _ = again(VARIABLE, events, covariates=steps, times=[3.0, 12.0])
    assert records[["TIME", "EVID", "WT", "MDV"]].to_numpy().tolist() == [
        [0, 2, 70, 1], [2, 1, 70, 1], [3, 0, 70, 0], [5, 2, 90, 1], [12, 0, 90, 0],
    ]  # fmt: skip


def test_the_trough_of_a_steady_state_bolus_is_left_out() -> None:
    events = [{"TIME": 0.0, "AMT": 400.0, "SS": 1, "II": 12.0}, {"TIME": 0.0, "EVID": 0}]
    table = simulate(VARIABLE, events, covariates=X, times=[0.5, 12.0])
    assert len(data_set(VARIABLE, events, table, covariates=X)) == 4  # what was seen after the bolus stays
    table = simulate(VARIABLE, events[:1], covariates=X, times=[0.0, 12.0])
    with pytest.warns(UserWarning, match="the trough before a steady-state bolus"):
        records = data_set(VARIABLE, events[:1], table, covariates=X)
    assert records[["TIME", "EVID", "SS", "II"]].to_numpy().tolist() == [[0, 1, 1, 12], [12, 0, 0, 0]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again(VARIABLE, [events[0] | {"RATE": 100.0}], covariates=X)


def test_parts_make_the_same_data_set(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    rows = [{"ID": n, "TIME": 0.0, "AMT": 100.0 * n, "WT": 70.0} for n in (3, 1, 2, 5, 4)]
    pd.DataFrame(rows + [row | {"TIME": 4.0} for row in rows]).to_csv(path, index=False)
    options: dict[str, Any] = {"adherence": Adherence(late_sd=1.0), "seed": SEED}
    parts = simulate_in_parts(VARIABLE, path, at_once=2, times=TIMES, **options)
    whole = data_set(VARIABLE, path, simulate(VARIABLE, path, times=TIMES, **options), **options)
    together = pd.concat(data_sets(VARIABLE, path, parts, **options), ignore_index=True)
    pd.testing.assert_frame_equal(together, whole)
    assert whole["ID"].unique().tolist() == [3, 1, 2, 5, 4]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "b"], "ID: 'a': a NONMEM data set holds numbers only"),
        (["1", "01"], "ID: two subjects have the same number"),
        (["1", "inf"], "ID: 'inf': a NONMEM data set holds numbers only"),
        (["1", "9" * 30], f"ID: '{'9' * 30}': a NONMEM data set holds numbers only"),
    ],
)
def test_subjects_have_numbers(names: list[str], message: str) -> None:
    events = [{"ID": name, "TIME": 0.0, "AMT": 5.0} for name in names]
    table = simulate(VARIABLE, events, covariates=X, times=[1.0])
    with pytest.raises(ValueError, match=message):
        data_set(VARIABLE, events, table, covariates=X)


def test_a_table_of_other_events_is_refused() -> None:
    events = [{"ID": 1, "TIME": 0.0, "AMT": 5.0}, {"ID": 1, "TIME": 3.0, "EVID": 0}]
    table = simulate(VARIABLE, events, covariates=X)
    with pytest.raises(ValueError, match="table: ID: 1: the events have no such subject"):
        data_set(VARIABLE, [event | {"ID": 2} for event in events], table, covariates=X)
    with pytest.raises(ValueError, match="table: its rows are not the observations of these events"):
        data_set(VARIABLE, [*events, {"ID": 1, "TIME": 4.0, "EVID": 0}], table, covariates=X)
