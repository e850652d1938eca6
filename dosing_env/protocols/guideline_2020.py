"""The 2020 consensus guideline: weight-based start, then AUC-guided (V-A).

    load          25 mg/kg, at most 3000 mg           in the range for all: 20-35 (2020, MEMORY), obese 20-25 (MEMORY),
                                                      25-30 (2009, VERIFIED); the maximum is VERIFIED
    maintenance   15 mg/kg q12h, 20 mg/kg less often  15-20 mg/kg q8-12h by renal function, at most 2000 mg (2009,
                                                      VERIFIED); 20 mg/kg is the dose of V-E, whose intervals follow
    interval      CRCL >= 80      q12h                the guideline says only "by renal function": the intervals are
                  50 to < 80      q24h                those of the South African standard (V-E, VERIFIED),
                  35 to < 50      q36h                which gives 20 mg/kg a time, by eGFR. Below 25 it waits for
                  < 35            q48h                a level; ours is known at 36 h, before the next q48h dose
    two levels    new daily dose = old x 500/AUC24    linear scaling (V-A), AUC24 by the equations of V-F (VERIFIED)
    later levels  AUC24 outside 400-600: again        target window VERIFIED; recheck 24-48 h after a change (MEMORY)

Rybak 2020, Am J Health Syst Pharm 77:835-864 (PMC7358040). Weight: actual. CRCL: Cockcroft-Gault, total weight, from
the first creatinine; afterwards the levels speak.

The two levels are those drawn at 28.5 and 34 h (the plan of the scenario), known at the decision at 36 h. They
always set a new daily dose, by the equations in `_rules`. Where they give no plausible ke (C1 <= C2, one below the
assay's limit, ke more than a factor 3 from the population's) the population's ke is drawn through their middle. Where
only the load was given before them (q36h, q48h) AUC from 0 to infinity, with the population's ke, stands for AUC24 at
steady state. A trough without its peak counts as a later single level; a peak without its trough is not used.
Later single levels are read with the ke of the pair (the population's, if the pair gave none) and change the daily
dose only when AUC24 is outside 400-600. The interval: with the two levels q36h and q48h become q24h (DERIVED: the
target is an AUC per day; the guideline leaves the choice); later it is kept. It becomes 12 h if a dose would exceed
2000 mg, and is doubled (to at most 48 h) if a dose would be less than 500 mg. At most 2250 mg q12h, half of 4500 mg a
day (MEMORY).

On our grid: rounded to the nearest 250 mg, halves (125 mg) up. q24h is every second decision, q36h every third, q48h
every fourth, counted from the last dose given. A q8h regimen is given as the same daily dose q12h (only above 4000 mg
a day); the start never uses q8h. The first maintenance dose comes one interval after the load.
"""

from dosing_env.policy import Chart, Protocol
from dosing_env.protocols._rules import (
    Regimen,
    crcl_at,
    follow_trough,
    give,
    has_partner,
    is_late,
    maintenance,
    scaled_daily_dose,
    spread,
)

LONGEST_GUIDED = 24.0  # h  DERIVED  an AUC per day is met day by day only by dosing at least daily


def interval(CRCL: float) -> float:
    """Hours between doses by creatinine clearance, mL/min."""
    if CRCL < 35.0:
        return 48.0  # VERIFIED to 25; DERIVED below
    if CRCL < 50.0:
        return 36.0  # VERIFIED
    if CRCL < 80.0:
        return 24.0  # VERIFIED
    return 12.0  # VERIFIED


def start(WT: float, CRCL: float) -> Regimen:
    """The maintenance regimen before any level, for a weight (kg) and a clearance (mL/min)."""
    hours = interval(CRCL)
    per_kg = 15.0 if hours <= 12.0 else 20.0  # mg/kg  VERIFIED range
    return maintenance(per_kg * WT, hours)


def regimen(chart: Chart) -> Regimen:
    """The regimen in force now: the start, then changed by each known level in turn."""
    current = start(chart.WT, crcl_at(chart, 0.0))
    for j in range(len(chart.levels)):
        if is_late(chart, j):
            if has_partner(chart, j):
                daily = scaled_daily_dose(chart, j, current.interval)
                current = spread(daily, min(current.interval, LONGEST_GUIDED))
            else:
                current = follow_trough(chart, j, current)
    return current


def dose(chart: Chart) -> float:
    """The dose to give now, mg."""
    return give(chart, 25.0 * chart.WT, regimen(chart))  # 25 mg/kg: MEMORY range


PROTOCOL = Protocol(name="guideline_2020", title="2020 guideline, AUC-guided", dose=dose)
