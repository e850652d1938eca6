"""Patients treated with a policy from the first to the last decision."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.cohort import Cohort
from dosing_env.scenario_file import Scenario


def treat(
    scenario: Scenario, policy: Any, patients: NDArray[np.int64], *, seed: int, stream: str
) -> tuple[Cohort, dict[str, NDArray[np.float64]]]:
    """Treat patients with a policy from the first to the last decision.

    Returns the cohort at the end, and per patient the `return` and what each term added to it.
    """
    cohort, total, terms = followed(scenario, policy, patients, seed=seed, stream=stream)
    priced = cohort.task.prices * terms
    names = [f"reward_{term.name}" for term in cohort.task.terms]
    return cohort, {"return": total} | {name: priced[:, j] for j, name in enumerate(names)}


def followed(
    scenario: Scenario, policy: Any, patients: NDArray[np.int64], *, seed: int, stream: str
) -> tuple[Cohort, NDArray[np.float64], NDArray[np.float64]]:
    """The cohort at the end, and per patient the return (n,) and the sum of each term before its price (n, terms)."""
    task = scenario.task()
    cohort = Cohort(task, len(patients), stream, seed)
    cohort.admit(patients)
    begin(policy, cohort)
    running = np.ones(len(patients), dtype=bool)
    start, state = running, None
    total, terms = np.zeros(len(patients)), np.zeros((len(patients), len(task.terms)))
    while running.any():
        actions, state = policy.predict(cohort.observation, state=state, episode_start=start, deterministic=True)
        paid = cohort.treat(checked(actions, policy, cohort), running)
        total += paid.reward
        terms += paid.terms
        running, start = ~paid.over, np.zeros(len(patients), dtype=bool)
    return cohort, total, terms


def begin(policy: Any, cohort: Cohort) -> None:
    """Tell a policy the task, if it wants to know, and an oracle the patients."""
    if hasattr(policy, "begin"):
        policy.begin(cohort.task, cohort if getattr(policy, "oracle", False) else None)


def checked(actions: Any, policy: Any, cohort: Cohort) -> NDArray[np.float64]:
    """What a policy wants for each patient, (n, numbers): a patient must not be given what is no dose."""
    name, known = getattr(policy, "name", type(policy).__name__), cohort.task.actions
    try:
        wanted = np.asarray(actions, dtype=np.float64).reshape(cohort.size, len(known))
    except (TypeError, ValueError):
        words = " and ".join(f"{number.name} in {number.unit}" for number in known)
        raise ValueError(f"policy {name}: expected {words} for {cohort.size} patients, got {actions!r:.80}") from None
    bad = np.argwhere(~((wanted >= 0.0) & (wanted < np.inf)))  # also nan; the task lowers what is too much
    if bad.size:
        slot, column = bad[0]
        course = cohort.courses[slot]
        raise ValueError(
            f"policy {name}: {known[column].name} at {cohort.task.hours[course['decision']]:g} h of patient "
            f"{course['number']}: {wanted[slot, column]:g} {known[column].unit} is not a finite number of at least 0"
        )
    return wanted
