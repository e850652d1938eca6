"""Milligrams per kilogram by creatinine clearance, UCSF adult table (V-D), no levels above CRCL 10.

    CRCL mL/min   the table's range                                  here
    > 60          load 25 mg/kg, then 15-20 mg/kg q8-12h             25, then 15 mg/kg q12h
    40 to 60      10-15 mg/kg q12-24h                                15 mg/kg q24h
    20 to < 40    5-10 mg/kg q24h                                    10 mg/kg q24h
    10 to < 20    5-10 mg/kg q24-48h                                 10 mg/kg q48h
    < 10          10-15 mg/kg once, then again by level              15 mg/kg, 15 again when the level is below 15 mg/L

VERIFIED (the first column and the ranges). The third column is our choice inside the range: DERIVED, so that
the daily dose never rises with falling clearance and lies where AUC24 400-600 mg h/L can be met. Weight: actual.
CRCL: Cockcroft-Gault, total weight. At most 2 g per dose (the load too), rounded to the nearest 250 mg, halves (125 mg)
up. The load stands in the row "> 60" only, as in the source: below, the first dose is a maintenance dose.
"Again by level": the threshold is not in this table; below 15 mg/L is taken from the South African table (V-E,
VERIFIED). The newest known level is carried forward to now with the rate constant expected from kidney function;
while no level after the last dose is known nothing is given. The table's trough (before the 4th dose) has no rule
attached: no level changes the dose above CRCL 10.

On our grid: q24h is every second decision, q48h every fourth, counted from the last dose given. A q8h regimen would be
given as the same daily dose q12h; q8h is not chosen. The table is read again with each day's creatinine.
"""

from dosing_env.arithmetic import exp
from dosing_env.policy import Chart, Protocol
from dosing_env.protocols._rules import (
    LARGEST_DOSE,
    Regimen,
    crcl_at,
    give,
    last_dose,
    level,
    maintenance,
    population_ke,
)

REDOSE = 15.0  # mg/L  VERIFIED  (V-E)


def regimen(CRCL: float, WT: float) -> Regimen:
    """The maintenance regimen by creatinine clearance, mL/min, and weight, kg; for CRCL of 10 and more."""
    if CRCL < 20.0:
        return maintenance(10.0 * WT, 48.0)  # VERIFIED range, DERIVED choice
    if CRCL < 40.0:
        return maintenance(10.0 * WT, 24.0)  # VERIFIED range, DERIVED choice
    if CRCL <= 60.0:
        return maintenance(15.0 * WT, 24.0)  # VERIFIED range, DERIVED choice
    return maintenance(15.0 * WT, 12.0)  # VERIFIED range, DERIVED choice


def by_level(chart: Chart) -> float:
    """Below CRCL 10: a dose now, mg, if nothing was given yet or the newest level has fallen below 15 mg/L."""
    single = maintenance(15.0 * chart.WT, 12.0).dose  # VERIFIED range, DERIVED choice
    last = last_dose(chart, chart.time)
    if last < 0:
        return single
    expected = REDOSE
    for j in range(len(chart.levels)):
        if chart.resulted[j] > 0.5 and chart.drawn[j] > last * chart.interval:
            ke = population_ke(crcl_at(chart, chart.drawn[j]))
            expected = level(chart, j) * exp(-ke * (chart.time - chart.drawn[j]))
    return single if expected < REDOSE else 0.0


def dose(chart: Chart) -> float:
    """The dose to give now, mg."""
    if chart.CRCL < 10.0:
        return by_level(chart)
    table = regimen(chart.CRCL, chart.WT)
    load = min(25.0 * chart.WT, LARGEST_DOSE) if chart.CRCL > 60.0 else table.dose  # VERIFIED
    return give(chart, load, table)


PROTOCOL = Protocol(name="ucsf", title="UCSF table, mg/kg by renal function", dose=dose)
