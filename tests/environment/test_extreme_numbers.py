"""Every number of a scenario file: an extreme one is refused in a line, or the environment stays finite."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest

from dosing_env import catalogue, evaluate, scenario
from dosing_env.scenario_file import numbers_of
from dosing_env.vector import DosingVectorEnv

EXTREME = (1e6, 1e300, math.nan)
MORE = (-1.0, 0.0, math.inf, 1e-300, 10**18)
CARES = ("vancomycin_ward", "warfarin_initiation")


def changed(content: Any, place: str, number: float) -> dict[str, Any]:
    """What a scenario file says, with another number at a place."""
    parts = place.replace("]", "").replace("[", ".").split(".")
    copy = msgspec.json.decode(msgspec.json.encode(content))
    inside = copy
    for part in parts[:-1]:
        inside = inside[int(part)] if isinstance(inside, list) else inside[part]
    last = int(parts[-1]) if isinstance(inside, list) else parts[-1]
    was = inside[last]
    whole = isinstance(was, int) and not isinstance(was, bool) and math.isfinite(number) and number == int(number)
    inside[last] = int(number) if whole else number
    return dict(copy)


def fields(name: str) -> Iterator[str]:
    """Places of all numbers; of lists and of subgroups one each."""
    for place, _ in numbers_of(msgspec.to_builtins(scenario.load(name))):
        if not any(f"[{i}]" in place for i in range(1, 50)):
            yield place


def steps(case: scenario.Scenario) -> None:
    """A few patients are treated for a few decisions, with the smallest dose and the largest."""
    env = DosingVectorEnv(case, 4)
    seen, _ = env.reset(seed=1)
    env.action_space.seed(1)
    for _ in range(5):
        assert np.isfinite(seen).all()
        seen, reward, *_, info = env.step(env.action_space.sample())
        assert np.isfinite(reward).all()
        assert np.isfinite(info["dose"]).all()


@pytest.mark.parametrize("numbers", [EXTREME, pytest.param(MORE, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("name", "place"), [(name, place) for name in CARES for place in fields(name)])
def test_an_extreme_number_is_refused_or_harmless(name: str, place: str, numbers: tuple[float, ...]) -> None:
    content = msgspec.to_builtins(scenario.load(name))
    for number in numbers:
        try:
            case = scenario.load(changed(content, place, number))
        except ValueError as error:
            line = str(error)
            assert line.isprintable()
            assert len(line) < 300
        else:
            steps(case)


@pytest.mark.parametrize(
    ("name", "place", "number", "line"),
    [
        ("vancomycin_ward", "dosing.step_mg", 1e-9, "makes 3e+12 doses up to 3000; a grid has at most 1,000, because"),
        (
            "vancomycin_ward",
            "dosing.max_dose_mg",
            1e9,
            "<= 1000000.0 - at `dosing.max_dose_mg`, found 1000000000.0",
        ),
        ("vancomycin_ward", "course.days", 10**9, "`int` <= 366 - at `course.days`, found 1000000000"),
        ("warfarin_initiation", "home.vitamin_k_sd", 1e6, "<= 3.0 - at `home.vitamin_k_sd`, found 1000000.0: SD 3 of"),
        ("warfarin_initiation", "dosing.step_mg", 1e-9, "a grid has at most 1,000"),
    ],
)
def test_the_line_says_the_bound_and_why(name: str, place: str, number: float, line: str) -> None:
    with pytest.raises(ValueError, match=r"\S") as refused:
        scenario.load(changed(msgspec.to_builtins(scenario.load(name)), place, number))
    assert line in str(refused.value)


def test_too_many_levels_are_refused() -> None:
    case: Any = scenario.load("vancomycin_ward")
    levels = msgspec.to_builtins(case.levels) | {"drawn_h": [0.1 * (i + 1) for i in range(1001)]}
    with pytest.raises(ValueError, match=r"length <= 1000 - at `levels.drawn_h`.*: each is a part of the observation"):
        case.replace(levels=levels)


@pytest.mark.parametrize("name", CARES)
def test_too_many_patients_are_refused_at_once(name: str) -> None:
    with pytest.raises(ValueError, match=r"patients: 100000000000 is not a whole number from 1 to 10000000"):
        evaluate(name, patients=10**11)
    with pytest.raises(ValueError, match=r"patients: 10,000,000 under \d+ policies .* about 10 GB of memory"):
        evaluate(name, patients=10**7)
    datasets = pytest.importorskip("dosing_env.datasets")
    protocol = next(policy for policy in scenario.load(name).policies if policy in catalogue.names("protocols"))
    with pytest.raises(ValueError, match=r"patients: 10,000,000 courses .* some 10 GB of memory"):
        datasets.write_dataset(name, protocol, "tests/large-v0", patients=10**7)
