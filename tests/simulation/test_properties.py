"""What must hold whatever the doses: drawn by hypothesis."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing_env import simulate
from dosing_env.pharmacology import Drug
from dosing_env.simulation import batch
from tests.models import idr, iv1
from tests.simulation.by_hand import MAN
from tests.simulation.reference_data import CASES, MODELS

Events = list[dict[str, Any]]

few = settings(max_examples=40, deadline=None)
LOOKS = [1.0, 2.5, 12.0, 24.25, 30.0, 47.0, 61.0, 90.0, 200.0]


class Model:
    """A drug with the covariates of one patient."""

    def __init__(self, drug: Drug, x: dict[str, Any], solver: str, unequal: tuple[str, ...] = ()) -> None:
        self.drug, self.x, self.solver = drug, x, solver
        self.amounts = [f"A_{name}" for name in drug.compartments if name not in unequal]

    def __repr__(self) -> str:
        return self.drug.name

    def seen(self, events: Events, times: Any, **changes: Any) -> pd.DataFrame:
        return simulate(self.drug, events, covariates=self.x | changes, times=times, solver=self.solver)


def of_case(case: str, *unequal: str) -> Model:
    """The patient of a reference case."""
    steps = CASES[case].covariates[0]
    inputs = {name: float(number) for name, number in steps.items() if name != "TIME"}
    return Model(MODELS[CASES[case].model], inputs, "exact", unequal)


LINEAR = [
    Model(iv1.DRUG, iv1.DRUG.covariates(MAN)._asdict(), "exact"),
    of_case("pk1_oral"),
    of_case("pk2_oral"),
    of_case("pk3_bolus_inf", "EFF"),  # EFF is a concentration
]
RESPONSE = Model(idr.DRUG, idr.DRUG.covariates(MAN)._asdict(), "compiled")
ALL = [*LINEAR, RESPONSE]

hours = st.integers(0, 240).map(lambda quarter: 0.25 * quarter)
amounts = st.floats(1e-3, 1e4)


@st.composite
def dose(draw: Any, compartments: int) -> dict[str, Any]:
    """A bolus or an infusion, perhaps repeated."""
    row = {"TIME": draw(hours), "AMT": draw(amounts), "CMT": draw(st.integers(1, compartments))}
    if draw(st.booleans()):
        row["RATE"] = row["AMT"] / draw(st.floats(0.25, 30.0))
    if draw(st.booleans()):
        row |= {"ADDL": draw(st.integers(1, 12)), "II": draw(st.floats(0.5, 24.0))}
    return row


def regimen(model: Model, least: int = 1) -> Any:
    """Doses into the compartments that hold amounts, in order of time."""
    rows = st.lists(dose(min(len(model.amounts), 2)), min_size=least, max_size=5)
    return rows.map(lambda doses: sorted(doses, key=lambda row: row["TIME"]))


def close(one: Any, other: Any, relative: float) -> None:
    one, other = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    size = np.abs(other) + 1e-6 * np.abs(other).max(axis=0)
    assert (np.abs(one - other) <= relative * size).all()


@pytest.mark.parametrize("model", LINEAR, ids=repr)
def test_doses_superpose(model: Model) -> None:
    @few
    @given(regimen(model))
    def check(events: Events) -> None:
        alone = [model.seen([event], LOOKS) for event in events]
        close(model.seen(events, LOOKS), sum(table.to_numpy() for table in alone[1:]) * _without_time(alone[0])
              + alone[0].to_numpy(), 1e-9)  # fmt: skip

    check()


def _without_time(table: pd.DataFrame) -> Any:
    return (table.columns != "time").astype(float)


@pytest.mark.parametrize("model", LINEAR, ids=repr)
def test_amounts_are_proportional_to_doses(model: Model) -> None:
    @few
    @given(regimen(model), st.floats(1e-3, 1e3))
    def check(events: Events, factor: float) -> None:
        more = [event | {name: factor * event[name] for name in ("AMT", "RATE") if name in event} for event in events]
        own, other = model.seen(more, LOOKS), model.seen(events, LOOKS)
        close(own.drop(columns="time"), factor * other.drop(columns="time"), 1e-9)

    check()


@pytest.mark.parametrize("model", ALL, ids=repr)
def test_it_does_not_matter_when_the_clock_starts(model: Model) -> None:
    @few
    @given(regimen(model), st.floats(0.0, 1000.0))
    def check(events: Events, later: float) -> None:
        shifted = [event | {"TIME": event["TIME"] + later} for event in events]
        own = model.seen(shifted, [time + later for time in LOOKS])
        other = model.seen(events, LOOKS)
        close(own[model.amounts], other[model.amounts], 1e-8 if model in LINEAR else 1e-6)

    check()


@pytest.mark.parametrize("model", ALL, ids=repr)
def test_looking_more_often_changes_nothing(model: Model) -> None:
    @few
    @given(regimen(model), st.sets(st.floats(0.0, 200.0), max_size=20))
    def check(events: Events, more: set[float]) -> None:
        often = model.seen(events, sorted({*LOOKS, *more}))
        close(often[often["time"].isin(LOOKS)], model.seen(events, LOOKS), 1e-9 if model in LINEAR else 1e-6)

    check()


@pytest.mark.parametrize("model", LINEAR, ids=repr)
def test_what_went_in_is_there_or_was_cleared(model: Model) -> None:
    available = [model.x.get("F1", 1.0), model.x.get("FC", 1.0)]

    @few
    @given(regimen(model))
    def check(events: Events) -> None:
        table = model.seen(events, [*LOOKS, 600.0])  # after the last infusion
        given = sum(available[event["CMT"] - 1] * event["AMT"] * (1 + event.get("ADDL", 0)) for event in events)
        there = table[model.amounts].sum(axis=1) + model.x["CL"] * table["auc"]
        assert there.iloc[-1] == pytest.approx(given, rel=1e-9)
        assert (there <= given * (1 + 1e-9)).all()
        assert (there.diff().dropna() >= -1e-9 * given).all()

    check()


@pytest.mark.parametrize("model", ALL, ids=repr)
def test_amounts_are_never_negative(model: Model) -> None:
    @few
    @given(regimen(model))
    def check(events: Events) -> None:
        table = model.seen(events, LOOKS).drop(columns="time")
        assert (table >= -1e-12 * table.abs().max()).to_numpy().all()

    check()


@pytest.mark.parametrize("model", [*LINEAR[:3], RESPONSE], ids=repr)
def test_a_steady_state_is_the_limit_of_many_doses(model: Model) -> None:
    interval = st.floats(6.0, 36.0)
    share = st.sampled_from([0.0, 0.1, 0.9, 1.0, 1.5, 3.2])  # length of the infusion, in intervals

    @few
    @given(interval, amounts.map(lambda amount: 1e-2 * amount), share, st.floats(0.0, 2.0))
    def check(II: float, AMT: float, part: float, lag: float) -> None:
        late = {"LAG1": lag * II} if "LAG1" in model.x else {}
        row: dict[str, Any] = {"TIME": 0, "AMT": AMT, "II": II, "CMT": 1}
        if part:
            row["RATE"] = model.x.get("F1", 1.0) * AMT / (part * II)
        count, since = 150, np.array([0.01, 0.4, 0.99]) * II
        many = model.seen([row | {"ADDL": count}], count * II + since, **late)[model.amounts]
        steady = model.seen([row | {"SS": 1}], since, **late)[model.amounts]
        close(steady, many, 1e-8 if model in LINEAR else 1e-6)

    check()


@functools.cache
def ward(model: Model) -> tuple[Events, list[dict[str, Any]]]:
    """Events and covariates of some patients who differ."""
    rows, patients = [], []
    for who in range(7):
        patients.append({"ID": who} | model.x | {"CL": model.x["CL"] * (1 + 0.1 * who)})
        for k in range(4):
            dose = {"ID": who, "TIME": 3.0 * k * (1 + who), "AMT": 10.0 + who * k}
            rows += [dose | {"RATE": 5.0 + who} if (k + who) % 2 else dose | {"II": 2.0 + who, "ADDL": who}]
        rows += [{"ID": who, "TIME": 100.0, "EVID": 3}, {"ID": who, "TIME": 101.0, "AMT": 5.0, "SS": 1, "II": 12.0}]
    return rows, patients


def the_ward(model: Model, events: Events, patients: list[dict[str, Any]]) -> pd.DataFrame:
    return simulate(model.drug, events, covariates=patients, times=LOOKS, solver=model.solver)


@pytest.mark.parametrize("model", [LINEAR[0], LINEAR[2], RESPONSE], ids=repr)
def test_subjects_together_are_the_subjects_alone(model: Model) -> None:
    events, patients = ward(model)
    together = the_ward(model, events, patients)
    for who, own in together.groupby("ID"):
        mine = [event for event in events if event["ID"] == who], [x for x in patients if x["ID"] == who]
        pd.testing.assert_frame_equal(own.reset_index(drop=True), the_ward(model, *mine), check_exact=True)


@pytest.mark.parametrize("model", [LINEAR[0], LINEAR[2], RESPONSE], ids=repr)
def test_the_order_of_subjects_and_of_their_rows_does_not_matter(model: Model) -> None:
    events, patients = ward(model)
    expected = the_ward(model, events, patients)

    @few
    @given(st.permutations(range(len(patients))), st.randoms(use_true_random=False))
    def check(order: list[int], chance: Any) -> None:
        mixed = sorted(events, key=lambda event: chance.random())
        waiting = {who: iter([event for event in events if event["ID"] == who]) for who in range(len(patients))}
        mixed = [next(waiting[event["ID"]]) for event in mixed]  # each subject's rows in their order
        own = the_ward(model, mixed, [patients[who] for who in order])
        own = own.sort_values(["ID", "time"], kind="stable").reset_index(drop=True)
        pd.testing.assert_frame_equal(own, expected, check_exact=True)

    check()


@pytest.mark.parametrize("model", [LINEAR[2], RESPONSE], ids=repr)
def test_threads_do_not_matter(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    events, patients = ward(model)
    alone = the_ward(model, events, patients)
    monkeypatch.setattr(batch, "_ROWS_PER_THREAD", 1)
    for processors in (2, 3, 7):
        monkeypatch.setattr("os.cpu_count", lambda n=processors: n)
        pd.testing.assert_frame_equal(the_ward(model, events, patients), alone, check_exact=True)


def test_the_ward_has_different_courses() -> None:
    table = the_ward(LINEAR[0], *ward(LINEAR[0]))
    courses = [own["A_CENT"].tolist() for _, own in table.groupby("ID")]
    assert all(one != other for one, other in itertools.combinations(courses, 2))
