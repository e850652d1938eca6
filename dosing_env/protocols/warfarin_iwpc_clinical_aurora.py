"""The clinical equation of the IWPC on days 1-2, then the protocol of the Aurora clinics (CAA).

    days 1-2            predicted daily dose (`warfarin_dosing.iwpc_clinical`, VERIFIED)
    INR of day 3        doses of days 3-4 (`_aurora.py`, SINGLE)
    from day 5 on       Aurora's table

Ravvaz 2017, doi:10.1161/circgenetics.117.001804.
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.policy import Protocol
from dosing_env.protocols._aurora import FIRST_INR, aurora
from dosing_env.protocols._titration import begin, started
from dosing_env.warfarin_dosing import iwpc_clinical


def order(chart: ClinicChart) -> Order:
    """Today's order."""
    if not started(chart):
        return begin(chart, iwpc_clinical(chart), FIRST_INR)
    return aurora(chart)


PROTOCOL = Protocol(name="warfarin_iwpc_clinical_aurora", title="IWPC clinical, Aurora", kind="equation", dose=order)
