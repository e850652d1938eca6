"""Clinical measures: the risk of kidney injury against published relations, and what a day contributes."""

import math

import pytest

from dosing_env import outcomes, scenario
from dosing_env.outcomes import aki_risk, daily_hazard, within
from dosing_env.ward.scenario import WardScenario

# P(AKI) at AUC24 of 400, 600 and 800 mg h/L where the filtration is above 60 mL/min/1.73 m2, of the published relation
# logit P = -4.83 + 0.009 AUC24 - 2.87 [GFR > 60]: per cent, as printed to one decimal.
PUBLISHED = [(400.0, 1.6), (600.0, 9.1), (800.0, 37.8)]


@pytest.mark.parametrize(("auc24", "percent"), PUBLISHED)
def test_risk_of_a_published_relation(auc24: float, percent: float) -> None:
    assert 100 * aki_risk(auc24, intercept=-4.83 - 2.87, slope=0.009) == pytest.approx(percent, abs=0.05)


# The default relation: per cent, rounded.
@pytest.mark.parametrize(
    ("auc24", "percent", "digits"), [(400.0, 8.3, 0.05), (600.0, 16.8, 0.05), (700.0, 23.0, 0.5), (800.0, 31.0, 0.5)]
)
def test_risk_of_the_default_relation(auc24: float, percent: float, digits: float) -> None:
    case = scenario.load("vancomycin_ward")
    assert isinstance(case, WardScenario)
    aki = case.aki
    assert 100 * aki_risk(auc24, aki.logit_intercept, aki.logit_per_auc24) == pytest.approx(percent, abs=digits)


def test_risk_grows_with_exposure_and_stays_a_probability() -> None:
    risks = [aki_risk(auc24, -4.0, 0.004) for auc24 in (0.0, 100.0, 500.0, 1000.0, 5000.0)]
    assert risks == sorted(risks)
    assert all(0.0 < risk < 1.0 for risk in risks)


@pytest.mark.parametrize("risk", [1e-9, 0.0181, 0.168, 0.5, 0.99])
@pytest.mark.parametrize("days", [1, 7, 30])
def test_daily_hazards_add_up_to_the_risk_of_the_course(risk: float, days: int) -> None:
    unharmed = 1.0
    for _ in range(days):
        unharmed *= 1.0 - daily_hazard(risk, days)
    assert 1.0 - unharmed == pytest.approx(risk, rel=1e-7)


def test_no_risk_is_no_hazard() -> None:
    assert daily_hazard(0.0, 7) == 0.0


@pytest.mark.parametrize("auc24", [1e3, 1e4, 1e6])
def test_extreme_exposures_still_give_a_hazard(auc24: float) -> None:
    """A cumulated risk that rounds to 1 must not end the day in an infinite or undefined hazard."""
    hazard = daily_hazard(aki_risk(auc24, -4.0, 0.004), 7)
    assert math.isfinite(hazard)
    assert 0.0 < hazard <= 1.0


def test_a_target_includes_its_limits() -> None:
    inside = [within(value, 400.0, 600.0) for value in (399.999, 400.0, 500.0, 600.0, 600.001)]
    assert inside == [0.0, 1.0, 1.0, 1.0, 0.0]


def test_every_outcome_says_its_source_or_meaning() -> None:
    functions = [f for f in vars(outcomes).values() if getattr(f, "__module__", "") == outcomes.__name__]
    assert len(functions) >= 3
    assert all(function.__doc__ for function in functions)
