"""What a model makes of the charts of a task made of parts, and what is planned for whom it finds there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dosing_env import scenario
from dosing_env.cohort import Cohort
from dosing_env.pharmacology import drug_of
from dosing_env.policies import policy_of
from dosing_env.tasks.believing import Believer
from dosing_env.treatment import followed
from dosing_env.ward.belief import Believer as BelieverOfWards

WARD = str(Path(__file__).parent / "scenarios" / "vancomycin_ward.toml")
N = 12


def treated(case: Any, decisions: int) -> Cohort:
    """Patients after so many doses of 1 g."""
    cohort = Cohort(case.task(), N, "tune", 4)
    cohort.admit(np.arange(N))
    for _ in range(decisions):
        cohort.treat(np.full((N, 1), 1000.0), np.ones(N, dtype=bool))
    return cohort


@pytest.mark.parametrize("believed", ["vancomycin_goti2018", "vancomycin_thomson2009"])
def test_the_most_probable_patient_is_that_of_the_exact_search(believed: str) -> None:
    """Two searches that share no line: derivatives of a solver's levels there, differences of whole courses here."""
    parts, before = treated(scenario.load(WARD), 9), treated(scenario.load("vancomycin_ward"), 9)
    np.testing.assert_array_equal(parts.observation, before.observation)
    here = Believer(parts.task.made, drug_of(believed), "test")
    there = BelieverOfWards(before.task, drug_of(believed), None, "test")
    memory = here.memory(N)
    found = here.meet(parts.observation, memory).found
    _, _, belief = next(there.meet(before.observation, there.memory(N)))
    np.testing.assert_allclose(found.z, belief.z, atol=2e-4)
    np.testing.assert_array_equal(found.status, belief.status)
    np.testing.assert_array_equal(memory, found.z)
    shape = (N, *found.hessian.shape[1:])
    np.testing.assert_allclose(found.hessian, belief.found.hessian.reshape(shape), rtol=5e-3, atol=5e-3)


def test_the_population_is_believed_of_whom_nothing_was_measured() -> None:
    cohort = treated(scenario.load(WARD), 1)
    believer = Believer(cohort.task.made, cohort.task.drug, "test")
    believed = believer.meet(cohort.observation, believer.memory(N))
    np.testing.assert_allclose(believed.found.z, 0.0, atol=1e-8)
    z, weight = believer.particles(believed, 512)
    np.testing.assert_allclose(weight.sum(axis=1), 1.0)
    spread = np.sqrt((weight[:, :, None] * z**2).sum(axis=1))
    np.testing.assert_allclose(spread, 1.0, atol=0.15)  # standard normals


@pytest.mark.parametrize("name", ["map_dosing", "posterior_optimal"])
def test_a_plan_is_the_same_in_every_company(name: str) -> None:
    case, policy = scenario.load(WARD), policy_of(name)
    many, alone = treated(case, 5), Cohort(case.task(), 1, "tune", 4)
    policy.begin(many.task, None)
    wanted, _ = policy.act(many.observation, None, None)
    own, _ = policy.act(many.observation[3:4], None, None)
    assert alone.task.features == many.task.features
    np.testing.assert_array_equal(own[0], wanted[3])


def test_who_knows_more_reaches_more() -> None:
    """Oracle above Bayesian dosing above a fixed dose; nobody reads more than the chart but the oracle."""
    case = scenario.load(WARD)
    reached = {}
    for name in ("oracle", "map_dosing", "fixed_1g_q12h"):
        cohort, _, _ = followed(case, policy_of(name), np.arange(60), seed=2, stream="tune")
        reached[name] = cohort.courses["gained"][:, 0].mean()
    assert reached["oracle"] > reached["map_dosing"] + 0.1
    assert reached["map_dosing"] > reached["fixed_1g_q12h"] + 0.1
