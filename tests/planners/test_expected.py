"""Plans over particles: what they are worth, and that they keep the limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dosing_env import scenario
from dosing_env.chart import read
from dosing_env.cohort import Cohort
from dosing_env.inference.charts import believe, imagine
from dosing_env.planners.map_dosing import MAPDosing
from dosing_env.planners.mpc import MPC
from dosing_env.planners.oracle import Oracle
from dosing_env.planners.posterior_optimal import PosteriorOptimal
from dosing_env.treatment import outcomes, treat

ONCE, WARD = scenario.load("vancomycin_oneshot"), scenario.load("vancomycin_ward")


class Followed(PosteriorOptimal):
    """Every plan is followed, as for a drug that is not linear."""

    def begin(self, task: Any, patients: Any) -> None:
        super().begin(task, patients)
        self._setting = self._setting._replace(linear=False, straight=False)


def cohort(case: scenario.Scenario, size: int, decisions: int = 0, dose: float = 1000.0) -> Cohort:
    made = Cohort(case.task(), size, "tune", 5)
    made.admit(np.arange(size))
    for _ in range(decisions):
        made.treat(np.full(size, dose), np.ones(size, dtype=bool))
    return made


def decided(policy: Any, made: Cohort) -> Any:
    policy.begin(made.task, None)
    return policy.doses(made.observation)


@pytest.mark.parametrize(("case", "decisions"), [(ONCE, 0), (WARD, 0), (WARD, 5), (WARD, 12)])
def test_superposed_plans_are_worth_what_followed_ones_are(case: scenario.Scenario, decisions: int) -> None:
    made = cohort(case, 12, decisions)
    assert np.array_equal(decided(PosteriorOptimal(particles=32), made), decided(Followed(particles=32), made))


def test_the_one_dose_reaches_most_of_the_particles() -> None:
    """Each product is given to every particle by the environment's own course: none reaches more of them."""
    made = cohort(ONCE, 4)
    rules = made.task.rules
    wanted = decided(PosteriorOptimal(particles=256, harm_limit=np.inf), made)
    chart = read(np.ascontiguousarray(made.observation.T, dtype=np.float64), rules)
    imagined = imagine(believe(made.task.drug, rules, chart), rules, 256)
    assert imagined.weight.sum(axis=1) == pytest.approx(1.0)
    for i in range(4):
        wished = float(wanted[i])
        reached = {dose: share(made, i, imagined, dose) for dose in (*made.task.doses[::2], wished)}
        assert reached[wished] > max(reached.values()) - 0.05  # the planner blurs the ends of the target by 5 %


def share(made: Cohort, patient: int, imagined: Any, dose: float) -> float:
    """Weighted share of the particles within target on the third day under a dose."""
    everybody = Cohort(made.task, 256, "tune", 5)
    everybody.courses[:] = made.courses[patient]
    everybody.courses["eta"], everybody.courses["amounts"] = imagined.etas[patient], imagined.amounts[patient]
    everybody.courses["evaluated"] = np.nan
    everybody.treat(np.full(256, dose), np.ones(256, dtype=bool))
    auc = everybody.courses["auc"][:, -1]
    return float(imagined.weight[patient] @ ((auc >= 400.0) & (auc <= 600.0)))


def test_harm_is_limited() -> None:
    made = cohort(WARD, 30, 3)
    free, careful = (decided(PosteriorOptimal(harm_limit=limit), made) for limit in (np.inf, 0.08))
    assert (careful <= free).all()
    assert careful.sum() < 0.8 * free.sum()
    assert not decided(PosteriorOptimal(harm_limit=0.0), made).any()


def test_a_plan_keeps_the_daily_limit() -> None:
    low = WARD.replace(dosing={"step_mg": 250, "max_dose_mg": 3000, "max_daily_mg": 1000, "max_rate_mg_per_h": 1000,
                               "min_infusion_h": 1})  # fmt: skip
    made = cohort(low, 20, 1, 500.0)
    for policy in (PosteriorOptimal(), MPC(), MAPDosing()):
        assert (decided(policy, made) <= 500.0).all()


@pytest.mark.parametrize("policy", [PosteriorOptimal(), MPC()])
def test_a_dose_is_the_same_in_any_company(policy: PosteriorOptimal) -> None:
    made = cohort(WARD, 70, 4)
    together = decided(policy, made)
    for i in (0, 33, 69):
        assert policy.doses(made.observation[[i]])[0] == together[i]


def test_planners_follow_a_dose_that_is_repeated() -> None:
    """With perfect knowledge and one dose for three intervals nearly everybody is brought to the target."""
    ended, _ = treat(ONCE, Oracle(), np.arange(300), seed=1, stream="tune")
    assert outcomes(ended, {})["attainment_percent"].mean() > 97.0


def test_plans_over_particles_are_no_worse_than_the_most_probable_patient() -> None:
    reached = {}
    for policy in (MAPDosing(), PosteriorOptimal(), MPC()):
        ended, _ = treat(WARD, policy, np.arange(300), seed=11, stream="tune")
        table = outcomes(ended, {})
        reached[policy.name] = table["attainment_percent"].mean(), table["aki_predicted_percent"].mean()
    for name in ("posterior_optimal", "mpc"):
        assert reached[name][0] > reached["map_dosing"][0] - 3.0
        assert reached[name][1] < reached["map_dosing"][1]
