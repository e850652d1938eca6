"""Doses missed in runs, late, early and inaccurate: by the stated process, and nothing else changed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

from dosing_env import Adherence, simulate, taken
from tests.models.variable import DRUG

N, DOSES, INTERVAL = 2_000, 25, 12.0
SERIES = [{"TIME": 6.0, "AMT": 500.0, "II": INTERVAL, "ADDL": DOSES - 1}]
DUE = 6.0 + INTERVAL * np.arange(DOSES)
X = {"WT": 70.0}


def take(adherence: Adherence, events: Any = SERIES, **arguments: Any) -> pd.DataFrame:
    return taken(DRUG, events, adherence, **({"seed": 7, "subjects": N} | arguments))


def by_subject(table: pd.DataFrame, column: str) -> NDArray[np.float64]:
    return table[column].to_numpy(dtype=float).reshape(N, -1)


def run(events: Any = SERIES, **arguments: Any) -> pd.DataFrame:
    defaults: dict[str, Any] = {"covariates": X, "times": np.arange(0.0, 60.0, 3.0), "seed": 7, "subjects": 4}
    return simulate(DRUG, events, **(defaults | arguments))


def assert_share(hits: NDArray[np.bool_], probability: float) -> None:
    """Within 4 standard errors of independent events."""
    assert abs(hits.mean() - probability) <= 4.0 * math.sqrt(probability * (1.0 - probability) / hits.size)


# Missed.


@pytest.mark.parametrize(("missed", "again"), [(0.2, 0.5), (0.2, 0.05), (0.7, 0.8), (0.3, None)])
def test_doses_are_missed_as_a_markov_chain_in_its_steady_state(missed: float, again: float | None) -> None:
    table = take(Adherence(missed=missed, missed_again=again))
    out = by_subject(table, "AMT") == 0.0
    assert out.shape == (N, DOSES)
    before, after = out[:, :-1], out[:, 1:]
    again = missed if again is None else again
    assert_share(out[:, 0], missed)
    assert_share(out[:, -1], missed)
    assert_share(after[before], again)
    assert_share(after[~before], missed * (1.0 - again) / (1.0 - missed))
    assert np.array_equal(by_subject(table, "TIME"), np.tile(DUE, (N, 1)))
    assert set(table["AMT"]) == {0.0, 500.0}


def test_all_or_no_doses_may_be_missed() -> None:
    assert (take(Adherence(missed=1.0), subjects=3)["AMT"] == 0.0).all()
    always = by_subject(take(Adherence(missed=0.4, missed_again=1.0)), "AMT") == 0.0
    assert np.array_equal(always.any(axis=1), always.all(axis=1))


def test_doses_due_at_one_time_are_one_intake() -> None:
    parallel = [
        {"TIME": 0.0, "AMT": amount, "II": 12.0, "ADDL": 9, "CMT": cmt} for amount, cmt in ((300.0, 1), (200.0, 2))
    ]
    table = take(Adherence(missed=0.3, late_sd=1.0, dose_cv=0.2), parallel, subjects=50)
    one, other = (table[table["CMT"] == cmt].reset_index(drop=True) for cmt in (1, 2))
    assert np.array_equal(one["TIME"], other["TIME"])
    np.testing.assert_allclose(one["AMT"] / 300.0, other["AMT"] / 200.0, rtol=1e-14)
    assert 0.1 < (one["AMT"] == 0.0).mean() < 0.5


# Late, early.


@pytest.mark.parametrize("late_sd", [0.5, 8.0, 500.0])
def test_delays_are_half_normal_and_never_past_the_next_dose(late_sd: float) -> None:
    delay = by_subject(take(Adherence(late_sd=late_sd)), "TIME") - DUE
    assert delay[:, :-1].min() >= 0.0
    assert delay[:, :-1].max() < INTERVAL
    truncated = stats.truncnorm(0.0, INTERVAL / late_sd, scale=late_sd)
    assert stats.kstest(delay[:, :-1].ravel()[:20_000], truncated.cdf).pvalue > 0.001
    assert stats.kstest(delay[:, -1], stats.halfnorm(scale=late_sd).cdf).pvalue > 0.001  # nothing comes after the last


def test_early_doses_stay_nearest_to_their_own_time() -> None:
    shift = by_subject(take(Adherence(late_sd=4.0, early=True)), "TIME") - DUE
    assert shift[:, 0].min() >= -3.0  # due at 6 h, the start is at 0
    assert np.abs(shift[:, 1:-1]).max() <= INTERVAL / 2.0
    inner = stats.truncnorm(-INTERVAL / 8.0, INTERVAL / 8.0, scale=4.0)
    assert stats.kstest(shift[:, 1:-1].ravel()[:20_000], inner.cdf).pvalue > 0.001


def test_a_late_dose_does_not_pass_a_reset_or_a_steady_state() -> None:
    events = [
        {"TIME": 0.0, "AMT": 100.0},
        {"TIME": 5.0, "EVID": 3},
        {"TIME": 6.0, "AMT": 100.0},
        {"TIME": 9.0, "AMT": 50.0, "SS": 1, "II": 8.0},
    ]
    table = take(Adherence(late_sd=20.0), events)
    assert list(table["EVID"][:4]) == [1, 3, 1, 1]
    times = by_subject(table, "TIME")
    assert np.array_equal(times[:, [1, 3]], np.tile([5.0, 9.0], (N, 1)))
    assert times[:, 0].max() < 5.0
    assert times[:, 2].max() < 9.0


# Inaccurate.


def test_amounts_are_log_normal_around_what_is_prescribed() -> None:
    factor = by_subject(take(Adherence(dose_cv=0.3)), "AMT") / 500.0
    s = math.sqrt(math.log(1.09))
    assert stats.kstest(np.log(factor.ravel()[:20_000]), stats.norm(-0.5 * s * s, s).cdf).pvalue > 0.001
    assert abs(factor.mean() - 1.0) <= 4.0 * 0.3 / math.sqrt(factor.size)
    assert abs(np.corrcoef(factor[:, 0], factor[:, 1])[0, 1]) <= 4.0 / math.sqrt(N)


def test_an_inaccurate_infusion_keeps_its_duration() -> None:
    table = take(
        Adherence(missed=0.2, dose_cv=0.3), [{"TIME": 0.0, "AMT": 500.0, "RATE": 250.0, "II": 12.0, "ADDL": 3}]
    )
    given = table[table["AMT"] > 0.0]
    np.testing.assert_allclose(given["AMT"] / given["RATE"], 2.0, rtol=1e-14)
    assert (table["RATE"][table["AMT"] == 0.0] == 0.0).all()


# Nothing else.

EVENTS = [
    {"TIME": 0.0, "AMT": 400.0, "RATE": 100.0, "II": 5.0, "ADDL": 4},
    {"TIME": 0.0, "EVID": 0},
    {"TIME": 3.0, "AMT": 80.0, "CMT": 2},
    {"TIME": 3.0, "EVID": 0},
    {"TIME": 5.0, "EVID": 0},
    {"TIME": 17.0, "EVID": 3},
    {"TIME": 18.0, "AMT": 300.0, "EVID": 4, "II": 6.0, "ADDL": 9},
    {"TIME": 18.0, "EVID": 0},
    {"TIME": 26.0, "AMT": 200.0, "SS": 2, "II": 8.0, "ADDL": 2},
    {"TIME": 42.0, "AMT": 90.0, "SS": 1, "II": 6.0, "ADDL": 3},
    {"TIME": 48.0, "EVID": 0},
    {"TIME": 49.0, "AMT": 0.0, "EVID": 1},
    {"TIME": 50.0, "AMT": 70.0},
    {"TIME": 50.0, "EVID": 0},
]  # fmt: skip


def test_perfect_adherence_changes_nothing() -> None:
    as_written, single = run(EVENTS), run(EVENTS, adherence=Adherence())
    pd.testing.assert_frame_equal(single, as_written, rtol=1e-9, atol=1e-9)
    table = take(Adherence(), EVENTS, subjects=None)
    assert "ID" not in table
    series = table[(table["EVID"] == 1) & (table["SS"] == 0)]["TIME"].tolist()
    first, second, added, after = [0, 5, 10, 15, 20], [18, 24, 30, 36], [34], [48, 49, 50, 54, 60]
    assert series == sorted([3.0, *first, *second, *added, *after])  # SS 1 at 42 h ends what was to come until then
    assert (table["ADDL"] == 0).all()


def test_what_was_taken_is_what_is_simulated() -> None:
    adherence = Adherence(missed=0.3, missed_again=0.6, late_sd=2.0, dose_cv=0.2)
    table = take(adherence, EVENTS, subjects=4)
    pd.testing.assert_frame_equal(run(EVENTS, adherence=adherence), run(table, subjects=None))
    assert not np.allclose(run(EVENTS, adherence=adherence)["level"], run(EVENTS)["level"])


def test_covariates_of_the_event_table_keep_their_times() -> None:
    events = [{"TIME": 0.0, "AMT": 500.0, "WT": 70.0}, {"TIME": 12.0, "AMT": 500.0, "WT": 140.0}]
    apart = [{"TIME": row["TIME"], "AMT": row["AMT"]} for row in events]
    weights = [{"TIME": row["TIME"], "WT": row["WT"]} for row in events]
    late = Adherence(late_sd=3.0)
    one = run(events, covariates=None, adherence=late)
    pd.testing.assert_frame_equal(one, run(apart, covariates=weights, adherence=late))


def test_a_subject_takes_the_same_doses_in_every_company() -> None:
    adherence = Adherence(missed=0.3, late_sd=2.0, dose_cv=0.2)
    crowd = take(adherence, subjects=30)
    part = take(adherence, subjects=range(17, 31))
    pd.testing.assert_frame_equal(part, crowd[crowd["ID"] >= 17].reset_index(drop=True))
    alone = take(adherence, [SERIES[0] | {"ID": 17}], subjects=None)
    pd.testing.assert_frame_equal(alone, crowd[crowd["ID"] == 17].reset_index(drop=True))
    shuffled = take(adherence, [SERIES[0] | {"ID": n} for n in (30, 17, 4)], subjects=None)
    pd.testing.assert_frame_equal(shuffled[shuffled["ID"] == 17].reset_index(drop=True), alone)
    assert not take(adherence, subjects=30, seed=8)["TIME"].equals(crowd["TIME"])


def test_one_habit_does_not_change_the_draws_of_another() -> None:
    late, both = take(Adherence(late_sd=1.0)), take(Adherence(late_sd=1.0, missed=0.5, dose_cv=0.1))
    there = both["AMT"] > 0.0
    assert np.array_equal(both["TIME"][there], late["TIME"][there])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"missed": 1.2}, "Adherence.missed: 1.2 is not a finite number from 0 to 1"),
        ({"missed": math.nan}, "Adherence.missed: nan is not a finite number"),
        ({"missed_again": -0.1}, "Adherence.missed_again: -0.1 is not a finite number from 0 to 1"),
        ({"late_sd": -1.0}, "Adherence.late_sd: -1.0 is not a finite number of at least 0"),
        ({"dose_cv": "much"}, "Adherence.dose_cv: 'much' is not a finite number"),
        ({"early": 1}, "Adherence.early: 1 is not true or false"),
        (
            {"missed": 0.8, "missed_again": 0.5},
            "Adherence.missed_again: 0.5: must be at least 0.75 where 0.8 of the doses",
        ),
        ({"missed": 1.0, "missed_again": 0.5}, "Adherence.missed_again: 0.5: must be at least 1 where 1 of the doses"),
    ],
)
def test_habits_that_cannot_be(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011
        Adherence(**fields)
    assert message in str(error.value)


def test_adherence_needs_a_seed() -> None:
    with pytest.raises(ValueError, match="adherence: which doses are missed or late is drawn: give a seed"):
        run(seed=None, adherence=Adherence(missed=0.1))
    with pytest.raises(ValueError, match=r"adherence: 0\.9 is not an Adherence"):
        run(adherence=0.9)
