"""Doses, levels, kidney and judgement on a ward. Written for one patient.

A course has days of 24 h that start at hour 0. A dose is decided every `interval` hours, number k at k * interval: by a
policy where the task asks it; before it is first asked by the lead-in, between two askings the dose is repeated.
"""

from __future__ import annotations

import math
from typing import Any

from dosing_env.outcomes import aki_risk, daily_hazard, within
from dosing_env.pharmacology import Patient
from dosing_env.residual import measured, reported
from dosing_env.ward.rules import Rules

LIMITS = ("", "max_dose_mg", "max_daily_mg")  # why a dose was lowered, by number


def prescribe(rules: Rules, course: Any, action: Any) -> tuple[float, int]:
    """The dose given now, mg: the nearest product, lowered to the hard limits; and the number of the limit."""
    dose = math.floor(action[0] / rules.step + 0.5) * rules.step
    limit = 0
    if dose > rules.max_dose:
        dose, limit = math.floor(rules.max_dose / rules.step) * rules.step, 1
    left = math.floor((rules.max_daily - given_today(rules, course)) / rules.step + 1e-9) * rules.step
    if dose > left:
        dose, limit = max(left, 0.0), 2
    return dose, limit


def given_today(rules: Rules, course: Any) -> float:
    """Sum of the doses since the day began, mg."""
    k, total = course.decision, 0.0
    for earlier in range(k - k % round(24.0 / rules.interval), k):
        total += course.doses[earlier]
    return total


def infusion_hours(rules: Rules, dose: float) -> float:
    """Duration of the infusion of a dose, h."""
    return max(rules.min_infusion, dose / rules.max_rate)


def report_level(rules: Rules, truth: float, z: float) -> tuple[float, float]:
    """What the laboratory reports of a level (mg/L) with the standard normal error z, and 1 if it is below the LLOQ."""
    level = measured(rules.form, rules.proportional, rules.additive, truth, z)
    return reported(max(0.0, level), rules.lloq)


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


def patient_now(patient: Patient, creatinine: float) -> Patient:
    """The patient with today's creatinine."""
    return Patient(patient.AGE, patient.WT, patient.HT, patient.SEX, creatinine, patient.DIAL, patient.HAEM)
