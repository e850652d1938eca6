"""Frames: the present, and what happened around the last decisions, in place of the whole course."""

from __future__ import annotations

import re
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from dosing_env import scenario
from dosing_env.clinic.kind import CLINIC
from dosing_env.env import DosingEnv
from dosing_env.scenario import Scenario
from dosing_env.sight import Sight
from dosing_env.task import Task
from dosing_env.vector import DosingVectorEnv
from dosing_env.ward import chart
from dosing_env.ward.rules import Rules
from tests.environment.rollouts import (
    TASKS,
    changed,
    columns,
    decisions,
    environment,
    every_scenario,
    identifier,
    roll,
    some_doses,
)
from tests.environment.test_interface import complaints
from tests.environment.test_no_peek import another_world_from, some_decisions

PATIENTS = 5
CLINICS = [name for name, task in TASKS.items() if task.care is CLINIC]
Numbers = dict[str, float]
# Four doses a day: a level whose result comes two decisions later, three results at once, one as a decision is taken.
OFTEN: Any = {"course": {"interval_h": 6.0}, "levels": {"drawn_h": [11.0, 25.0, 26.0, 27.0, 40.0], "turnaround_h": 8.0}}
WITHOUT: Any = {"levels": {"drawn_h": []}}
WARDS: dict[str, Scenario | str] = {
    "ward": "vancomycin_ward",
    "icu": "vancomycin_icu",
    "oneshot": "vancomycin_oneshot",
    "often": changed("vancomycin_icu", **OFTEN),
    "without levels": changed("vancomycin_ward", **WITHOUT),
}


@pytest.mark.parametrize("frames", [1, 3, 6])
@pytest.mark.parametrize("case", WARDS.values(), ids=WARDS)
def test_a_ward_shows_what_its_chart_has_of_the_last_decisions(case: Scenario | str, frames: int) -> None:
    """Against the chart, read number by number, of the same patients under the same random doses.

    And of charts all of whose levels are below the assay's limit.
    """
    whole, framed = environment(case, PATIENTS), environment(case, PATIENTS, frames=frames)
    charts, shown = roll(whole).observations, roll(framed).observations
    names = [feature.name for feature in framed.features]
    assert_shown(charts, shown, names, whole.task.rules, frames)
    charts[..., columns(whole, "below_")] = charts[..., columns(whole, "resulted_")]
    for rows in charts:
        assert_shown(rows, Sight(whole.task, None, frames)(rows, None)[0], names, whole.task.rules, frames)


def assert_shown(charts: Any, shown: Any, names: list[str], rules: Rules, frames: int) -> None:
    assert shown.shape == (*charts.shape[:-1], len(names))
    for row, seen in zip(charts.reshape(-1, charts.shape[-1]), shown.reshape(-1, len(names)), strict=True):
        assert dict(zip(names, seen.tolist(), strict=True)) == by_hand(chart.read(row, rules), rules, frames)


def by_hand(known: chart.Chart, rules: Rules, frames: int) -> Numbers:
    """What one chart has of now and of its last decisions. What became known when is told by when it arrived."""
    now = round(float(known.time) / rules.interval)
    numbers = {name: float(getattr(known, name)) for name in chart.Chart._fields[1:9]}
    for j in range(1, frames + 1):
        numbers[f"recent_creatinine_{j}"] = numbers[f"recent_dose_{j}"] = 0.0
        for n in range(1, at_once(rules) + 1):
            for kind in ("level", "resulted", "below"):
                numbers[f"recent_{kind}_{j}_{n}"] = 0.0
        if now - j < 0:
            continue
        begins, ends = (now - j) * rules.interval, (now - j + 1) * rules.interval
        numbers[f"recent_creatinine_{j}"] = float(known.creatinine[int(begins // 24.0)])
        numbers[f"recent_dose_{j}"] = float(known.doses[now - j])
        arrived = [i for i in range(len(rules.drawn)) if known.resulted[i] and begins < known.arrived[i] <= ends]
        for n, i in enumerate(arrived, start=1):
            for kind, values in (("level", known.levels), ("resulted", known.resulted), ("below", known.below)):
                numbers[f"recent_{kind}_{j}_{n}"] = float(values[i])
    return numbers


def at_once(rules: Rules) -> int:
    """The most results that come in one interval."""
    intervals = [int(np.ceil((drawn + rules.turnaround) / rules.interval)) for drawn in rules.drawn]
    within = [number for number in intervals if number <= rules.decisions]
    return max((within.count(number) for number in within), default=0)


def test_the_plans_of_levels_are_as_told() -> None:
    assert [at_once(environment(case, 1).task.rules) for case in WARDS.values()] == [2, 2, 2, 3, 0]


@pytest.mark.parametrize("name", CLINICS)
@pytest.mark.parametrize("frames", [1, 3, 4])
def test_a_clinic_shows_the_newest_inrs(name: str, frames: int) -> None:
    whole, framed = environment(name, PATIENTS), environment(name, PATIENTS, frames=frames)
    charts, shown = roll(whole).observations, roll(framed).observations
    names = [feature.name for feature in framed.features]
    recent = [f"recent_{what}_{j}" for what in ("inr", "days", "dose") for j in range(1, frames + 1)]
    bedside = [feature.name for feature in whole.features[: names.index("recent_inr_1")]]
    assert names == [*bedside, *recent, "recent_yesterday", "recent_week"]
    for column, feature in enumerate(framed.features):
        assert np.array_equal(shown[..., column], charts[..., whole.features.index(feature)])


@every_scenario
def test_what_is_shown_keeps_its_unit_and_bounds(name: str) -> None:
    env = DosingEnv(name, frames=3)
    originals = {feature.name: feature for feature in env.task.features}
    assert len({feature.name for feature in env.features}) == len(env.features)
    for feature in env.features:
        original = originals.get(feature.name) or originals[first_of(feature.name)]
        assert feature[1:] == original[1:]
    shown = roll(environment(name, PATIENTS, frames=3)).observations
    box = env.observation_space
    assert shown.dtype == box.dtype
    assert all(row in box for row in shown.reshape(-1, len(env.features)))


def first_of(name: str) -> str:
    """The first number of a kind in the chart: level_1 of recent_level_2_1."""
    return f"{name.split('_')[1]}_1"


@every_scenario
def test_no_patient_depends_on_another(name: str) -> None:
    """Charts of different decisions in one batch are shown as each alone, in whatever order."""
    charts = roll(environment(name, PATIENTS)).observations
    sight = Sight(TASKS[name], None, 3)
    rows = np.random.default_rng(0).permutation(charts.reshape(-1, charts.shape[-1]))[:60]
    together, _ = sight(rows, None)
    for row, seen in zip(rows, together, strict=True):
        assert sight(row[None], None)[0].tolist() == [seen.tolist()]
    assert sight(np.hstack([rows, rows]), None)[0].tolist() == together.tolist()  # whatever stands behind the chart


@pytest.mark.parametrize("name", ["vancomycin_icu", "warfarin_initiation"])
def test_a_batch_observes_what_its_patients_observe_alone(name: str) -> None:
    """Also the last observation of a course, and the first of the next patient in the slot."""
    batch = DosingVectorEnv(name, 3, frames=2, autoreset_mode=AutoresetMode.SAME_STEP)
    alone = DosingEnv(name, frames=2)
    seen, _ = batch.reset(seed=5)
    assert seen[1].tolist() == alone.reset(seed=5, options={"patients": [1]})[0].tolist()
    for doses in some_doses(batch, range(3)):
        kept = seen.copy()
        after, *_, info = batch.step(doses)
        mine, *_ = alone.step(doses[1])
        assert seen.tolist() == kept.tolist()  # what was returned stays as it was
        seen = after
        last = info["final_obs"][1] if "final_obs" in info else seen[1]
        assert last.tolist() == mine.tolist()
    assert seen[1].tolist() == alone.reset(options={"patients": [4]})[0].tolist()


@pytest.mark.parametrize("case", ["vancomycin_ward", WARDS["often"]], ids=["ward", "often"])
def test_no_result_is_shown_before_it_is_known(case: Scenario | str) -> None:
    """All noise after decision k is another: nothing up to decision k is, and later the levels are."""
    env = environment(case, PATIENTS, frames=3)
    doses = some_doses(env, range(PATIENTS))
    plain = roll(env, doses).observations
    levels = [i for i, feature in enumerate(env.features) if feature.name.startswith("recent_level_")]
    for k in some_decisions(env):
        other = roll(env, doses, meddle=another_world_from(k)).observations
        assert np.array_equal(other[: k + 1], plain[: k + 1])
        still = env.task.rules.drawn.max() > k * env.task.rules.interval
        assert np.array_equal(other[..., levels], plain[..., levels]) != still


@every_scenario
def test_gymnasium_accepts_it(name: str) -> None:
    made = gymnasium.make(identifier(name), frames=3)
    assert made.observation_space.shape == (len(made.unwrapped.features),)  # type: ignore[attr-defined]
    assert complaints(check_env, made.unwrapped) == []
    assert gymnasium.make_vec(identifier(name), num_envs=2, frames=3).reset(seed=0)[0].shape[0] == 2


def test_beliefs_come_behind_frames_and_have_read_the_whole_chart() -> None:
    drug, task = "vancomycin_goti2018", TASKS["vancomycin_ward"]
    charts = roll(environment("vancomycin_ward", PATIENTS)).observations[10]
    frames, believed, both = Sight(task, None, 2), Sight(task, drug), Sight(task, drug, 2)
    behind = len(task.features)
    assert both.features == frames.features + believed.features[behind:]
    seen, memory = both(charts, None)
    beliefs, found = believed(charts, None)
    assert seen.tolist() == np.hstack([frames(charts, None)[0], beliefs[:, behind:]]).tolist()
    assert memory.tolist() == found.tolist()
    env = environment("vancomycin_ward", PATIENTS, belief=drug, frames=2)
    assert env.features == both.features
    assert roll(env, some_doses(env, range(PATIENTS))).observations[10] == pytest.approx(seen, rel=1e-4, abs=1e-4)


@every_scenario
def test_no_frames_are_the_whole_chart(name: str) -> None:
    plain: NDArray[np.float32] = environment(name, 2).reset(seed=0)[0]
    assert environment(name, 2, frames=0).reset(seed=0)[0].tolist() == plain.tolist()
    assert Sight(TASKS[name], None).features == Sight(TASKS[name], None, 0).features == TASKS[name].features


@pytest.mark.parametrize(
    ("name", "frames", "line"),
    [
        ("vancomycin_ward", 15, "frames: 15 is not a whole number from 0 to 14, the decisions of the course"),
        ("vancomycin_ward", -1, "frames: -1 is not a whole number from 0 to 14"),
        ("vancomycin_ward", 1.5, "frames: 1.5 is not a whole number from 0 to 14"),
        ("vancomycin_ward", "2", "frames: '2' is not a whole number from 0 to 14"),
        ("vancomycin_ward", None, "frames: None is not a whole number from 0 to 14"),
        ("warfarin_initiation", 5, "frames: 5 is not a whole number from 0 to 4, the INRs that a clinic's chart has"),
        ("warfarin_initiation", -1, "frames: -1 is not a whole number from 0 to 4"),
    ],
)
def test_frames_that_are_not_there_are_refused(name: str, frames: Any, line: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(line)):
        DosingVectorEnv(name, frames=frames)


def test_a_whole_course_of_frames_shows_every_dose() -> None:
    task: Task = scenario.load("vancomycin_ward").task()
    env = environment("vancomycin_ward", PATIENTS, frames=task.rules.decisions)
    course = roll(env)
    shown = [i for i, feature in enumerate(env.features) if feature.name.startswith("recent_dose_")]
    given = np.array([info["dose"] for info in course.infos])
    assert len(shown) == decisions(env)
    assert np.array_equal(course.observations[-1][:, shown[::-1]].T, given)
