"""The Intermountain maintenance nomogram, as CoumaGen-I used it after day 7. Target INR 2-3. SINGLE.

    INR        dose                                        next INR
    < 1.6      once the double dose, then +10 %            5 days
    1.6-1.7    once 1.5 times the dose, then +5 %          7 days
    1.8-1.9    +5 %                                        14 days
    2.0-3.0    unchanged                                   14 days
    3.1-3.3    -5 %                                        14 days
    3.4-3.9    once half the dose, then -10 %              7 days
    4.0-4.9    skip one, then -10 %                        7 days
    >= 5.0     hold for 2 days, INR again                  2 days
    after a hold: INR 1.8-3.3 -15 %

    The dose: the last non-zero daily dose. At most 10 mg a day, double doses too. INR rounded to 0.1.

Anderson 2007, Circulation 116:2563, and public code. What the table leaves open (DERIVED): after a hold an INR below
1.8 is answered as one of 1.8, with -15 % (more than the dose that led to 5 would be wrong), one above 3.3 with
another hold; after a restart INR again in 7 days, as after the table's other large reductions. The table is used as
it is for other targets.
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.protocols._titration import (
    Step,
    change,
    follow,
    held,
    hold,
    hold_until_seen,
    newest_inr,
    once,
    settled,
    tenths,
)

LARGEST = 10.0  # mg  SINGLE  a day


def row(INR: float) -> Step:
    """The answer to an INR, rounded to 0.1, with no hold before it."""
    if INR < 1.6:  # SINGLE
        return once(2.0, 1.10, 5.0)  # SINGLE
    if INR < 1.8:  # SINGLE
        return once(1.5, 1.05, 7.0)  # SINGLE
    if INR < 2.0:
        return change(1.05, 14.0)  # SINGLE
    if INR <= 3.0:  # SINGLE
        return change(1.0, 14.0)  # SINGLE
    if INR < 3.4:  # SINGLE
        return change(0.95, 14.0)  # SINGLE
    if INR < 4.0:  # SINGLE
        return once(0.5, 0.90, 7.0)  # SINGLE
    if INR < 5.0:  # SINGLE
        return hold(1.0, 0.90, 7.0)  # SINGLE
    return hold_until_seen(2.0)


def answer(chart: ClinicChart) -> Step:
    """The answer to the newest INR."""
    INR = tenths(newest_inr(chart))
    if not held(chart):
        return row(INR)
    if INR <= 3.3:  # SINGLE from 1.8 on, DERIVED below
        return change(0.85, 7.0)  # SINGLE, DERIVED
    return hold_until_seen(2.0)  # DERIVED


def intermountain(chart: ClinicChart) -> Order:
    """The order under the nomogram."""
    wanted = follow(chart, settled(chart, answer(chart)))
    return Order(min(wanted.dose, LARGEST), wanted.next)
