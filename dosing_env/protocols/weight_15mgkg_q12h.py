"""15 mg/kg every 12 hours by actual weight.

    dose   15 mg/kg q12h, at most 2 g, whatever the kidney function or the level

15-20 mg/kg q8-12h and at most 2 g per dose are the 2009 guideline's maintenance (V-A, VERIFIED); this is the
lower end of it, without looking at the kidneys. Rounded to the nearest 250 mg, halves (125 mg) up.
On our grid: the same dose at every decision, no load.
"""

from dosing_env.policy import Chart, Protocol
from dosing_env.protocols._rules import maintenance


def dose(chart: Chart) -> float:
    """The dose to give now, mg."""
    return maintenance(15.0 * chart.WT, 12.0).dose  # VERIFIED


PROTOCOL = Protocol(name="weight_15mgkg_q12h", title="15 mg/kg every 12 h", dose=dose, kind="label")
