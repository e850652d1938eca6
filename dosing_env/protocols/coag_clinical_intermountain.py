"""The clinical arm of COAG: Gage's equation without genotypes, refined by Lenzini's, then the Intermountain nomogram.

    days 1-3            predicted daily dose (`warfarin_dosing.gage_clinical`, SINGLE)
    INR of day 4        Lenzini's equation without genotypes (`_refinement.py`, SINGLE) from day 4 on
    from day 6 on       Intermountain (`_intermountain.py`, SINGLE); before day 7 it only lowers (DERIVED)

Kimmel 2013, doi:10.1056/NEJMoa1310669: the dose of days 4-5 was refined in this arm too, then one titration protocol
held to day 28, whose table is not known: Intermountain stands for it (DERIVED). Lenzini's equation without genotypes
was read in one open package only (`warfarin_dosing.lenzini_clinical`).
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.policy import Protocol
from dosing_env.protocols._intermountain import intermountain
from dosing_env.protocols._refinement import REFINED, TITRATED, refined_without_genes
from dosing_env.protocols._titration import begin
from dosing_env.warfarin_dosing import gage_clinical


def order(chart: ClinicChart) -> Order:
    """Today's order."""
    if chart.last_visit < REFINED:
        return begin(chart, gage_clinical(chart), REFINED)
    if chart.last_visit < TITRATED:
        return refined_without_genes(chart)
    return intermountain(chart)


PROTOCOL = Protocol(
    name="coag_clinical_intermountain", title="COAG clinical, Intermountain", kind="equation", dose=order
)
