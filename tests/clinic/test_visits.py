"""When an INR is known, what tablets make of an order, and what is counted."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dosing_env.anticoagulation import share_of_line, time_in_range
from dosing_env.clinic.tables import PRIMARY, outcomes, sensitivity
from dosing_env.cohort import Cohort
from tests.clinic.clinics import CALM, clinic, constant, irregular, treated

SIZE = 12
DAYS = clinic().rules.decisions


def column(cohort: Cohort, name: str) -> NDArray[np.float32]:
    """A number of the observation, of every patient."""
    return cohort.observation[:, [feature.name for feature in cohort.task.features].index(name)]


def test_an_inr_is_known_on_visit_days_and_on_no_other() -> None:
    cohort = Cohort(clinic(), SIZE, "tune", 1)
    cohort.admit(np.arange(SIZE))
    for day, order in enumerate(irregular(DAYS, SIZE)[:40]):
        visit = cohort.courses["next_visit"] == day
        assert (column(cohort, "visit") == visit).all()
        assert ((column(cohort, f"inr_{day + 1}") > 0.0) == visit).all()
        cohort.treat(order, np.ones(SIZE, dtype=bool))
    later = [column(cohort, f"inr_{day + 1}") for day in range(41, DAYS)]
    assert not np.any(later)


@pytest.mark.parametrize(("wanted", "days"), [(0.0, 1), (1.4, 1), (2.5, 3), (7.0, 7), (1e6, 56)])
def test_the_next_visit_is_when_it_was_ordered(wanted: float, days: int) -> None:
    cohort, _ = treated(clinic(), constant(5.0, wanted, 1), 3)
    assert (cohort.courses["next_visit"] == days).all()


def test_between_visits_nobody_listens_when_the_next_one_is_wanted() -> None:
    orders = constant(5.0, 10.0, 8)
    orders[1:, :, 1] = 1.0
    cohort, _ = treated(clinic(), orders, 3)
    assert (cohort.courses["next_visit"] == 10).all()


@pytest.mark.parametrize("dose", [0.2, 1.8, 4.27, 14.9])
def test_tablets_make_on_average_what_was_ordered(dose: float) -> None:
    task = clinic()
    cohort, _ = treated(task, constant(dose, 7.0, 60), 3)
    doses = cohort.courses["doses"][:, :60]
    assert np.allclose(doses / task.rules.step, np.round(doses / task.rules.step))
    assert doses.mean(axis=1) == pytest.approx(dose, abs=task.rules.step / 60)


def test_of_no_dose_there_is_none_although_some_is_owed() -> None:
    orders = constant(4.7, 7.0, 20)
    orders[10:] = 0.0
    cohort, _ = treated(clinic(), orders, 3)
    assert (cohort.courses["doses"][:, 10:20] == 0.0).all()


def test_a_dose_above_the_largest_is_lowered() -> None:
    task = clinic()
    cohort, _ = treated(task, constant(40.0, 7.0, 3), 3)
    assert (cohort.courses["doses"][:, :3] == task.rules.max_dose).all()


def test_a_held_dose_is_one_that_is_repeated() -> None:
    """Asked on visits only, and asked every day with the answer of the last visit: the same course."""
    task, orders = clinic(), irregular(DAYS, SIZE)
    held = Cohort(task.held(), SIZE, "tune", 1)
    held.admit(np.arange(SIZE))
    daily = Cohort(task, SIZE, "tune", 1)
    daily.admit(np.arange(SIZE))
    everybody = np.ones(SIZE, dtype=bool)
    answer = np.zeros((SIZE, 2))
    for day in range(DAYS):
        visit = daily.courses["next_visit"] == day
        answer[visit] = orders[day, visit]
        assert (held.courses["decision"][visit] == day).all()
        held.treat(answer.copy(), visit)
        daily.treat(answer, everybody)
    assert (held.courses["inr"] == daily.courses["inr"]).all()
    assert (held.courses["doses"] == daily.courses["doses"]).all()


def test_terms_and_endpoints_by_hand() -> None:
    task = clinic(**CALM)
    cohort, terms = treated(task, irregular(DAYS, SIZE), SIZE)
    table = outcomes(cohort, {})
    for i, course in enumerate(cohort.courses):
        days = list(zip(course["inr"][:-1], course["inr"][1:], strict=True))
        inside = np.mean([share_of_line(a, b, 2.0, 3.0) for a, b in days])
        unsafe = np.mean([share_of_line(a, b, task.rules.unsafe, np.inf) for a, b in days])
        assert terms[:, i, 0].sum() == pytest.approx(inside)
        assert terms[:, i, 1].sum() == pytest.approx(unsafe)
        assert table["true_in_range_percent"][i] == pytest.approx(100.0 * inside)
        visits = np.flatnonzero(course["measured"])
        own = time_in_range(24.0 * visits, course["measured"][visits], 2.0, 3.0)
        assert table[PRIMARY][i] == pytest.approx(100.0 * own)
        assert table["visits_count"][i] == terms[:, i, 3].sum() == (visits < DAYS).sum()


CLASSES = {  # Ravvaz and others (SINGLE): copies of *2, *3 and -1639A
    0: [(0, 0, 0), (0, 0, 1), (1, 0, 0)],
    1: [(0, 0, 2), (1, 0, 1), (1, 0, 2), (0, 1, 0), (0, 1, 1), (2, 0, 0), (2, 0, 1), (1, 1, 0)],
    2: [(0, 2, 0), (0, 2, 1), (0, 2, 2), (1, 1, 1), (1, 1, 2), (2, 0, 2), (0, 1, 2)],
}


@pytest.mark.parametrize("expected", CLASSES)
def test_classes_of_sensitivity(expected: int) -> None:
    star2, star3, A = np.array(CLASSES[expected]).T
    assert (sensitivity(star2, star3, A) == expected).all()
    assert sum(map(len, CLASSES.values())) == 18
