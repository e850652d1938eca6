"""Trough rules of an Irish emergency-department guide (V-G), after a start by the renal table (V-B).

    trough mg/L   < 10         each dose +500 mg, at most 2 g q12h
                  10 to 20     no change
                  > 20         omit until below 20, then each dose -500 mg

VERIFIED. The guide's variant for a trough of 15-20 (+250 mg at 10-15) is not used: the target here is AUC24 400-600.
At least 250 mg a dose (DERIVED: the table's 500 mg less 500 mg would be no treatment).

Troughs are the levels drawn at 34, 58 and 106 h, two hours before a decision; they are taken as they are when the
next dose of the regimen is due within 2 h. In longer intervals the level is early: it is carried to the time the next
dose is due with the rate constant expected from kidney function (see `_rules`). The level at 28.5 h is a peak and not
used. "Omit until below 20": the dose that a trough above 20 was drawn for is always omitted. After that nobody can
measure between the levels of the plan, so the level is carried forward in the same way, until it is below 20 or a newer
level says so. A level drawn while doses were being omitted only decides
whether dosing goes on; it does not change the dose again. "< LLOQ" counts as the limit. The interval never changes:
q24h stays q24h.

On our grid: all doses are multiples of 250 mg. q24h is every second decision, q48h every fourth, counted from the last
dose given. The starting regimen is the table's at the first creatinine.
"""

from dosing_env.arithmetic import exp, maximum, minimum
from dosing_env.policy import Chart, Protocol
from dosing_env.protocols._rules import (
    LARGEST_DOSE,
    STEP,
    Regimen,
    crcl_at,
    give,
    is_late,
    last_dose,
    level,
    population_ke,
)
from dosing_env.protocols.renal_table import load, starting_regimen

LOW = 10.0  # mg/L  VERIFIED
HIGH = 20.0  # mg/L  VERIFIED
CHANGE = 500.0  # mg    VERIFIED
AT_TROUGH = 2.0  # h     DERIVED  a level this close to the next dose is the trough
NEVER = -1


def carried(chart: Chart, j: int, time: float) -> float:
    """Level j carried to `time` h without a further dose, mg/L."""
    ke = population_ke(crcl_at(chart, chart.drawn[j]))
    return level(chart, j) * exp(-ke * maximum(time - chart.drawn[j], 0.0))


def due_after(chart: Chart, j: int, interval: float) -> float:
    """When the dose is due that level j was drawn for, h, with doses every `interval` h."""
    return last_dose(chart, chart.drawn[j]) * chart.interval + interval


def trough(chart: Chart, j: int, interval: float) -> float:
    """The trough that level j means, mg/L, with doses every `interval` h."""
    due = due_after(chart, j, interval)
    if due - chart.drawn[j] <= AT_TROUGH:
        return level(chart, j)
    return carried(chart, j, due)


def step(regimen: Regimen, measured: float) -> Regimen:
    """The regimen after a trough, mg/L."""
    if measured < LOW:
        return Regimen(minimum(regimen.dose + CHANGE, LARGEST_DOSE), regimen.interval)
    if measured > HIGH:
        return Regimen(maximum(regimen.dose - CHANGE, STEP), regimen.interval)
    return regimen


def undosed_since(chart: Chart, j: int, time: float) -> bool:
    """Whether no dose was given between level j and `time` h."""
    return last_dose(chart, time) == last_dose(chart, chart.drawn[j])


def dose(chart: Chart) -> float:
    """The dose to give now, mg."""
    regimen = starting_regimen(chart)
    high = NEVER  # the level that stopped the doses
    for j in range(len(chart.levels)):
        if is_late(chart, j):
            value = trough(chart, j, regimen.interval)
            omitted = high != NEVER and undosed_since(chart, high, chart.drawn[j])
            if not omitted:
                regimen = step(regimen, value)
            high = j if value > HIGH else NEVER
    if high != NEVER and undosed_since(chart, high, chart.time):
        drawn_for = chart.time <= due_after(chart, high, regimen.interval)
        if drawn_for or carried(chart, high, chart.time) >= HIGH:
            return 0.0
    return give(chart, load(chart.WT), regimen)


PROTOCOL = Protocol(name="trough_rules", title="Trough rules (±500 mg)", dose=dose)
