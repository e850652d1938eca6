"""Starting doses of the CAMERA2 trial (V-C): a table by creatinine clearance, no levels.

    CRCL mL/min   > 90           60 to 90     20 to < 60    < 20
    dose          1.5 g q12h     1 g q12h     1 g q24h      1 g q48h

VERIFIED in the trial protocol (Tong 2016, Trials 17:170, doi:10.1186/s13063-016-1295-3, table 1), whose table speaks of
starting maintenance doses for a 70-kg adult. They are given as printed to everybody, not scaled by weight. Exactly
90 and exactly 60 belong to "60 to 90". CRCL: Cockcroft-Gault, total weight. There is no loading dose in the table:
the first dose is a maintenance dose. The table says when a trough is drawn but not what to do with it: no level
changes the dose here.

On our grid: q24h is every second decision, q48h every fourth, counted from the last dose given. The table is read again
with each day's creatinine.
"""

from dosing_env.policy import Chart, Protocol
from dosing_env.protocols._rules import Regimen, give


def maintenance(CRCL: float) -> Regimen:
    """The regimen by creatinine clearance, mL/min."""
    if CRCL < 20.0:
        return Regimen(1000.0, 48.0)  # VERIFIED
    if CRCL < 60.0:
        return Regimen(1000.0, 24.0)  # VERIFIED
    if CRCL <= 90.0:
        return Regimen(1000.0, 12.0)  # VERIFIED
    return Regimen(1500.0, 12.0)  # VERIFIED


def dose(chart: Chart) -> float:
    """The dose to give now, mg."""
    regimen = maintenance(chart.CRCL)
    return give(chart, regimen.dose, regimen)


PROTOCOL = Protocol(name="camera2", title="CAMERA2 trial starting doses", dose=dose)
