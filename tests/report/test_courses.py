"""What the environments render: the course of a patient as text and as a picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np
import pytest

import dosing_env  # noqa: F401  registers the environments
from dosing_env import scenario
from dosing_env.cohort import Cohort
from dosing_env.report import courses


def ward(decisions: int, dose: float = 1250.0) -> Cohort:
    cohort = Cohort(scenario.load("vancomycin_ward").task(), 2, "tune", 1)
    cohort.admit([0, 1])
    for _ in range(decisions):
        cohort.treat(np.array([dose, 0.0]), np.ones(2, dtype=bool))
    return cohort


def clinic(days: int, dose: float = 5.0, until_next: float = 4.0) -> Cohort:
    cohort = Cohort(scenario.load("warfarin_initiation").task(), 2, "tune", 1)
    cohort.admit([0, 1])
    for _ in range(days):
        cohort.treat(np.array([[dose, until_next], [0.0, until_next]]), np.ones(2, dtype=bool))
    return cohort


def rows(text: str, start: str) -> list[str]:
    return next(line for line in text.splitlines() if line.startswith(start)).split()[1:]


def test_text_tells_the_patient_the_doses_and_the_days() -> None:
    cohort = ward(9)
    text, course = courses.as_text(cohort, 0), cohort.courses[0]
    assert text.startswith("Patient 0: man, 54 years, 67 kg")
    assert "hour 108 of 168\n" in text
    assert rows(text, "day") == ["1", "2", "3", "4", "5", "6", "7"]
    assert rows(text, "mg  ") == ["1250"] * 9
    assert [float(value.strip("↓↑")) for value in rows(text, "AUC24")] == np.round(course["auc"][:4]).tolist()
    assert "".join(value[-1] for value in rows(text, "AUC24")).startswith("↓")  # day 1, without a loading dose


@pytest.mark.parametrize(("decisions", "known"), [(0, 0), (2, 0), (3, 2), (4, 2), (5, 3), (9, 4), (14, 4)])
def test_only_levels_that_have_come_back_are_shown(decisions: int, known: int) -> None:
    cohort = ward(decisions)
    assert plotted(courses.as_text(cohort, 0)).count("o") == known
    assert len(courses._view(cohort, 0).levels) == known


def plotted(text: str) -> str:
    return "".join(line for line in text.splitlines() if "|" in line)


def test_the_curve_reaches_as_far_as_the_patient() -> None:
    lines = [line[7:] for line in courses.as_text(ward(9), 0).splitlines() if "|" in line]
    assert max(line.rfind("*") for line in lines) == 9 * 6 - 1
    assert {column for line in lines for column, mark in enumerate(line) if mark in "*o"} == set(range(9 * 6))
    band = [line for line in lines if ":" in line]
    assert [line.count(":") > 0 for line in lines].count(True) == len(band) >= 2


def test_a_patient_without_drug_stays_at_the_bottom() -> None:
    *above, bottom = [line for line in courses.as_text(ward(9), 1).splitlines() if "|" in line]
    assert bottom.count("*") > 40
    assert not any("*" in line for line in above)


def test_picture_changes_with_the_course() -> None:
    before, after = courses.as_picture(ward(2), 0), courses.as_picture(ward(3), 0)
    assert before.dtype == np.uint8
    assert before.shape == after.shape == (540, 960, 3)
    assert 0.001 < (before != after).any(axis=2).mean() < 0.5
    np.testing.assert_array_equal(before, courses.as_picture(ward(2), 0))


def test_kidney_injury_is_told() -> None:
    cohort = ward(6)
    cohort.courses["onset"][0] = 48.0
    assert "kidney injury since hour 48" in courses.as_text(cohort, 0)
    assert "kidney" not in courses.as_text(cohort, 1)


def test_a_clinic_tells_the_patient_and_the_doses_of_the_weeks() -> None:
    cohort = clinic(40)
    text, course = courses.as_text(cohort, 0), cohort.courses[0]
    assert text.startswith("Patient 0: woman, 65 years, 79 kg, 164 cm, CYP2C9 *1/*1, VKORC1 GA; day 40 of 90\nINR\n")
    assert rows(text, "day") == [str(day) for day in range(1, 91, 7)]
    weeks = [course["doses"][7 * week : min(7 * week + 7, 40)].mean() for week in range(6)]
    assert rows(text, "mg/day") == [f"{week:.1f}" for week in weeks]


def test_genotypes_nobody_tested_are_not_told() -> None:
    task = scenario.load("warfarin_initiation").task()
    cohort = Cohort(replace(task, rules=task.rules._replace(tested=np.zeros(3))), 1, "tune", 1)
    cohort.admit([0])
    assert "CYP2C9 unknown, VKORC1 unknown" in courses.as_text(cohort, 0)


@pytest.mark.parametrize(("days", "known"), [(0, 1), (3, 1), (4, 2), (41, 11), (90, 23)])
def test_only_inrs_of_visits_so_far_are_shown(days: int, known: int) -> None:
    cohort = clinic(days)
    assert plotted(courses.as_text(cohort, 0)).count("o") == known
    assert len(courses._view(cohort, 0).levels) == known


def test_the_inr_of_a_patient_without_warfarin_stays_where_it_was() -> None:
    lines = [line for line in courses.as_text(clinic(90), 1).splitlines() if "|" in line]
    treated = [line for line in courses.as_text(clinic(90), 0).splitlines() if "|" in line]
    assert sum("*" in line for line in lines) == 1
    assert sum("*" in line for line in treated) > 3


def test_the_picture_of_a_clinic_changes_with_the_course() -> None:
    before, after = courses.as_picture(clinic(10), 0), courses.as_picture(clinic(14), 0)
    assert before.shape == after.shape == (540, 960, 3)
    assert 0.001 < (before != after).any(axis=2).mean() < 0.5


@pytest.mark.parametrize("name", ["VancomycinWard-v1", "WarfarinInitiation-v1"])
@pytest.mark.parametrize(("mode", "kind"), [("ansi", str), ("rgb_array", np.ndarray)])
def test_environments_render(name: str, mode: str, kind: Any) -> None:
    env = gymnasium.make(f"dosing_env/{name}", render_mode=mode)
    env.reset(seed=0)
    env.step(env.action_space.sample())
    assert isinstance(env.render(), kind)
