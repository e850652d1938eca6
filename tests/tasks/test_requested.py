"""A sample as a decision, with its price: only who asks is told, and later."""

from __future__ import annotations

from typing import Any

import numpy as np

from dosing_env import scenario
from dosing_env.cohort import Cohort
from dosing_env.pharmacology import drug_of
from dosing_env.tasks.believing import Believer
from tests.tasks.test_new_kinds import INFUSED

SAMPLED: dict[str, Any] = INFUSED | {
    "name": "sampled",
    "title": "Sampled",
    "given": INFUSED["given"] | {"sample": {"is": "sample"}},
    "measured": {"level": {"is": "requested", "by": "given.sample", "turnaround_h": 6}},
    "judged": {**INFUSED["judged"], "samples": {"is": "count", "of": "measured.level"}},
    "paid": INFUSED["paid"] | {"samples": -0.05},
}
N = 3


def test_only_who_asks_is_told() -> None:
    """The first patient asks at 12 h, the second never, the third always; results come with the next dose."""
    cohort = Cohort(scenario.load(SAMPLED).task(), N, "tune", 1)
    cohort.admit(np.arange(N))
    names = [feature.name for feature in cohort.task.features]
    term = [term.name for term in cohort.task.terms].index("samples")
    asked = np.array([[0, 1, 0, 0, 0, 0], [0] * 6, [1] * 6], dtype=float)
    for k in range(6):
        paid = cohort.treat(np.column_stack([np.full(N, 6.0), asked[:, k]]), np.ones(N, dtype=bool))
        np.testing.assert_array_equal(paid.terms[:, term], asked[:, k])
        told = cohort.observation[:, [names.index(f"level_resulted_{j + 1}") for j in range(6)]]
        np.testing.assert_array_equal(told[:, : k + 1], asked[:, : k + 1])
    levels = cohort.observation[:, [names.index(f"level_{j + 1}") for j in range(6)]]
    assert (levels[0] > 0).tolist() == [False, True, False, False, False, False]
    assert (levels[1] == 0).all()
    np.testing.assert_allclose(levels[2, 0], 0.0)  # nothing is in him before the first dose
    assert (levels[2, 1:] > 0).all()


def test_a_model_reads_what_was_asked_for() -> None:
    """Who asked most is known best."""
    task: Any = scenario.load(SAMPLED).task()
    cohort = Cohort(task, N, "tune", 1)
    cohort.admit(np.arange(N))
    for _ in range(5):
        cohort.treat(np.column_stack([np.full(N, 6.0), [0.0, 0.0, 1.0]]), np.ones(N, dtype=bool))
    believer = Believer(task.made, drug_of(SAMPLED["drug"]), "test")
    found = believer.meet(cohort.observation, believer.memory(N)).found
    np.testing.assert_allclose(found.z[:2], 0.0, atol=1e-8)
    assert abs(found.z[2, 0] - cohort.courses["eta"][2, 0] / 0.3) < 0.5
    assert found.hessian[2, 0, 0] > 10 * found.hessian[0, 0, 0]
