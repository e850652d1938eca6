"""The chart of a clinic as the flat observation of the environment.

Between what is known of the patient and the days one by one stand numbers that follow from those, for whoever learns:
the newest four INRs, newest first, how many days ago they were measured, and the mean daily dose from each to the next
newer one (of the newest, until today); the dose of yesterday and the mean of the last seven days; mg in tablets.

The layout of the observation is decided here and nowhere else: `features` names it, `open_chart` and `observe` write
it, `read` reads it.
"""

from __future__ import annotations

from typing import Any

from dosing_env.care import Feature
from dosing_env.clinic.orders import ClinicChart
from dosing_env.clinic.rules import ClinicRules
from dosing_env.patients import WarfarinPatient

_GENES = ("CYP2C9_2", "CYP2C9_3", "VKORC1_A", "CYP4F2_3")
_TESTED = {"CYP2C9_2": 0, "CYP2C9_3": 0, "VKORC1_A": 1, "CYP4F2_3": 2}  # which test tells it
_KNOWN = ("CYP2C9_KNOWN", "VKORC1_KNOWN", "CYP4F2_KNOWN")
_UNITS = {
    "day": "day",
    "days_left": "days",
    "AGE": "years",
    "WT": "kg",
    "HT": "cm",
    "SEX": "1 male",
    "INR_LOW": "INR",
    "INR_HIGH": "INR",
    "last_visit": "day",
} | dict.fromkeys(_GENES, "copies")
_HIGHEST = {"AGE": 120.0, "WT": 400.0, "HT": 250.0, "INR_LOW": 10.0, "INR_HIGH": 10.0} | dict.fromkeys(_GENES, 2.0)

_SCALARS = ClinicChart._fields[: ClinicChart._fields.index("ordered")]
RECENT = 4  # INRs
_INRS = len(_SCALARS)  # where they begin; the days since, and the doses, follow
_SINCE, _DOSES, _WEEK = _INRS + RECENT, _INRS + 2 * RECENT, _INRS + 3 * RECENT
_COUNT = _WEEK + 2  # numbers before the days
_DAY, _LEFT, _INTERACTING = (_SCALARS.index(name) for name in ("day", "days_left", "INTERACTING"))
_VISIT, _LAST_VISIT = _SCALARS.index("visit"), _SCALARS.index("last_visit")
# Which bedside value stands where; which genotypes stand where and whose test tells them; the tests.
_BEDSIDE = tuple(
    (_SCALARS.index(name), WarfarinPatient._fields.index(name))
    for name in _SCALARS
    if name in WarfarinPatient._fields and name not in _GENES
)
_GENOTYPES = tuple((_SCALARS.index(name), WarfarinPatient._fields.index(name), _TESTED[name]) for name in _GENES)
_TESTS = tuple(_SCALARS.index(name) for name in _KNOWN)


def features(rules: ClinicRules) -> tuple[Feature, ...]:
    """The observation, number by number. What is not known is 0 (and its flag 0)."""
    days, recent, end = range(1, rules.decisions + 1), range(1, RECENT + 1), rules.decisions + 1.0
    highest = _HIGHEST | dict.fromkeys(("day", "last_visit", "days_left"), end)
    return (
        *(Feature(name, _UNITS.get(name, "1 yes"), 0.0, highest.get(name, 1.0)) for name in _SCALARS),
        *(Feature(f"recent_inr_{j}", "INR", 0.0, rules.highest) for j in recent),
        *(Feature(f"recent_days_{j}", "days", 0.0, end) for j in recent),
        *(Feature(f"recent_dose_{j}", "mg/day", 0.0, rules.max_dose) for j in recent),
        Feature("recent_yesterday", "mg", 0.0, rules.max_dose),
        Feature("recent_week", "mg/day", 0.0, rules.max_dose),
        *(Feature(f"ordered_{d}", "mg", 0.0, rules.max_dose) for d in days),
        *(Feature(f"dose_{d}", "mg", 0.0, rules.max_dose) for d in days),
        *(Feature(f"inr_{d}", "INR", 0.0, rules.highest) for d in days),
        *(Feature(f"outside_{d}", "1 above, -1 below", -1.0, 1.0) for d in days),
    )


def open_chart(course: Any, rules: ClinicRules, row: Any) -> None:
    """Write what is known at the first visit into `row`, in the order of `features`."""
    row[:] = 0.0
    for at, field in _BEDSIDE:
        row[at] = course.patient[field]
    observe(course, rules, row)


def observe(course: Any, rules: ClinicRules, row: Any) -> None:
    """Add to `row` what has become known since the day before. After the last day only that it is over."""
    k, days = course.decision, rules.decisions
    row[_DAY], row[_LEFT] = k + 1.0, max(days - k - 1.0, 0.0)
    row[_INTERACTING] = 1.0 if k >= course.interaction_day else 0.0
    if k == rules.result_day:
        _observe_genotypes(course, row)
    if k > 0:
        row[_COUNT + k - 1], row[_COUNT + days + k - 1] = course.ordered[k - 1], course.doses[k - 1]
    _observe_doses(course, row, k)
    row[_VISIT] = 0.0
    if k < days and course.measured[k] > 0.0:
        _observe_visit(row, course.measured[k])
        row[_VISIT], row[_LAST_VISIT] = 1.0, k + 1.0
        row[_COUNT + 2 * days + k], row[_COUNT + 3 * days + k] = course.measured[k], course.outside[k]


def _observe_doses(course: Any, row: Any, k: int) -> None:
    """The doses since the newest INR, and of the last week."""
    if k == 0:
        return
    for j in range(RECENT):
        if row[_INRS + j] > 0.0:
            row[_SINCE + j] += 1.0
    row[_DOSES] = _mean_dose(course, max(int(row[_LAST_VISIT]) - 1, 0), k)
    row[_WEEK], row[_WEEK + 1] = course.doses[k - 1], _mean_dose(course, max(k - 7, 0), k)


def _mean_dose(course: Any, first: int, last: int) -> float:
    """The mean daily dose of the days from `first` to before `last`, mg."""
    total = 0.0
    for k in range(first, last):
        total += course.doses[k]
    return total / (last - first)


def _observe_visit(row: Any, inr: float) -> None:
    """A new INR: those known move on by one."""
    for j in range(RECENT - 1, 0, -1):
        row[_INRS + j], row[_SINCE + j], row[_DOSES + j] = row[_INRS + j - 1], row[_SINCE + j - 1], row[_DOSES + j - 1]
    row[_INRS], row[_SINCE], row[_DOSES] = inr, 0.0, 0.0


def _observe_genotypes(course: Any, row: Any) -> None:
    for test in range(3):
        row[_TESTS[test]] = course.tested[test]
    for at, field, test in _GENOTYPES:
        row[at] = course.patient[field] * course.tested[test]


def read(row: Any, rules: ClinicRules) -> ClinicChart:
    """The chart of one observation, (features,) float64."""
    ordered, doses = _COUNT, _COUNT + rules.decisions
    inrs, outside = doses + rules.decisions, doses + 2 * rules.decisions
    return ClinicChart(
        day=row[0],
        days_left=row[1],
        AGE=row[2],
        WT=row[3],
        HT=row[4],
        SEX=row[5],
        CYP2C9_KNOWN=row[6],
        CYP2C9_2=row[7],
        CYP2C9_3=row[8],
        VKORC1_KNOWN=row[9],
        VKORC1_A=row[10],
        CYP4F2_KNOWN=row[11],
        CYP4F2_3=row[12],
        BLACK=row[13],
        ASIAN=row[14],
        OTHER=row[15],
        AMIODARONE=row[16],
        INDUCER=row[17],
        FLUVASTATIN=row[18],
        SMOKER=row[19],
        DIABETES=row[20],
        VTE=row[21],
        STROKE=row[22],
        INR_LOW=row[23],
        INR_HIGH=row[24],
        INTERACTING=row[25],
        visit=row[26],
        last_visit=row[27],
        ordered=row[ordered:doses],
        doses=row[doses:inrs],
        inrs=row[inrs:outside],
        outside=row[outside : outside + rules.decisions],
    )
