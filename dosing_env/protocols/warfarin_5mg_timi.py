"""5 mg a day, then a nomogram like that of the TIMI group's ENGAGE trial. Target INR 2-3. SINGLE.

    INR        daily dose                next INR
    < 1.5      +15 %                     5 days
    1.5-1.9    +7.5 %                    9 days
    2.0-3.0    same                      30 days
    3.1-3.5    -10 %                     14 days
    3.6-4.0    hold 2, then -10 %        9 days
    4.1-5.0    hold 2, then -10 %        4 days
    > 5.0      hold until below 3        2 days (DERIVED: as in other nomograms)
    after such a hold: INR < 3 -12.5 %, next INR in 5 days (DERIVED: the shortest after a change)

INR rounded to 0.1. 5 mg until the first INR (day 3, MEMORY: practice); INRs of days 3 and 5 only lower the dose
(DERIVED, `_titration.py`). Targets other than 2-3 use the same table.
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.policy import Protocol
from dosing_env.protocols._fixed import fixed_5mg
from dosing_env.protocols._titration import (
    Step,
    change,
    follow,
    held,
    hold,
    hold_until_seen,
    newest_inr,
    settled,
    started,
    tenths,
)


def row(INR: float) -> Step:
    """The answer to an INR, rounded to 0.1, with no hold before it."""
    if INR < 1.5:  # SINGLE
        return change(1.15, 5.0)  # SINGLE
    if INR < 2.0:
        return change(1.075, 9.0)  # SINGLE
    if INR <= 3.0:  # SINGLE
        return change(1.0, 30.0)  # SINGLE
    if INR <= 3.5:  # SINGLE
        return change(0.90, 14.0)  # SINGLE
    if INR <= 4.0:  # SINGLE
        return hold(2.0, 0.90, 9.0)  # SINGLE
    if INR <= 5.0:  # SINGLE
        return hold(2.0, 0.90, 4.0)  # SINGLE
    return hold_until_seen(2.0)  # DERIVED


def answer(chart: ClinicChart) -> Step:
    """The answer to the newest INR."""
    INR = tenths(newest_inr(chart))
    if not held(chart):
        return row(INR)
    if INR < 3.0:  # SINGLE
        return change(0.875, 5.0)  # SINGLE, DERIVED
    return hold_until_seen(2.0)  # DERIVED


def order(chart: ClinicChart) -> Order:
    """Today's order."""
    if not started(chart):
        return fixed_5mg(chart)
    return follow(chart, settled(chart, answer(chart)))


PROTOCOL = Protocol(name="warfarin_5mg_timi", title="5 mg, TIMI", kind="guideline", dose=order)
