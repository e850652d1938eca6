"""Dose equations of warfarin: against the printed formulas worked out another way, and as a clinician expects them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dosing_env import catalogue
from dosing_env import warfarin_dosing as w
from dosing_env.clinic.orders import ClinicChart
from tests.protocols.clinic import chart_on, random_charts

Equation = Callable[[ClinicChart], float]


def lenzini(chart: ClinicChart) -> float:
    """With an INR of 1.8 after 5 mg a day."""
    return w.lenzini(chart, 1.8, 5.0, 5.0, 5.0)


def lenzini_clinical(chart: ClinicChart) -> float:
    return w.lenzini_clinical(chart, 1.8, 5.0, 5.0, 5.0)


def second_loading_dose(chart: ClinicChart) -> float:
    return w.eu_pact_loading(chart).second


GENETIC = [w.iwpc_genetic, w.iwpc_genetic_continuous_age, w.gage_genetic, lenzini, w.coumagen]
CLINICAL = [w.iwpc_clinical, w.gage_clinical, lenzini_clinical]
ALL: list[Equation] = [*GENETIC, *CLINICAL, second_loading_dose]
CYP2C9 = {"*1/*1": (0, 0), "*1/*2": (1, 0), "*1/*3": (0, 1), "*2/*2": (2, 0), "*2/*3": (1, 1), "*3/*3": (0, 2)}


def patient(cyp2c9: str = "*1/*1", A: int = 0, **others: Any) -> ClinicChart:
    n2, n3 = CYP2C9[cyp2c9]
    return chart_on(1, CYP2C9_2=float(n2), CYP2C9_3=float(n3), VKORC1_A=float(A), **others)


# A white man of 65 years, 170 cm, 80 kg. BSA = 0.007184 x 80^0.425 x 170^0.725 = 1.9154 m2.
# IWPC genetic: 5.6044 - 6 x 0.2614 + 170 x 0.0087 + 80 x 0.0128 = 5.6044 - 1.5684 + 1.4790 + 1.0240 = 6.5390;
#   squared 42.7585 mg a week.
# With age in years: 65 x 0.02614 = 1.6991 instead of 1.5684: 6.4083, 41.0663 mg a week.
# IWPC clinical: 4.0376 - 1.5276 + 2.0060 + 1.0720 = 5.5880; 31.2257 mg a week.
# Gage genetic, target 2.5: 0.9751 + 0.4317 x 1.9154 - 0.00745 x 65 + 0.2029 x 2.5 = 1.82498; exp 6.2026 mg a day.
# Gage clinical: 0.613 + 0.425 x 1.9154 - 0.4875 + 0.54 = 1.47955; exp 4.3910.
# CoumaGen: 3.984 - 0.585 + 0.094 + 0.240 = 3.733; exp 41.8044; + 1.64 = 43.4444 mg a week.
@pytest.mark.parametrize(
    ("equation", "weekly"),
    [
        (w.iwpc_genetic, 42.7585),
        (w.iwpc_genetic_continuous_age, 41.0663),
        (w.iwpc_clinical, 31.2257),
        (w.gage_genetic, 7 * 6.2026),
        (w.gage_clinical, 7 * 4.3910),
        (w.coumagen, 43.4444),
    ],
)
def test_a_man_of_65(equation: Equation, weekly: float) -> None:
    assert 7.0 * equation(patient()) == pytest.approx(weekly, rel=2e-4)


# Squares by hand of roots of the same man: 6.5390 + what the line says.
@pytest.mark.parametrize(
    ("chart", "root"),
    [
        (patient("*1/*2"), 6.0179),  # - 0.5211
        (patient("*1/*3"), 5.6033),  # - 0.9357
        (patient("*2/*2"), 5.4774),  # - 1.0616
        (patient("*2/*3"), 4.6184),  # - 1.9206
        (patient("*3/*3"), 4.2078),  # - 2.3312
        (patient(A=1), 5.6713),  # - 0.8677
        (patient(A=2), 4.8416),  # - 1.6974
        (patient("*1/*3", A=2), 3.9059),  # - 0.9357 - 1.6974
        (patient(CYP2C9_KNOWN=0.0), 6.3202),  # - 0.2188
        (patient(VKORC1_KNOWN=0.0), 6.0536),  # - 0.4854
        (patient(ASIAN=1.0), 6.4298),  # - 0.1092
        (patient(BLACK=1.0), 6.2630),  # - 0.2760
        (patient(OTHER=1.0), 6.4358),  # - 0.1032: not - 1.032
        (patient(INDUCER=1.0), 7.7206),  # + 1.1816
        (patient(AMIODARONE=1.0), 5.9887),  # - 0.5503
        (patient(AGE=69.9), 6.5390),  # still the seventh decade
        (patient(AGE=70.0), 6.2776),  # - 0.2614
    ],
)
def test_iwpc_genetic_by_hand(chart: ClinicChart, root: float) -> None:
    assert 7.0 * w.iwpc_genetic(chart) == pytest.approx(root * root, rel=1e-9)


# Roots of 5.5880 + what the line says.
@pytest.mark.parametrize(
    ("chart", "root"),
    [
        (patient("*3/*3", A=2), 5.5880),  # blind to genes
        (patient(ASIAN=1.0), 4.9128),  # - 0.6752
        (patient(BLACK=1.0), 5.9940),  # + 0.4060
        (patient(OTHER=1.0), 5.6323),  # + 0.0443
        (patient(INDUCER=1.0), 6.8679),  # + 1.2799
        (patient(AMIODARONE=1.0), 5.0185),  # - 0.5695
    ],
)
def test_iwpc_clinical_by_hand(chart: ClinicChart, root: float) -> None:
    assert 7.0 * w.iwpc_clinical(chart) == pytest.approx(root * root, rel=1e-9)


# The exponential equations: each variant multiplies the dose by exp(its coefficient).
@pytest.mark.parametrize(
    ("equation", "changed", "exponent"),
    [
        (w.gage_genetic, patient(A=1), -0.3238),
        (w.gage_genetic, patient(A=2), -0.6476),
        (w.gage_genetic, patient("*2/*2"), -0.4132),
        (w.gage_genetic, patient("*1/*3"), -0.4008),
        (w.gage_genetic, patient("*2/*3"), -0.6074),
        (w.gage_genetic, patient(AMIODARONE=1.0), -0.2538),
        (w.gage_genetic, patient(SMOKER=1.0), 0.0922),
        (w.gage_genetic, patient(BLACK=1.0), -0.0901),  # lower with genes known
        (w.gage_genetic, patient(VTE=1.0), 0.0664),
        (w.gage_genetic, patient(INR_LOW=2.5, INR_HIGH=3.5), 0.10145),
        (w.gage_clinical, patient(BLACK=1.0), 0.156),  # higher without
        (w.gage_clinical, patient(AMIODARONE=1.0), -0.257),
        (w.gage_clinical, patient(SMOKER=1.0), 0.108),
        (w.gage_clinical, patient(VTE=1.0), 0.0784),
        (w.gage_clinical, patient(AGE=75.0), -0.075),
        (lenzini, patient(A=2), -0.46064),
        (lenzini, patient("*2/*3"), -0.45515),
        (lenzini, patient(BLACK=1.0), -0.09644),
        (lenzini, patient(STROKE=1.0), -0.2059),
        (lenzini, patient(DIABETES=1.0), -0.11216),
        (lenzini, patient(AMIODARONE=1.0), -0.1035),
        (lenzini, patient(FLUVASTATIN=1.0), -0.19275),
        (lenzini_clinical, patient(BLACK=1.0), 0.07123),
        (lenzini_clinical, patient(STROKE=1.0), -0.22844),
        (lenzini_clinical, patient(DIABETES=1.0), -0.16759),
        (lenzini_clinical, patient(AMIODARONE=1.0), -0.11137),
        (lenzini_clinical, patient(FLUVASTATIN=1.0), -0.25487),
    ],
)
def test_factors_of_exponential_equations(equation: Equation, changed: ClinicChart, exponent: float) -> None:
    assert math.log(equation(changed) / equation(patient())) == pytest.approx(exponent, abs=1e-9)


# Lenzini, the same man, INR 1.8 (ln 0.587787), 6, 5 and 4 mg two, three and four days before:
# 3.10894 - 0.49855 - 0.303363 + 0.24597 x 1.9154 + 0.668225 + 0.1014 + 0.1009 + 0.0426 = 3.69128; exp 40.10 mg a week.
# Clinical: 2.81602 - 0.3835 - 0.450709 + 0.17675 x 1.9154 + 0.695375 + 0.20826 + 0.15235 + 0.07716 = 3.45350; 31.61.
def test_lenzini_by_hand() -> None:
    assert 7.0 * w.lenzini(patient(), 1.8, 6.0, 5.0, 4.0) == pytest.approx(40.10, rel=3e-4)
    assert 7.0 * w.lenzini_clinical(patient(), 1.8, 6.0, 5.0, 4.0) == pytest.approx(31.61, rel=3e-4)


@pytest.mark.parametrize("lenzini", [w.lenzini, w.lenzini_clinical])
def test_a_higher_inr_means_less_and_more_taken_for_it_means_more(lenzini: Callable[..., float]) -> None:
    assert lenzini(patient(), 2.5, 5.0, 5.0, 5.0) < lenzini(patient(), 1.5, 5.0, 5.0, 5.0)
    assert lenzini(patient(), 1.5, 7.0, 5.0, 5.0) > lenzini(patient(), 1.5, 5.0, 5.0, 5.0)


# CoumaGen: 1.64 + exp(3.733 + g + v).
@pytest.mark.parametrize(
    ("chart", "weekly"),
    [
        (patient("*1/*2"), 1.64 + 34.330),  # exp(3.536)
        (patient("*3/*3"), 1.64 + 6.3028),  # exp(1.841)
        (patient(A=1), 1.64 + 30.847),  # exp(3.429)
        (patient("*2/*3", A=2), 1.64 + 9.1799),  # exp(2.217)
        (patient(AMIODARONE=1.0), 0.75 * 43.4444),
        (patient(SEX=0.0), 1.64 + 38.054),  # exp(3.639)
    ],
)
def test_coumagen_by_hand(chart: ClinicChart, weekly: float) -> None:
    assert 7.0 * w.coumagen(chart) == pytest.approx(weekly, rel=2e-4)


# EU-PACT, *1/*1: exp(-24 x 0.0189) = 0.635337; LD = D / (0.364663 x (1 + 0.635337 + 0.403653)) = D / 0.743544.
# *3/*3: exp(-0.18) = 0.835270; LD = D / (0.164730 x 2.532946) = D / 0.417252.
@pytest.mark.parametrize(("cyp2c9", "share"), [("*1/*1", 0.743544), ("*3/*3", 0.417252)])
def test_eu_pact_loading_by_hand(cyp2c9: str, share: float) -> None:
    D = w.iwpc_genetic_continuous_age(patient(cyp2c9))
    LD = D / share
    expected = (1.5 * LD - 0.5 * D, LD, 0.5 * LD + 0.5 * D)
    assert w.eu_pact_loading(patient(cyp2c9)) == pytest.approx(expected, rel=1e-5)


def test_eu_pact_loads_to_what_the_daily_dose_would_reach() -> None:
    """Three equal doses LD leave after three days what D a day leaves in the end: what the formula stands for."""
    for cyp2c9, k in (("*1/*1", 0.0189), ("*1/*3", 0.0132), ("*3/*3", 0.0075)):
        chart, left = patient(cyp2c9), math.exp(-24.0 * k)
        after_three = sum(w.eu_pact_loading(chart).second * left**n for n in range(3))
        in_the_end = w.iwpc_genetic_continuous_age(chart) / (1.0 - left)
        assert after_three / in_the_end == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize("equation", GENETIC)
def test_each_variant_lowers_the_dose(equation: Equation) -> None:
    for cyp2c9 in CYP2C9:
        doses = [equation(patient(cyp2c9, A)) for A in (0, 1, 2)]
        assert doses[0] > doses[1] > doses[2]
    for wild, variant in itertools.product(("*1/*1",), list(CYP2C9)[1:]):
        assert equation(patient(variant)) < equation(patient(wild))


@pytest.mark.parametrize("equation", ALL)
def test_amiodarone_and_age_lower_the_dose_and_size_raises_it(equation: Equation) -> None:
    usual = equation(patient())
    assert equation(patient(AMIODARONE=1.0)) < usual
    assert equation(patient(AGE=85.0)) < usual < equation(patient(AGE=35.0))
    assert equation(patient(WT=110.0)) > usual


@pytest.mark.parametrize("gene", ["CYP2C9_KNOWN", "VKORC1_KNOWN"])
def test_unknown_genes_fall_back(gene: str) -> None:
    unknown: dict[str, Any] = {gene: 0.0}
    chart = patient(**unknown)
    assert w.gage_genetic(chart) == w.gage_clinical(chart)
    assert lenzini(chart) == lenzini_clinical(chart)
    assert w.coumagen(chart) == 5.0
    assert 1.0 < w.iwpc_genetic(chart) < w.iwpc_genetic(patient())


def test_no_loading_without_cyp2c9() -> None:
    chart = patient(CYP2C9_KNOWN=0.0)
    assert set(w.eu_pact_loading(chart)) == {w.iwpc_genetic_continuous_age(chart)}


@pytest.mark.parametrize("equation", ALL)
def test_never_negative_or_nan(equation: Equation) -> None:
    for chart in random_charts(500):
        assert 0.0 <= equation(chart) < 60.0


def test_doses_of_two_trials_in_the_patients_of_one() -> None:
    """EU-PACT's doses of days 1 to 3 less COAG's, mg: 4.8 with genes, 2.5 without in COAG (French 2016, PMC5014593)."""
    population = catalogue.load("populations", "warfarin_coag")
    z = np.random.default_rng(1).standard_normal((2000, len(population.Draws._fields)))
    people: list[Any] = [population.sample(population.Draws(*row)) for row in z]
    charts = [chart_of(person) for person in people if population.keep(person)]
    genetic = [sum(w.eu_pact_loading(chart)) - 3 * w.gage_genetic(chart) for chart in charts]
    clinical = [(20 if chart.AGE <= 75 else 15) - 3 * w.gage_clinical(chart) for chart in charts]
    assert np.mean(genetic) == pytest.approx(4.8, abs=0.5)
    assert np.mean(clinical) == pytest.approx(2.5, abs=1.25)


def chart_of(person: Any) -> ClinicChart:
    """On day 1, with both genes known."""
    shared: dict[str, Any] = {name: value for name, value in person._asdict().items() if name in ClinicChart._fields}
    return chart_on(1, **shared)
