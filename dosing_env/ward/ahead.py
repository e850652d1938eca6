"""A patient followed ahead under doses that are only tried: by planners, and for what a belief foresees.

A state is a row of numbers: amounts of the N compartments, then the exposure of each day so far.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.pharmacology import Drug
from dosing_env.simulation.compiling import HOLE
from dosing_env.simulation.course import advance
from dosing_env.ward.course import parameters, start_infusion
from dosing_env.ward.dosing import infusion_hours
from dosing_env.ward.rules import Rules

N: Any = HOLE


def require_short(rules: Rules, name: str) -> None:
    """Refuse a task whose longest infusion runs into the next decision: a plan forgets it there."""
    longest = infusion_hours(rules, rules.max_dose)
    if longest > rules.interval:
        raise ValueError(f"{name}: plans no infusion of {longest:g} h that runs into the next decision")


def states(rules: Rules, drug: Drug, count: int) -> NDArray[np.float64]:
    """Room for so many states."""
    return np.zeros((count, len(drug.compartments) + rules.days))


def enter(course, state):  # type: ignore[no-untyped-def]
    """Write the state of a patient as he is now."""
    for i in range(N):
        state[i] = course.amounts[i]
    for day in range(len(course.auc)):
        state[N + day] = course.auc[day]


def run(course, rules, bench, state, k, dose):  # type: ignore[no-untyped-def]
    """Advance the state through decision interval k with a dose. Returns the exposure, mg h/L."""
    t = k * rules.interval
    start_infusion(bench.infusions[0], rules, k, dose)
    p = parameters(course, rules, t)
    exposure = advance(
        state[:N], p, t, t + rules.interval, bench.infusions, 0, 1,
        bench.measured[:0], bench.measured, bench.work, bench.inflow,
    )  # fmt: skip
    state[N + int(t // 24.0)] += exposure
    return exposure


def products(rules, most):  # type: ignore[no-untyped-def]
    """How many products, no dose included, are not above `most` mg."""
    return int(min(most, rules.max_dose) / rules.step + 1e-9) + 1
