"""What is compiled is also plain Python: it does the same there, and what it may not write to is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dosing_env import scenario
from dosing_env.cohort import Cohort
from dosing_env.simulation.compiling import interpreted
from dosing_env.tasks import follow
from tests.tasks.test_new_kinds import TASKS

SCENARIOS = Path(__file__).parent / "scenarios"
CASES: dict[str, Any] = {"vancomycin_ward": str(SCENARIOS / "vancomycin_ward.toml"), **TASKS}
MOST = 20  # decisions


def named(record: Any) -> Any:
    """A record whose fields are attributes, as they are in compiled code."""
    return record.view(np.recarray)


@pytest.mark.parametrize("name", CASES)
def test_plain_python_does_the_same(name: str) -> None:
    """An index beyond an array is an error in Python, which compiled code would not notice."""
    cohort, plain = (Cohort(scenario.load(CASES[name]).task(), 1, "tune", 3) for _ in range(2))
    for one in (cohort, plain):
        one.admit(np.arange(1))
    courses = follow.Courses(named(plain.courses), plain.memory)
    rules = plain.rules._replace(record=named(plain.rules.record))
    bench = plain.bench._replace(record=named(plain.bench.record))
    step = interpreted(follow.step, **plain.holes)
    rng, running = np.random.default_rng(0), np.ones(1, dtype=bool)
    for _ in range(min(MOST, cohort.task.decisions)):
        action = rng.uniform(0.0, cohort.task.largest, (1, 1))
        compiled = cohort.treat(action, running)
        paid = type(compiled)(*(np.zeros_like(value) for value in compiled))
        assert step(courses, rules, plain.key, bench, action, running, plain.observation, paid) == follow.DONE
        np.testing.assert_allclose(paid.reward, compiled.reward, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(plain.observation, cohort.observation, rtol=1e-5)
    np.testing.assert_allclose(plain.memory, cohort.memory, rtol=1e-7, atol=1e-12)
