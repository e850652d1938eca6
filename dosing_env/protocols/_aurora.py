"""The protocol of the Aurora clinics: adjustment on days 3-4, then maintenance. SINGLE.

    INR after two doses (our day 3; taken from any of the days 2-4):
    >= 2       5 mg on days 3-4
    < 2        the last dose changed by the table below, for days 3-4

    INR, target 2-3    target 2.5-3.5    last dose                        next INR
    < 1.5              < 2.0             +15 %                            7 days
    1.5-1.7            2.0-2.1           +10 %                            7 days
    1.8-1.9            2.2-2.4           +7.5 %                           7 days
    2.0-3.0            2.5-3.5           same                             by the time in range, below
    3.1-3.3            3.6-3.7           -7.5 %                           7 days
    3.4-3.9            3.8-4.2           -10 %                            7 days
    4.0-5.0            4.3-5.0           hold for 2 days, then -12.5 %    7 days
    > 5                > 5               hold for 3 days                  3 days
    after such a hold: INR <= 3 (3.5: DERIVED) -15 %, next INR in 5 days; else hold again

    in range since    this INR    2 days    1 week    2 weeks    4 weeks
    next INR in       2 days      5 days    7 days    14 days    28 days

Ravvaz 2017 (doi:10.1161/circgenetics.117.001804), as open code of one group has it. The first INR is that before the
third dose (the same code). Days in range count from the first of an unbroken row of INRs in range (DERIVED). The INR
is rounded to 0.1 (DERIVED: the printed rows leave gaps otherwise). Started by an equation, ">= 2" means 5 mg or the
predicted dose, whichever is less (DERIVED: the rule is there to reduce). Day 3's answer holds for two days, not 7
(the same code). For hold and restart above 5 that code has 2 and 7 days instead of the dossier's 3 and 5.
"""

from typing import NamedTuple

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.protocols._titration import (
    EARLY,
    Step,
    ask,
    change,
    day_of_inr_before,
    follow,
    held,
    hold,
    hold_until_seen,
    inr_on,
    newest_inr,
    reference_dose,
    tenths,
)

FIRST_INR = 3.0  # day  SINGLE
ADJUSTED = 5.0  # day  SINGLE  from here on the table alone


class Cuts(NamedTuple):
    """INRs, rounded to 0.1, where one row of the table ends."""

    plus15: float  # up to here, not with it, +15 %
    plus10: float  # up to here, not with it, +10 %
    low: float  # up to here, not with it, +7.5 %
    high: float  # up to here, with it, in range
    minus7: float  # up to here, not with it, -7.5 %
    minus10: float  # up to here, not with it, -10 %
    hold2: float  # up to here, with it, two days without


CUTS = Cuts(1.5, 1.8, 2.0, 3.0, 3.4, 4.0, 5.0)  # SINGLE  target 2-3
CUTS_HIGH = Cuts(2.0, 2.2, 2.5, 3.5, 3.8, 4.3, 5.0)  # SINGLE  target 2.5-3.5


def cuts_of(chart: ClinicChart) -> Cuts:
    """The table of the patient's target."""
    return CUTS_HIGH if chart.INR_LOW > 2.25 else CUTS  # DERIVED  half way between the two targets


def row(inr: float, cuts: Cuts, in_range: float) -> Step:
    """The answer to an INR, rounded to 0.1, with no hold before it; `in_range` days after the first in range."""
    if inr < cuts.plus15:
        return change(1.15, 7.0)  # SINGLE
    if inr < cuts.plus10:
        return change(1.10, 7.0)  # SINGLE
    if inr < cuts.low:
        return change(1.075, 7.0)  # SINGLE
    if inr <= cuts.high:
        return change(1.0, again(in_range))
    return row_above(inr, cuts)


def row_above(inr: float, cuts: Cuts) -> Step:
    """The answer to an INR above the range."""
    if inr < cuts.minus7:
        return change(0.925, 7.0)  # SINGLE
    if inr < cuts.minus10:
        return change(0.90, 7.0)  # SINGLE
    if inr <= cuts.hold2:
        return hold(2.0, 0.875, 7.0)  # SINGLE
    return hold_until_seen(3.0)  # SINGLE


def again(in_range: float) -> float:
    """Days until the next inr, so many days after the first in range."""
    if in_range >= 28.0:  # SINGLE
        return 28.0  # SINGLE
    if in_range >= 14.0:  # SINGLE
        return 14.0  # SINGLE
    if in_range >= 7.0:  # SINGLE
        return 7.0  # SINGLE
    return 5.0 if in_range >= 2.0 else 2.0  # SINGLE


def days_in_range(chart: ClinicChart, cuts: Cuts) -> float:
    """Days from the first INR of the row of INRs in range that the newest belongs to."""
    first = chart.last_visit
    day = day_of_inr_before(chart, first)
    while day >= 1.0 and cuts.low <= tenths(inr_on(chart, day)) <= cuts.high:
        first = day
        day = day_of_inr_before(chart, day)
    return chart.last_visit - first


def answer(chart: ClinicChart) -> Step:
    """The answer to the newest INR, from day 5 on."""
    cuts = cuts_of(chart)
    inr = tenths(newest_inr(chart))
    if not held(chart):
        return row(inr, cuts, days_in_range(chart, cuts))
    if inr <= cuts.high:
        return change(0.85, 5.0)  # SINGLE
    return hold_until_seen(3.0)  # SINGLE


def adjusted(chart: ClinicChart) -> Order:
    """The order after the INR of day 3."""
    inr = tenths(newest_inr(chart))
    if inr >= 2.0:
        return ask(chart, min(5.0, reference_dose(chart)), EARLY)  # SINGLE, DERIVED
    return ask(chart, row(inr, cuts_of(chart), 0.0).factor * reference_dose(chart), EARLY)


def aurora(chart: ClinicChart) -> Order:
    """The order under the protocol, once there is an INR after the first day."""
    if chart.last_visit < ADJUSTED:
        return adjusted(chart)
    return follow(chart, answer(chart))
