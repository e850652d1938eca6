"""The curve of a course: the same patients, treated again with the doses they were given."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from dosing_env import scenario
from dosing_env.cohort import Cohort
from dosing_env.pharmacology import Patient
from dosing_env.task import Task
from dosing_env.ward.replay import replay

SIZE, PER_INTERVAL = 6, 24  # a sample every half hour: the draws of the plan are among them


@pytest.fixture(scope="module")
def task() -> Task:
    """The ward, with levels that are the truth, fast infusions that overlap the next dose, and harm that changes it."""
    task = scenario.load("vancomycin_ward").task()
    rules = task.rules._replace(proportional=0.0, additive=0.0, lloq=0.0, max_rate=200.0, aki_intercept=0.0, drift=0.1)
    return dataclasses.replace(task, rules=rules)


def treated(task: Task, decisions: int) -> Cohort:
    """Patients after some decisions with doses of their own; the last one has been left alone since the fourth."""
    cohort = Cohort(task, SIZE, "tune", 5)
    cohort.admit(np.arange(SIZE) + 30)
    for k in range(decisions):
        running = np.ones(SIZE, dtype=bool)
        running[-1] = k < 4
        cohort.treat(np.array([250.0 * ((slot + k) % 7) for slot in range(SIZE)]), running)
    return cohort


@pytest.fixture(scope="module")
def cohort(task: Task) -> Cohort:
    return treated(task, task.rules.decisions)


def test_curve_passes_through_the_levels(cohort: Cohort) -> None:
    times, levels = cohort.curve(np.arange(SIZE), PER_INTERVAL)
    drawn = cohort.task.rules.drawn
    at = np.searchsorted(times, drawn)
    np.testing.assert_array_equal(times[at], drawn)
    assert (cohort.courses["onset"] < 100).any()  # kidney injury is replayed too
    np.testing.assert_allclose(levels[:-1, at], cohort.courses["levels"][:-1], rtol=1e-10)
    assert (cohort.courses["levels"][:-1] > 0).all()


def test_curve_ends_where_the_patient_is(cohort: Cohort) -> None:
    _, levels = cohort.curve(np.arange(SIZE), 3)
    for slot, course in enumerate(cohort.courses):
        last = levels[slot][~np.isnan(levels[slot])][-1]
        np.testing.assert_allclose(last * volume(cohort, slot), course["amounts"][0], rtol=1e-10)


def volume(cohort: Cohort, slot: int) -> float:
    """The central volume, L: it does not depend on creatinine."""
    drug, course = cohort.task.drug, cohort.courses[slot]
    p = drug.individual(drug.covariates(Patient(*course["patient"])), drug.Eta(*course["eta"]))
    return 1.0 / float(drug.output((1.0, *[0.0] * (len(drug.compartments) - 1)), p))


def test_the_area_under_the_curve_is_the_daily_auc(cohort: Cohort) -> None:
    times, levels = cohort.curve([0, 1], 2400)
    for day in range(cohort.task.rules.days):
        inside = (times >= 24 * day) & (times <= 24 * (day + 1))
        area = np.trapezoid(levels[:, inside], times[inside], axis=1)
        np.testing.assert_allclose(area, cohort.courses["auc"][:2, day], rtol=1e-5)


def test_nothing_is_known_of_the_future_nor_before_the_first_dose(cohort: Cohort) -> None:
    times, levels = cohort.curve(SIZE - 1, PER_INTERVAL)
    assert levels.shape == (1, len(times))
    assert times[~np.isnan(levels[0])].tolist() == np.arange(0, 48.25, 0.5).tolist()
    assert levels[0, 0] == 0.0


def test_the_patients_stay_as_they_are(cohort: Cohort) -> None:
    before = cohort.courses.copy()
    _, all_of_them = cohort.curve(np.arange(SIZE), PER_INTERVAL)
    np.testing.assert_array_equal(cohort.courses, before)
    _, one = cohort.curve([3], PER_INTERVAL)
    np.testing.assert_array_equal(one[0], all_of_them[3])


def test_the_replay_comes_to_the_same_end_bit_for_bit(cohort: Cohort) -> None:
    times = np.arange(cohort.task.rules.decisions + 1) * cohort.task.rules.interval
    again, _ = replay(cohort, cohort.courses, times)
    np.testing.assert_array_equal(again, cohort.courses)


def test_a_patient_who_was_just_admitted(task: Task) -> None:
    cohort = Cohort(task, 1, "tune", 5)
    cohort.admit([0])
    _, levels = cohort.curve(0, 4)
    assert levels[0, 0] == 0.0
    assert np.isnan(levels[0, 1:]).all()
