"""The search over particles: what a plan is worth, and that nothing but that decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from dosing_env import simulate
from dosing_env.cohort import Cohort
from dosing_env.planners._believing import CHUNK
from dosing_env.planners._expected import _better, _respond
from dosing_env.planners.mpc import MPC
from dosing_env.planners.posterior_optimal import PosteriorOptimal
from dosing_env.policies import policy_of
from dosing_env.scenario import load
from dosing_env.simulation.compiling import specialise
from dosing_env.treatment import treat
from dosing_env.ward.chart import read
from dosing_env.ward.charts import Belief, believe, imagine
from dosing_env.ward.dosing import infusion_hours
from dosing_env.ward.tables import PRIMARY, outcomes
from tests.environment.rollouts import changed
from tests.planners.cohorts import cohort

WARD, ONESHOT = load("vancomycin_ward"), load("vancomycin_oneshot")
PARTICLES = 64


def planned(policy: PosteriorOptimal, made: Cohort) -> NDArray[np.float64]:
    policy.begin(made.task, None)
    return policy.doses(made.observation)


class Followed(MPC):
    """Every plan is followed, and no exposure superposed."""

    def begin(self, task: Any, patients: Any) -> None:
        super().begin(task, patients)
        assert self._setting.linear
        self._setting = self._setting._replace(linear=False, straight=False)


class EachProduct(MPC):
    """The response is found once per product, though exposure is proportional to the dose."""

    def begin(self, task: Any, patients: Any) -> None:
        super().begin(task, patients)
        assert self._setting.straight
        self._setting = self._setting._replace(straight=False)


@pytest.mark.parametrize("decisions", [0, 3, 8, 13])
def test_superposed_exposures_are_those_of_a_plan_followed(decisions: int) -> None:
    made = cohort(WARD, decisions)
    usual = planned(MPC(decisions=3, days=2), made)
    assert usual.tolist() == planned(Followed(decisions=3, days=2), made).tolist()
    assert len(set(usual)) > 2


def test_exposures_proportional_to_the_dose_are_those_of_a_plan_followed() -> None:
    made = cohort(ONESHOT, 0, 40)
    usual = planned(MPC(), made).tolist()
    assert usual == planned(EachProduct(), made).tolist()
    assert usual == planned(Followed(), made).tolist()
    assert len(set(usual)) > 5


def worths(made: Cohort, i: int) -> NDArray[np.float64]:
    """By hand: expected share of patient i within the target on day 3 for each product, particle by particle."""
    task, rules = made.task, made.task.rules
    chart = read(np.ascontiguousarray(made.observation[i : i + 1].T, dtype=np.float64), rules)
    seen = imagine(believe(task.drug, rules, chart), rules, PARTICLES)
    names = ("AGE", "WT", "HT", "SEX")
    patient = {name: float(getattr(chart, name)[0]) for name in names} | {"DIAL": 0.0, "HAEM": 0.0}
    eta = pd.DataFrame(seen.etas[0], columns=list(task.drug.Eta._fields)).assign(ID=range(PARTICLES))
    return np.array([_worth(made, i, patient, eta, seen.weight[0], dose) for dose in task.doses])


def _worth(made: Cohort, i: int, patient: Any, eta: Any, weight: Any, dose: float) -> float:
    rules, given = made.task.rules, [*made.courses["doses"][i, :3], dose, dose, dose]
    doses = [
        {"TIME": 12.0 * k, "AMT": mg, "RATE": mg / infusion_hours(rules, mg)} for k, mg in enumerate(given) if mg > 0
    ]
    bedside = patient | {"SCR": float(made.observation[i, 6])}
    table = simulate(made.task.drug, doses, covariates=bedside, times=[24.0, 48.0, 72.0], eta=eta)
    auc2, auc3 = np.diff(table["auc"].to_numpy().reshape(-1, 3)).T
    within = norm.cdf(np.log(600.0 / auc3) / 0.05) - norm.cdf(np.log(400.0 / auc3) / 0.05)
    return float(weight @ (within - 1e-4 * (abs(auc2 - 500.0) + abs(auc3 - 500.0)) / 500.0))


def test_the_dose_is_the_one_with_the_largest_share_of_particles_counted_by_hand() -> None:
    made = cohort(ONESHOT, 0)
    doses = planned(PosteriorOptimal(particles=PARTICLES, harm_limit=np.inf), made)
    for i in range(len(doses)):
        by_hand = worths(made, i)
        assert doses[i] == made.task.doses[int(by_hand.argmax())]
        assert by_hand.max() > 0.3
    assert len(set(doses)) > 2


def one_dose_worths(courses, weight, rules, bench, room, setting, worth):  # type: ignore[no-untyped-def]
    """What the search finds each product to be worth as the one dose of day 2 and 3."""
    k, size, most = courses[0].decision, 3, len(worth)
    _respond(courses, rules[0], bench[0], room, k, size, most, setting.straight)
    for product in range(most):
        room.plan[:size] = product
        worth[product] = _better(-1e300, courses, weight, rules[0], bench[0], room, size, setting)


class Watched(PosteriorOptimal):
    """Keeps what each product is worth for the first patient."""

    def planned(self, chart: Any, belief: Belief) -> NDArray[np.float64]:
        seen, self.worth = imagine(belief, self.task.rules, PARTICLES), np.zeros(len(self.task.doses))
        many = self.believer.courses(chart, belief)[:1].repeat(PARTICLES)
        many["eta"], many["amounts"], many["auc"] = seen.etas[0], seen.amounts[0], seen.auc[0]
        tell = specialise(one_dose_worths, **self.believer.holes)
        tell(many, seen.weight[0], self.believer.rules, self.believer.bench, self._room, self._setting, self.worth)
        return super().planned(chart, belief)


def test_what_a_plan_is_worth_is_its_share_of_particles_counted_by_hand() -> None:
    made, watched = cohort(ONESHOT, 0), Watched(particles=PARTICLES, harm_limit=np.inf)
    planned(watched, made)
    assert watched.worth == pytest.approx(worths(made, 0), rel=1e-5, abs=1e-7)
    assert np.ptp(watched.worth) > 0.3


def test_where_no_dose_keeps_the_limit_the_least_harmful_is_none() -> None:
    for scenario, decisions in ((WARD, 3), (ONESHOT, 0)):
        made = cohort(scenario, decisions)
        assert np.count_nonzero(planned(PosteriorOptimal(particles=PARTICLES), made)) > 5
        assert not planned(PosteriorOptimal(particles=PARTICLES, harm_limit=1e-9), made).any()


def test_a_limit_of_harm_lowers_doses_and_raises_none() -> None:
    made = cohort(ONESHOT, 0, 40)
    free, bound, strict = (
        planned(PosteriorOptimal(particles=PARTICLES, harm_limit=limit), made) for limit in (np.inf, 0.11, 0.09)
    )
    assert (strict <= bound).all()
    assert (bound <= free).all()
    assert strict.sum() < bound.sum() < free.sum()


@pytest.mark.parametrize(("free", "days"), [(1, 1), (1, 3), (3, 1), (14, 7)])
def test_planned_doses_keep_the_hard_limits(free: int, days: int) -> None:
    tight = changed("vancomycin_ward", dosing={"max_dose_mg": 1250.0, "max_daily_mg": 1500.0})
    for decisions in (0, 1):
        made = cohort(tight, decisions)
        doses = planned(MPC(decisions=free, days=days), made)
        already = made.courses["doses"][:, :decisions].sum(axis=1)
        assert (doses <= np.minimum(1250.0, 1500.0 - already)).all()
        assert (doses % 250.0 == 0).all()
        assert doses.max() == np.minimum(1250.0, 1500.0 - already).max()


@pytest.mark.parametrize("policy", [PosteriorOptimal, MPC])
def test_no_patient_depends_on_another(policy: type[PosteriorOptimal]) -> None:
    made, mine = cohort(WARD, 5, CHUNK + 3), policy()
    together = planned(mine, made)
    for i in (0, CHUNK - 1, CHUNK, CHUNK + 2):
        assert mine.doses(made.observation[i : i + 1]).tolist() == [together[i]]
    assert mine.doses(made.observation[::-1]).tolist() == together[::-1].tolist()


def test_who_plans_over_everybody_reaches_what_map_dosing_reaches() -> None:
    usual, expected, ahead = (attained(name) for name in ("map_dosing", "posterior_optimal", "mpc"))
    assert expected > usual - 3.0
    assert ahead > usual - 3.0


def attained(policy: str) -> float:
    made, returns = treat(WARD, policy_of(policy), np.arange(300), seed=11, stream="tune")
    return float(outcomes(made, returns)[PRIMARY].mean())
