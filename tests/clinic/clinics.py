"""What the tests of the clinic share: the shipped scenario with other numbers, and patients under given orders."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dosing_env import catalogue, scenario
from dosing_env.clinic.kind import CLINIC
from dosing_env.cohort import Cohort
from dosing_env.pharmacology import Drug
from dosing_env.scenario import Scenario
from dosing_env.task import Task
from tests.environment.rollouts import columns as columns

INITIATION: Scenario = scenario.load("warfarin_initiation")
TERMS = [term.name for term in CLINIC.terms]
CALM: dict[str, Any] = {"missed": 0.0, "vitamin_k": 0.0, "interacting": 0.0}  # nothing happens at home
DRIVEN: dict[str, Drug] = {
    name: drug for name in catalogue.names("drugs") if (drug := catalogue.load("drugs", name)).driven
}
every_driven_drug = pytest.mark.parametrize("drug", DRIVEN.values(), ids=DRIVEN)


def clinic(of: Scenario = INITIATION, drug: Drug | None = None, **rules: Any) -> Task:
    """The task of a scenario with some of its numbers, or its drug, changed."""
    task = of.task()
    return replace(task, rules=task.rules._replace(**rules), drug=drug or task.drug)


def admitted(task: Task, size: int, solver: str | None = None) -> Cohort:
    """Patients before their first order."""
    cohort = Cohort(task, size, "tune", 1, solver)
    cohort.admit(np.arange(size))
    return cohort


def treated(task: Task, orders: Any, size: int, solver: str | None = None) -> tuple[Cohort, NDArray[np.float64]]:
    """Patients under orders (days, n or 1, 2) that are asked every day; and what each day added, (days, n, terms)."""
    cohort = admitted(task, size, solver)
    return cohort, followed(cohort, orders)


def followed(cohort: Cohort, orders: Any) -> NDArray[np.float64]:
    """Give the orders, day by day. What each added, (days, n, terms)."""
    running = np.ones(cohort.size, dtype=bool)
    return np.array([cohort.treat(np.broadcast_to(day, (cohort.size, 2)), running).terms for day in orders])


def constant(dose: float, until_next: float, days: int = INITIATION.task().rules.decisions) -> NDArray[np.float64]:
    """The same order of everybody on every day, (days, 1, 2)."""
    return np.tile([dose, until_next], (days, 1, 1))


def irregular(days: int, size: int, seed: int = 3, most: float = 15.0, longest: float = 56.0) -> NDArray[np.float64]:
    """Orders nobody planned: every fifth is none, and the next INR is wanted sooner or later, (days, n, 2)."""
    random = np.random.default_rng(seed)
    doses = random.uniform(0.0, most, (days, size)) * (random.random((days, size)) > 0.2)
    return np.stack([doses, longest ** random.random((days, size))], axis=2)
