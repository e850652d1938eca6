"""5 mg a day, then the Wilson nomogram (`_wilson.py`, SINGLE).

5 mg until the first INR (day 3, MEMORY: practice); INRs of days 3 and 5 only lower the dose (DERIVED, `_titration.py`).
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.policy import Protocol
from dosing_env.protocols._fixed import fixed_5mg
from dosing_env.protocols._titration import started
from dosing_env.protocols._wilson import wilson


def order(chart: ClinicChart) -> Order:
    """Today's order."""
    return wilson(chart) if started(chart) else fixed_5mg(chart)


PROTOCOL = Protocol(name="warfarin_5mg_wilson", title="5 mg, Wilson", kind="guideline", dose=order)
