"""Events that the reference cases leave out, each against a course carried out by hand (by_hand.py)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dosing_env import simulate
from tests.models import entering, friberg, idr, michaelis_menten
from tests.simulation.by_hand import MAN, ByHand, agree

DRUG = entering.DRUG
X = DRUG.covariates(MAN)._asdict()
GUT, CENT = 1, 2


def by_hand(**values: float) -> ByHand:
    return ByHand(DRUG, **values)


def simulated(events: list[dict[str, Any]], times: Any = None, **arguments: Any) -> pd.DataFrame:
    return simulate(DRUG, events, times=times, **({"covariates": X, "solver": "exact"} | arguments))


# Resets.


def test_a_reset_ends_an_infusion() -> None:
    hand = by_hand().flow(CENT, 100).look(1, 2).to(3).reset().look(4).to(5).bolus(CENT, 50).look(6)
    events = [
        {"TIME": 0, "AMT": 1000, "RATE": 100, "CMT": CENT},
        {"TIME": 3, "EVID": 3},
        {"TIME": 5, "AMT": 50, "CMT": CENT},
    ]
    agree(hand, events)


def test_a_reset_restores_initial_amounts() -> None:
    hand = by_hand(BASE=70).look(1).bolus(CENT, 100).look(3).reset().look(3, 5)
    hand.seen.pop(1)  # at 3 h the state after the reset is seen
    agree(hand, [{"TIME": 1, "AMT": 100, "CMT": CENT}, {"TIME": 3, "EVID": 3}])


def test_a_reset_restores_the_baseline_of_a_response() -> None:
    hand = ByHand(idr.DRUG).bolus(GUT, 500).look(5).to(8).reset().look(9).to(10).bolus(GUT, 300).look(15, 30)
    events = [{"TIME": 0, "AMT": 500}, {"TIME": 8, "EVID": 3}, {"TIME": 10, "AMT": 300}]
    agree(hand, events, solvers=("scipy",))


def test_a_reset_leaves_doses_that_wait_for_their_lag() -> None:
    hand = by_hand(LAG1=4.0).to(2).reset().to(4).bolus(GUT, 100).look(5, 8)
    agree(hand, [{"TIME": 0, "AMT": 100}, {"TIME": 2, "EVID": 3}])
    hand = by_hand(LAG2=4.0).to(4).infuse(CENT, 50, 2).look(7)
    agree(hand, [{"TIME": 0, "AMT": 100, "RATE": 50, "CMT": CENT}, {"TIME": 2, "EVID": 3}])


def test_a_reset_leaves_further_doses_to_come() -> None:
    hand = by_hand().bolus(GUT, 100).to(12).bolus(GUT, 100).to(15).reset().look(16)
    hand.to(24).bolus(GUT, 100).look(26).to(36).bolus(GUT, 100).look(37, 50)
    agree(hand, [{"TIME": 0, "AMT": 100, "II": 12, "ADDL": 3}, {"TIME": 15, "EVID": 3}])


def test_a_lag_delays_the_dose_of_evid_4_and_not_its_reset() -> None:
    hand = by_hand(LAG2=2.0).to(2).bolus(CENT, 300).look(3).to(5).reset().look(6).to(7).bolus(CENT, 100).look(8, 11)
    agree(hand, [{"TIME": 0, "AMT": 300, "CMT": CENT}, {"TIME": 5, "AMT": 100, "EVID": 4, "CMT": CENT}])


def test_further_doses_of_evid_4_do_not_reset() -> None:
    hand = by_hand().bolus(CENT, 500).to(3).reset().bolus(CENT, 100)
    hand.to(7).bolus(CENT, 100).look(8).to(11).bolus(CENT, 100).look(12)
    agree(hand, [{"TIME": 0, "AMT": 500, "CMT": 2}, {"TIME": 3, "AMT": 100, "EVID": 4, "CMT": 2, "II": 4, "ADDL": 2}])


# Steady states. By hand: the doses of the last 40 intervals (the drug's half-life is less than 3 h).


def history(record: float, interval: float, **values: float) -> tuple[ByHand, list[float]]:
    """A patient long before a record, and when the earlier doses were given."""
    times = [record - k * interval for k in range(40, 0, -1)]
    return by_hand(since=times[0], **values), times


def test_a_steady_state_ends_infusions_and_cancels_what_was_to_come() -> None:
    hand, times = history(20, 8)
    for time in times:
        hand.to(time).bolus(GUT, 100)
    hand.look(20).bolus(GUT, 100).look(21, 30, 50)
    events = [
        {"TIME": 0, "AMT": 4000, "RATE": 100, "CMT": CENT},  # runs
        {"TIME": 1, "AMT": 400, "CMT": GUT, "II": 12, "ADDL": 9},  # has more doses to come
        {"TIME": 20, "AMT": 100, "SS": 1, "II": 8},
    ]
    agree(hand, events)


def test_a_steady_state_cancels_a_dose_that_waits_for_its_lag() -> None:
    hand, times = history(20, 8, LAG2=5.0)
    for time in times:
        hand.to(time).bolus(GUT, 100)
    hand.look(20).bolus(GUT, 100).look(21, 30)
    agree(hand, [{"TIME": 18, "AMT": 999, "CMT": CENT}, {"TIME": 20, "AMT": 100, "SS": 1, "II": 8}])


def test_evid_4_with_a_steady_state_sets_it_after_the_reset() -> None:
    hand, times = history(10, 6, BASE=30)
    for time in times:
        hand.to(time).bolus(GUT, 100)
    hand.look(10).bolus(GUT, 100).look(12)
    agree(hand, [{"TIME": 0, "AMT": 700}, {"TIME": 10, "AMT": 100, "EVID": 4, "SS": 1, "II": 6}])


def test_a_steady_state_goes_on_with_further_doses() -> None:
    hand, times = history(10, 6)
    for time in [*times, 10, 16, 22]:
        hand.to(time).bolus(GUT, 100)
    hand.look(23, 40)
    agree(hand, [{"TIME": 10, "AMT": 100, "SS": 1, "II": 6, "ADDL": 2}])


@pytest.mark.parametrize("lag", [0.0, 2.5, 6.0, 15.0])  # at, within, after one and after two intervals of 6 h
def test_steady_boluses_that_come_late(lag: float) -> None:
    hand, times = history(10, 6, LAG1=lag)
    for time in [*times, 10.0]:
        if time + lag >= 10.0 and not hand.seen:
            hand.look(10)
        hand.to(time + lag).bolus(GUT, 100)
    hand.look(10.0 + lag + 0.5, 10.0 + lag + 20)
    agree(hand, [{"TIME": 10, "AMT": 100, "SS": 1, "II": 6}])


def at_once(hand: ByHand, changes: list[tuple[float, float]], *looks: float) -> ByHand:
    """Changes of the inflow into CENT at their times, and looks."""
    for time, change in sorted([*changes, *((look, np.nan) for look in looks)]):
        if np.isnan(change):
            hand.look(time)
        else:
            hand.to(time).flow(CENT, change)
    return hand


@pytest.mark.parametrize("lag", [0.0, 2.5, 15.0])
@pytest.mark.parametrize(
    "hours", [2.0, 5.0, 6.0, 20.0]
)  # shorter than, as long as, and longer than the interval of 6 h
def test_steady_infusions_that_come_late_and_overlap(lag: float, hours: float) -> None:
    hand, times = history(10, 6, LAG2=lag)
    starts = [time + lag for time in [*times, 10.0]]
    changes = [change for start in starts for change in ((start, 40.0), (start + hours, -40.0))]
    at_once(hand, changes, 10.25, 10.5 + lag, 11.25 + hours, 12 + hours + lag, 60)
    agree(hand, [{"TIME": 10, "AMT": 40 * hours, "RATE": 40, "SS": 1, "II": 6, "CMT": CENT}])


def test_the_steady_state_of_modelled_durations_and_rates() -> None:
    for code, hours in ((-2, 3.0), (-1, 0.5 * 120 / 50)):  # D2; F2 AMT / R2
        hand, times = history(10, 6, F2=0.5)
        rate = 0.5 * 120 / hours
        changes = [c for start in [*times, 10.0] for c in ((start, rate), (start + hours, -rate))]
        at_once(hand, changes, 10, 11, 12.5, 20)
        agree(hand, [{"TIME": 10, "AMT": 120, "RATE": code, "SS": 1, "II": 6, "CMT": CENT}])


@pytest.mark.parametrize("lag", [0.0, 2.5, 8.0])
@pytest.mark.parametrize("hours", [2.0, 10.0])
def test_ss_2_adds_infusions_to_what_is_there(lag: float, hours: float) -> None:
    there = by_hand(LAG2=lag).to(lag)
    at_once(there, [(lag, 70.0), (lag + 12.0, -70.0)], 10.25, 11, 14, 20, 30, 50)
    steady, times = history(10, 6, LAG2=lag)
    changes = [c for t in [*times, 10.0] for c in ((t + lag, 40.0), (t + lag + hours, -40.0))]
    at_once(steady, changes, 10.25, 11, 14, 20, 30, 50)
    both = steady
    both.seen = [
        one._replace(amounts=one.amounts + two.amounts) for one, two in zip(there.seen, steady.seen, strict=True)
    ]
    events = [
        {"TIME": 0, "AMT": 70 * 12, "RATE": 70, "CMT": CENT},
        {"TIME": 10, "AMT": 40 * hours, "RATE": 40, "SS": 2, "II": 6, "CMT": CENT},
    ]
    agree(both, events)


def test_an_endless_infusion_up_to_now() -> None:
    for rate, code in ((60.0, 60.0), (50.0, -1.0)):  # R2
        hand = by_hand(since=-200).flow(CENT, rate).to(10).look(10).flow(CENT, -rate).look(11, 15)
        agree(hand, [{"TIME": 0, "AMT": 500}, {"TIME": 10, "AMT": 0, "RATE": code, "SS": 1, "CMT": CENT}])
    added = by_hand(since=-200).flow(CENT, 60).to(0).bolus(GUT, 500).to(10).look(10).flow(CENT, -60).look(11, 15)
    agree(added, [{"TIME": 0, "AMT": 500}, {"TIME": 10, "AMT": 0, "RATE": 60, "SS": 2, "CMT": CENT}])


# Steady states of nonlinear drugs: hundreds of doses by hand.


@pytest.mark.parametrize(
    ("drug", "dose", "interval", "doses", "solvers"),
    [
        (michaelis_menten.DRUG, {"AMT": 150, "RATE": 150}, 12, 300, ("scipy",)),
        (michaelis_menten.DRUG, {"AMT": 9}, 1500, 4, ("scipy",)),  # nothing is left anywhere
        (idr.DRUG, {"AMT": 100}, 12, 60, ("scipy", "compiled")),
        (idr.DRUG, {"AMT": 100}, 72, 20, ("scipy", "compiled")),  # nothing is left in GUT
        (friberg.DRUG, {"AMT": 1.0}, 72, 60, ("scipy",)),
    ],
)
def test_the_steady_state_of_a_nonlinear_drug(
    drug: Any, dose: dict[str, float], interval: float, doses: int, solvers: Any
) -> None:
    hand = ByHand(drug, since=-doses * interval)
    for k in range(-doses, 1):
        hand.to(k * interval)
        if k == 0:
            hand.look(0)
        if "RATE" in dose:
            hand.infuse(1, dose["RATE"], dose["AMT"] / dose["RATE"])
        else:
            hand.bolus(1, dose["AMT"])
    hand.look(2, interval)
    agree(hand, [dose | {"TIME": 0, "SS": 1, "II": interval}], relative=1e-6, solvers=solvers)


@pytest.mark.parametrize("solver", ["exact", "scipy"])
def test_no_steady_state_without_elimination(solver: str) -> None:
    with pytest.raises(RuntimeError, match=r"entering: no steady state was found \(SS\).* at 3 h: amounts .*CL=0,"):
        simulated([{"TIME": 3, "AMT": 10, "SS": 1, "II": 12}], [4], covariates=X | {"CL": 0.0}, solver=solver)


@pytest.mark.parametrize("amount", [241, 300, 3000])  # in 12 h, of which 20 mg/h can be eliminated
def test_no_steady_state_above_the_largest_elimination(amount: float) -> None:
    events = [{"TIME": 0, "AMT": amount, "SS": 1, "II": 12}]
    x = {"WT": 70.0}
    with pytest.raises(RuntimeError, match=r"michaelis_menten: no steady state was found \(SS\)"):
        simulate(michaelis_menten.DRUG, events, covariates=x, times=[1], solver="scipy")


def test_steady_states_of_nonlinear_drugs_cannot_be_added() -> None:
    with pytest.raises(ValueError, match="events: row 1, SS: 2: idr is not linear"):
        simulate(idr.DRUG, [{"TIME": 0, "AMT": 10, "SS": 2, "II": 12}], covariates=idr.DRUG.covariates(MAN))


# How doses enter.


def test_an_infusion_starts_and_ends_a_lag_later() -> None:
    for lag in (0.5, 7.0):  # within the infusion, and after it
        hand = by_hand(LAG2=lag).to(1 + lag).flow(CENT, 60).look(2 + lag).to(4 + lag).flow(CENT, -60).look(6 + lag)
        agree(hand, [{"TIME": 1, "AMT": 180, "RATE": 60, "CMT": CENT}])


def test_bioavailability_shortens_an_infusion_of_known_rate() -> None:
    hand = by_hand(F2=0.4).infuse(CENT, 50, 0.4 * 300 / 50).look(3, 8)
    agree(hand, [{"TIME": 0, "AMT": 300, "RATE": 50, "CMT": CENT}])


def test_bioavailability_thins_an_infusion_of_modelled_duration() -> None:
    hand = by_hand(F2=0.4).infuse(CENT, 0.4 * 300 / 3.0, 3.0).look(3, 8)
    agree(hand, [{"TIME": 0, "AMT": 300, "RATE": -2, "CMT": CENT}])


def test_bioavailability_shortens_an_infusion_of_modelled_rate() -> None:
    hand = by_hand(F1=0.4).infuse(GUT, 80, 0.4 * 300 / 80).look(3, 8)
    agree(hand, [{"TIME": 0, "AMT": 300, "RATE": -1}])


def test_nothing_enters_where_nothing_is_available() -> None:
    hand = by_hand(F2=0.0, D2=0.0).to(1).bolus(GUT, 5).look(2)
    rates = [{"TIME": 0, "AMT": 300, "RATE": rate, "CMT": CENT} for rate in (0, 50, -1, -2)]
    agree(hand, [*rates, {"TIME": 1, "AMT": 5}])


@pytest.mark.parametrize("values", [{"D2": 0.0}, {"D2": -1.0}])
def test_a_modelled_duration_must_be_positive(values: dict[str, float]) -> None:
    with pytest.raises(RuntimeError, match=r"entering: an infusion has no duration: RATE -1 or -2 needs .* at 2 h"):
        simulated([{"TIME": 2, "AMT": 5, "RATE": -2, "CMT": 2}], [3], covariates=X | values)


@pytest.mark.parametrize("rate", [0.0, -5.0])
def test_a_modelled_rate_must_be_positive(rate: float) -> None:
    with pytest.raises(RuntimeError, match="entering: an infusion has no duration"):
        simulated([{"TIME": 2, "AMT": 5, "RATE": -1, "CMT": 2}], [3], covariates=X | {"R2": rate})


def test_the_endless_infusion_of_a_negative_modelled_rate() -> None:
    with pytest.raises(RuntimeError, match="entering: an infusion has no duration"):
        simulated([{"TIME": 2, "AMT": 0, "RATE": -1, "SS": 1, "CMT": 2}], [3], covariates=X | {"R2": -5.0})


@pytest.mark.parametrize("values", [{"F2": -0.1}, {"LAG2": -1.0}])
def test_negative_bioavailabilities_and_lags_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(
        ValueError, match=r"covariates: entering makes Parameters.*bioavailability and lag not negative"
    ):
        simulated([{"TIME": 2, "AMT": 5, "CMT": 2}], [3], covariates=X | values)


# Order and closeness.


def test_rows_of_one_time_are_carried_out_in_their_order() -> None:
    events: list[dict[str, Any]] = [
        {"TIME": 0, "AMT": 1000, "CMT": CENT},
        {"TIME": 2, "AMT": 50, "CMT": CENT},
        {"TIME": 2, "EVID": 0},
        {"TIME": 2, "EVID": 3},
        {"TIME": 2, "EVID": 0},
        {"TIME": 2, "AMT": 30, "CMT": CENT},
        {"TIME": 2, "EVID": 0},
        {"TIME": 2, "AMT": 7, "CMT": CENT, "EVID": 4},
        {"TIME": 2, "EVID": 2},
        {"TIME": 3, "EVID": 0},
    ]
    hand = by_hand().bolus(CENT, 1000).to(2).bolus(CENT, 50).look(2).reset().look(2).bolus(CENT, 30).look(2)
    hand.reset().bolus(CENT, 7).look(2, 3)
    agree(hand, events, times=None)


def test_rows_of_another_subject_in_between_change_nothing() -> None:
    events = [{"ID": n, "TIME": t, "AMT": 100 * n + t, "CMT": CENT} for t in (0, 2, 4) for n in (1, 2)]
    table = simulated(events, [1, 3, 5])
    for n in (1, 2):
        alone = simulated([event for event in events if event["ID"] == n], [1, 3, 5])
        pd.testing.assert_frame_equal(table[table["ID"] == n].reset_index(drop=True), alone)


LATE = 30.000000000000004  # the float after 30


@pytest.mark.parametrize("times", [(30.0, 30.0), (30.0, LATE), (LATE, LATE)])
@pytest.mark.parametrize("change", [30.0, LATE])
def test_doses_a_rounding_apart_happen_once_each(times: tuple[float, float], change: float) -> None:
    hand = by_hand().to(30).bolus(CENT, 100).bolus(GUT, 10).change(CL=3.0).look(31, 40)
    steps = [{"TIME": 0, **X, "CL": 5.0}, {"TIME": change, **X, "CL": 3.0}]
    doses = [{"TIME": times[0], "AMT": 100, "CMT": CENT}, {"TIME": times[1], "AMT": 10, "CMT": GUT}]
    agree(hand, doses, covariates=steps)


@pytest.mark.parametrize("lag", [30.0, LATE, 30.0 + 9e-10, 30.0 + 1.5e-9, 30.0 - 9e-10])
def test_a_late_dose_next_to_other_events_comes_once(lag: float) -> None:
    hand = by_hand(LAG1=lag).to(30).bolus(GUT, 100).look(31, 35)
    for others in ([30.0], [LATE], [30.0 - 1.5e-9, 30.0], [30.0, 30.0 + 1.5e-9], [30.0 - 8e-10, 30.0 + 8e-10]):
        rows = [{"TIME": time, "AMT": 0, "EVID": 1} for time in others]
        agree(hand, [{"TIME": 0, "AMT": 100}, *rows], relative=1e-8)
        steps = [{"TIME": time} | X | {"LAG1": lag, "D1": 2.0 + k} for k, time in enumerate([0.0, *others])]
        agree(hand, [{"TIME": 0, "AMT": 100}], relative=1e-8, covariates=steps)


def test_an_infusion_that_ends_a_rounding_before_the_next() -> None:
    hand = by_hand().flow(CENT, 10).look(10, 30, 40).to(60).flow(CENT, -10).look(61)
    for second in (30.0, LATE):
        rows = [{"TIME": 0, "AMT": 300, "RATE": 10, "CMT": CENT}, {"TIME": second, "AMT": 300, "RATE": 10, "CMT": CENT}]
        agree(hand, rows)


def test_a_reset_a_rounding_after_a_dose() -> None:
    for dose, reset in ((30.0, LATE), (30.0, 30.0), (LATE, LATE)):
        hand = by_hand().to(30).reset().look(31).bolus(CENT, 5).look(32)
        rows = [{"TIME": dose, "AMT": 100}, {"TIME": reset, "EVID": 3}, {"TIME": 31, "AMT": 5, "CMT": CENT}]
        agree(hand, rows)


def test_a_series_meets_a_reset_however_times_are_written() -> None:
    """k times 0.1 is not k/10: the dose due at the reset is given before it, and none of those after it is lost."""
    rows = [{"TIME": 0, "AMT": 1, "CMT": CENT, "II": 0.1, "ADDL": 100}]
    for k in range(1, 100):
        after = 11 - 0.1 * np.arange(k + 1, 101)
        table = simulated([*rows, {"TIME": k / 10, "EVID": 3}], [11])
        assert table["A_CENT"].iloc[0] == pytest.approx(np.sum(np.exp(-5.0 / 20.0 * after)), rel=1e-9)


def test_a_long_series_does_not_drift() -> None:
    """After 100,000 doses every 0.1 h the last one is due at 10,000 h, at the time of the row that takes it away."""
    table = simulated(
        [{"TIME": 0, "AMT": 1, "CMT": 2, "II": 0.1, "ADDL": 100_000}, {"TIME": 10_000, "EVID": 3}], [9_999.95, 10_001]
    )
    assert table["A_CENT"].iloc[0] > 0.0
    assert table["A_CENT"].iloc[1] == 0.0


def test_a_look_at_the_time_of_a_further_or_late_dose_is_a_trough() -> None:
    hand = by_hand(LAG1=1.0).to(1).bolus(GUT, 100).look(5).bolus(GUT, 100).look(9)
    agree(hand, [{"TIME": 0, "AMT": 100, "II": 4, "ADDL": 9}])
    rows = [{"TIME": time, "EVID": 0} for time in (5, 9)]
    agree(hand, [{"TIME": 0, "AMT": 100, "II": 4, "ADDL": 9}, *rows], times=None)


@pytest.mark.parametrize("count", [15, 16, 17, 63, 64, 65, 300])
def test_many_infusions_at_once(count: int) -> None:
    hand = by_hand()
    changes = [c for k in range(count) for c in ((0.01 * k, 2.0), (0.01 * k + 5.0, -2.0))]
    at_once(hand, changes, 4.005, 6.0, 9.0)
    events = [{"TIME": 0, "AMT": 10, "RATE": 2, "CMT": CENT, "II": 0.01, "ADDL": count - 1}]
    agree(hand, events, solvers=("exact",))
    written = [{"TIME": 0.01 * k, "AMT": 10, "RATE": 2, "CMT": CENT} for k in range(count)]
    agree(hand, written, solvers=("exact",))


def test_many_series_at_once() -> None:
    hand = by_hand()
    for j in range(3):
        for k in range(40):
            hand.to(10 * j + 0.1 * k).bolus(CENT, 1)
    hand.look(25)
    agree(hand, [{"TIME": 0.1 * k, "AMT": 1, "CMT": CENT, "II": 10, "ADDL": 2} for k in range(40)], solvers=("exact",))


def test_too_many_doses_at_once() -> None:
    with pytest.raises(RuntimeError, match="entering: more than 1,024 doses run or wait at once at "):
        simulated([{"TIME": 0, "AMT": 1e5, "RATE": 1, "CMT": 2, "II": 1e-3, "ADDL": 99_999}], [100])


# Covariates.


STEPS = [{"TIME": 0, "CL": 5.0, "LAG1": 0.0, "F1": 1.0}, {"TIME": 6, "CL": 2.0, "LAG1": 1.0, "F1": 0.5},
         {"TIME": 10, "CL": 8.0, "LAG1": 3.0, "F1": 0.25}]  # fmt: skip


def test_a_covariate_holds_from_its_time_on() -> None:
    hand = by_hand().bolus(GUT, 100).look(5.5, 6).change(**value(1)).to(7).bolus(GUT, 50).look(7.5, 8)
    hand.to(10).change(**value(2)).look(11).to(13).bolus(GUT, 25).look(14, 20)
    doses = [{"TIME": time, "AMT": 100} for time in (0, 6, 10)]
    agree(hand, doses, covariates=[X | step for step in STEPS])
    further = [{"TIME": 0, "AMT": 100}, {"TIME": 6, "AMT": 100, "II": 4, "ADDL": 1}]
    agree(hand, further, covariates=[X | step for step in STEPS])


def value(k: int) -> dict[str, float]:
    return {name: number for name, number in STEPS[k].items() if name != "TIME"}


def test_a_covariate_holds_until_its_time() -> None:
    """NOCB: what stands in the row of 6 h holds after 0 and up to 6 h; doses meet the values of their own row."""
    hand = by_hand(**value(0)).bolus(GUT, 100).change(**value(1)).look(3).to(6).look(6).change(**value(2))
    hand.to(7).bolus(GUT, 50).look(8).to(10).to(13).bolus(GUT, 25).look(14, 20)
    doses = [{"TIME": time, "AMT": 100} for time in (0, 6, 10)]
    agree(hand, doses, covariates=[X | step for step in STEPS], carry="nocb")
    rows = [{"AMT": 100} | X | step for step in STEPS]
    agree(hand, rows, covariates=None, carry="nocb")


def test_covariates_in_the_event_table() -> None:
    hand = by_hand().bolus(GUT, 100).look(5.5, 6).change(**value(1)).to(7).bolus(GUT, 50).look(7.5, 8)
    hand.to(10).change(**value(2)).look(11).to(13).bolus(GUT, 25).look(14, 20)
    rows = [{"AMT": 100} | X | step for step in STEPS]
    agree(hand, rows, covariates=None)
    seen = [{"TIME": seen.time, "EVID": 0} for seen in hand.seen if seen.time not in (6,)]
    empty = dict.fromkeys(X)
    table = sorted([*rows, *(empty | look for look in seen)], key=lambda row: row["TIME"])
    hand.seen = [one for one in hand.seen if one.time not in (6,)]
    agree(hand, table, covariates=None, times=None)


def test_an_empty_cell_takes_the_value_before_or_after() -> None:
    rows = [{"TIME": 0, "AMT": 100, **X}, {"TIME": 4, **dict.fromkeys(X)}, {"TIME": 8, **X, "CL": 1.0}]
    forward = by_hand().bolus(GUT, 100).look(4, 8).seen
    agree_rows(forward, simulated(rows, covariates=None))
    backward = by_hand(CL=1.0).bolus(GUT, 100).look(4, 8).seen
    agree_rows(backward, simulated(rows, covariates=None, carry="nocb"))


def agree_rows(seen: Any, table: pd.DataFrame) -> None:
    np.testing.assert_allclose(table[["A_GUT", "A_CENT"]], [one.amounts for one in seen], rtol=1e-9)


def test_a_row_of_another_kind_only_looks_and_changes_covariates() -> None:
    rows = [
        {"TIME": 0, "AMT": 100, **X},
        {"TIME": 4, "EVID": 2, **X, "CL": 1.0},
        {"TIME": 8, "EVID": 0, **X, "CL": 1.0},
    ]
    hand = by_hand().bolus(GUT, 100).look(4).change(CL=1.0).look(8)
    agree(hand, rows, covariates=None, times=None)


# Headings.


def test_headings_in_any_case_and_compartments_by_name() -> None:
    events = [
        {"TIME": 1, "AMT": 60, "RATE": 30, "CMT": 2, "EVID": 1, "II": 12, "ADDL": 1, "SS": 0, "MDV": 1, "DV": None}
    ]
    expected = simulated(events, [1, 5, 20])
    for change in (str.lower, str.title):
        renamed = [{change(name): number for name, number in row.items()} for row in events]
        pd.testing.assert_frame_equal(simulated(renamed, [1, 5, 20]), expected)
    for name in ("CENT", "cent", " Cent ", 2, "2", 2.0, "2.0"):
        pd.testing.assert_frame_equal(simulated([events[0] | {"CMT": name}], [1, 5, 20]), expected)
