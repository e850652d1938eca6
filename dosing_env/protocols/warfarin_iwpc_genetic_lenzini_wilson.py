"""The genetic equation of the IWPC, refined by Lenzini's, then the Wilson nomogram.

    days 1-3            predicted daily dose (`warfarin_dosing.iwpc_genetic`, VERIFIED)
    INR of day 4        Lenzini's equation with genotypes (`_refinement.py`, SINGLE) from day 4 on
    from day 6 on       Wilson (`_wilson.py`, SINGLE); before day 7 it only lowers (DERIVED)

A combination of our own (DERIVED): of the nomograms here Wilson's keeps virtual patients in range the longest, and a
start by genes is the best start, so a comparison has to meet the two together.
Genes not known: the IWPC's own coefficients for them, and Lenzini's equation without genotypes (DERIVED).
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.policy import Protocol
from dosing_env.protocols._refinement import REFINED, TITRATED, refined
from dosing_env.protocols._titration import begin
from dosing_env.protocols._wilson import wilson
from dosing_env.warfarin_dosing import iwpc_genetic


def order(chart: ClinicChart) -> Order:
    """Today's order."""
    if chart.last_visit < REFINED:
        return begin(chart, iwpc_genetic(chart), REFINED)
    if chart.last_visit < TITRATED:
        return refined(chart)
    return wilson(chart)


PROTOCOL = Protocol(
    name="warfarin_iwpc_genetic_lenzini_wilson",
    title="IWPC genetic, Lenzini, Wilson",
    kind="equation",
    dose=order,
)
