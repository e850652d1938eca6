"""Worked examples of the warfarin protocols: INRs -> the doses that follow, mg, and when the next INR is wanted, days.

Worked by hand from the decision tables of the dossier. Maintenance: 4 mg a day, INR 2.5 on day 20, then the INR of the
example on day 30; the doses of days 30 to 33.
"""

from __future__ import annotations

from typing import Any

import pytest

from dosing_env import warfarin_dosing as w
from dosing_env.protocols import _titration
from tests.protocols.clinic import Days, chart_on, course, daily, load

INTERMOUNTAIN = [
    # INR, doses of days 30-33, next INR
    (1.0, (8, 4.4, 4.4, 4.4), 5),  # < 1.6: one double dose, +10 %
    (1.54, (8, 4.4, 4.4, 4.4), 5),  # rounds to 1.5
    (1.55, (6, 4.2, 4.2, 4.2), 7),  # rounds to 1.6: once 1.5 times, +5 %
    (1.7, (6, 4.2, 4.2, 4.2), 7),
    (1.8, (4.2, 4.2, 4.2, 4.2), 14),  # +5 %
    (1.94, (4.2, 4.2, 4.2, 4.2), 14),
    (1.95, (4, 4, 4, 4), 14),  # rounds to 2.0: unchanged
    (3.04, (4, 4, 4, 4), 14),
    (3.05, (3.8, 3.8, 3.8, 3.8), 14),  # -5 %
    (3.3, (3.8, 3.8, 3.8, 3.8), 14),
    (3.4, (2, 3.6, 3.6, 3.6), 7),  # one half dose, -10 %
    (3.9, (2, 3.6, 3.6, 3.6), 7),
    (4.0, (0, 3.6, 3.6, 3.6), 7),  # skip one, -10 %
    (4.9, (0, 3.6, 3.6, 3.6), 7),
    (5.0, (0, 0, 0, 0), 2),  # hold, INR again in 2 days
    (9.0, (0, 0, 0, 0), 2),
]
WILSON = [
    (1.3, (6, 6, 6, 6), 5),
    (1.4, (5.32, 5.32, 5.32, 5.32), 5),
    (1.5, (5, 5, 5, 5), 5),
    (1.8, (5, 5, 5, 5), 5),
    (1.9, (4.4, 4.4, 4.4, 4.4), 7),
    (2.0, (4, 4, 4, 4), 14),
    (2.8, (4, 4, 4, 4), 14),
    (2.9, (3.6, 3.6, 3.6, 3.6), 7),
    (3.1, (3.6, 3.6, 3.6, 3.6), 7),
    (3.2, (3, 3, 3, 3), 7),
    (3.5, (3, 3, 3, 3), 7),
    (3.6, (2.68, 2.68, 2.68, 2.68), 7),
    (3.7, (2.68, 2.68, 2.68, 2.68), 7),
    (3.8, (0, 2.68, 2.68, 2.68), 5),
    (3.9, (0, 2.68, 2.68, 2.68), 5),
    (4.0, (0, 2.68, 2.68, 2.68), 3),
    (4.4, (0, 2.68, 2.68, 2.68), 3),
    (4.5, (0, 0, 2.68, 2.68), 3),
    (5.0, (0, 0, 2.68, 2.68), 3),
    (5.1, (0, 0, 0, 2), 4),
]
RELY = [
    (1.5, (4.6, 4.6, 4.6, 4.6), 7),
    (1.51, (4.4, 4.4, 4.4, 4.4), 7),
    (1.99, (4.4, 4.4, 4.4, 4.4), 7),
    (2.0, (4, 4, 4, 4), 28),  # the INR of day 20 was in range too
    (3.0, (4, 4, 4, 4), 28),
    (3.01, (3.6, 3.6, 3.6, 3.6), 7),
    (4.99, (3.6, 3.6, 3.6, 3.6), 7),
    (5.0, (0, 3.4, 3.4, 3.4), 3),
]
TIMI = [
    (1.4, (4.6, 4.6, 4.6, 4.6), 5),
    (1.5, (4.3, 4.3, 4.3, 4.3), 9),
    (1.9, (4.3, 4.3, 4.3, 4.3), 9),
    (2.0, (4, 4, 4, 4), 30),
    (3.0, (4, 4, 4, 4), 30),
    (3.1, (3.6, 3.6, 3.6, 3.6), 14),
    (3.5, (3.6, 3.6, 3.6, 3.6), 14),
    (3.6, (0, 0, 3.6, 3.6), 9),
    (4.0, (0, 0, 3.6, 3.6), 9),
    (4.1, (0, 0, 3.6, 3.6), 4),
    (5.0, (0, 0, 3.6, 3.6), 4),
    (5.1, (0, 0, 0, 0), 2),
]
AURORA = [
    (1.4, (4.6, 4.6, 4.6, 4.6), 7),
    (1.5, (4.4, 4.4, 4.4, 4.4), 7),
    (1.7, (4.4, 4.4, 4.4, 4.4), 7),
    (1.8, (4.3, 4.3, 4.3, 4.3), 7),
    (1.9, (4.3, 4.3, 4.3, 4.3), 7),
    (2.0, (4, 4, 4, 4), 7),  # in range since day 20
    (3.0, (4, 4, 4, 4), 7),
    (3.1, (3.7, 3.7, 3.7, 3.7), 7),
    (3.3, (3.7, 3.7, 3.7, 3.7), 7),
    (3.4, (3.6, 3.6, 3.6, 3.6), 7),
    (3.9, (3.6, 3.6, 3.6, 3.6), 7),
    (4.0, (0, 0, 3.5, 3.5), 7),
    (5.0, (0, 0, 3.5, 3.5), 7),
    (5.1, (0, 0, 0, 0), 3),
]
AURORA_HIGH = [
    (1.9, (4.6, 4.6, 4.6, 4.6), 7),
    (2.0, (4.4, 4.4, 4.4, 4.4), 7),
    (2.1, (4.4, 4.4, 4.4, 4.4), 7),
    (2.2, (4.3, 4.3, 4.3, 4.3), 7),
    (2.4, (4.3, 4.3, 4.3, 4.3), 7),
    (2.5, (4, 4, 4, 4), 7),
    (3.5, (4, 4, 4, 4), 7),
    (3.6, (3.7, 3.7, 3.7, 3.7), 7),
    (3.7, (3.7, 3.7, 3.7, 3.7), 7),
    (3.8, (3.6, 3.6, 3.6, 3.6), 7),
    (4.2, (3.6, 3.6, 3.6, 3.6), 7),
    (4.3, (0, 0, 3.5, 3.5), 7),
    (5.0, (0, 0, 3.5, 3.5), 7),
    (5.1, (0, 0, 0, 0), 3),
]
USERS_OF_INTERMOUNTAIN = ["warfarin_5mg_intermountain", "warfarin_kovacs_intermountain", "eu_pact_control"]
USERS_OF_AURORA = ["warfarin_aurora_clinic", "warfarin_iwpc_clinical_aurora", "coag_genetic_aurora"]
Doses = tuple[float, ...]


def answer(name: str, inrs: Days, ordered: Days, **patient: Any) -> tuple[Any, float]:
    """What follows the last of the INRs: the doses of four days, and when the next INR is wanted."""
    ordered, day = dict(ordered), max(inrs)
    orders = []
    for today in range(day, day + 4):
        orders.append(load(name).dose(chart_on(today, inrs, ordered, **patient)))
        ordered[today] = float(orders[-1].dose)
    return [float(order.dose) for order in orders], float(orders[0].next)


def check(name: str, INR: float, doses: Doses, after: float, **patient: Any) -> None:
    """Hold the answer to an INR of day 30 against the worked one."""
    given = answer(name, {20: 2.5, 30: INR}, daily(4.0, 30), **patient)
    assert given == (pytest.approx(list(doses)), after)


# --- maintenance ---


@pytest.mark.parametrize("name", USERS_OF_INTERMOUNTAIN)
@pytest.mark.parametrize(("INR", "doses", "after"), INTERMOUNTAIN)
def test_intermountain(name: str, INR: float, doses: Doses, after: float) -> None:
    check(name, INR, doses, after)


@pytest.mark.parametrize(("INR", "doses", "after"), WILSON)
def test_wilson(INR: float, doses: Doses, after: float) -> None:
    check("warfarin_5mg_wilson", INR, doses, after)


@pytest.mark.parametrize(("INR", "doses", "after"), RELY)
def test_rely(INR: float, doses: Doses, after: float) -> None:
    check("warfarin_5mg_rely", INR, doses, after)


def test_rely_first_inr_in_range() -> None:
    assert answer("warfarin_5mg_rely", {20: 3.2, 30: 2.5}, daily(4.0, 30))[1] == 14


@pytest.mark.parametrize(("INR", "doses", "after"), TIMI)
def test_timi(INR: float, doses: Doses, after: float) -> None:
    check("warfarin_5mg_timi", INR, doses, after)


@pytest.mark.parametrize("name", USERS_OF_AURORA)
@pytest.mark.parametrize(("INR", "doses", "after"), AURORA)
def test_aurora(name: str, INR: float, doses: Doses, after: float) -> None:
    check(name, INR, doses, after)


@pytest.mark.parametrize(("INR", "doses", "after"), AURORA_HIGH)
def test_aurora_target_2_5_to_3_5(INR: float, doses: Doses, after: float) -> None:
    check("warfarin_aurora_clinic", INR, doses, after, INR_LOW=2.5, INR_HIGH=3.5)


# In range on day 30, the row of INRs in range beginning on the day named.
@pytest.mark.parametrize(
    ("inrs", "after"),
    [
        ({20: 1.9, 30: 2.5}, 2),  # the first
        ({20: 1.9, 28: 2.4, 30: 2.5}, 5),  # two days
        ({16: 1.9, 24: 2.4, 27: 2.2, 30: 2.5}, 5),  # six days
        ({16: 1.9, 23: 2.4, 30: 2.5}, 7),  # a week
        ({10: 3.1, 17: 2.4, 23: 2.2, 30: 2.5}, 7),  # 13 days
        ({10: 3.1, 16: 2.4, 23: 2.2, 30: 2.5}, 14),  # two weeks
        ({3: 1.2, 5: 2.0, 12: 2.2, 30: 2.5}, 14),  # 25 days
        ({2: 2.0, 12: 2.2, 30: 2.5}, 28),  # four weeks
        ({5: 2.0, 28: 3.2, 30: 2.5}, 2),  # interrupted
    ],
)
def test_aurora_comes_less_often_when_in_range(inrs: Days, after: float) -> None:
    assert answer("warfarin_aurora_clinic", inrs, daily(4.0, 30))[1] == after


# After a hold. Nothing was ordered from the INR of day 20 to that of the example; 4 mg before.
@pytest.mark.parametrize(
    ("name", "INR", "dose", "after"),
    [
        ("warfarin_5mg_intermountain", 1.7, 3.4, 7),  # DERIVED: as from 1.8 on
        ("warfarin_5mg_intermountain", 1.8, 3.4, 7),  # -15 %
        ("warfarin_5mg_intermountain", 3.3, 3.4, 7),
        ("warfarin_5mg_intermountain", 3.4, 0, 2),
        ("warfarin_5mg_intermountain", 5.5, 0, 2),
        ("warfarin_aurora_clinic", 3.0, 3.4, 5),  # -15 %
        ("warfarin_aurora_clinic", 3.1, 0, 3),
        ("warfarin_5mg_timi", 2.9, 3.5, 5),  # -12.5 %
        ("warfarin_5mg_timi", 3.0, 0, 2),
    ],
)
def test_after_a_hold(name: str, INR: float, dose: float, after: float) -> None:
    once = answer(name, {20: 5.5, 22: INR}, daily(4.0, 20))
    again = answer(name, {20: 5.5, 22: 4.5, 24: INR}, daily(4.0, 20))
    assert once == again == (pytest.approx([dose] * 4), after)


def test_aurora_after_a_hold_target_2_5_to_3_5() -> None:
    target = {"INR_LOW": 2.5, "INR_HIGH": 3.5}
    assert answer("warfarin_aurora_clinic", {20: 5.5, 23: 3.5}, daily(4.0, 20), **target) == (
        pytest.approx([3.4] * 4),
        5,
    )


def test_a_dose_skipped_is_no_hold() -> None:
    """4.5 on day 20: skipped one, 3.6 mg from day 21 on; 3.2 on day 27: -5 % of 3.6."""
    ordered = daily(4.0, 20) | {20: 0.0} | dict.fromkeys(range(21, 27), 3.6)
    assert answer("warfarin_5mg_intermountain", {20: 4.5, 27: 3.2}, ordered) == (pytest.approx([3.42] * 4), 14)


# --- the reference dose ---


def test_intermountain_gives_at_most_10_mg() -> None:
    """8 mg: the double dose would be 16; 9.5 mg + 10 % would be 10.45."""
    assert answer("warfarin_5mg_intermountain", {20: 2.5, 30: 1.2}, daily(8.0, 30))[0] == pytest.approx(
        [10] + 3 * [8.8]
    )
    assert answer("warfarin_5mg_intermountain", {20: 2.5, 30: 1.2}, daily(9.5, 30))[0] == pytest.approx([10] * 4)


@pytest.mark.parametrize(("INR", "boost"), [(1.2, 8.0), (3.5, 2.0)])
def test_a_boost_or_a_half_dose_is_no_reference(INR: float, boost: float) -> None:
    """What day 20 ordered once, when the next INR comes on the day after: 4 mg, ordered before, stays the reference."""
    ordered = daily(4.0, 20) | {20: boost}
    assert answer("warfarin_5mg_intermountain", {20: INR, 21: 2.5}, ordered)[0] == pytest.approx([4.0] * 4)


def test_reference_dose() -> None:
    of = _titration.reference_dose
    assert of(chart_on(9, {7: 2.0}, {1: 5.0, 6: 3.0, 7: 6.0, 8: 3.3})) == 3.0
    assert of(chart_on(9, {7: 2.0}, {1: 5.0, 6: 0.0})) == 5.0
    assert of(chart_on(9, {6: 2.0, 7: 2.0}, {1: 5.0, 6: 4.0})) == 5.0
    assert of(chart_on(3, {1: 1.0, 2: 1.1, 3: 1.2}, {1: 5.0, 2: 4.0})) == 4.0  # only days with an INR
    assert of(chart_on(3, {3: 1.2}, {1: 0.0, 2: 0.0})) == 0.5


@pytest.mark.parametrize(("INR", "printed"), [(1.94, 1.9), (1.95, 2.0), (3.04, 3.0), (3.05, 3.1), (5.0, 5.0)])
def test_rounding(INR: float, printed: float) -> None:
    assert _titration.tenths(INR) == printed


# --- starts ---


@pytest.mark.parametrize("name", ["intermountain", "wilson", "rely", "timi"])
def test_5_mg_is_not_raised_before_day_7(name: str) -> None:
    doses, wanted = course(f"warfarin_5mg_{name}", {1: 1.0, 3: 1.0, 5: 1.2}, 6)
    assert doses == [5.0] * 6
    assert wanted == {1: 2.0, 3: 2.0, 5: 2.0}
    assert course(f"warfarin_5mg_{name}", {3: 1.0, 5: 1.2, 7: 1.2}, 8)[0][7] > 5.0


@pytest.mark.parametrize(
    ("name", "INR", "doses", "after"),
    [
        ("intermountain", 4.2, (0, 4.5), 2),  # skip one, then -10 %
        ("intermountain", 3.5, (2.5, 4.5), 2),  # one half dose, then -10 %
        ("intermountain", 5.2, (0, 0), 2),
        ("wilson", 3.3, (3.75, 3.75), 2),  # x 0.75
        ("wilson", 4.6, (0, 0), 3),  # hold 2, then x 0.67
        ("wilson", 6.0, (0, 0), 4),
        ("rely", 3.5, (4.5, 4.5), 2),
        ("timi", 3.7, (0, 0), 3),
    ],
)
def test_5_mg_is_lowered_before_day_7(name: str, INR: float, doses: Doses, after: float) -> None:
    given, wanted = course(f"warfarin_5mg_{name}", {1: 1.0, 3: INR}, 4)
    assert (given[2:], wanted[3]) == (pytest.approx(list(doses)), after)


# Kovacs. INR of day 3 -> days 3, 4.
@pytest.mark.parametrize(
    ("INR", "doses"),
    [
        (1.0, (15, 15)),
        (1.2, (15, 15)),
        (1.3, (10, 10)),
        (1.4, (10, 10)),
        (1.5, (10, 5)),
        (1.6, (10, 5)),
        (1.7, (5, 5)),
        (1.9, (5, 5)),
        (2.0, (2.5, 2.5)),
        (2.2, (2.5, 2.5)),
        (2.3, (0, 2.5)),
        (3.0, (0, 2.5)),
        (3.1, (0, 0)),
    ],
)
def test_kovacs_days_1_to_4(INR: float, doses: Doses) -> None:
    given, wanted = course("warfarin_kovacs_intermountain", {1: 1.0, 3: INR}, 4)
    assert given == [10.0, 10.0, *doses]
    assert wanted == {1: 2.0, 3: 2.0}


# INR of day 3 in each group, INR of day 5 -> days 5, 6, 7.
A, B, C, D = (1.2, 1.4), (1.5, 1.9), (2.0, 3.0), (3.1, 4.0)


@pytest.mark.parametrize(
    ("group", "INRs", "doses"),
    [
        (A, (1.0, 1.9), (15, 15, 15)),
        (A, (2.0, 3.0), (7.5, 5, 7.5)),
        (A, (3.1, 3.5), (0, 5, 5)),
        (A, (3.6, 8.0), (0, 0, 2.5)),
        (B, (1.5, 1.9), (7.5, 7.5, 7.5)),
        (B, (2.0, 3.0), (5, 5, 5)),
        (B, (3.1, 3.5), (2.5, 2.5, 2.5)),
        (B, (3.6, 8.0), (0, 2.5, 2.5)),
        (C, (1.5, 1.9), (5, 5, 5)),
        (C, (2.0, 3.0), (2.5, 5, 2.5)),
        (C, (3.1, 3.5), (0, 2.5, 0)),
        (C, (3.6, 8.0), (0, 0, 2.5)),
        (D, (1.5, 1.9), (2.5, 2.5, 2.5)),
        (D, (2.0, 3.0), (2.5, 0, 2.5)),
        (D, (3.1, 4.0), (0, 2.5, 0)),
        (D, (4.1, 8.0), (0, 0, 2.5)),
    ],
)
def test_kovacs_days_5_to_7(group: Doses, INRs: Doses, doses: Doses) -> None:
    for first in group:
        for second in INRs:
            given, wanted = course("warfarin_kovacs_intermountain", {3: first, 5: second}, 7)
            assert tuple(given[4:]) == doses
            assert wanted[5] == 3.0


def test_kovacs_goes_over_to_intermountain_on_day_8() -> None:
    """Days 5-7: 0, 2.5, 0 mg. INR 1.7 on day 8: the last non-zero dose 1.5 times, then +5 %; no hold."""
    given, wanted = course("warfarin_kovacs_intermountain", {3: 2.5, 5: 3.2, 8: 1.7}, 10)
    assert given[4:] == pytest.approx([0, 2.5, 0, 3.75, 2.625, 2.625])
    assert wanted[8] == 7.0


def test_kovacs_on_other_days() -> None:
    """The first INR on day 4, the second on day 6: read as those of days 3 and 5; 5, 5, 5 repeats on day 9."""
    given, wanted = course("warfarin_kovacs_intermountain", {4: 1.8, 6: 2.5}, 9)
    assert given == [10, 10, 10, 5, 5, 5, 5, 5, 5]
    assert wanted == {4: 2.0, 6: 2.0}


def test_kovacs_without_a_first_inr_is_group_a() -> None:
    assert course("warfarin_kovacs_intermountain", {5: 2.5}, 7)[0] == [10, 10, 10, 10, 7.5, 5, 7.5]


@pytest.mark.parametrize("known", [1.0, 0.0])
def test_coumagen_scales_kovacs(known: float) -> None:
    inrs = {3: 1.5, 5: 2.5}
    scaled = course("coumagen_genetic", inrs, 7, VKORC1_A=2.0 * known, VKORC1_KNOWN=known)[0]
    plain = course("warfarin_kovacs_intermountain", inrs, 7)[0]
    weekly = 7.0 * w.coumagen(chart_on(1, VKORC1_A=2.0)) if known else 35.0
    assert scaled == pytest.approx([dose * weekly / 35.0 for dose in plain])
    assert scaled[:2] == pytest.approx([2.0 * weekly / 7.0] * 2)


@pytest.mark.parametrize(
    ("patient", "dose"),
    [
        ({"AGE": 64.9}, 10),
        ({"AGE": 65.0}, 5),
        ({"AGE": 50.0, "AMIODARONE": 1.0}, 5),
        ({"AGE": 50.0, "DIABETES": 1.0}, 5),
    ],
)
def test_aurora_starts(patient: dict[str, Any], dose: float) -> None:
    given, wanted = course("warfarin_aurora_clinic", {1: 1.0}, 2, **patient)
    assert (given, wanted[1]) == ([dose, dose], 2.0)


@pytest.mark.parametrize(("INR", "dose"), [(1.2, 11.5), (1.5, 11.0), (1.9, 10.75), (2.0, 5.0), (4.5, 5.0)])
def test_aurora_on_days_3_and_4(INR: float, dose: float) -> None:
    given, wanted = course("warfarin_aurora_clinic", {3: INR}, 4, AGE=50.0)
    assert (given[2:], wanted[3]) == (pytest.approx([dose, dose]), 2.0)


def test_aurora_after_an_equation_never_raises_to_5_mg() -> None:
    small = w.iwpc_genetic(chart_on(1, VKORC1_A=2.0, CYP2C9_3=1.0))
    given, _ = course("warfarin_iwpc_genetic_aurora", {3: 2.2}, 4, VKORC1_A=2.0, CYP2C9_3=1.0)
    assert given == pytest.approx([small] * 4)
    assert small < 5.0


# --- trial arms ---

ARMS = [
    ("coag_genetic_intermountain", w.gage_genetic, w.lenzini),
    ("coag_genetic_aurora", w.gage_genetic, w.lenzini),
    ("coag_clinical_intermountain", w.gage_clinical, w.lenzini_clinical),
    ("coag_clinical_aurora", w.gage_clinical, w.lenzini_clinical),
    ("warfarin_iwpc_genetic_lenzini_intermountain", w.iwpc_genetic, w.lenzini),
    ("warfarin_iwpc_genetic_lenzini_wilson", w.iwpc_genetic, w.lenzini),
    ("warfarin_iwpc_genetic_lenzini_aurora", w.iwpc_genetic, w.lenzini),
]


@pytest.mark.parametrize(("name", "start", "refine"), ARMS)
def test_predicted_then_refined(name, start, refine) -> None:  # type: ignore[no-untyped-def]
    """Days 1-3 predicted; INR 1.6 on day 4: the doses of days 2 and 1 were two and three days before it."""
    patient: dict[str, Any] = {"VKORC1_A": 1.0, "AGE": 50.0}
    chart = chart_on(1, **patient)
    first = start(chart)
    refined = refine(chart, 1.6, first, first, 0.0)
    given, wanted = course(name, {1: 1.0, 4: 1.6}, 5, **patient)
    assert given == pytest.approx([first] * 3 + [refined] * 2)
    assert wanted == {1: 3.0, 4: 2.0}


@pytest.mark.parametrize(("name", "start", "refine"), ARMS)
def test_refined_again_on_day_5(name, start, refine) -> None:  # type: ignore[no-untyped-def]
    """INR on day 5 only: the doses of days 3, 2 and 1; day 4 still as predicted."""
    first = start(chart_on(1))
    given, _ = course(name, {5: 2.0}, 6)
    assert given == pytest.approx([first] * 4 + [refine(chart_on(1), 2.0, first, first, first)] * 2)


@pytest.mark.parametrize(("known", "refine"), [(1.0, w.lenzini), (0.0, w.lenzini_clinical)])
def test_refined_without_genotypes_where_a_gene_is_not_known(known, refine) -> None:  # type: ignore[no-untyped-def]
    first = w.gage_clinical(chart_on(1)) if known == 0.0 else w.gage_genetic(chart_on(1))
    given, _ = course("coag_genetic_aurora", {4: 1.6}, 4, CYP2C9_KNOWN=known)
    assert given == pytest.approx([first] * 3 + [refine(chart_on(1), 1.6, first, first, 0.0)])


@pytest.mark.parametrize("arm", ["genetic", "clinical"])
@pytest.mark.parametrize("then", ["intermountain", "aurora"])
def test_titrated_from_day_6_on(arm: str, then: str) -> None:
    """4.5 on day 6: Intermountain skips one, then -10 %; Aurora holds 2 days, then -12.5 %."""
    given, wanted = course(f"coag_{arm}_{then}", {4: 1.6, 6: 4.5}, 8)
    factors = [0, 0.9, 0.9] if then == "intermountain" else [0, 0, 0.875]
    assert given[5:] == pytest.approx([factor * given[4] for factor in factors])
    assert wanted[6] == (2.0 if then == "intermountain" else 7.0)


def test_eu_pact_genetic() -> None:
    patient: dict[str, Any] = {"CYP2C9_3": 1.0, "VKORC1_A": 1.0}
    chart = chart_on(1, **patient)
    loading = w.eu_pact_loading(chart)
    given, wanted = course("eu_pact_genetic", {1: 1.0, 4: 1.7}, 5, **patient)
    refined = w.lenzini(chart, 1.7, loading.second, loading.first, 0.0)
    assert given == pytest.approx([*loading, refined, refined])
    assert wanted == {1: 3.0, 4: 2.0}


def test_eu_pact_genetic_without_an_inr() -> None:
    given, _ = course("eu_pact_genetic", {}, 5)
    assert given[3:] == pytest.approx([w.iwpc_genetic_continuous_age(chart_on(1))] * 2)


@pytest.mark.parametrize(("AGE", "first"), [(75.0, 10.0), (75.1, 5.0)])
def test_eu_pact_control(AGE: float, first: float) -> None:
    given, wanted = course("eu_pact_control", {1: 1.0, 4: 1.3, 6: 1.5, 8: 1.5}, 9, AGE=AGE)
    assert given == pytest.approx([first, 5, 5, 5, 5, 5, 5, 10, 5.5])  # not raised before day 7
    assert wanted == {1: 3.0, 4: 2.0, 6: 2.0, 8: 5.0}
