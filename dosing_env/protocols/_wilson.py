"""The Wilson nomogram. Target INR 2-3. SINGLE.

    INR        daily dose              next INR
    <= 1.3     x 1.5                   5 days
    1.4        x 1.33                  5 days
    1.5-1.8    x 1.25                  5 days
    1.9        x 1.1                   7 days
    2.0-2.8    same                    14 days
    2.9-3.1    x 0.9                   7 days
    3.2-3.5    x 0.75                  7 days
    3.6-3.7    x 0.67                  7 days
    3.8-3.9    hold 1, then x 0.67     5 days
    4.0-4.4    hold 1, then x 0.67     3 days
    4.5-5.0    hold 2, then x 0.67     3 days
    > 5.0      hold 3, then x 0.5      4 days

INR rounded to 0.1. INRs before day 7 only lower the dose (DERIVED, `_titration.py`). Targets other than 2-3 use the
same table.
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.protocols._titration import Step, change, follow, hold, newest_inr, settled, tenths


def row(INR: float) -> Step:
    """The answer to an INR up to 2.8, rounded to 0.1."""
    if INR <= 1.3:  # SINGLE
        return change(1.5, 5.0)  # SINGLE
    if INR <= 1.4:  # SINGLE
        return change(1.33, 5.0)  # SINGLE
    if INR <= 1.8:  # SINGLE
        return change(1.25, 5.0)  # SINGLE
    if INR <= 1.9:  # SINGLE
        return change(1.1, 7.0)  # SINGLE
    if INR <= 2.8:  # SINGLE
        return change(1.0, 14.0)  # SINGLE
    return row_above(INR)


def row_above(INR: float) -> Step:
    """The answer to an INR above 2.8."""
    if INR <= 3.1:  # SINGLE
        return change(0.9, 7.0)  # SINGLE
    if INR <= 3.5:  # SINGLE
        return change(0.75, 7.0)  # SINGLE
    if INR <= 3.7:  # SINGLE
        return change(0.67, 7.0)  # SINGLE
    if INR <= 3.9:  # SINGLE
        return hold(1.0, 0.67, 5.0)  # SINGLE
    if INR <= 4.4:  # SINGLE
        return hold(1.0, 0.67, 3.0)  # SINGLE
    if INR <= 5.0:  # SINGLE
        return hold(2.0, 0.67, 3.0)  # SINGLE
    return hold(3.0, 0.5, 4.0)  # SINGLE


def wilson(chart: ClinicChart) -> Order:
    """Today's order by the nomogram."""
    return follow(chart, settled(chart, row(tenths(newest_inr(chart)))))
