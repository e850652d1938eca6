"""One dosing decision from start to end, and the loop that runs it for every patient. Compiled for one drug.

No patient reads another's row and everything random is keyed by the patient's number, so the result does not depend on
the batch. The patients' records (`course_type`) are the only thing that changes.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import NDArray

from dosing_env.arithmetic import exp
from dosing_env.chart import observe, open_chart, read
from dosing_env.pharmacology import Drug, Patient
from dosing_env.rules import Rules
from dosing_env.simulation.chance import (
    AKI,
    CHART,
    ETA,
    KIDNEY,
    LEVEL,
    POPULATION,
    ZERO,
    fill_normals,
    normal,
    uniforms,
)
from dosing_env.simulation.compiling import HOLE
from dosing_env.simulation.course import advance
from dosing_env.task import (
    creatinine_now,
    infusion_hours,
    judge,
    patient_now,
    prescribe,
    report_level,
)

# The drug and the population.
Draws: Any = HOLE
sample: Any = HOLE
keep: Any = HOLE
covariates: Any = HOLE
individual: Any = HOLE
Eta: Any = HOLE
output: Any = HOLE
NZ: Any = HOLE  # standard normals of a patient
NE: Any = HOLE  # random effects
Parameters: Any = HOLE
NX: Any = HOLE  # fields of Patient
NP: Any = HOLE  # individual parameters
N: Any = HOLE  # compartments
DOSED: Any = HOLE  # compartment that receives the drug
lead_in: Any = HOLE  # dose (mg) of a chart, before a policy is asked

DONE = -1  # no patient failed
ATTEMPTS = 10_000  # draws of one patient before the population is called impossible
_SCR = Patient._fields.index("SCR")


class Paid(NamedTuple):
    """What a step returns besides the observation; the patient axis first."""

    reward: Any  # (n,)
    earned: Any  # (n,)  share of the primary endpoint
    risk: Any  # (n,)  hazard of kidney injury, 0 once it has happened
    dose: Any  # (n,) mg given now
    limit: Any  # (n,)  number of the limit that lowered the dose
    over: Any  # (n,)  whether the course has come to its end, now or before


def nothing_paid(size: int) -> Paid:
    """Room for what a step of so many patients returns."""
    zeros = np.zeros
    return Paid(zeros(size), zeros(size), zeros(size), zeros(size), zeros(size, np.int64), zeros(size, np.bool_))


def course_type(rules: Rules, drug: Drug) -> np.dtype[np.void]:
    """One patient's record: everything that changes during treatment, true state and chart."""
    blood = (len(rules.drawn),)
    return np.dtype(
        [
            ("number", "i8"),  # the patient
            ("decision", "i8"),  # decisions taken
            ("patient", "f8", len(Patient._fields)),  # true bedside values at the start
            ("eta", "f8", len(drug.Eta._fields)),  # true random effects
            ("weight", "f8"),  # kg      as charted
            ("creatinine", "f8", (rules.days,)),  # mg/dL   as charted at the start of each day
            ("drift", "f8"),  # true creatinine over its baseline, without kidney injury
            ("onset", "f8"),  # h       of kidney injury, inf: none
            ("evaluated", "f8"),  # mg/dL   true creatinine that gave the parameters, nan: none yet
            ("parameters", "f8", (len(drug.Parameters._fields),)),
            ("amounts", "f8", (len(drug.compartments),)),  # mg
            ("doses", "f8", (rules.decisions,)),  # mg   given at each decision
            ("levels", "f8", blood),  # mg/L    as the laboratory will report them
            ("below", "f8", blood),  # 1 where that is "< LLOQ"
            ("auc", "f8", (rules.days,)),  # mg h/L  true, of each day so far
            ("risk", "f8"),  # sum of the daily hazards of kidney injury until it happened
        ]
    )


def admission(rules: Rules, drug: Drug) -> NDArray[np.void]:
    """The record of a patient at admission, shape (1,): nothing given, nothing measured, no harm."""
    course = np.zeros(1, course_type(rules, drug))
    course["drift"], course["onset"], course["evaluated"] = 1.0, np.inf, np.nan
    return course


def bench_type(rules: Rules, drug: Drug, rows: int, draws: int) -> np.dtype[np.void]:
    """Scratch space of the compiled loop."""
    n = len(drug.compartments)
    longest = max(1, math.ceil(infusion_hours(rules, rules.max_dose) / rules.interval))  # infusions that can overlap
    return np.dtype(
        [
            ("work", "f8", (rows, n + 1)),
            ("inflow", "f8", (n,)),
            ("measured", "f8", (len(rules.drawn),)),
            ("z", "f8", (draws + draws % 2,)),  # normals come in pairs
            ("infusions", "f8", (longest, 4)),  # start h, duration h, mg, compartment
        ]
    )


def begin(courses, rules, key, bench, root, slots, rows):  # type: ignore[no-untyped-def]
    """Admit the patients whose numbers stand in the records, and treat them until a policy is asked.

    Returns DONE or the slot of a patient who could not be drawn (his parameters were never evaluated) or treated.
    """
    for i in slots:
        course, rule = courses[i], rules[0]
        if not _admit(course, rule, key, bench[0], root):
            return i
        open_chart(course, rule, rows[i])
        while not rule.asked[course.decision]:
            dose, _ = prescribe(rule, course, lead_in(read(rows[i].astype(np.float64), rule)))
            if not _treat(course, rule, key, bench[0], dose):
                return i
            _close_day(course, rule, key)
            observe(course, rule, rows[i])
    return DONE


def step(courses, rules, key, bench, wanted, running, rows, paid):  # type: ignore[no-untyped-def]
    """Treat every running patient whose course is not over until a policy is asked again.

    Returns DONE, or the slot of a failed solve.
    """
    for i in range(len(courses)):
        course, rule = courses[i], rules[0]
        if running[i] and course.decision < rule.decisions:
            paid.dose[i], paid.limit[i] = prescribe(rule, course, wanted[i])
            for _ in range(course.decision, rule.until[course.decision]):
                dose, _ = prescribe(rule, course, wanted[i])
                if not _treat(course, rule, key, bench[0], dose):
                    return i
                earned, risk = _close_day(course, rule, key)
                paid.earned[i] += earned
                paid.risk[i] += risk
                observe(course, rule, rows[i])
            paid.reward[i] = rule.pay_attainment * paid.earned[i] - rule.pay_aki * paid.risk[i]
        paid.over[i] = course.decision == rule.decisions
    return DONE


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
            dose = course.doses[k] = given[i].doses[k]
            first, last = (k * n + 1 if k else 0), (k + 1) * n + 1  # the first of all times is that of admission
            sampled = _until_next(
                course, rule, bench[0], course.amounts.copy(), times[first:last], levels[i, first:last]
            )
            if not (sampled >= 0.0 and _treat(course, rule, key, bench[0], dose)):
                return i
            _close_day(course, rule, key)
    return DONE


def _admit(course, rules, key, bench, root):  # type: ignore[no-untyped-def]
    """Draw the patient and open the chart. False where the population's ranges admit nobody."""
    for attempt in range(ATTEMPTS):
        fill_normals(bench.z, key, POPULATION, course.number, attempt)
        patient = sample(Draws(*to_fixed_tuple(bench.z, NZ)))
        if keep(patient):
            break
    else:
        return False
    for j in range(NX):
        course.patient[j] = patient[j]
    fill_normals(bench.z, key, ETA, course.number, ZERO)
    for j in range(NE):
        total = 0.0
        for m in range(j + 1):
            total += root[j, m] * bench.z[m]
        course.eta[j] = total
    course.weight = patient.WT * exp(rules.weight_cv * normal(key, CHART, course.number, ZERO))
    _chart_creatinine(course, rules, key, ZERO)
    return True


def _treat(course, rules, key, bench, dose):  # type: ignore[no-untyped-def]
    """Give the dose, advance the patient to the next decision, draw blood on the way. False where the solve failed."""
    k = course.decision
    course.doses[k] = dose
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


def _close_day(course, rules, key):  # type: ignore[no-untyped-def]
    """At the end of a day judge it, draw kidney injury and the next day's kidney. Returns earned share and hazard."""
    per_day = round(24.0 / rules.interval)
    if course.decision % per_day:
        return 0.0, 0.0
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
    if day + 1 < rules.days:
        course.drift *= exp(rules.drift * normal(key, KIDNEY, course.number, day))
        _chart_creatinine(course, rules, key, day + 1)
    return earned, hazard


def _chart_creatinine(course, rules, key, day):  # type: ignore[no-untyped-def]
    """Chart the creatinine at the start of a day, with its error."""
    true = creatinine_now(rules, course.patient[_SCR], course.drift, course.onset, 24.0 * day)
    error = exp(rules.creatinine_cv * normal(key, CHART, course.number, 1 + day))
    course.creatinine[day] = min(true * error, 30.0)
