"""A ward and a clinic made of parts are what they were before: to the last bit, whatever the drug."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dosing_env import scenario
from dosing_env.cohort import Cohort
from dosing_env.policies import policy_of
from dosing_env.treatment import followed

SCENARIOS = Path(__file__).parent / "scenarios"
CASES = [
    ("vancomycin_ward", "vancomycin_goti2018"),
    ("vancomycin_ward", "vancomycin_colin2019"),
    ("warfarin_initiation", "warfarin_hamberg2007"),
    ("warfarin_initiation", "warfarin_ohara2014"),
]
N = 40


def both(name: str, drug: str) -> tuple[Any, Any]:
    """The task of before, and the one made of parts."""
    before, parts = scenario.load(name), scenario.load(str(SCENARIOS / f"{name}.toml"))
    return before.replace(drug=drug), parts.replace(drug=drug)


@pytest.mark.parametrize(("name", "drug"), CASES)
def test_courses_are_equal_to_the_bit(name: str, drug: str) -> None:
    before, parts = (case.task() for case in both(name, drug))
    assert parts.features == before.features
    assert parts.actions == before.actions
    assert parts.grids == before.grids
    old, new = Cohort(before, N, "tune", 5), Cohort(parts, N, "tune", 5)
    for cohort in (old, new):
        cohort.admit(np.arange(N) + 3)
    rng, running = np.random.default_rng(2), np.ones(N, dtype=bool)
    low, high = (np.array([getattr(a, end) for a in before.actions]) for end in ("low", "high"))
    for k in range(before.decisions):
        np.testing.assert_array_equal(new.observation, old.observation)
        np.testing.assert_array_equal(parts.masks(new.observation), before.masks(old.observation))
        wanted = rng.uniform(low, np.minimum(high, [1.0, *high[1:]][0] * high), (N, len(high)))
        was, now = old.treat(wanted, running), new.treat(wanted, running)
        for what in ("reward", "terms", "dose", "limit", "over"):
            np.testing.assert_array_equal(getattr(now, what), getattr(was, what), err_msg=f"{what} of decision {k}")
    assert now.over.all()


@pytest.mark.parametrize(
    ("name", "policies"),
    [("vancomycin_ward", ("guideline_2020", "sawchuk_zaske")), ("warfarin_initiation", ("warfarin_5mg_rely",))],
)
def test_protocols_do_the_same(name: str, policies: tuple[str, ...]) -> None:
    """They read the chart of parts by the names of its columns."""
    before, parts = both(name, scenario.load(name).drug)
    for policy in policies:
        was, now = (
            followed(case, policy_of(policy), np.arange(N), seed=7, stream="evaluate") for case in (before, parts)
        )
        np.testing.assert_array_equal(now[1], was[1])


@pytest.mark.parametrize("agent", ["vancomycin_ward_ppo", "warfarin_initiation_ppo"])
def test_agents_do_the_same(agent: str) -> None:
    before, parts = both(agent.removesuffix("_ppo"), scenario.load(agent.removesuffix("_ppo")).drug)
    was, now = (
        followed(case, policy_of(f"agent:{agent}"), np.arange(N), seed=7, stream="evaluate") for case in (before, parts)
    )
    np.testing.assert_array_equal(now[1], was[1])
