"""The environment that one writes in an afternoon: one patient, SciPy's ODE solver, plain Gymnasium.

It gives the same infusions to the same patients as ours and integrates the same equations at SciPy's default
tolerances, the day's AUC along with them. It does less: no assay, no changing kidney, no limits on the dose, no chart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from dosing_env.cohort import Cohort
from dosing_env.pharmacology import Patient
from dosing_env.task import Task

INTERVAL, DECISIONS = 12.0, 14  # h
LOW, HIGH = 400.0, 600.0  # mg h/L


def one_compartment(t: float, y: Any, rate: float, CL: float, V: float) -> list[float]:
    A, _ = y
    return [rate - CL / V * A, A / V]


def two_compartments(t: float, y: Any, rate: float, CL: float, V1: float, Q: float, V2: float) -> list[float]:
    A1, A2, _ = y
    return [rate - (CL + Q) / V1 * A1 + Q / V2 * A2, Q / V1 * A1 - Q / V2 * A2, A1 / V1]


class PlainEnv(gymnasium.Env[NDArray[np.float32], Any]):
    """One patient, a dose every 12 hours for a week; each reset takes the next patient.

    Args:
        derivative: the equations.
        patients: (n, parameters), a row per patient.
        tolerances: rtol and atol of the solver; by default SciPy's.
    """

    def __init__(self, derivative: Callable[..., list[float]], patients: Any, **tolerances: float) -> None:
        self.derivative, self.patients, self.tolerances = derivative, patients, tolerances
        self.compartments = 1 if derivative is one_compartment else 2
        self.action_space = spaces.Box(0.0, 3000.0, (1,), np.float32)
        self.observation_space = spaces.Box(0.0, np.inf, (3,), np.float32)
        self.next = 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[NDArray[np.float32], dict[str, Any]]:
        super().reset(seed=seed)
        self.p = self.patients[self.next % len(self.patients)]
        self.next += 1
        self.k = 0
        self.y = np.zeros(self.compartments + 1)  # mg; the last one is the day's AUC, mg h/L
        return self.observation(), {}

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        dose = float(action[0])
        duration = max(1.0, dose / 1000.0)
        start = self.k * INTERVAL
        self.integrate(start, start + duration, dose / duration)
        self.integrate(start + duration, start + INTERVAL, 0.0)
        self.k += 1
        observation, reward, info = self.observation(), 0.0, {"auc24": self.y[-1]}
        if self.k % 2 == 0:
            reward = 1.0 / 6.0 if self.k > 2 and LOW <= self.y[-1] <= HIGH else 0.0
            self.y[-1] = 0.0
        return observation, reward, False, self.k == DECISIONS, info

    def integrate(self, begin: float, end: float, rate: float) -> None:
        solution = solve_ivp(
            self.derivative, (begin, end), self.y, method="LSODA", args=(rate, *self.p), **self.tolerances
        )
        self.y = solution.y[:, -1]

    def observation(self) -> NDArray[np.float32]:
        return np.array([self.k * INTERVAL, self.y[0] / self.p[1], self.y[-1]], dtype=np.float32)  # p[1]: V or V1


def plain_twin(task: Task, count: int, **tolerances: float) -> PlainEnv:
    """A plain environment with the first patients that ours treats after `reset(seed=0)`."""
    drug, cohort = task.drug, Cohort(task, count, "train", seed=0)
    cohort.admit(np.arange(count))
    patients = [
        tuple(map(float, drug.individual(drug.covariates(Patient(*course["patient"])), drug.Eta(*course["eta"]))))
        for course in cohort.courses
    ]
    derivative = one_compartment if len(drug.compartments) == 1 else two_compartments
    return PlainEnv(derivative, patients, **tolerances)
