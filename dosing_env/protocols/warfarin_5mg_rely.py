"""5 mg a day, then the rule of the RE-LY trial's warfarin arm. Target INR 2-3. SINGLE.

    INR          weekly dose                      next INR (DERIVED; the rule: at least every 4 weeks)
    <= 1.5       +15 %                            7 days
    1.51-1.99    +10 %                            7 days
    2-3          same                             14 days, 28 if the INR before was in range too
    3.01-4.99    -10 %                            7 days
    >= 5         one dose omitted, then -15 %     3 days (a dose was omitted)

Van Spall 2012, Circulation 126:2309, doi:10.1161/CIRCULATIONAHA.112.101808. The weekly dose is spread evenly. INR not
rounded: the table is stated to 0.01. 5 mg until the first INR (day 3, MEMORY: practice); INRs of days 3 and 5 only
lower the dose (DERIVED, `_titration.py`). Targets other than 2-3 use the same table.
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.policy import Protocol
from dosing_env.protocols._fixed import fixed_5mg
from dosing_env.protocols._titration import (
    Step,
    change,
    day_of_inr_before,
    follow,
    hold,
    inr_on,
    newest_inr,
    settled,
    started,
)


def in_range(INR: float) -> bool:
    return 2.0 <= INR <= 3.0  # SINGLE


def row(INR: float, before: float) -> Step:
    """The answer to an INR; `before`: the INR before it, 0 where there is none."""
    if INR <= 1.5:  # SINGLE
        return change(1.15, 7.0)  # SINGLE, DERIVED
    if INR < 2.0:
        return change(1.10, 7.0)  # SINGLE, DERIVED
    if in_range(INR):
        return change(1.0, 28.0 if in_range(before) else 14.0)  # SINGLE, DERIVED
    if INR < 5.0:  # SINGLE
        return change(0.90, 7.0)  # SINGLE, DERIVED
    return hold(1.0, 0.85, 3.0)  # SINGLE, DERIVED


def order(chart: ClinicChart) -> Order:
    """Today's order."""
    if not started(chart):
        return fixed_5mg(chart)
    before = inr_on(chart, day_of_inr_before(chart, chart.last_visit))
    return follow(chart, settled(chart, row(newest_inr(chart), before)))


PROTOCOL = Protocol(name="warfarin_5mg_rely", title="5 mg, RE-LY", kind="guideline", dose=order)
