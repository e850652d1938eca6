"""The genetic equation of the IWPC, refined by Lenzini's, then the Intermountain nomogram.

    days 1-3            predicted daily dose (`warfarin_dosing.iwpc_genetic`, VERIFIED)
    INR of day 4        Lenzini's equation with genotypes (`_refinement.py`, SINGLE) from day 4 on
    from day 6 on       Intermountain (`_intermountain.py`, SINGLE); before day 7 it only lowers (DERIVED)

As Ravvaz 2017 (doi:10.1161/circgenetics.117.001804) but without EU-PACT's loading doses, which `eu_pact_genetic` has.
Genes not known: the IWPC's own coefficients for them, and Lenzini's equation without genotypes (DERIVED).
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.policy import Protocol
from dosing_env.protocols._intermountain import intermountain
from dosing_env.protocols._refinement import REFINED, TITRATED, refined
from dosing_env.protocols._titration import begin
from dosing_env.warfarin_dosing import iwpc_genetic


def order(chart: ClinicChart) -> Order:
    """Today's order."""
    if chart.last_visit < REFINED:
        return begin(chart, iwpc_genetic(chart), REFINED)
    if chart.last_visit < TITRATED:
        return refined(chart)
    return intermountain(chart)


PROTOCOL = Protocol(
    name="warfarin_iwpc_genetic_lenzini_intermountain",
    title="IWPC genetic, Lenzini, Intermountain",
    kind="equation",
    dose=order,
)
