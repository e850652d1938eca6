"""The doses with most expected days within the target over particles: patients who may stand behind a chart.

A plan is a product for each decision from now to the end of the horizon. What it is worth is the expected share of the
days that count and end on the way within the target. Exposure per decision interval comes, for a linear drug, by
superposition of what a unit in each compartment leaves in each interval to come, and what each product (one where all
infusions take as long) leaves in the body after its own. For other drugs every plan is followed.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from dosing_env.outcomes import aki_risk
from dosing_env.pharmacology import Drug
from dosing_env.simulation.compiling import HOLE
from dosing_env.ward.ahead import enter, products, run, states
from dosing_env.ward.dosing import given_today, infusion_hours
from dosing_env.ward.rules import Rules

N: Any = HOLE

_NOTHING = 1e-7  # probability of a particle that is left out
SWEEPS = 4  # rounds over the doses that are sought one by one


class Setting(NamedTuple):
    """How is planned."""

    limit: float  # probability of harm that a plan must stay below, a shielded dose not above
    free: int  # doses that are sought one by one; those behind repeat them day by day
    days: int  # to be planned for, today counted, at least
    linear: bool
    straight: bool  # whether exposure is proportional to the dose


class Room(NamedTuple):
    """Scratch space."""

    state: Any  # see `ahead`
    unit: Any  # (N, decisions) of one particle, exposure by 1 mg in a compartment, interval by interval
    before: Any  # (particles, decisions) exposure by what is in the body
    response: Any  # (particles, products, decisions) exposure by a dose, from its interval on
    exposure: Any  # (decisions,) of one particle under one plan
    plan: Any  # (decisions,) products, from now on
    best: Any


def setting_of(rules: Rules, drug: Drug, limit: float, free: int, days: int) -> Setting:
    """Whether a drug under these rules is linear, and its exposure proportional to the dose, beside what is chosen."""
    alike = infusion_hours(rules, rules.max_dose) == rules.min_infusion
    return Setting(limit, free, days, drug.linear, drug.linear and alike)


def room_for(rules: Rules, drug: Drug, particles: int) -> Room:
    """Scratch space for one patient."""
    slots, sorts = rules.decisions, products(rules, rules.max_dose)
    return Room(
        states(rules, drug, 1)[0],
        np.zeros((len(drug.compartments), slots)),
        np.zeros((particles, slots)),
        np.zeros((particles, sorts, slots)),
        np.zeros(slots),
        np.zeros(slots, dtype=np.int64),
        np.zeros(slots, dtype=np.int64),
    )


def plan_all(courses, weight, rules, bench, room, setting, wanted):  # type: ignore[no-untyped-def]
    """The dose for every chart, mg. courses, weight: (charts, particles)."""
    for i in range(len(courses)):
        wanted[i] = _plan(courses[i], weight[i], rules[0], bench[0], room, setting)


def _plan(courses, weight, rules, bench, room, setting):  # type: ignore[no-untyped-def]
    """Every product as the one dose to the end; then one dose after the other up and down as long as that pays."""
    k, most = courses[0].decision, products(rules, rules.max_dose)
    size = _end(rules, k, setting.days) - k
    if setting.linear:
        _respond(courses, rules, bench, room, k, size, most, setting.straight)
    value = -math.inf
    for product in range(most):
        room.plan[:size] = product
        value = _better(value, courses, weight, rules, bench, room, size, setting)
    for _ in range(SWEEPS):
        before = value
        for at in range(min(setting.free, size)):
            for way in (1, -1):
                last = -math.inf
                while value > last and rules.asked[k + at] and 0 <= room.best[at] + way < most:
                    last = value
                    room.plan[:size] = room.best[:size]
                    room.plan[at] += way
                    _repeat(rules, room.plan, k, size, setting.free)
                    value = _better(value, courses, weight, rules, bench, room, size, setting)
        if value == before:
            break
    return room.best[0] * rules.step


def _end(rules, k, days):  # type: ignore[no-untyped-def]
    """The decision with which the first day begins that is not planned for."""
    per_day = round(24.0 / rules.interval)
    return min(max(k // per_day + days, rules.first_day + 1) * per_day, rules.decisions)


def _repeat(rules, plan, k, size, free):  # type: ignore[no-untyped-def]
    """Doses that are not free are those of the day before; those nobody is asked for, the ones before them."""
    per_day = round(24.0 / rules.interval)
    for at in range(1, size):
        if not rules.asked[k + at]:
            plan[at] = plan[at - 1]
        elif at >= free:
            plan[at] = plan[at - min(per_day, free)]


def _better(value, courses, weight, rules, bench, room, size, setting):  # type: ignore[no-untyped-def]
    """The larger of `value` and what `room.plan` is worth; keeps the plan if that is it."""
    total, harm = _worth(courses, weight, rules, bench, room, size, setting.linear)
    if harm >= setting.limit:
        total = -1e6 * (1.0 + harm)  # below any plan that keeps the limit; among those above it the least harmful
    if total > value:
        room.best[:size] = room.plan[:size]
        return total
    return value


def _worth(courses, weight, rules, bench, room, size, linear):  # type: ignore[no-untyped-def]
    """Expected days within target under `room.plan`, lowered to the hard limits, and the probability of harm."""
    k = courses[0].decision
    _obey(courses[0], rules, room.plan, size)
    total = harm = 0.0
    for i in range(len(courses)):
        if weight[i] < _NOTHING:
            continue
        _expose(courses[i], rules, bench, room, i, k, size, linear)
        reached, risk = _reached(courses[i], rules, room.exposure, size)
        total += weight[i] * reached
        harm += weight[i] * risk
    return total, harm


def _obey(course, rules, plan, size):  # type: ignore[no-untyped-def]
    """Lower the planned doses to the daily limit, as they would be when given."""
    k, per_day, today = course.decision, round(24.0 / rules.interval), given_today(rules, course)
    for at in range(size):
        if at > 0 and (k + at) % per_day == 0:
            today = 0.0
        plan[at] = max(min(plan[at], int((rules.max_daily - today) / rules.step + 1e-9)), 0)
        today += plan[at] * rules.step


def _respond(courses, rules, bench, room, k, size, most, straight):  # type: ignore[no-untyped-def]
    """Exposure of every particle, interval by interval: without another dose, and by each product alone."""
    for i in range(len(courses)):
        for j in range(N):
            room.state[:N] = 0.0
            room.state[j] = 1.0
            for at in range(size):
                room.unit[j, at] = run(courses[i], rules, bench, room.state, k + at, 0.0)
        for at in range(size):
            room.before[i, at] = _left(courses[i].amounts, room.unit, at)
        for product in range(most - 1 if straight else 1, most):
            room.state[:N] = 0.0
            room.response[i, product, 0] = run(courses[i], rules, bench, room.state, k, product * rules.step)
            for lag in range(1, size):
                room.response[i, product, lag] = _left(room.state, room.unit, lag - 1)
        for product in range(most - 1 if straight else 1):
            for lag in range(size):
                room.response[i, product, lag] = room.response[i, most - 1, lag] * product / (most - 1)


def _left(amounts, unit, at):  # type: ignore[no-untyped-def]
    """Exposure in an interval by what is in the body."""
    total = 0.0
    for j in range(N):
        total += amounts[j] * unit[j, at]
    return total


def _expose(course, rules, bench, room, i, k, size, linear):  # type: ignore[no-untyped-def]
    """Exposure of particle i under the plan, interval by interval."""
    if linear:
        for at in range(size):
            room.exposure[at] = room.before[i, at]
            for earlier in range(at + 1):
                room.exposure[at] += room.response[i, room.plan[earlier], at - earlier]
    else:
        enter(course, room.state)
        for at in range(size):
            room.exposure[at] = run(course, rules, bench, room.state, k + at, room.plan[at] * rules.step)


def _reached(course, rules, exposure, size):  # type: ignore[no-untyped-def]
    """Days within target of a particle that end within the plan, less a little for the distance; its risk of harm.

    What is past has done its harm: the risk is that of the worst day planned.
    """
    middle, per_day, k = 0.5 * (rules.low + rules.high), round(24.0 / rules.interval), course.decision
    reached = worst = 0.0
    for day in range(k // per_day, (k + size) // per_day):
        auc24 = course.auc[day]
        for at in range(max(day * per_day - k, 0), (day + 1) * per_day - k):
            auc24 += exposure[at]
        worst = max(worst, auc24)
        reached -= 1e-4 * abs(auc24 - middle) / middle
        if day >= rules.first_day:
            reached += _within(rules, auc24, day - k // per_day)
    return reached, aki_risk(worst, rules.aki_intercept, rules.aki_slope)


def _within(rules, auc24, ahead):  # type: ignore[no-untyped-def]
    """The probability that a day so many days ahead ends within the target, if `auc24` is what is now expected of it.

    What may differ is the kidney: its charted creatinine has an error, and it drifts. A spread of 5 % at least smooths
    the step at the target's ends, of which a few particles know little.
    """
    if not auc24 > 0.0:
        return 0.0
    spread = math.sqrt(2.0 * (0.05**2 + rules.creatinine_cv**2 + ahead * rules.drift**2))
    above, below = math.log(auc24 / rules.low) / spread, math.log(rules.high / auc24) / spread
    if min(above, below) < -4.0:  # 1e-8
        return 0.0
    return 0.5 * (math.erfc(-above) - math.erfc(below))
