"""One gram every 12 hours for every adult.

    dose   1000 mg q12h, whatever the weight, the kidney function or the level

The usual adult dose of the US label, 2 g a day as 1 g q12h (MEMORY), without the label's reduction in renal impairment:
the comparison that needs no pharmacist. On our grid: 1000 mg at every decision, no load.
"""

from dosing_env.policy import Chart, Protocol


def dose(chart: Chart) -> float:
    """The dose to give now, mg."""
    return 1000.0  # MEMORY


PROTOCOL = Protocol(name="fixed_1g_q12h", title="Fixed 1 g every 12 h", dose=dose, kind="label")
