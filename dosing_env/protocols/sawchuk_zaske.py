"""Two-level (Sawchuk-Zaske) AUC dosing: dose and interval from the patient's own elimination (V-F).

    start         the renal table (V-B): load by weight, maintenance by creatinine clearance
    ke            ln(C1/C2)/(t2 - t1)                                                       1/h
    Cmax, Cmin    C1 exp(ke (t1 - tinf)), C2 exp(-ke (tau - t2))                            mg/L
    AUC24         ((Cmax + Cmin)/2 tinf + (Cmax - Cmin)/ke) 24/tau                          mg h/L
    daily dose    old x 500/AUC24
    interval      ln(Cmax_target/Cmin_target)/ke + tinf, the nearest of 8, 12, 24, 36, 48 h (a tie: the shorter)

The targets: Cmin_target 15 mg/L (between the 10-15 and the 15-20 of the 2009 guideline, VERIFIED) and Cmax_target
30 mg/L (DERIVED: the logarithmic mean of 30 and 15 is 21.6 mg/L, which is AUC24 519, so that peak, trough and AUC ask
for the same thing).

The levels at 28.5 and 34 h are known at the decision at 36 h and always set dose and interval. Where they give no
plausible ke (C1 <= C2, one below the assay's limit, ke more than a factor 3 from the population's) the population's ke
is drawn through their middle. Where only the load was given before them (q48h) AUC from 0 to infinity, with the
population's ke, stands for AUC24 at steady state. A trough without its peak counts as a later single level; a peak
without its trough is not used. Later single levels are read with the pair's ke; outside 400-600 mg h/L the daily dose
is scaled again, the interval is kept. A dose above 2000 mg makes the interval 12 h, one below 500 mg doubles it (to at
most 48 h). At most 2250 mg q12h, half of 4500 mg a day (MEMORY).

On our grid: rounded to the nearest 250 mg, halves (125 mg) up. q24h is every second decision, q36h every third, q48h
every fourth, counted from the last dose given. q8h is given as the same daily dose q12h.
"""

from dosing_env.arithmetic import log
from dosing_env.policy import Chart, Protocol
from dosing_env.protocols._rules import (
    Regimen,
    follow_trough,
    give,
    has_partner,
    infusion_hours,
    is_late,
    last_dose,
    patient_ke,
    scaled_daily_dose,
    spread,
)
from dosing_env.protocols.renal_table import load, starting_regimen

PEAK_TARGET = 30.0  # mg/L  DERIVED
TROUGH_TARGET = 15.0  # mg/L  VERIFIED  2009 guideline


def nearest_interval(hours: float) -> float:
    """The nearest of 8, 12, 24, 36 and 48 h; 8 is given as 12."""
    if hours <= 18.0:
        return 12.0
    if hours <= 30.0:
        return 24.0
    if hours <= 42.0:
        return 36.0
    return 48.0


def wanted_interval(chart: Chart, j: int) -> float:
    """The interval in which the patient falls from the target peak to the target trough, h."""
    tinf = infusion_hours(chart.doses[last_dose(chart, chart.drawn[j])])
    return nearest_interval(log(PEAK_TARGET / TROUGH_TARGET) / patient_ke(chart, j) + tinf)


def regimen(chart: Chart) -> Regimen:
    """The regimen in force now: the renal table's, then changed by each known level in turn."""
    current = starting_regimen(chart)
    for j in range(len(chart.levels)):
        if is_late(chart, j):
            if has_partner(chart, j):
                current = spread(scaled_daily_dose(chart, j, current.interval), wanted_interval(chart, j))
            else:
                current = follow_trough(chart, j, current)
    return current


def dose(chart: Chart) -> float:
    """The dose to give now, mg."""
    return give(chart, load(chart.WT), regimen(chart))


PROTOCOL = Protocol(name="sawchuk_zaske", title="Two levels, Sawchuk-Zaske", dose=dose)
