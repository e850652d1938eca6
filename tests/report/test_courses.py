"""What the environments render: the course of a patient as text and as a picture."""

from __future__ import annotations

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


@pytest.mark.parametrize(("mode", "kind"), [("ansi", str), ("rgb_array", np.ndarray)])
def test_environments_render(mode: str, kind: Any) -> None:
    env = gymnasium.make("dosing_env/VancomycinWard-v1", render_mode=mode)
    env.reset(seed=0)
    env.step(env.action_space.sample())
    assert isinstance(env.render(), kind)
