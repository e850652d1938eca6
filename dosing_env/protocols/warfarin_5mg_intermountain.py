"""5 mg a day, then the Intermountain nomogram (`_intermountain.py`, SINGLE).

    days 1-2            5 mg (MEMORY: practice)
    INR days 3, 5       5 mg goes on (DERIVED) unless the nomogram lowers it (`_titration.py`)
    from day 7 on       Intermountain: change of the daily dose and next INR by the newest INR

Targets other than 2-3 use the same table.
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.policy import Protocol
from dosing_env.protocols._fixed import fixed_5mg
from dosing_env.protocols._intermountain import intermountain
from dosing_env.protocols._titration import started


def order(chart: ClinicChart) -> Order:
    """Today's order."""
    if not started(chart):
        return fixed_5mg(chart)
    return intermountain(chart)


PROTOCOL = Protocol(name="warfarin_5mg_intermountain", title="5 mg, Intermountain", kind="guideline", dose=order)
