"""Kidney injury: as often as its hazards say, with the effect the scenario states. Levels: with the right error."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from numpy.typing import NDArray

from dosing_env.cohort import Cohort
from dosing_env.pharmacology import Patient
from dosing_env.ward.dosing import creatinine_now
from tests.environment.rollouts import changed, every_eventful_scenario, every_ward

SIZE = 20_000


def treated(case: str, dose: float, size: int = SIZE, **sections: dict[str, object]) -> Cohort:
    """Patients under one dose every 12 h, to the end of the course."""
    cohort = Cohort(changed(case, **sections).task(), size, "tune", 1)
    cohort.admit(np.arange(size))
    for _ in range(cohort.task.rules.decisions):
        cohort.treat(np.full(size, dose), np.ones(size, dtype=bool))
    return cohort


def standard_errors(values: NDArray[np.float64]) -> float:
    """The mean, in standard errors."""
    return float(values.mean() / (values.std() / np.sqrt(len(values))))


@every_ward
def test_injuries_happen_as_often_as_their_hazards_say(name: str) -> None:
    courses = treated(name, 1500.0).courses
    happened = np.isfinite(courses["onset"])
    assert happened.mean() > 0.1
    assert abs(standard_errors(happened - courses["risk"])) < 4.0


@every_eventful_scenario
def test_an_injury_is_paid_for_once(name: str) -> None:
    cohort = Cohort(changed(name, aki={"logit_intercept": 0.0}).task(), 500, "tune", 1)
    cohort.admit(np.arange(500))
    paid = []
    for k in range(cohort.task.rules.decisions):
        injured = cohort.courses["onset"] <= k * cohort.task.rules.interval
        risk = cohort.treat(np.full(500, 1000.0), np.ones(500, dtype=bool)).terms[:, 1]
        assert (risk[injured] == 0.0).all()
        paid.append(risk)
    assert injured.any()
    np.testing.assert_allclose(np.sum(paid, axis=0), cohort.courses["risk"], rtol=1e-12)


@every_ward
def test_an_injury_raises_the_charted_creatinine(name: str) -> None:
    """Injury on the first day is certain here, and charted without error."""
    cohort = treated(
        name,
        1000.0,
        50,
        aki={"logit_intercept": 100.0},
        charting={"creatinine_cv": 0.0},
        kidney={"drift_cv_per_day": 0.0},
    )
    rules, courses = cohort.task.rules, cohort.courses
    assert (courses["onset"] == 24.0).all()
    rise = courses["creatinine"] / courses["patient"][:, [Patient._fields.index("SCR")]]
    expected = [rules.aki_factor ** min(max(24.0 * day - 24.0, 0.0) / rules.aki_ramp, 1.0) for day in range(rules.days)]
    np.testing.assert_allclose(rise, np.tile(expected, (50, 1)), rtol=1e-12)


@every_eventful_scenario
def test_an_injury_lowers_the_clearance(name: str) -> None:
    with_injury = treated(name, 500.0, 200, aki={"logit_intercept": 100.0}).courses["auc"]
    without = treated(name, 500.0, 200, aki={"logit_intercept": -100.0}).courses["auc"]
    assert (with_injury[:, 0] == without[:, 0]).all()
    assert (with_injury[:, -1] >= without[:, -1]).all()
    assert np.median(with_injury[:, -1] / without[:, -1]) > 1.2


def test_before_the_injury_creatinine_is_the_patients_own() -> None:
    rules = changed("vancomycin_ward").task().rules
    assert creatinine_now(rules, 1.1, 1.0, np.inf, 100.0) == 1.1
    assert creatinine_now(rules, 1.1, 1.0, 24.0, 24.0) == 1.1
    assert creatinine_now(rules, 1.1, 1.0, 24.0, 72.0) == pytest.approx(2.2)


@every_ward
@pytest.mark.parametrize("assay_only", [False, True])
def test_levels_carry_the_residual_error(name: str, assay_only: bool) -> None:
    """Standard normal once the truth is taken off and the model's standard deviation divided out."""
    cohort = treated(name, 1000.0, 5000, levels={"assay_only": assay_only})
    rules, courses = cohort.task.rules, cohort.courses
    if assay_only:
        assert (rules.proportional, rules.additive) == (0.05, 0.0)
    else:
        assay = cohort.task.drug.assay
        assert (rules.proportional, rules.additive) == (assay.proportional, assay.additive)
    times, truth = cohort.curve(np.arange(5000), 24)
    truth = truth[:, np.searchsorted(times, rules.drawn)]
    sd = np.hypot(rules.additive, rules.proportional * truth)
    measurable = truth - 2.0 * sd > rules.lloq  # of these, at most an error below -2 is cut off by the limit
    z = ((courses["levels"] - truth) / sd)[measurable]
    assert len(z) > 1000
    for bound in (-1.5, -1.0, 0.0, 1.0, 2.0):
        share = NormalDist().cdf(bound)
        assert (z < bound).mean() == pytest.approx(share, abs=4.0 * np.sqrt(share * (1.0 - share) / len(z)))


@every_ward
def test_a_level_below_the_limit_is_reported_as_the_limit(name: str) -> None:
    cohort = treated(name, 0.0, 20)
    lloq = cohort.task.drug.assay.lloq
    assert (cohort.courses["levels"] >= lloq).all()
    unmeasurable = cohort.courses["below"] > 0.5
    assert (cohort.courses["levels"][unmeasurable] == lloq).all()
    assert unmeasurable.any() == (lloq > 0.0)
