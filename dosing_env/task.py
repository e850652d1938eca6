"""The dosing task: action -> dose, what is measured, what is judged, what is observed. Written for one patient.

A course has days of 24 h that start at hour 0. A decision is taken every `interval` hours; decision k at k * interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.arithmetic import maximum, minimum, sqrt
from dosing_env.formulas import cockcroft_gault
from dosing_env.outcomes import aki_risk, daily_hazard, within
from dosing_env.pharmacology import Drug, Patient, Population

LIMITS = ("", "max_dose_mg", "max_daily_mg")  # why a dose was lowered, by number


class Rules(NamedTuple):
    """The numbers of a task, as the scenario file states them."""

    interval: float  # h     between decisions
    decisions: int
    days: int
    step: float  # mg    between two products
    max_dose: float  # mg
    max_daily: float  # mg    per calendar day
    max_rate: float  # mg/h
    min_infusion: float  # h
    drawn: Any  # (levels,) h   when blood is drawn
    turnaround: float  # h     from the draw to the result
    proportional: float  # fraction  residual error of a level
    additive: float  # mg/L
    lloq: float  # mg/L
    low: float  # mg h/L  target of the daily AUC
    high: float  # mg h/L
    first_day: int  # first day that counts, 0-based
    weight_cv: float  # charting error of the weight
    creatinine_cv: float  # error of a charted creatinine
    drift: float  # SD of the daily step of ln creatinine
    aki_intercept: float
    aki_slope: float  # per mg h/L
    aki_factor: float  # creatinine multiplies by this
    aki_ramp: float  # h     within this time
    pay_attainment: float  # reward for the whole primary endpoint
    pay_aki: float  # cost of one case of AKI


def prescribe(rules: Rules, course: Any, wanted: float) -> tuple[float, int]:
    """The dose given now, mg: the nearest product, lowered to the hard limits; and the number of the limit."""
    dose = math.floor(wanted / rules.step + 0.5) * rules.step
    limit = 0
    if dose > rules.max_dose:
        dose, limit = math.floor(rules.max_dose / rules.step) * rules.step, 1
    per_day = round(24.0 / rules.interval)
    k, today = course.decision, 0.0
    for earlier in range(k - k % per_day, k):
        today += course.doses[earlier, 2]
    left = math.floor((rules.max_daily - today) / rules.step + 1e-9) * rules.step
    if dose > left:
        dose, limit = max(left, 0.0), 2
    return dose, limit


def infusion_hours(rules: Rules, dose: float) -> float:
    """Duration of the infusion of a dose, h."""
    return max(rules.min_infusion, dose / rules.max_rate)


def report_level(rules: Rules, truth: float, z: float) -> tuple[float, float]:
    """What the laboratory reports of a level (mg/L) with the standard normal error z, and 1 if it is below the LLOQ."""
    sd = sqrt(rules.additive**2 + (rules.proportional * truth) ** 2)
    level = max(0.0, truth + sd * z)
    return (rules.lloq, 1.0) if level < rules.lloq else (level, 0.0)


def creatinine_now(rules: Rules, baseline: float, drift: float, onset: float, t: float) -> float:
    """True serum creatinine at time t, mg/dL: baseline, its drift, and the rise after kidney injury at `onset` h."""
    if t <= onset:
        return baseline * drift
    return baseline * drift * rules.aki_factor ** min((t - onset) / rules.aki_ramp, 1.0)


def judge(rules: Rules, day: int, auc24: float, worst: float) -> tuple[float, float]:
    """At the end of a day (0-based): share of the primary endpoint earned, and the day's hazard of kidney injury.

    auc24: of the day; worst: largest daily AUC so far, mg h/L.
    """
    counted = rules.days - rules.first_day
    earned = within(auc24, rules.low, rules.high) / counted if day >= rules.first_day else 0.0
    return earned, daily_hazard(aki_risk(worst, rules.aki_intercept, rules.aki_slope), rules.days)


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """What is to be done, with whom: the rules, the drug that generates the patients, and their population."""

    name: str
    rules: Rules
    drug: Drug
    population: Population

    @property
    def features(self) -> tuple[Feature, ...]:
        """The observation, number by number."""
        return features(self.rules)

    @property
    def doses(self) -> tuple[float, ...]:
        """Every dose that can be given, mg."""
        return tuple(i * self.rules.step for i in range(int(self.rules.max_dose // self.rules.step) + 1))


def rules_record(rules: Rules) -> NDArray[np.void]:
    """The same numbers as one record, as the compiled loop takes them: shape (1,)."""
    kinds = [(name, "f8", np.shape(value)) if np.ndim(value) else (name, np.array(value).dtype) for name, value in rules._asdict().items()]
    return np.array([tuple(rules)], dtype=kinds)


class Feature(NamedTuple):
    """One number of the observation."""

    name: str
    unit: str
    low: float
    high: float


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


def observe(course: Any, rules: Rules, row: Any) -> None:
    """Write what is known at the present decision into `row`, in the order of `features`.

    Of the true patient only what is charted without error is used.
    """
    k, t = course.decision, course.decision * rules.interval
    AGE, HT, SEX = course.patient[0], course.patient[2], course.patient[3]
    newest = course.creatinine[min(int(t // 24.0), rules.days - 1)]
    row[0], row[1] = t, rules.decisions * rules.interval - t
    row[2], row[3], row[4], row[5] = AGE, minimum(course.weight, 400.0), HT, SEX
    row[6] = newest
    row[7] = minimum(maximum(cockcroft_gault(AGE, course.weight, newest, SEX), 0.0), 500.0)
    at = _SCALARS
    for d in range(rules.days):
        row[at + d] = course.creatinine[d]
    at += rules.days
    for j in range(rules.decisions):
        row[at + j] = course.doses[j, 2] if j < k else 0.0
    _observe_levels(course, rules, t, row, at + rules.decisions)


def _observe_levels(course: Any, rules: Rules, t: float, row: Any, at: int) -> None:
    blood = len(rules.drawn)
    for j in range(blood):
        arrival = rules.drawn[j] + rules.turnaround
        known = 1.0 if arrival <= t + 1e-9 else 0.0
        row[at + j] = known * minimum(course.levels[j], 500.0)
        row[at + blood + j] = known * rules.drawn[j]
        row[at + 2 * blood + j] = known * arrival
        row[at + 3 * blood + j] = known
        row[at + 4 * blood + j] = known * course.below[j]


def patient_now(patient: Patient, creatinine: float) -> Patient:
    """The patient with today's creatinine."""
    return Patient(patient.AGE, patient.WT, patient.HT, patient.SEX, creatinine, patient.DIAL, patient.HAEM)
