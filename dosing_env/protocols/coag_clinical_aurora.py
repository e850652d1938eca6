"""The clinical arm of COAG: Gage's equation without genotypes, then the table of the Aurora clinics.

    days 1-4            predicted daily dose (`warfarin_dosing.gage_clinical`, SINGLE)
    from day 5 on       Aurora's table (`_aurora.py`, SINGLE)

Kimmel 2013, doi:10.1056/NEJMoa1310669. The trial refined the dose of day 4 or 5 in this arm too. Here the predicted
dose is kept until the titration begins on day 5 (DERIVED: an equation without genotypes was read in one open package
only, see `warfarin_dosing.lenzini_clinical`). The table of the titration is not known either: Aurora's stands for it,
to day 28 and after (DERIVED).
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.policy import Protocol
from dosing_env.protocols._aurora import aurora
from dosing_env.protocols._titration import begin
from dosing_env.warfarin_dosing import gage_clinical

TITRATED = 5.0  # day  SINGLE  the INR from here on is the nomogram's


def order(chart: ClinicChart) -> Order:
    """Today's order."""
    if chart.last_visit < TITRATED:
        return begin(chart, gage_clinical(chart), TITRATED)
    return aurora(chart)


PROTOCOL = Protocol(name="coag_clinical_aurora", title="COAG clinical, Aurora", kind="equation", dose=order)
