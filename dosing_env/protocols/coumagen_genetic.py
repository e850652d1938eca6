"""The genetic arm of CoumaGen-I: Kovacs's nomogram scaled to a predicted dose, then Intermountain. SINGLE.

    weekly dose W       CoumaGen's equation (`warfarin_dosing.coumagen`)
    days 1-7            each dose of Kovacs's nomogram (`_kovacs.py`) times W/35; so 2 W/7 on days 1-2
    from day 8 on       Intermountain (`_intermountain.py`)

Anderson 2007, Circulation 116:2563. Where a gene is not known Kovacs's doses stay as they are (DERIVED: the standard
arm).
"""

from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.policy import Protocol
from dosing_env.protocols._intermountain import intermountain
from dosing_env.protocols._kovacs import OVER, kovacs
from dosing_env.warfarin_dosing import coumagen


def order(chart: ClinicChart) -> Order:
    """Today's order."""
    if chart.last_visit < OVER:
        return kovacs(chart, coumagen(chart) / 5.0)  # SINGLE  mg a day: 35 mg a week
    return intermountain(chart)


PROTOCOL = Protocol(name="coumagen_genetic", title="CoumaGen, genetic", kind="equation", dose=order)
