"""The start with 5 mg a day, until the first INR (on day 3). MEMORY: the usual practice."""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.protocols._titration import begin

DOSE = 5.0  # mg   MEMORY
FIRST_INR = 3.0  # day  MEMORY


def fixed_5mg(chart: ClinicChart) -> Order:
    """The order of the days before."""
    return begin(chart, DOSE, FIRST_INR)
