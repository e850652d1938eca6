"""A patient of a clinic from one day to the next: what he takes, his INR, his visits. Compiled for one drug.

Day k (0-based) begins at 24 k hours. On a visit the INR is measured as the day begins; then the day's dose is taken.
The day closes with the INR 24 h later. Whatever changes what a dose does (missed doses, vitamin K, an interacting drug)
acts on what reaches the patient: twice the effect is as if twice as much had been taken.
"""

from __future__ import annotations

import math
from typing import Any

from numba.np.unsafe.ndarray import to_fixed_tuple

from dosing_env.anticoagulation import share_of_line
from dosing_env.arithmetic import exp, sqrt
from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.clinic.rules import ClinicRules
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Drug
from dosing_env.residual import measured
from dosing_env.simulation.chance import GENOTYPED, INR, INTERACTION, TAKEN, VITAMIN_K, ZERO, normal, uniforms
from dosing_env.simulation.compiling import HOLE
from dosing_env.simulation.daily import memory, scratch

Patient: Any = HOLE
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
prepare_days: Any = HOLE
pass_day: Any = HOLE

LIMITS = ("", "max_dose_mg")  # why a dose was lowered, by number
IN_RANGE, UNSAFE, INEFFECTIVE, VISITS = range(4)  # terms of the reward
_LOW, _HIGH = WarfarinPatient._fields.index("INR_LOW"), WarfarinPatient._fields.index("INR_HIGH")


def fields(rules: ClinicRules, drug: Drug) -> list[Any]:
    """Of a patient's record."""
    days, edges = (rules.decisions,), (rules.decisions + 1,)
    return [
        ("days", "f8", (memory(drug),)),  # what the solver remembers of the patient
        ("tested", "f8", (3,)),  # 1: CYP2C9, VKORC1, CYP4F2 are tested
        ("interaction_day", "f8"),  # on which the interacting drug begins, 0-based; inf: none
        ("vitamin_k", "f8"),  # ln of what a dose does, over what it does at first
        ("next_visit", "i8"),  # day, 0-based
        ("owed", "f8"),  # mg    ordered, but less than tablets make
        ("ordered", "f8", days),  # mg    as ordered
        ("doses", "f8", days),  # mg    in tablets
        ("taken", "f8", days),  # mg    as much as the patient took and it did
        ("inr", "f8", edges),  # true, as each day begins, and in the end
        ("measured", "f8", edges),  # INR as the laboratory reports it, 0: none; in the end there is one
        ("outside", "f8", edges),  # 1 above, -1 below what the assay can measure
    ]


def bench(rules: ClinicRules, drug: Drug) -> list[Any]:
    """Scratch space."""
    return scratch(drug)


def admit(course, rules, key, bench):  # type: ignore[no-untyped-def]
    """The patient before treatment: his tests, what will happen to him, his first INR."""
    p = open_days(course, bench)
    for test in range(3):
        course.tested[test] = (
            1.0 if uniforms(key, GENOTYPED, course.number, test, ZERO)[0] < rules.tested[test] else 0.0
        )
    has, when = uniforms(key, INTERACTION, course.number, ZERO, ZERO)
    days = rules.interaction_last + 1 - rules.interaction_first
    course.interaction_day = rules.interaction_first + int(when * days) if has < rules.interacting else math.inf
    course.inr[0] = output(to_fixed_tuple(course.amounts, N), p)
    _measure(course, rules, key, ZERO)
    return True


def open_days(course, bench):  # type: ignore[no-untyped-def]
    """Parameters of the patient by his bedside values and random effects, and what is in him before treatment."""
    p = individual(covariates(Patient(*to_fixed_tuple(course.patient, NX))), Eta(*to_fixed_tuple(course.eta, NE)))
    for j in range(NP):
        course.parameters[j] = p[j]
    baseline = initial(p)
    for i in range(N):
        course.amounts[i] = baseline[i]
    prepare_days(p, course.days, bench)
    return p


def asks(course, rules):  # type: ignore[no-untyped-def]
    """Whether a policy is asked: every day or, where doses are held, on visits; and in the end."""
    if course.decision >= rules.decisions:
        return True
    return course.decision >= rules.first_day and (rules.hold == 0 or course.next_visit == course.decision)


def no_order(chart: ClinicChart) -> Order:
    """Nothing, and an INR tomorrow."""
    return Order(0.0, 1.0)


def tell(order, action):  # type: ignore[no-untyped-def]
    """The order of a protocol."""
    action[0], action[1] = order.dose, order.next


def prescribe(rules, course, action):  # type: ignore[no-untyped-def]
    """The tablets of today, mg, and the number of the limit.

    What tablets do not make is owed to the next days, so that the mean is what was ordered. Of no dose there is none.
    """
    limit = 0
    wanted = action[0]
    if wanted > rules.max_dose:
        wanted, limit = rules.max_dose, 1
    if wanted == 0.0:
        return 0.0, limit
    most = math.floor(rules.max_dose / rules.step + 1e-9)
    return min(max(math.floor((wanted + course.owed) / rules.step + 0.5), 0.0), most) * rules.step, limit


def treat(course, rules, key, bench, action):  # type: ignore[no-untyped-def]
    """Order tablets and, on a visit, the next one; follow the patient through the day. False where the solve failed."""
    k = course.decision
    dose, _ = prescribe(rules, course, action)
    course.ordered[k], course.doses[k] = min(action[0], rules.max_dose), dose
    if action[0] > 0.0:
        course.owed = min(max(course.owed + course.ordered[k] - dose, -rules.step), rules.step)
    if course.next_visit == k:
        course.next_visit = k + int(min(max(math.floor(action[1] + 0.5), 1.0), float(rules.longest)))
    course.taken[k] = _taken(course, rules, key, k, dose)
    p = Parameters(*to_fixed_tuple(course.parameters, NP))
    if not pass_day(course.amounts, p, course.days, bench, k, course.taken[k]):
        return False
    course.decision = k + 1
    course.inr[k + 1] = output(to_fixed_tuple(course.amounts, N), p)
    if course.next_visit == k + 1 or k + 1 == rules.decisions:
        _measure(course, rules, key, k + 1)
    return True


def close(course, rules, key, gained):  # type: ignore[no-untyped-def]
    """Judge the day: shares of a whole course in range, above and below what is safe; and whether it had a visit."""
    k = course.decision - 1
    if k < rules.counted:
        return
    counted = rules.decisions - rules.counted
    before, after = course.inr[k], course.inr[k + 1]
    gained[IN_RANGE] += share_of_line(before, after, course.patient[_LOW], course.patient[_HIGH]) / counted
    gained[UNSAFE] += share_of_line(before, after, rules.unsafe, math.inf) / counted
    gained[INEFFECTIVE] += share_of_line(before, after, -math.inf, rules.ineffective) / counted
    gained[VISITS] += 1.0 if course.measured[k] > 0.0 else 0.0


def _measure(course, rules, key, k):  # type: ignore[no-untyped-def]
    """The laboratory reports the INR of day k."""
    z = normal(key, INR, course.number, k)
    reported = measured(rules.form, rules.proportional, rules.additive, course.inr[k], z)
    reported = math.floor(reported / rules.digit + 0.5) * rules.digit
    course.outside[k] = 1.0 if reported > rules.highest else -1.0 if reported < rules.lowest else 0.0
    course.measured[k] = min(max(reported, rules.lowest), rules.highest)


def _taken(course, rules, key, k, dose):  # type: ignore[no-untyped-def]
    """The dose that acts: none where it was missed; changed by vitamin K, which drifts, and by an interacting drug."""
    stays = exp(-1.0 / rules.vitamin_k_days)
    change = rules.vitamin_k * sqrt(1.0 - stays * stays) * normal(key, VITAMIN_K, course.number, k)
    course.vitamin_k = stays * course.vitamin_k + change
    if uniforms(key, TAKEN, course.number, k, ZERO)[0] < rules.missed:
        return 0.0
    return dose * activity(course, rules, k)


def activity(course, rules, k):  # type: ignore[no-untyped-def]
    """What a dose does on day k, as so many times the dose: by vitamin K as it is now, and an interacting drug."""
    return exp(course.vitamin_k) * (rules.interaction if k >= course.interaction_day else 1.0)
