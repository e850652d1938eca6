"""A dose refined by the INR of day 4 with the equation of Lenzini, as EU-PACT and COAG did. SINGLE.

    INR of day 4 or 5    the dose of Lenzini's equation from that day on
    next INR             2 days later (DERIVED): the refined dose is for days 4-5, then a nomogram goes on

Doses "two, three and four days before the INR" are the mg taken; before treatment 0. An INR of day 2 or 3 changes
nothing.
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.protocols._titration import EARLY, ask, newest_inr, taken
from dosing_env.warfarin_dosing import lenzini, lenzini_clinical

REFINED = 4.0  # day  SINGLE  the INR from here on refines
TITRATED = 6.0  # day  SINGLE  the INR from here on is the nomogram's


def refined(chart: ClinicChart) -> Order:
    """The order after an INR of day 4 or 5, by the equation with genotypes (without, where a gene is not known)."""
    dose2, dose3, dose4 = _doses_before(chart)
    return ask(chart, lenzini(chart, newest_inr(chart), dose2, dose3, dose4), EARLY)


def refined_without_genes(chart: ClinicChart) -> Order:
    """The same by the equation without genotypes."""
    dose2, dose3, dose4 = _doses_before(chart)
    return ask(chart, lenzini_clinical(chart, newest_inr(chart), dose2, dose3, dose4), EARLY)


def _doses_before(chart: ClinicChart) -> tuple[float, float, float]:
    """mg taken two, three and four days before the newest INR."""
    day = chart.last_visit
    return taken(chart, day - 2.0), taken(chart, day - 3.0), taken(chart, day - 4.0)  # SINGLE
