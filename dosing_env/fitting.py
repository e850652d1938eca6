"""Dosing rules by supervised learning: what a good statistician would do with the same simulated patients.

For each decision one rule on the scaled chart, fitted to the doses that the oracle would give: an equation by least
squares, or boosted trees. First patients are treated by the oracle; then, round after round, new ones by the rules so
far, while the oracle says what it would have done (dataset aggregation, Ross 2011, arXiv:1011.0686): so they learn to
go on from their own doses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dosing_env.agent import Agent
from dosing_env.cohort import Cohort
from dosing_env.learned import terms_of
from dosing_env.planners.oracle import Oracle
from dosing_env.recipe import Equation, Network, Recipe, Scaler, sight_of
from dosing_env.scenario import Scenario
from dosing_env.weights import State

Floats = NDArray[np.float64]
Inputs = NDArray[np.float32]
Progress = Callable[[int, int], None]  # rounds done, rounds in all


class Learner(Protocol):
    """What can be learned from examples, decision by decision."""

    def add(self, k: int, x: Inputs, y: Floats) -> None:
        """Examples of decision k: scaled inputs (n, inputs) and the scaled doses (n,) that were right."""

    def learned(self) -> State:
        """What all examples so far make."""


def fit(recipe: Recipe, case: Scenario, seed: int, progress: Progress) -> State:
    """The rules of a training seed. `training.steps` decisions are learned from, `num_envs` patients at a time.

    Raises:
        ValueError: the recipe is that of a network.
    """
    task, n = case.task(), recipe.training.num_envs
    asked, sight = task.asked, sight_of(recipe, task)
    scaler = Scaler(recipe, sight.features)
    learner = _learner(recipe, asked, len(scaler.columns), task.decisions, seed)
    rounds = max(1, recipe.training.steps // (n * len(asked)))
    state: State = {}
    for done in range(rounds):
        progress(done, rounds)
        cohort, oracle, memory = Cohort(task, n, "train", seed), Oracle(), None
        cohort.admit(np.arange(n) + done * n)
        oracle.begin(task, cohort)
        agent = _agent(recipe, state, seed, task) if state else None
        for k in asked.tolist():
            seen, memory = sight(cohort.observation, memory)
            best = oracle.doses(cohort.observation)
            learner.add(k, scaler(seen), 2.0 * best / task.largest - 1.0)
            given = best if agent is None else agent.told(seen, cohort.observation)[:, 0]
            cohort.treat(given.astype(np.float64), np.ones(n, dtype=bool))
        state = learner.learned()
    progress(rounds, rounds)
    return state


def _learner(recipe: Recipe, asked: NDArray[np.intp], inputs: int, decisions: int, seed: int) -> Learner:
    form = recipe.form
    if isinstance(form, Network):
        raise ValueError(f"{recipe.name}: equation or boosting: is missing")
    if isinstance(form, Equation):
        return Sums(form, asked, inputs, decisions)
    from dosing_env.boosting import Boosted  # needs the extra packages

    return Boosted(form, asked, inputs, decisions, seed, recipe.training.threads)


def _agent(recipe: Recipe, state: State, seed: int, task: Any) -> Agent:
    agent = Agent(recipe, {seed: state}, {}, seed, recipe.name)
    agent.begin(task, None)
    return agent


def terms(x: Inputs, degree: int) -> Floats:
    """(n, terms) of scaled features (n, inputs), in the order of `learned.Equations`."""
    own = x.astype(np.float64)
    i, j = np.triu_indices(own.shape[1])
    return np.hstack([np.ones((len(own), 1)), own, *([own[:, i] * own[:, j]] if degree == 2 else [])])


class Sums:
    """Sums of squares and products for each decision: all that least squares needs of the patients."""

    def __init__(self, equation: Equation, asked: NDArray[np.intp], inputs: int, decisions: int) -> None:
        n = terms_of(inputs, equation.degree)
        self._equation, self._asked = equation, asked
        self._squares, self._products = np.zeros((decisions, n, n)), np.zeros((decisions, n))

    def add(self, k: int, x: Inputs, y: Floats) -> None:
        """See `Learner`."""
        own = terms(x, self._equation.degree)
        self._squares[k] += own.T @ own
        self._products[k] += own.T @ y

    def learned(self) -> State:
        """Coefficients (decisions, terms); a term that is always 0 has the coefficient 0."""
        found = np.zeros_like(self._products)
        for k in self._asked:
            penalty = self._equation.ridge * np.trace(self._squares[k]) / len(self._squares[k])
            found[k] = np.linalg.solve(self._squares[k] + penalty * np.eye(len(found[k])), self._products[k])
        return {"equation": found.astype(np.float32)}
