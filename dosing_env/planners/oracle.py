"""The oracle: knows the true patient as he is now, not future noise, and aims at the primary endpoint.

At every decision it tries each product now with each product for the rest of the day, follows the true patient to
midnight, and looks whether tomorrow's target can still be reached with something between no dose and the largest daily
dose. It takes the pair with the most days reached (today's, if today counts, and tomorrow's), and among those the one
nearest to the middle of the target. It does not know how creatinine will drift, nor whether the kidney will be injured.
It shows what could be had with perfect knowledge; no policy that has only the chart can be expected to come near.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.cohort import Cohort, holes
from dosing_env.decision import bench_type, parameters, start_infusion
from dosing_env.policy import Policy
from dosing_env.rules import Rules, rules_record
from dosing_env.simulation.compiling import HOLE, specialise
from dosing_env.simulation.course import advance
from dosing_env.task import Task, given_today, infusion_hours

N: Any = HOLE


class Oracle(Policy):
    """See the module. Only evaluated, never trained against; marked "knows the patient" in every report."""

    name = "oracle"
    title = "Oracle"
    kind = "oracle"
    oracle = True
    believes = False

    def begin(self, task: Task, patients: Cohort | None) -> None:
        """Meet the cohort whose true state is looked up at every decision."""
        if patients is None:
            raise ValueError("oracle: needs the true patients")
        require_short(task.rules, self.name)
        filled = holes(task)
        self._cohort, self._rules = patients, rules_record(task.rules)
        self._bench = np.zeros(1, dtype=bench_type(task.rules, task.drug, filled.pop("ROWS"), 1))
        self._amounts = np.zeros((3, len(task.drug.compartments)))  # after this dose, tonight, tomorrow
        self._plan = specialise(plan_all, **filled)

    def doses(self, observation: NDArray[np.float32]) -> NDArray[np.float64]:
        """Doses to give now, (n,) mg. The observation is not looked at."""
        wanted = np.zeros(len(observation))
        self._plan(self._cohort.courses, self._rules, self._bench, self._amounts, wanted)
        return wanted


def require_short(rules: Rules, name: str) -> None:
    """Refuse a task whose longest infusion runs into the next decision: the plan forgets it there."""
    longest = infusion_hours(rules, rules.max_dose)
    if longest > rules.interval:
        raise ValueError(f"{name}: plans no infusion of {longest:g} h that runs into the next decision")


def plan_all(courses, rules, bench, amounts, wanted):  # type: ignore[no-untyped-def]
    """The dose for every patient whose course is not over."""
    for i in range(len(courses)):
        if courses[i].decision < rules[0].decisions:
            wanted[i] = _plan(courses[i], rules[0], bench[0], amounts)


def _plan(course, rules, bench, amounts):  # type: ignore[no-untyped-def]
    k = course.decision
    per_day = round(24.0 / rules.interval)
    rest = per_day - k % per_day - 1  # decisions left today after this one
    already = given_today(rules, course)
    best, choice = -1e300, 0.0
    for first in range(_products(rules, rules.max_daily - already)):
        dose = first * rules.step
        _copy(course.amounts, amounts[0])
        today = course.auc[k // per_day] + _give(course, rules, bench, amounts[0], k, dose)
        others = _products(rules, (rules.max_daily - already - dose) / rest) if rest > 0 else 1
        for other in range(others):
            _copy(amounts[0], amounts[1])
            total = today
            for later in range(rest):
                total += _give(course, rules, bench, amounts[1], k + 1 + later, other * rules.step)
            value = _value(course, rules, bench, amounts, k + 1 + rest, total)
            if value > best:
                best, choice = value, dose
    return choice


def _products(rules, most):  # type: ignore[no-untyped-def]
    """How many products, no dose included, are not above `most` mg."""
    return int(min(most, rules.max_dose) / rules.step + 1e-9) + 1


def _give(course, rules, bench, a, k, dose):  # type: ignore[no-untyped-def]
    """Advance the amounts `a` through decision interval k with a dose. Returns the exposure, mg h/L."""
    t = k * rules.interval
    start_infusion(bench.infusions[0], rules, k, dose)
    p = parameters(course, rules, t)
    return advance(
        a, p, t, t + rules.interval, bench.infusions, 0, 1, bench.measured[:0], bench.measured, bench.work, bench.inflow
    )


def _value(course, rules, bench, amounts, k, auc24):  # type: ignore[no-untyped-def]
    """Days reached by a plan whose day has `auc24`, today's and tomorrow's, less a little for the distance."""
    middle = 0.5 * (rules.low + rules.high)
    per_day = round(24.0 / rules.interval)
    value = -1e-4 * abs(auc24 - middle) / middle
    if k // per_day - 1 >= rules.first_day:
        value += _reached(rules, auc24, auc24)
    if k < rules.decisions:
        least = _tomorrow(course, rules, bench, amounts, k, 0.0)
        most = _tomorrow(course, rules, bench, amounts, k, min(rules.max_dose, rules.max_daily / per_day))
        value += _reached(rules, least, most)
    return value


def _reached(rules, least, most):  # type: ignore[no-untyped-def]
    """1 if the target can be met with an AUC24 between two values, else less the further away it is."""
    if least > rules.high:
        return -least / rules.high
    if most < rules.low:
        return most / rules.low - 1.0
    return 1.0


def _tomorrow(course, rules, bench, amounts, k, dose):  # type: ignore[no-untyped-def]
    """AUC24 of the day that starts with decision k, if every decision gives this dose."""
    _copy(amounts[1], amounts[2])
    total = 0.0
    for later in range(round(24.0 / rules.interval)):
        total += _give(course, rules, bench, amounts[2], k + later, dose)
    return total


def _copy(source, target):  # type: ignore[no-untyped-def]
    for i in range(N):
        target[i] = source[i]


PLANNER = Oracle
