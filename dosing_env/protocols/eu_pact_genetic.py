"""The genetic arm of EU-PACT: loading doses, refined by Lenzini's equation, then usual care.

    days 1-3            loading doses (`warfarin_dosing.eu_pact_loading`, SINGLE)
    INR of day 4        Lenzini's equation with genotypes (`_refinement.py`, SINGLE) from day 4 on
    from day 6 on       usual care: Intermountain (`_intermountain.py`) stands for it (DERIVED)

Pirmohamed 2013, doi:10.1056/NEJMoa1311386. Until there is an INR of day 4 the predicted daily dose follows the
loading (DERIVED). Genes not known: no loading without CYP2C9, and Lenzini's equation without genotypes (DERIVED).
Intermountain lowers but does not raise before day 7 (DERIVED). Nearly the arm PGPGI of Ravvaz 2017.
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.policy import Protocol
from dosing_env.protocols._intermountain import intermountain
from dosing_env.protocols._refinement import REFINED, TITRATED, refined
from dosing_env.protocols._titration import begin
from dosing_env.warfarin_dosing import eu_pact_loading, iwpc_genetic_continuous_age


def initial_dose(chart: ClinicChart) -> float:
    """mg until the first INR that counts."""
    if chart.day > 3.0:  # SINGLE
        return iwpc_genetic_continuous_age(chart)
    loading = eu_pact_loading(chart)
    if chart.day < 2.0:
        return loading.first
    return loading.second if chart.day < 3.0 else loading.third  # SINGLE


def order(chart: ClinicChart) -> Order:
    """Today's order."""
    if chart.last_visit < REFINED:
        return begin(chart, initial_dose(chart), REFINED)
    if chart.last_visit < TITRATED:
        return refined(chart)
    return intermountain(chart)


PROTOCOL = Protocol(name="eu_pact_genetic", title="EU-PACT genetic", kind="equation", dose=order)
