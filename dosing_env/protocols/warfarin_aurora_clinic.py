"""The protocol of the Aurora clinics throughout (AAA). SINGLE.

    days 1-2            10 mg if younger than 65 years, without amiodarone and diabetes, else 5 mg
    INR of day 3        doses of days 3-4
    from day 5 on       table, intervals by the time in range

Adjustment and maintenance: `_aurora.py`. Ravvaz 2017, doi:10.1161/circgenetics.117.001804.
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.policy import Protocol
from dosing_env.protocols._aurora import FIRST_INR, aurora
from dosing_env.protocols._titration import begin, started


def initial_dose(chart: ClinicChart) -> float:
    """mg on days 1 and 2."""
    sensitive = chart.AGE >= 65.0 or chart.AMIODARONE > 0.5 or chart.DIABETES > 0.5  # SINGLE
    return 5.0 if sensitive else 10.0  # SINGLE


def order(chart: ClinicChart) -> Order:
    """Today's order."""
    if not started(chart):
        return begin(chart, initial_dose(chart), FIRST_INR)
    return aurora(chart)


PROTOCOL = Protocol(name="warfarin_aurora_clinic", title="Aurora", kind="guideline", dose=order)
