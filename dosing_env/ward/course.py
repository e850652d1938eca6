"""A patient on a ward from one dose to the next: infusions, levels, kidney. Compiled for one drug."""

from __future__ import annotations

import math
from typing import Any

from numba.np.unsafe.ndarray import to_fixed_tuple

from dosing_env.arithmetic import exp
from dosing_env.pharmacology import Drug, Patient
from dosing_env.simulation.chance import AKI, CHART, KIDNEY, LEVEL, ZERO, normal, uniforms
from dosing_env.simulation.compiling import HOLE
from dosing_env.simulation.course import advance
from dosing_env.ward.dosing import creatinine_now, infusion_hours, judge, patient_now, prescribe, report_level
from dosing_env.ward.rules import Rules

covariates: Any = HOLE
individual: Any = HOLE
Eta: Any = HOLE
initial: Any = HOLE
output: Any = HOLE
NE: Any = HOLE  # random effects
Parameters: Any = HOLE
NX: Any = HOLE  # bedside values
NP: Any = HOLE  # individual parameters
N: Any = HOLE  # compartments
DOSED: Any = HOLE  # compartment that receives the drug

DONE = -1  # no patient failed
_WT, _SCR = Patient._fields.index("WT"), Patient._fields.index("SCR")


def fields(rules: Rules, drug: Drug) -> list[Any]:
    """Of a patient's record."""
    blood = (len(rules.drawn),)
    return [
        ("weight", "f8"),  # kg      as charted
        ("creatinine", "f8", (rules.days,)),  # mg/dL   as charted at the start of each day
        ("drift", "f8"),  # true creatinine over its baseline, without kidney injury
        ("onset", "f8"),  # h       of kidney injury, inf: none
        ("evaluated", "f8"),  # mg/dL   true creatinine that gave the parameters, nan: none yet
        ("doses", "f8", (rules.decisions,)),  # mg   given at each decision
        ("levels", "f8", blood),  # mg/L    as the laboratory will report them
        ("below", "f8", blood),  # 1 where that is "< LLOQ"
        ("auc", "f8", (rules.days,)),  # mg h/L  true, of each day so far
        ("risk", "f8"),  # sum of the daily hazards of kidney injury until it happened
    ]


FRESH = {"drift": 1.0, "onset": math.inf, "evaluated": math.nan}


def bench(rules: Rules, drug: Drug) -> list[Any]:
    """Scratch space: what an interval measures; infusions that can overlap: start h, duration h, mg, compartment."""
    longest = max(1, math.ceil(infusion_hours(rules, rules.max_dose) / rules.interval))
    return [("measured", "f8", (len(rules.drawn),)), ("infusions", "f8", (longest, 4))]


def admit(course, rules, key, bench):  # type: ignore[no-untyped-def]
    """Chart weight and creatinine; nothing has been given."""
    course.weight = course.patient[_WT] * exp(rules.weight_cv * normal(key, CHART, course.number, ZERO))
    _chart_creatinine(course, rules, key, ZERO)
    baseline = initial(parameters(course, rules, 0.0))
    for i in range(N):
        course.amounts[i] = baseline[i]
    return True


def asks(course, rules):  # type: ignore[no-untyped-def]
    """Whether a policy is asked: at the decisions of the rules, and in the end."""
    return course.decision >= rules.decisions or rules.asked[course.decision] == 1


def no_dose(chart: Any) -> float:
    """Nothing."""
    return 0.0


def tell(dose, action):  # type: ignore[no-untyped-def]
    """The dose that a protocol says."""
    action[0] = dose


def treat(course, rules, key, bench, action):  # type: ignore[no-untyped-def]
    """Give the nearest dose, advance the patient to the next decision, draw blood on the way. False: a solve failed."""
    k = course.decision
    course.doses[k], _ = prescribe(rules, course, action)
    first, last = rules.drawn_by[k], rules.drawn_by[k + 1]
    exposure = _until_next(course, rules, bench, course.amounts, rules.drawn[first:last], bench.measured)
    if not exposure >= 0.0:
        return False
    for j in range(first, last):
        z = normal(key, LEVEL, course.number, j)
        course.levels[j], course.below[j] = report_level(rules, bench.measured[j - first], z)
    course.auc[int(k * rules.interval // 24.0)] += exposure
    course.decision = k + 1
    return True


def trace(courses, given, rules, key, bench, times, levels):  # type: ignore[no-untyped-def]
    """Treat patients again from admission with the doses they were given.

    Args:
        courses: the patients, with the records of their admission; afterwards where they stand in `given`.
        given: the same patients under treatment; only read.
        times: (decisions * n + 1,) h, from 0 on, n of them after each decision and up to the next.
        levels: (courses, times) filled with the true output as far as each patient has come.

    Returns DONE, or the number of a course whose solve failed.
    """
    rule = rules[0]
    n = len(times) // rule.decisions
    for i in range(len(courses)):
        course = courses[i]
        _chart_creatinine(course, rule, key, ZERO)
        levels[i, 0] = output(to_fixed_tuple(course.amounts, N), parameters(course, rule, 0.0))
        for k in range(given[i].decision):
            course.doses[k] = given[i].doses[k]
            first, last = (k * n + 1 if k else 0), (k + 1) * n + 1  # the first of all times is that of admission
            sampled = _until_next(
                course, rule, bench[0], course.amounts.copy(), times[first:last], levels[i, first:last]
            )
            if not (sampled >= 0.0 and treat(course, rule, key, bench[0], given[i].doses[k : k + 1])):
                return i
            close(course, rule, key, bench[0].gained)
    return DONE


def _until_next(course, rules, bench, amounts, times, levels):  # type: ignore[no-untyped-def]
    """Advance `amounts` in place to the next decision, filling in the levels at `times`. Returns the exposure."""
    k = course.decision
    t, first = k * rules.interval, max(0, k + 1 - len(bench.infusions))
    for d in range(first, k + 1):
        start_infusion(bench.infusions[d - first], rules, d, course.doses[d])
    return advance(
        amounts, parameters(course, rules, t), t, t + rules.interval, bench.infusions, 0, k + 1 - first,
        times, levels, bench.work, bench.inflow,
    )  # fmt: skip


def start_infusion(row, rules, k, dose):  # type: ignore[no-untyped-def]
    """Write the infusion of decision k into a row of dose events."""
    row[0], row[1], row[2], row[3] = k * rules.interval, infusion_hours(rules, dose), dose, DOSED


def parameters(course, rules, t):  # type: ignore[no-untyped-def]
    """The patient's true parameters at time t; evaluated again when creatinine, all that changes, has changed."""
    creatinine = creatinine_now(rules, course.patient[_SCR], course.drift, course.onset, t)
    if creatinine != course.evaluated:
        patient = patient_now(Patient(*to_fixed_tuple(course.patient, NX)), creatinine)
        p = individual(covariates(patient), Eta(*to_fixed_tuple(course.eta, NE)))
        for j in range(NP):
            course.parameters[j] = p[j]
        course.evaluated = creatinine
    return Parameters(*to_fixed_tuple(course.parameters, NP))


def close(course, rules, key, gained):  # type: ignore[no-untyped-def]
    """At the end of a day judge it, draw kidney injury and the next day's kidney. Gains earned share and hazard."""
    per_day = round(24.0 / rules.interval)
    if course.decision % per_day:
        return
    day = course.decision // per_day - 1
    worst = 0.0
    for d in range(day + 1):
        worst = max(worst, course.auc[d])
    earned, hazard = judge(rules, day, course.auc[day], worst)
    if course.onset < math.inf:
        hazard = 0.0  # one injury is counted; what follows it (a lower clearance) must not be counted as more of it
    elif uniforms(key, AKI, course.number, day, ZERO)[0] < hazard:
        course.onset = 24.0 * (day + 1)
    course.risk += hazard
    gained[0] += earned
    gained[1] += hazard
    if day + 1 < rules.days:
        course.drift *= exp(rules.drift * normal(key, KIDNEY, course.number, day))
        _chart_creatinine(course, rules, key, day + 1)


def _chart_creatinine(course, rules, key, day):  # type: ignore[no-untyped-def]
    """Chart the creatinine at the start of a day, with its error."""
    true = creatinine_now(rules, course.patient[_SCR], course.drift, course.onset, 24.0 * day)
    error = exp(rules.creatinine_cv * normal(key, CHART, course.number, 1 + day))
    course.creatinine[day] = min(true * error, 30.0)
