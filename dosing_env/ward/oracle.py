"""What the oracle does on a ward: knowing the true patient as he is now, it aims at the primary endpoint.

At every decision it tries each product now with each product for the rest of the day, follows the true patient to
midnight, and looks whether tomorrow's target can still be reached with something between no dose and the largest daily
dose. It takes the pair with the most days reached (today's, if today counts, and tomorrow's), and among those the one
nearest to the middle of the target. A dose that is repeated until the next decision is followed that far. It does not
know how creatinine will drift, nor whether the kidney will be injured.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.cohort import Cohort, bench_for, holes
from dosing_env.simulation.compiling import HOLE, specialise
from dosing_env.simulation.steady import copy
from dosing_env.task import Task
from dosing_env.ward.ahead import enter, products, require_short, run, states
from dosing_env.ward.dosing import given_today
from dosing_env.ward.rules import rules_record

N: Any = HOLE


class OraclePlan:
    """The plan for the patients of a cohort."""

    def __init__(self, task: Task, cohort: Cohort) -> None:
        require_short(task.rules, "oracle")
        filled = holes(task)
        self._cohort, self._rules = cohort, rules_record(task.rules)
        self._bench = bench_for(task, filled)
        self._states = states(task.rules, task.drug, 3)  # after this dose, tonight, tomorrow
        self._plan = specialise(plan_all, **filled)

    def __call__(self) -> NDArray[np.float64]:
        """Doses to give now, (n, 1) mg."""
        wanted = np.zeros(self._cohort.size)
        self._plan(self._cohort.courses, self._rules, self._bench, self._states, wanted)
        return wanted[:, None]


def plan_all(courses, rules, bench, tried, wanted):  # type: ignore[no-untyped-def]
    """The dose for every patient whose course is not over."""
    for i in range(len(courses)):
        if courses[i].decision < rules[0].decisions:
            wanted[i] = _plan(courses[i], rules[0], bench[0], tried)


def _plan(course, rules, bench, tried):  # type: ignore[no-untyped-def]
    k, per_day = course.decision, round(24.0 / rules.interval)
    until, tonight = rules.until[k], k - k % per_day + per_day
    end = until + -until % per_day  # of the last day on which the dose is given
    already, times = given_today(rules, course), min(until, tonight) - k
    most = (rules.max_daily - already) / times
    if until > tonight:
        most = min(most, rules.max_daily / per_day)
    best, choice = -1e300, 0.0
    for first in range(products(rules, most)):
        dose = first * rules.step
        enter(course, tried[0])
        _repeat(course, rules, bench, tried[0], k, until, dose)
        given = (already if until <= tonight else 0.0) + dose * (times if until <= tonight else until % per_day)
        others = products(rules, (rules.max_daily - given) / (end - until)) if end > until else 1
        for other in range(others):
            copy(tried[1], tried[0])
            _repeat(course, rules, bench, tried[1], until, end, other * rules.step)
            value = _value(course, rules, bench, tried, k // per_day, end)
            if value > best:
                best, choice = value, dose
    return choice


def _value(course, rules, bench, tried, today, end):  # type: ignore[no-untyped-def]
    """Days reached by a plan up to decision `end`, and on the day after it, less a little for the distance."""
    middle, per_day = 0.5 * (rules.low + rules.high), round(24.0 / rules.interval)
    value = 0.0
    for day in range(today, end // per_day):
        auc24 = tried[1, N + day]
        value -= 1e-4 * abs(auc24 - middle) / middle
        if day >= rules.first_day:
            value += _reached(rules, auc24, auc24)
    if end < rules.decisions:
        least = _tomorrow(course, rules, bench, tried, end, 0.0)
        most = _tomorrow(course, rules, bench, tried, end, min(rules.max_dose, rules.max_daily / per_day))
        value += _reached(rules, least, most)
    return value


def _reached(rules, least, most):  # type: ignore[no-untyped-def]
    """1 if the target can be met with an AUC24 between two values, else less the further away it is."""
    if least > rules.high:
        return -least / rules.high
    if most < rules.low:
        return most / rules.low - 1.0
    return 1.0


def _tomorrow(course, rules, bench, tried, k, dose):  # type: ignore[no-untyped-def]
    """AUC24 of the day that starts with decision k, if every decision gives this dose."""
    copy(tried[2], tried[1])
    per_day = round(24.0 / rules.interval)
    _repeat(course, rules, bench, tried[2], k, k + per_day, dose)
    return tried[2, N + k // per_day]


def _repeat(course, rules, bench, state, k, end, dose):  # type: ignore[no-untyped-def]
    """Advance the state through the decisions k to `end`, with this dose at each."""
    for d in range(k, end):
        run(course, rules, bench, state, d, dose)
