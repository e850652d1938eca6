"""The 10 mg nomogram of Kovacs for days 1-7, each dose times a factor. SINGLE (two code bases of one group).

    days 1-2           10 mg
    INR of day 3       < 1.3     1.3-1.4   1.5-1.6   1.7-1.9   2.0-2.2    2.3-3.0   > 3.0
    days 3, 4 (mg)     15, 15    10, 10    10, 5     5, 5      2.5, 2.5   0, 2.5    0, 0
    group              A         A         B         B         C          C         D

    INR of day 5       A             B                C             D
    < 2.0              15, 15, 15    7.5, 7.5, 7.5    5, 5, 5       2.5, 2.5, 2.5    mg on days 5, 6, 7
    2.0-3.0            7.5, 5, 7.5   5, 5, 5          2.5, 5, 2.5   2.5, 0, 2.5
    3.1-3.5            0, 5, 5       2.5, 2.5, 2.5    0, 2.5, 0     0, 2.5, 0  (D: 3.1-4.0)
    > 3.5              0, 0, 2.5     0, 2.5, 2.5      0, 0, 2.5     0, 0, 2.5  (D: > 4.0)

    INR rounded to 0.1. INRs on days 3, 5 and 8.

Kovacs, Ann Intern Med 2003;138:714. Where somebody comes on another day (DERIVED): an INR of day 3 or 4 is read as
that of day 3, one of days 5-7 as that of day 5, and the doses count from the day of the INR; a row repeats until the
next INR; without an INR on days 3-4 the group is A, whose doses were taken; an INR of day 2 changes nothing.
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.protocols._titration import ask, begin, days_since, inr_on, newest_inr, tenths

Three = tuple[float, float, float]  # mg

SECOND = 3.0  # day  SINGLE  of the first INR that counts
THIRD = 5.0  # day  SINGLE  of the next
OVER = 8.0  # day  SINGLE  another nomogram goes on


def days_3_and_4(INR: float) -> tuple[float, float]:
    """mg on days 3 and 4, by the INR of day 3."""
    if INR < 1.3:  # SINGLE
        return 15.0, 15.0  # SINGLE
    if INR < 1.5:  # SINGLE
        return 10.0, 10.0  # SINGLE
    if INR < 1.7:  # SINGLE
        return 10.0, 5.0  # SINGLE
    if INR < 2.0:
        return 5.0, 5.0  # SINGLE
    if INR < 2.3:  # SINGLE
        return 2.5, 2.5  # SINGLE
    return (0.0, 2.5) if INR <= 3.0 else (0.0, 0.0)  # SINGLE


def group_a(INR: float) -> Three:
    """mg on days 5, 6 and 7, by the INR of day 5, where that of day 3 was below 1.5."""
    if INR < 2.0:
        return 15.0, 15.0, 15.0  # SINGLE
    if INR <= 3.0:  # SINGLE
        return 7.5, 5.0, 7.5  # SINGLE
    return (0.0, 5.0, 5.0) if INR <= 3.5 else (0.0, 0.0, 2.5)  # SINGLE


def group_b(INR: float) -> Three:
    """The same where it was 1.5 to 1.9."""
    if INR < 2.0:
        return 7.5, 7.5, 7.5  # SINGLE
    if INR <= 3.0:  # SINGLE
        return 5.0, 5.0, 5.0  # SINGLE
    return (2.5, 2.5, 2.5) if INR <= 3.5 else (0.0, 2.5, 2.5)  # SINGLE


def group_c(INR: float) -> Three:
    """The same where it was 2.0 to 3.0."""
    if INR < 2.0:
        return 5.0, 5.0, 5.0  # SINGLE
    if INR <= 3.0:  # SINGLE
        return 2.5, 5.0, 2.5  # SINGLE
    return (0.0, 2.5, 0.0) if INR <= 3.5 else (0.0, 0.0, 2.5)  # SINGLE


def group_d(INR: float) -> Three:
    """The same where it was above 3.0."""
    if INR < 2.0:
        return 2.5, 2.5, 2.5  # SINGLE
    if INR <= 3.0:  # SINGLE
        return 2.5, 0.0, 2.5  # SINGLE
    return (0.0, 2.5, 0.0) if INR <= 4.0 else (0.0, 0.0, 2.5)  # SINGLE


def days_5_to_7(first: float, second: float) -> Three:
    """mg on days 5, 6 and 7, by the INRs of day 3 (0: none) and of day 5."""
    if first < 1.5:  # SINGLE
        return group_a(second)
    if first < 2.0:
        return group_b(second)
    return group_c(second) if first <= 3.0 else group_d(second)  # SINGLE


def first_inr(chart: ClinicChart) -> float:
    """The INR of day 4, else of day 3, else 0."""
    last = inr_on(chart, SECOND + 1.0)
    return last if last > 0.0 else inr_on(chart, SECOND)


def kovacs(chart: ClinicChart, factor: float) -> Order:
    """The order until an INR of day 8 or later, times a factor."""
    if chart.last_visit < SECOND:
        return begin(chart, 10.0 * factor, SECOND)  # SINGLE
    INR = tenths(newest_inr(chart))
    since = int(days_since(chart))
    if chart.last_visit < THIRD:
        return ask(chart, days_3_and_4(INR)[since % 2] * factor, 2.0)
    dose = days_5_to_7(tenths(first_inr(chart)), INR)[since % 3]  # DERIVED
    return ask(chart, dose * factor, max(OVER - chart.day, 2.0))
