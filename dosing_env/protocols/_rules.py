"""What the vancomycin protocols share: regimens on our grid, and what a level tells.

The grid: a decision every 12 h, doses in steps of 250 mg. A regimen is "this dose every so many hours"; between its
doses the decisions are zero. A dose is due when the regimen's interval has passed since the last dose that was given,
so a changed interval, an omitted or a missed dose need no memory. Levels are read as these protocols do:

    ke    = ln(C1 / C2) / (t2 - t1)              1/h    two levels of one interval (V-F, VERIFIED as a method)
    Cmax  = C1 exp(ke (t1 - tinf))               mg/L   end of infusion; times from the start of the infusion
    Cmin  = C2 exp(-ke (tau - t2))               mg/L   end of the interval
    AUC24 = ((Cmax + Cmin)/2 tinf + (Cmax - Cmin)/ke) 24/tau      mg h/L

Where two levels cannot give ke (only one known, one below the assay's limit, C1 <= C2, or a ke more than a factor 3
from what the kidney function predicts) ke is the population's: ke = 0.00083 CRCL + 0.0044 (after Matzke 1984; the
figures were read in one secondary list of formulas, SINGLE), and the levels still set the height of the curve.
After the FIRST dose (nothing left of an earlier one) the same curve is taken to infinity: Cmin = 0, and the dose counts
as given every 24 h, because AUC from 0 to infinity after one dose is AUC24 at steady state of that dose every 24 h. It
is drawn with the population's ke: a slope seen over 5.5 h cannot be carried back over more than a day (DERIVED).
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp, log, maximum, sqrt
from dosing_env.formulas import cockcroft_gault
from dosing_env.policy import Chart

STEP = 250.0  # mg      VERIFIED  doses are rounded to the nearest 250 mg
LARGEST_LOAD = 3000.0  # mg      VERIFIED  largest load
LARGEST_DOSE = 2000.0  # mg      VERIFIED  largest maintenance dose (2009 guideline)
LARGEST_12H = 2250.0  # mg      DERIVED   half of 4500 mg/day (MEMORY): a q8h regimen given as the same daily dose q12h
SMALLEST_DOSE = 500.0  # mg      DERIVED   smallest dose of the renal table; for less, the interval is lengthened
LONGEST_INTERVAL = 48.0  # h       VERIFIED  longest interval of the tables
AUC_TARGET = 500.0  # mg h/L  VERIFIED  per 24 h, middle of the window
AUC_LOW = 400.0  # mg h/L  VERIFIED  2020 guideline, MIC 1 mg/L
AUC_HIGH = 600.0  # mg h/L  VERIFIED
LOWEST_LEVEL = 0.6  # mg/L    MEMORY    smallest assay limit: a level of 0 counts as this
PLAUSIBLE = 3.0  # -       DERIVED   a measured ke further than this factor from the population's is not believed


class Regimen(NamedTuple):
    """A dose and how often it is given."""

    dose: float  # mg  each time
    interval: float  # h


class Point(NamedTuple):
    """A concentration on the falling part of the curve."""

    time: float  # h     since the start of treatment
    level: float  # mg/L


def round_dose(dose: float) -> float:
    """The nearest multiple of 250 mg; halves (125 mg) go up."""
    return STEP * float(int(dose / STEP + 0.5))


def maintenance(dose: float, interval: float) -> Regimen:
    """A regimen on the grid: the dose rounded and at most 2000 mg."""
    return Regimen(round_dose(min(dose, LARGEST_DOSE)), interval)


def last_dose(chart: Chart, time: float) -> int:
    """Index of the last dose above 0 that was started before `time` h; -1 if there was none."""
    last = -1
    for k in range(len(chart.doses)):
        if k * chart.interval < time and chart.doses[k] > 0.0:
            last = k
    return last


def give(chart: Chart, load: float, regimen: Regimen) -> float:
    """The dose to give now, mg: the load if nothing was given yet, else the regimen's dose when it is due."""
    last = last_dose(chart, chart.time)
    if last < 0:
        return round_dose(min(load, LARGEST_LOAD))
    if chart.time - last * chart.interval < regimen.interval - 0.5:  # half an hour: no dose is missed by rounding
        return 0.0
    return regimen.dose


def crcl_at(chart: Chart, time: float) -> float:
    """Cockcroft-Gault clearance, mL/min, from the creatinine charted on the day of `time` h, total weight."""
    return cockcroft_gault(chart.AGE, chart.WT, chart.creatinine[int(time / 24.0)], chart.SEX)


def is_late(chart: Chart, j: int) -> bool:
    """Whether level j is known, was drawn in the second half of a decision interval, and after some dose."""
    if chart.resulted[j] < 0.5:
        return False
    if chart.drawn[j] % chart.interval < 0.5 * chart.interval:
        return False
    return last_dose(chart, chart.drawn[j]) >= 0


def has_partner(chart: Chart, j: int) -> bool:
    """Whether level j-1 is known too and was drawn in the same decision interval (so no dose lies between)."""
    if j == 0 or chart.resulted[j - 1] < 0.5:
        return False
    return int(chart.drawn[j - 1] / chart.interval) == int(chart.drawn[j] / chart.interval)


def population_ke(CRCL: float) -> float:
    """Elimination rate constant expected from kidney function, 1/h. After Matzke 1984. SINGLE."""
    return 0.00083 * CRCL + 0.0044


def level(chart: Chart, j: int) -> float:
    """Level j, mg/L; below the assay's limit it is that limit."""
    return maximum(chart.levels[j], LOWEST_LEVEL)


def measured_ke(chart: Chart, j: int) -> float:
    """Elimination rate constant from levels j-1 and j, 1/h; 0 where they do not give a plausible one."""
    if not has_partner(chart, j) or chart.below[j] > 0.5 or chart.below[j - 1] > 0.5:
        return 0.0
    if level(chart, j - 1) <= level(chart, j):
        return 0.0
    ke = log(level(chart, j - 1) / level(chart, j)) / (chart.drawn[j] - chart.drawn[j - 1])
    expected = population_ke(crcl_at(chart, chart.drawn[j]))
    if ke < expected / PLAUSIBLE or ke > expected * PLAUSIBLE:
        return 0.0
    return ke


def patient_ke(chart: Chart, j: int) -> float:
    """The rate constant to read level j with, 1/h: from the newest usable pair up to j, else the population's."""
    for i in range(j, 0, -1):
        ke = measured_ke(chart, i)
        if ke > 0.0:
            return ke
    return population_ke(crcl_at(chart, chart.drawn[j]))


def point(chart: Chart, j: int) -> Point:
    """Level j, or the middle of the pair it closes (on a log scale): the curve is drawn through it."""
    if not has_partner(chart, j):
        return Point(chart.drawn[j], level(chart, j))
    return Point(0.5 * (chart.drawn[j - 1] + chart.drawn[j]), sqrt(level(chart, j - 1) * level(chart, j)))


def infusion_hours(dose: float) -> float:
    """At most 1 g per hour and at least 60 minutes (SINGLE)."""
    return maximum(1.0, dose / 1000.0)


def auc24(chart: Chart, j: int, interval: float) -> float:
    """AUC24, mg h/L, of the last dose before level j given every `interval` h (of a first dose: every 24 h)."""
    last = last_dose(chart, chart.drawn[j])
    started = last * chart.interval
    tinf = infusion_hours(chart.doses[last])
    first = is_first_dose(chart, last)
    ke = population_ke(crcl_at(chart, chart.drawn[j])) if first else patient_ke(chart, j)
    p = point(chart, j)
    peak = p.level * exp(ke * (p.time - started - tinf))
    if first:
        return peak / 2.0 * tinf + peak / ke
    trough = peak * exp(-ke * (interval - tinf))
    return ((peak + trough) / 2.0 * tinf + (peak - trough) / ke) * 24.0 / interval


def is_first_dose(chart: Chart, k: int) -> bool:
    """Whether nothing was given before decision k."""
    return last_dose(chart, k * chart.interval) < 0


def daily_dose(chart: Chart, j: int, interval: float) -> float:
    """The daily dose that level j speaks about, mg: the last dose before it, every `interval` h (a first one: 24 h)."""
    last = last_dose(chart, chart.drawn[j])
    if is_first_dose(chart, last):
        return chart.doses[last]
    return chart.doses[last] * 24.0 / interval


def scaled_daily_dose(chart: Chart, j: int, interval: float) -> float:
    """Linear scaling to the target, mg/day: old daily dose x 500 / AUC24."""
    return daily_dose(chart, j, interval) * AUC_TARGET / auc24(chart, j, interval)


def spread(daily: float, interval: float) -> Regimen:
    """A daily dose, mg, as a regimen on the grid, as near to the wanted interval as its dose allows.

    Above 2000 mg a dose the interval becomes 12 h (at most 2250 mg, which is 1500 mg q8h). Below 500 mg it is
    doubled, to at most 48 h. The dose is at least 250 mg.
    """
    if daily * interval / 24.0 > LARGEST_DOSE:
        interval = 12.0
    while daily * interval / 24.0 < SMALLEST_DOSE and interval < LONGEST_INTERVAL:
        interval = min(2.0 * interval, LONGEST_INTERVAL)
    return Regimen(maximum(STEP, round_dose(min(daily * interval / 24.0, LARGEST_12H))), interval)


def follow_trough(chart: Chart, j: int, regimen: Regimen) -> Regimen:
    """Proportional correction by a later level: outside 400-600 mg h/L the daily dose is scaled to 500, else kept."""
    exposure = auc24(chart, j, regimen.interval)
    if AUC_LOW <= exposure <= AUC_HIGH:
        return regimen
    return spread(scaled_daily_dose(chart, j, regimen.interval), regimen.interval)
