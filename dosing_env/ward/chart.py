"""The chart: what a clinician can know at a decision, as named values and as the flat observation of the environment.

The layout of the observation is decided here and nowhere else: `features` names it, `open_chart` and `observe` write
it, `read` reads it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from dosing_env.arithmetic import maximum, minimum
from dosing_env.care import Feature
from dosing_env.formulas import cockcroft_gault
from dosing_env.ward.rules import Rules


class Chart(NamedTuple):
    """Everything a clinician could know at a decision. Arrays have fixed lengths; what is not known yet is 0.

    Decision k is at `k * interval` hours; day d starts at `24 * d` hours. Level j is known once `resulted[j]` is 1;
    it may be reported below the assay's limit (`below[j]` is 1 and `levels[j]` is that limit).
    """

    interval: float  # h       between decisions
    time: float  # h       since the start of treatment
    time_left: float  # h       to the end of treatment
    AGE: float  # years
    WT: float  # kg      as charted
    HT: float  # cm      as charted
    SEX: float  # 1 male, 0 female
    SCR: float  # mg/dL   newest charted creatinine
    CRCL: float  # mL/min  Cockcroft-Gault from the charted values, total weight
    creatinine: Any  # (days,) mg/dL        charted at the start of each day
    doses: Any  # (decisions,) mg      given at each earlier decision
    levels: Any  # (levels,) mg/L        measured concentrations
    drawn: Any  # (levels,) h           when the blood was drawn
    arrived: Any  # (levels,) h           when the result was known
    resulted: Any  # (levels,) 1 known, 0 not yet
    below: Any  # (levels,) 1 reported as "< LLOQ"


_SCALARS = 8  # features before the arrays
_HIGHEST = {"WT": 400.0, "HT": 250.0, "AGE": 120.0, "SCR": 30.0, "CRCL": 500.0, "level": 500.0}


def features(rules: Rules) -> tuple[Feature, ...]:
    """The observation, number by number. What is not known yet is 0 (and its flag 0)."""
    hours = rules.decisions * rules.interval
    blood = range(1, len(rules.drawn) + 1)
    return (
        Feature("time", "h", 0.0, hours),
        Feature("time_left", "h", 0.0, hours),
        Feature("AGE", "years", 0.0, _HIGHEST["AGE"]),
        Feature("WT", "kg", 0.0, _HIGHEST["WT"]),
        Feature("HT", "cm", 0.0, _HIGHEST["HT"]),
        Feature("SEX", "1 male", 0.0, 1.0),
        Feature("SCR", "mg/dL", 0.0, _HIGHEST["SCR"]),
        Feature("CRCL", "mL/min", 0.0, _HIGHEST["CRCL"]),
        *(Feature(f"creatinine_{d + 1}", "mg/dL", 0.0, _HIGHEST["SCR"]) for d in range(rules.days)),
        *(Feature(f"dose_{k + 1}", "mg", 0.0, rules.max_dose) for k in range(rules.decisions)),
        *(Feature(f"level_{j}", "mg/L", 0.0, _HIGHEST["level"]) for j in blood),
        *(Feature(f"drawn_{j}", "h", 0.0, hours) for j in blood),
        *(Feature(f"arrived_{j}", "h", 0.0, hours) for j in blood),
        *(Feature(f"resulted_{j}", "1 yes", 0.0, 1.0) for j in blood),
        *(Feature(f"below_{j}", "1 yes", 0.0, 1.0) for j in blood),
    )


def open_chart(course: Any, rules: Any, row: Any) -> None:
    """Write what is known at admission into `row`, in the order of `features`. `rules`: of `rules_record`.

    Of the true patient only what is charted without error is used.
    """
    row[:] = 0.0
    row[2], row[4], row[5] = course.patient[0], course.patient[2], course.patient[3]  # AGE, HT, SEX
    row[3] = minimum(course.weight, 400.0)
    observe(course, rules, row)


def observe(course: Any, rules: Any, row: Any) -> None:
    """Add to `row` what has become known since the decision before."""
    k = course.decision
    t = k * rules.interval
    day = min(int(t // 24.0), rules.days - 1)
    newest = course.creatinine[day]
    clearance = cockcroft_gault(course.patient[0], course.weight, newest, course.patient[3])
    row[0], row[1] = t, rules.decisions * rules.interval - t
    row[6], row[7] = newest, minimum(maximum(clearance, 0.0), 500.0)
    row[_SCALARS + day] = newest
    if k > 0:
        row[_SCALARS + rules.days + k - 1] = course.doses[k - 1]
        _observe_levels(course, rules, row, _SCALARS + rules.days + rules.decisions)


def _observe_levels(course: Any, rules: Any, row: Any, at: int) -> None:
    blood = len(rules.drawn)
    for j in range(rules.known_by[course.decision - 1], rules.known_by[course.decision]):
        row[at + j] = minimum(course.levels[j], 500.0)
        row[at + blood + j] = rules.drawn[j]
        row[at + 2 * blood + j] = rules.drawn[j] + rules.turnaround
        row[at + 3 * blood + j] = 1.0
        row[at + 4 * blood + j] = course.below[j]


def read(row: Any, rules: Rules) -> Chart:
    """The chart of one observation, (features,) float64."""
    blood = len(rules.drawn)
    doses = _SCALARS + rules.days
    levels = doses + rules.decisions
    return Chart(
        interval=rules.interval,
        time=row[0],
        time_left=row[1],
        AGE=row[2],
        WT=row[3],
        HT=row[4],
        SEX=row[5],
        SCR=row[6],
        CRCL=row[7],
        creatinine=row[_SCALARS:doses],
        doses=row[doses:levels],
        levels=row[levels : levels + blood],
        drawn=row[levels + blood : levels + 2 * blood],
        arrived=row[levels + 2 * blood : levels + 3 * blood],
        resulted=row[levels + 3 * blood : levels + 4 * blood],
        below=row[levels + 4 * blood : levels + 5 * blood],
    )
