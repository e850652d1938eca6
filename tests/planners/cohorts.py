"""Patients under treatment, for planners to decide about."""

from __future__ import annotations

import numpy as np

from dosing_env.cohort import Cohort
from dosing_env.scenario import Scenario


def cohort(scenario: Scenario, decisions: int, size: int = 8) -> Cohort:
    """Patients after so many decisions, each given doses of its own."""
    made = Cohort(scenario.task(), size, "tune", 5)
    made.admit(np.arange(size))
    for _ in range(decisions):
        made.treat(np.asarray(500.0 + 250.0 * (np.arange(size) % 5)), np.ones(size, dtype=bool))
    return made
