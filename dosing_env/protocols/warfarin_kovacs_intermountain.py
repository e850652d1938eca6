"""10 mg nomogram of Kovacs on days 1-7 (`_kovacs.py`), then the Intermountain nomogram (`_intermountain.py`). SINGLE.

    days 1-2            10 mg
    INR of day 3        doses of days 3-4
    INR of day 5        doses of days 5-7, by the INR of day 3 too
    from day 8 on       Intermountain, from the last non-zero dose of days 1-7

The standard arm of CoumaGen-I: Anderson 2007, Circulation 116:2563. The dossier takes the last non-zero daily dose as
the reference on day 8 too; open code takes the mean of days 5-7 there.
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.policy import Protocol
from dosing_env.protocols._intermountain import intermountain
from dosing_env.protocols._kovacs import OVER, kovacs


def order(chart: ClinicChart) -> Order:
    """Today's order."""
    if chart.last_visit < OVER:
        return kovacs(chart, 1.0)
    return intermountain(chart)


PROTOCOL = Protocol(
    name="warfarin_kovacs_intermountain", title="Kovacs 10 mg, Intermountain", kind="guideline", dose=order
)
