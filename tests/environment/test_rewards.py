"""The reward of every scenario asks for good dosing: not for an early end, not for nothing, not for the most."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from dosing_env import scenario
from dosing_env.policies import policy_of
from dosing_env.policy import Policy
from dosing_env.treatment import treat
from tests.environment.rollouts import (
    decisions,
    environment,
    every_scenario,
    extreme_doses,
    roll,
    some_doses,
)

PATIENTS, SEED, STREAM = 200, 0, "tune"
BASELINES = ("label", "guideline", "equation")  # kinds of policies


class Always(Policy):
    """The same share of the largest dose for everybody, seen as rarely as the task allows: nothing costs less."""

    kind = "label"

    def __init__(self, share: float) -> None:
        self.name = self.title = f"{share:.0%} of the most"
        self._share = share

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[NDArray[np.float64], Any]:
        """One action for all, (n, numbers)."""
        action = np.array([number.high for number in self.task.actions])
        action[0] *= self._share
        return np.tile(action, (len(observation), 1)), state


NOTHING, MOST = Always(0.0), Always(1.0)


@cache
def earned(name: str, policy: Any) -> dict[str, NDArray[np.float64]]:
    """What each patient earns, and by what."""
    return treat(scenario.load(name), policy_of(policy), np.arange(PATIENTS), seed=SEED, stream=STREAM)[1]


def mean_return(name: str, policy: Any) -> float:
    return float(earned(name, policy)["return"].mean())


def baselines(name: str) -> dict[str, str]:
    """The clinical protocols of a scenario file and the kind of each."""
    kinds = {policy: policy_of(policy).kind for policy in scenario.load(name).policies if ":" not in policy}
    return {policy: kind for policy, kind in kinds.items() if kind in BASELINES}


@every_scenario
def test_no_course_ends_before_its_last_decision(name: str) -> None:
    """Whatever is done: nobody gains, or loses, by ending the treatment."""
    for doses in extreme_doses(name):
        course = roll(environment(name, 50), doses)
        ended = course.terminated | course.truncated
        assert not ended[:-1].any()
        assert ended[-1].all()


@every_scenario
def test_stopping_early_never_beats_the_whole_course(name: str) -> None:
    """On average, for who doses well: the oracle has most when it has done everything."""
    oracle = policy_of("oracle")

    def meet(k: int, env: Any) -> None:
        if k == 0:
            oracle.begin(env.task, env.cohort)

    env = environment(name, PATIENTS, stream=STREAM)
    course = roll(env, lambda seen: oracle.predict(seen)[0], seed=SEED, meddle=meet)
    so_far = course.rewards.mean(axis=1).cumsum()
    assert so_far[-1] == so_far.max() > 0
    np.testing.assert_allclose(so_far[-1], mean_return(name, "oracle"), rtol=1e-12)


@every_scenario
def test_the_oracle_earns_more_than_every_protocol(name: str) -> None:
    assert_all_earn_less(name, set(baselines(name)), "oracle")


@every_scenario
def test_the_most_earns_less_than_every_protocol(name: str) -> None:
    for protocol in baselines(name):
        assert_all_earn_less(name, {MOST}, protocol)


@every_scenario
def test_nothing_earns_less_than_guidelines_and_equations(name: str) -> None:
    """Not less than every label: on the ward 15 mg/kg for everybody earns -0.06, nothing -0.02 (2,000 patients)."""
    asking = [protocol for protocol, kind in baselines(name).items() if kind != "label"]
    assert len(asking) >= 2
    for protocol in asking:
        assert_all_earn_less(name, {NOTHING}, protocol)


def assert_all_earn_less(name: str, policies: set[Any], than: Any) -> None:
    most = mean_return(name, than)
    assert [policy for policy in policies if mean_return(name, policy) >= most] == [], (
        f"of {than}, who earns {most:.3f}"
    )


@every_scenario
@pytest.mark.parametrize("policy", [NOTHING, MOST, "oracle"], ids=["nothing", "most", "oracle"])
def test_the_terms_add_up_to_the_return(name: str, policy: Any) -> None:
    found = dict(earned(name, policy))
    total = found.pop("return")
    assert list(found) == [f"reward_{term.name}" for term in scenario.load(name).kind.terms]
    np.testing.assert_allclose(sum(found.values()), total, rtol=1e-9, atol=1e-12)


@every_scenario
@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP])
def test_every_step_reports_the_same_terms(name: str, mode: AutoresetMode) -> None:
    """Through the end of a course and the next patient's beginning, in the record of the end too."""
    env = environment(name, 3, autoreset_mode=mode)
    terms, doses = [term.name for term in env.task.care.terms], some_doses(env, range(3))
    env.reset(seed=SEED)
    ends = 0
    for k in range(decisions(env) + 2):
        _, reward, terminated, truncated, info = env.step(doses[k % decisions(env)])
        final = info.get("final_info", info)
        for reported in (info, final):
            assert list(reported["reward_terms"]) == terms
            assert all(part.shape == (3,) and part.dtype == np.float64 for part in reported["reward_terms"].values())
        np.testing.assert_allclose(sum(final["reward_terms"].values()), reward, rtol=1e-12, atol=1e-15)
        ends += int((terminated | truncated).all())
    assert ends >= 1
