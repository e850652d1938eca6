"""The control arm of EU-PACT: 10 mg, 5 mg, 5 mg, then guided by INR. SINGLE.

    day 1               10 mg, 5 mg if older than 75 years
    days 2-3            5 mg
    from day 4 on       guided by INR: Intermountain (`_intermountain.py`) stands for it (DERIVED)

Pirmohamed 2013, doi:10.1056/NEJMoa1311386. INRs on days 4, 6 and 8; Intermountain lowers but does not raise before
day 7 (DERIVED).
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.policy import Protocol
from dosing_env.protocols._intermountain import intermountain
from dosing_env.protocols._titration import begin

FIRST_INR = 4.0  # day  SINGLE


def initial_dose(chart: ClinicChart) -> float:
    """mg until the first INR that counts."""
    first_day = chart.day < 2.0
    return 10.0 if first_day and chart.AGE <= 75.0 else 5.0  # SINGLE


def order(chart: ClinicChart) -> Order:
    """Today's order."""
    if chart.last_visit < FIRST_INR:
        return begin(chart, initial_dose(chart), FIRST_INR)
    return intermountain(chart)


PROTOCOL = Protocol(name="eu_pact_control", title="EU-PACT control", kind="guideline", dose=order)
