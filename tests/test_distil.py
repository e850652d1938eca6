"""Bedside tables: what is kept of scikit-learn's trees, their file, and how they dose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from dosing_env import scenario, virtual_trial
from dosing_env.bedside.chart import COLUMNS, LEAST, Reader
from dosing_env.bedside.policy import Bedside
from dosing_env.bedside.table import Line, Part, Table, answers, load, said, text_of, turns, walk
from dosing_env.clinic.tables import PRIMARY, outcomes
from dosing_env.cohort import Cohort
from dosing_env.policies import policy_of
from dosing_env.simulation.chance import STREAMS
from dosing_env.treatment import treat

CASE = scenario.load("warfarin_initiation")
ASKS = ("day", "INR", "WEEK")
TREE = (Line(ask="INR", at_most=2.4), Line(say=100.0, patients=3), Line(say=50.0))
DAYS = (Line(say=7.0),)
TABLE = Table(
    title="By hand",
    purpose="For tests.",
    policy="nobody",
    scenario="warfarin_initiation",
    parts=(Part("Day 1", "mg", (Line(say=5.2),), DAYS, 1), Part("Later", "percent", TREE, DAYS)),
    name="hand",
)


def read(tmp_path: Path, text: str) -> Table:
    (tmp_path / "hand.toml").write_text(text, encoding="utf-8")
    return load(str(tmp_path / "hand.toml"))


def examples(seed: int, rows: int = 2_000) -> tuple[dict[str, Any], Any]:
    rng = np.random.default_rng(seed)
    x = {name: rng.integers(-3, 40, rows) for name in ASKS}
    return x, x["INR"] * np.sin(x["WEEK"]) + 0.3 * x["day"] + rng.normal(size=rows)


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_the_lines_are_the_tree_of_scikit_learn(depth: int) -> None:
    distil = pytest.importorskip("dosing_env.distil")
    from sklearn.tree import DecisionTreeRegressor

    x, y = examples(depth)
    lines = distil.grown(x, y, depth, lambda value: round(value, 2))
    matrix = np.stack(list(x.values()), axis=1)
    theirs = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=distil.LEAST, random_state=distil.SEED)
    met, _ = examples(100, 500)
    found = said(lines)[answers(lines, turns(lines), met, 500)]
    expected = theirs.fit(matrix, y).predict(np.stack(list(met.values()), axis=1))
    np.testing.assert_allclose(found, np.round(expected, 2), atol=1e-9)
    assert max(questions for questions, _ in walk(lines)) <= depth


def test_answers_that_are_the_same_become_one_and_the_patients_are_counted() -> None:
    distil = pytest.importorskip("dosing_env.distil")
    x, y = examples(1)
    assert distil.grown(x, y, 5, lambda value: 7.0) == (Line(say=7.0),)
    lines = distil.grown(x, y, 3, lambda value: round(value))
    counted = distil._counted(lines, x, np.arange(len(y)) // 2)
    each = [line.patients for line in counted if line.say is not None]
    assert min(each) >= distil.LEAST / 2
    assert len(y) / 2 <= sum(each) <= len(y)
    assert all(line.patients == 0 for line in counted if line.say is None)


def test_a_file_gives_the_table_again(tmp_path: Path) -> None:
    again = read(tmp_path, text_of(TABLE))
    assert msgspec.structs.replace(again, file="") == TABLE
    assert "not for the care of real patients" in text_of(TABLE).lower()


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ('ask = "INR"', 'ask = "IRN"', r"parts\[1\].dose\[0\].ask: unknown column 'IRN'. Did you mean 'INR'?"),
        ('ask = "INR"', 'aks = "INR"', r"unknown key parts\[1\].dose\[0\].aks. Did you mean 'ask'?"),
        ("at_most = 2.4", "at_most = 2.45", r"dose\[0\].at_most: 2.45 is no multiple of 0.1, in which INR is read"),
        ("at_most = 2.4", "at_most = nan", r"dose\[0\].at_most: nan is no multiple"),
        ("at_most = 2.4", 'at_most = "2.4"', r"Expected `float \| null`, got `str`"),
        (", at_most = 2.4", "", r"dose\[0\].ask: a line has either ask and at_most, or say"),
        ("at_most = 2.4", "at_most = 2.4, say = 3", r"dose\[0\].say: stands beside a question"),
        ("say = 100.0", "say = -5.0", r"dose\[1\].say: -5 percent is not between 0 and 1000"),
        ("say = 100.0", "say = nan", r"dose\[1\].say: nan percent is not between"),
        ("{ say = 7.0", "{ say = 0.0", r"parts\[0\].next\[0\].say: 0 days is not between 1 and"),
        ("    { say = 50.0 },\n", "", "dose: ends after 2 lines, and a question has no answer"),
        ("{ say = 50.0 },", "{ say = 50.0 }, { say = 1 },", r"dose\[3\]: stands behind the last answer"),
        ("{ say = 5.2 },", "", r"parts\[0\].dose: ends after 0 lines"),
        ("patients = 3", "patients = -3", "Expected `int` >= 0"),
        ('unit = "mg"', 'unit = "g"', "unit: 'g' is not one of"),
        ("until_day = 1\n", "", r"parts: until_day: \[None, None\]: must rise from part to part"),
        ('title = "Later"', 'title = "Later"\nuntil_day = 2', r"until_day: \[1, 2\]: must rise"),
        ("title = ", "titel = ", "unknown key titel. Did you mean 'title'?"),
        ("[[parts]]", "[[parts", "hand.toml: "),
    ],
)
def test_a_file_that_cannot_be_is_refused_in_a_line(tmp_path: Path, old: str, new: str, answer: str) -> None:
    text = text_of(TABLE)
    assert old in text
    with pytest.raises(ValueError, match=rf"hand.toml: .*{answer}" if answer != "hand.toml: " else answer) as caught:
        read(tmp_path, text.replace(old, new, 1))
    assert "\n" not in str(caught.value)


def test_no_more_than_five_questions_one_after_the_other(tmp_path: Path) -> None:
    ask = '{ ask = "day", at_most = 3.0 },'
    text = text_of(TABLE)
    five, six = (text.replace("{ say = 5.2 },", n * ask + (n + 1) * "{ say = 5.0 },", 1) for n in (5, 6))
    assert len(read(tmp_path, five).parts[0].dose) == 11
    with pytest.raises(ValueError, match=r"parts\[0\].dose\[5\]: is question 6 of a row, 5 are the most"):
        read(tmp_path, six)


def test_it_is_followed_on_visits_and_between_them_the_dose_is_held() -> None:
    cohort, returns = treat(CASE, Bedside(TABLE), np.arange(40), seed=3, stream="tune")
    days = CASE.task().rules.decisions
    for course in cohort.courses:
        visits = np.flatnonzero(course["measured"][:days] > 0.0)
        assert np.diff(visits).tolist() == [7] * (len(visits) - 1)
        assert course["ordered"][0] == 5.0  # 5.2 mg in tablets
        for day in visits[1:]:
            base = max(course["doses"][day - 7 : day].mean(), LEAST)
            change = 1.0 if course["measured"][day] < 2.45 else 0.5
            assert abs(course["ordered"][day] - change * base) <= 0.25 + 1e-6
            assert (course["ordered"][day : min(day + 7, days)] == course["ordered"][day]).all()
    assert len(outcomes(cohort, returns)) == 40


def test_the_columns_are_those_of_the_chart() -> None:
    task = CASE.task()
    cohort = Cohort(task, 3, "tune", 5)
    cohort.admit(np.arange(3))
    for _ in range(3):
        cohort.treat(np.tile([4.0, 3.0], (3, 1)), np.ones(3, dtype=bool))
    counts, first = Reader(task)(cohort.observation), cohort.courses["measured"][:, 0]
    newest = cohort.courses["measured"][:, 3]
    assert set(counts) == set(COLUMNS)
    np.testing.assert_array_equal(counts["INR"], np.rint(10 * newest))
    np.testing.assert_array_equal(counts["INR_RISE"], np.rint(10 * (newest - first)))
    assert counts["DAYS_SINCE"].tolist() == [3, 3, 3]
    assert counts["WEEK"].tolist() == [8, 8, 8]


def test_an_agent_becomes_a_table_of_the_tuning_patients(monkeypatch: pytest.MonkeyPatch) -> None:
    distil = pytest.importorskip("dosing_env.distil")
    streams = []

    def watched(*given: Any, **named: Any) -> Any:
        streams.append(named["stream"])
        return treat(*given, **named)

    monkeypatch.setattr(distil, "treat", watched)
    monkeypatch.setattr(distil, "ROUNDS", 3)
    monkeypatch.setattr(distil, "PATIENTS", 80)
    told: list[int] = []
    agent = policy_of("agent:warfarin_initiation_ppo")
    table = distil.distil(agent, CASE, depth=3, progress=lambda done, total, what: told.append(done))
    assert told == [0, 1, 2, 3]
    assert streams == ["tune"] * 3
    assert STREAMS["tune"] != STREAMS[virtual_trial.STREAM]
    assert [part.unit for part in table.parts] == ["mg", "percent", "percent"]
    trees = [tree for part in table.parts for tree in (part.dose, part.next)]
    assert max(questions for tree in trees for questions, _ in walk(tree)) == 3
    assert {line.say for line in table.parts[2].next if line.say} <= {1.0, 2.0, 3.0, 5.0, 7.0, 14.0, 28.0}
    cohort, returns = treat(CASE, Bedside(table), np.arange(100), seed=9, stream="tune")
    assert outcomes(cohort, returns)[PRIMARY].mean() > 70.0  # agent 89, 5 mg for everybody 50
    assert distil.distil(agent, CASE, depth=3) == table


def test_wards_and_depths_that_no_table_has_are_refused() -> None:
    distil = pytest.importorskip("dosing_env.distil")
    ward = scenario.load("vancomycin_ward")
    with pytest.raises(ValueError, match="vancomycin_ward: a bedside table is for a clinic with visits"):
        distil.distil(policy_of("agent:vancomycin_ward_ppo"), ward)
    with pytest.raises(ValueError, match="vancomycin_ward: a bedside table is for a clinic with visits"):
        treat(ward, Bedside(TABLE), np.arange(2), seed=0, stream="tune")
    with pytest.raises(ValueError, match="depth: 6 is not between 1 and 5"):
        distil.distil(policy_of("oracle"), CASE, depth=6)
