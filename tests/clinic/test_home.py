"""What happens between visits, and what the laboratory and the chart make of it: as often and as much as stated."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from dosing_env.clinic.chart import features
from dosing_env.patients import WarfarinPatient
from tests.clinic.clinics import CALM, DRIVEN, admitted, clinic, constant, followed, treated

SIZE = 4000
FAR = 4.0  # standard errors
DAILY = constant(5.0, 1.0)  # an INR every day
GENES = {"CYP2C9_2": 0, "CYP2C9_3": 0, "VKORC1_A": 1, "CYP4F2_3": 2}
FLAGS = ("CYP2C9_KNOWN", "VKORC1_KNOWN", "CYP4F2_KNOWN")


def at(task: Any, name: str) -> int:
    return [feature.name for feature in features(task.rules)].index(name)


def off(share: Any, expected: float, count: int) -> float:
    """How far a share of independent cases lies from the expected one, in standard errors."""
    return float(abs(share - expected) / np.sqrt(expected * (1.0 - expected) / count))


def test_doses_are_missed_as_often_as_stated_and_by_chance() -> None:
    cohort, _ = treated(clinic(**CALM | {"missed": 0.2}), DAILY, SIZE)
    taken, doses = cohort.courses["taken"], cohort.courses["doses"]
    missed = taken == 0.0
    assert np.array_equal(taken[~missed], doses[~missed])
    assert off(missed.mean(), 0.2, missed.size) < FAR
    assert off((missed[:, 1:] & missed[:, :-1]).mean(), 0.04, missed[:, 1:].size) < FAR
    assert abs(missed.mean(axis=1).std() - np.sqrt(0.16 / 90)) < 0.002  # in each patient as likely


def test_a_dose_that_is_not_missed_is_taken() -> None:
    cohort, _ = treated(clinic(**CALM), DAILY, 50)
    assert np.array_equal(cohort.courses["taken"], cohort.courses["doses"])


@pytest.mark.parametrize(("sd", "days"), [(0.1, 14.0), (0.3, 5.0)])
def test_vitamin_k_drifts_around_what_it_was_at_first(sd: float, days: float) -> None:
    task = clinic(**CALM | {"vitamin_k": sd, "vitamin_k_days": days})
    cohort, _ = treated(task, DAILY, SIZE)
    does = np.log(cohort.courses["taken"] / cohort.courses["doses"])
    np.testing.assert_allclose(does[:, -1], cohort.courses["vitamin_k"], rtol=0, atol=1e-12)
    expected = sd * np.sqrt(1.0 - np.exp(-2.0 * np.arange(1, 91) / days))
    np.testing.assert_allclose(does.std(axis=0), expected, rtol=FAR / np.sqrt(2.0 * SIZE))
    assert np.all(np.abs(does.mean(axis=0)) < FAR * sd / np.sqrt(SIZE))
    for lag in (1, 5, 20):
        together = np.corrcoef(does[:, 89], does[:, 89 - lag])[0, 1]
        assert together == pytest.approx(np.exp(-lag / days), abs=FAR / np.sqrt(SIZE))


def test_an_interacting_drug_begins_when_and_does_what_is_stated() -> None:
    task = clinic(**CALM | {"interacting": 0.3, "interaction": 1.29})
    cohort, _ = treated(task, DAILY, SIZE)
    begun = cohort.courses["interaction_day"]
    has = np.isfinite(begun)
    assert off(has.mean(), 0.3, SIZE) < FAR
    days, counts = np.unique(begun[has], return_counts=True)
    assert days.tolist() == list(range(29, 60))  # days 30 to 60 as the scenario counts
    assert np.abs(counts - counts.mean()).max() < 5.0 * np.sqrt(counts.mean())
    does = cohort.courses["taken"] / cohort.courses["doses"]
    np.testing.assert_allclose(does, np.where(np.arange(90) >= begun[:, None], 1.29, 1.0), rtol=1e-12)


def test_an_interacting_drug_is_charted_from_its_day_on() -> None:
    task = clinic(interacting=1.0)
    cohort = admitted(task, 200)
    begun = cohort.courses["interaction_day"]
    for day in range(task.rules.decisions + 1):
        assert np.array_equal(cohort.observation[:, at(task, "INTERACTING")], day >= begun)
        if day < task.rules.decisions:
            followed(cohort, constant(5.0, 7.0, 1))


def test_genotypes_are_known_of_as_many_as_are_tested() -> None:
    shares = np.array([0.3, 0.6, 0.9])
    tested = admitted(clinic(tested=shares), SIZE).courses["tested"]
    for test, share in enumerate(shares):
        assert off(tested[:, test].mean(), share, SIZE) < FAR
    together = np.corrcoef(tested.T)[np.triu_indices(3, 1)]
    assert np.all(np.abs(together) < FAR / np.sqrt(SIZE))


@pytest.mark.parametrize("result_day", [0, 3])
def test_a_genotype_is_0_with_the_flag_0_until_its_result_is_there(result_day: int) -> None:
    task = clinic(tested=np.array([0.3, 0.6, 0.9]), result_day=result_day)
    cohort = admitted(task, 300)
    for day in range(result_day + 2):
        known = cohort.courses["tested"] * (day >= result_day)
        assert np.array_equal(cohort.observation[:, [at(task, flag) for flag in FLAGS]], known)
        for gene, test in GENES.items():
            true = cohort.courses["patient"][:, WarfarinPatient._fields.index(gene)]
            assert true.any()
            assert np.array_equal(cohort.observation[:, at(task, gene)], true * known[:, test])
        followed(cohort, constant(5.0, 7.0, 1))


@pytest.mark.parametrize("assay_only", [True, False])
@pytest.mark.parametrize("name", ["warfarin_hamberg2007", "warfarin_ohara2014"])
def test_an_inr_has_the_error_of_the_assay_or_of_the_model(name: str, assay_only: bool) -> None:
    """Standard normal once the truth is taken off and the standard deviation divided out; of each day its own."""
    task = clinic(scenario_with(name, assay_only), lowest=1e-3, highest=1e3, digit=1e-9, decisions=20)
    cohort, _ = treated(task, constant(8.0, 1.0, 20), SIZE)
    measured, true = cohort.courses["measured"], cohort.courses["inr"]
    assay = DRIVEN[name].assay
    sd = 0.05 if assay_only else assay.proportional
    z = (np.log(measured / true) if assay.form == "log" and not assay_only else measured / true - 1.0) / sd
    for bound in (-2.0, -1.0, 0.0, 1.0, 2.0):
        share = NormalDist().cdf(bound)
        assert off((z < bound).mean(), share, z.size) < FAR
    assert abs(np.corrcoef(z[:, 5], z[:, 6])[0, 1]) < FAR / np.sqrt(SIZE)


def scenario_with(drug: str, assay_only: bool) -> Any:
    from tests.environment.rollouts import changed

    return changed("warfarin_initiation", inr={"assay_only": assay_only}).replace(drug=drug)


@pytest.mark.parametrize("digit", [0.1, 0.25])
def test_an_inr_is_reported_to_the_digit(digit: float) -> None:
    """As a laboratory would round what it found without rounding."""
    exact, rounded = (
        treated(clinic(digit=step, decisions=30), constant(6.0, 1.0, 30), 300)[0].courses["measured"]
        for step in (1e-9, digit)
    )
    inside = (exact > 0.8 + digit) & (exact < 8.0 - digit)
    steps = rounded[inside] / digit
    np.testing.assert_allclose(steps, np.round(steps), rtol=0, atol=1e-9)
    assert np.abs(rounded - exact)[inside].max() <= 0.5 * digit + 1e-8
    assert np.abs(rounded - exact)[inside].max() > 0.49 * digit


def test_an_inr_outside_what_the_assay_can_measure_is_its_limit_with_a_flag() -> None:
    wide = clinic(lowest=1e-3, highest=1e3)
    narrow = clinic(lowest=1.0, highest=3.5)
    free, cut = (treated(task, constant(9.0, 1.0), 300)[0] for task in (wide, narrow))
    assert np.array_equal(free.courses["inr"], cut.courses["inr"])
    would, measured, outside = free.courses["measured"], cut.courses["measured"], cut.courses["outside"]
    assert np.array_equal(outside, np.where(would > 3.5, 1.0, np.where(would < 1.0, -1.0, 0.0)))
    assert set(outside.ravel()) == {-1.0, 0.0, 1.0}
    assert np.array_equal(measured, would.clip(1.0, 3.5))
    charted = cut.observation[:, [at(narrow, f"outside_{day}") for day in range(1, 91)]]
    assert np.array_equal(charted, outside[:, :-1])


def test_the_first_inr_is_that_before_treatment() -> None:
    cohort = admitted(clinic(), 300)
    assert np.array_equal(
        cohort.courses["inr"][:, 0], cohort.courses["patient"][:, WarfarinPatient._fields.index("INR0")]
    )
    first = cohort.observation[:, at(cohort.task, "inr_1")]
    assert np.array_equal(first, cohort.courses["measured"][:, 0].astype(np.float32))
    assert 0.02 < (first / cohort.courses["inr"][:, 0]).std() < 0.08
