"""What the oracle does in a clinic: knowing the true patient as he is now, it keeps his INR amid the range.

It knows his parameters, what is in him, his vitamin K and interacting drug of today; not what will change, nor which
doses he will miss. The dose that keeps his INR in the middle of the range for good is found once, by following him for
60 days of each; then today's is the one after which, with that dose from tomorrow on, the INR of the next 10 days lies
nearest to it. He comes when another policy might let him come, every seven days: the oracle learns nothing by it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import NDArray

from dosing_env.clinic.course import activity
from dosing_env.cohort import Cohort
from dosing_env.patients import WarfarinPatient
from dosing_env.simulation.compiling import HOLE, specialise
from dosing_env.task import Task

Parameters: Any = HOLE
output: Any = HOLE
pass_day: Any = HOLE
NP: Any = HOLE
N: Any = HOLE

VISITS = 7.0  # days  between two INRs
_STEADY, _AHEAD = 60, 10  # days  that a dose is followed to find its steady INR; that today's dose is judged by
_HALVINGS, _MOST = 14, 4.0  # of the interval in which the steady dose lies; so many times the largest dose
_LOW, _HIGH = WarfarinPatient._fields.index("INR_LOW"), WarfarinPatient._fields.index("INR_HIGH")


class OraclePlan:
    """The plan for the patients of a cohort."""

    def __init__(self, task: Task, cohort: Cohort) -> None:
        self._cohort = cohort
        self._plan, self._steady = specialise(plan_all, **cohort.holes), specialise(steady_doses, **cohort.holes)
        self._tried = np.zeros(len(task.drug.compartments))
        self._doses: NDArray[np.float64] | None = None  # steady ones, of the patients as they were at first

    def __call__(self) -> NDArray[np.float64]:
        """Dose (mg) and days to the next INR, (n, 2)."""
        made = self._cohort
        if self._doses is None:
            self._doses = np.zeros(made.size)
            self._steady(made.courses, made.rules, made.bench, self._tried, self._doses)
        wanted = np.full((made.size, 2), VISITS)
        self._plan(made.courses, made.rules, made.bench, self._tried, self._doses, wanted)
        return wanted


def steady_doses(courses, rules, bench, tried, doses):  # type: ignore[no-untyped-def]
    """The daily dose that keeps the INR of each patient in the middle of the range for good, as he was at first."""
    for i in range(len(courses)):
        doses[i] = steady_dose(courses[i], rules[0], bench[0], tried)


def plan_all(courses, rules, bench, tried, steady, wanted):  # type: ignore[no-untyped-def]
    """Today's dose of every patient whose course is not over."""
    for i in range(len(courses)):
        course, rule = courses[i], rules[0]
        if course.decision < rule.decisions:
            does = activity(course, rule, course.decision)
            wanted[i, 0] = best_dose(course, rule, bench[0], tried, does, steady[i] / does)


def steady_dose(course, rules, bench, tried):  # type: ignore[no-untyped-def]
    """The daily dose that brings the INR to the middle of the range and keeps it there, mg."""
    low, high = 0.0, _MOST * rules.max_dose
    for _ in range(_HALVINGS):
        dose = 0.5 * (low + high)
        if _inr_after(course, bench, tried, dose) < middle(course):
            low = dose
        else:
            high = dose
    return 0.5 * (low + high)


def middle(course):  # type: ignore[no-untyped-def]
    """The middle of the patient's range."""
    return 0.5 * (course.patient[_LOW] + course.patient[_HIGH])


def best_dose(course, rules, bench, tried, does, steady):  # type: ignore[no-untyped-def]
    """Today's dose, mg, if tomorrow the steady one follows. `does`: so many times what a dose does at first."""
    most = int(rules.max_dose / rules.step + 1e-9)
    then = min(steady, rules.max_dose)
    product = int(then / rules.step + 0.5)
    least = _loss(course, bench, tried, does * product * rules.step, does * then)
    for way in (1, -1):  # the loss has one least value
        while 0 <= product + way <= most:
            loss = _loss(course, bench, tried, does * (product + way) * rules.step, does * then)
            if loss >= least:
                break
            least, product = loss, product + way
    return product * rules.step


def _inr_after(course, bench, tried, dose):  # type: ignore[no-untyped-def]
    """The INR after many days of a dose."""
    p = Parameters(*to_fixed_tuple(course.parameters, NP))
    for i in range(N):
        tried[i] = course.amounts[i]
    for day in range(_STEADY):
        pass_day(tried, p, course.days, bench, course.decision + day, dose)
    return output(to_fixed_tuple(tried, N), p)


def _loss(course, bench, tried, first, then):  # type: ignore[no-untyped-def]
    """Squared distances of ln INR from the middle over the next days, with a dose today and another afterwards."""
    p = Parameters(*to_fixed_tuple(course.parameters, NP))
    for i in range(N):
        tried[i] = course.amounts[i]
    total, aim = 0.0, middle(course)
    for day in range(_AHEAD):
        pass_day(tried, p, course.days, bench, course.decision + day, first if day == 0 else then)
        total += math.log(output(to_fixed_tuple(tried, N), p) / aim) ** 2
    return total
