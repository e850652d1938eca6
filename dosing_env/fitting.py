"""Dosing equations by least squares: what a good statistician would do with the same simulated patients.

For each decision one equation on the scaled chart, fitted to the doses that the oracle would give.
First they are treated by the oracle; then, round after round, new ones by the equations so far, while the oracle says
what it would have done (dataset aggregation, Ross 2011, arXiv:1011.0686): so they learn to go on from their own doses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.agent import Agent, State, terms_of
from dosing_env.cohort import Cohort
from dosing_env.planners.oracle import Oracle
from dosing_env.recipe import Equation, Recipe, Scaler
from dosing_env.scenario import Scenario

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]  # rounds done, rounds in all


def fit(recipe: Recipe, case: Scenario, seed: int, progress: Progress) -> State:
    """The equations of a training seed. `training.steps` decisions are learned from, `num_envs` patients at a time."""
    task, equation = case.task(), recipe.equation
    if equation is None:
        raise ValueError(f"{recipe.name}: equation: is missing")
    scaler, asked, n = Scaler(recipe, task.features), np.flatnonzero(task.rules.asked), recipe.training.num_envs
    sums = _Sums(task.rules.decisions, terms_of(len(scaler.columns), equation.degree))
    rounds = max(1, recipe.training.steps // (n * len(asked)))
    state: State = {}
    for done in range(rounds):
        progress(done, rounds)
        cohort, oracle = Cohort(task, n, "train", seed), Oracle()
        cohort.admit(np.arange(n) + done * n)
        oracle.begin(task, cohort)
        agent = _agent(recipe, state, seed, task) if state else oracle
        for k in asked:
            x, best = terms(scaler(cohort.observation), equation.degree), oracle.doses(cohort.observation)
            sums.add(k, x, 2.0 * best / task.rules.max_dose - 1.0)
            cohort.treat(agent.doses(cohort.observation).astype(np.float64), np.ones(n, dtype=bool))
        state = {"equation": sums.solved(asked, equation)}
    progress(rounds, rounds)
    return state


def terms(x: NDArray[np.float32], degree: int) -> Floats:
    """(n, terms) of scaled features (n, inputs), in the order of `agent`."""
    own = x.astype(np.float64)
    i, j = np.triu_indices(own.shape[1])
    return np.hstack([np.ones((len(own), 1)), own, *([own[:, i] * own[:, j]] if degree == 2 else [])])


def _agent(recipe: Recipe, state: State, seed: int, task: Any) -> Agent:
    agent = Agent(recipe, {seed: state}, {}, seed, recipe.name)
    agent.begin(task, None)
    return agent


class _Sums:
    """Sums of squares and products for each decision: all that least squares needs of the patients."""

    def __init__(self, decisions: int, terms: int) -> None:
        self.squares, self.products = np.zeros((decisions, terms, terms)), np.zeros((decisions, terms))

    def add(self, k: Any, x: Floats, y: Floats) -> None:
        self.squares[k] += x.T @ x
        self.products[k] += x.T @ y

    def solved(self, asked: NDArray[np.intp], equation: Equation) -> NDArray[np.float32]:
        """(decisions, terms); a term that is always 0 has the coefficient 0."""
        found = np.zeros_like(self.products)
        for k in asked:
            penalty = equation.ridge * np.trace(self.squares[k]) / len(self.squares[k])
            found[k] = np.linalg.solve(self.squares[k] + penalty * np.eye(len(found[k])), self.products[k])
        return found.astype(np.float32)
