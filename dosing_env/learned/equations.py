"""Dosing equations: a linear combination of terms for each decision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dosing_env.learned.decisions import require_decisions
from dosing_env.recipe import Equation
from dosing_env.simulation.compiling import specialise
from dosing_env.task import Task
from dosing_env.weights import State

Floats = NDArray[np.float64]


class Equations:
    """A dosing equation for each decision: 1, the inputs and, with degree 2, their squares and products."""

    kind = "regression"

    def __init__(self, equation: Equation, state: State, where: str) -> None:
        self._coefficients, self._where = _coefficients(equation, state, where), where
        self._degree = equation.degree
        squares = ", with squares and products" if equation.degree == 2 else ""
        self.made = f"least squares to the oracle's doses, one equation for each decision{squares}"
        self.inputs = _inputs(self._coefficients.shape[1], equation.degree)
        self._values = specialise(_equations)

    def check(self, task: Task, action: str) -> None:
        """See `Learned`."""
        require_decisions(len(self._coefficients), "equations", task, self._where)

    def __call__(self, x: Floats, decision: NDArray[np.int64]) -> Floats:
        """See `Learned`: the scaled dose."""
        return self._values(x, decision, self._coefficients, self._degree)


def terms_of(inputs: int, degree: int) -> int:
    """How many terms an equation of so many inputs has: 1, the inputs, and their squares and products."""
    return 1 + inputs + (inputs * (inputs + 1) // 2 if degree == 2 else 0)


def _inputs(terms: int, degree: int) -> int:
    """How many inputs an equation of so many terms has."""
    return next(inputs for inputs in range(terms) if terms_of(inputs, degree) >= terms)


def _coefficients(equation: Equation, state: State, where: str) -> Floats:
    """(decisions, terms) in double precision."""
    found = state.get("equation")
    if found is None or found.ndim != 2:
        raise ValueError(f"{where}: no equations: another recipe's file?")
    terms = found.shape[1]
    if terms_of(_inputs(terms, equation.degree), equation.degree) != terms:
        raise ValueError(f"{where}: {terms} terms do not fit an equation of degree {equation.degree}")
    return found.astype(np.float64)


def _equations(x, decision, coefficients, degree):  # type: ignore[no-untyped-def]
    """The equation of each row's decision: 1, the inputs, then products of each with itself and those behind it."""
    n = x.shape[1]
    y = np.empty((x.shape[0], 1))
    for row in range(x.shape[0]):
        c = coefficients[decision[row]]
        total = c[0]
        for i in range(n):
            total += c[1 + i] * x[row, i]
        at = 1 + n
        for i in range(n if degree == 2 else 0):
            for j in range(i, n):
                total += c[at] * x[row, i] * x[row, j]
                at += 1
        y[row, 0] = total
    return y
