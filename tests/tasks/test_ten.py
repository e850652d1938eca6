"""Ten tasks of ten fields, each a text model, a population file and a scenario file: what every task has to keep.

Their models are published ones, named in their files, as far as a text model says them; they are here to try the parts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from numpy.typing import NDArray

from dosing_env import scenario
from dosing_env.cohort import Cohort
from dosing_env.policies import policy_of
from dosing_env.tasks.told import told
from dosing_env.treatment import followed

FOLDER = Path(__file__).parent / "ten"
NAMES = (
    "busulfan", "docetaxel", "erythropoietin", "gentamicin", "hiv", "insulin", "meropenem", "propofol", "tacrolimus",
)  # fmt: skip
FILES = {name: str(FOLDER / f"{name}.toml") for name in NAMES} | {
    "warfarin": str(FOLDER.parent / "scenarios" / "warfarin_initiation.toml")
}
STEPS = {"erythropoietin": 6}  # decisions that are followed; of the others
MOST = 40
N = 3


@pytest.fixture(scope="module", params=FILES)
def name(request: pytest.FixtureRequest) -> str:
    """Of a task; the tests of one come together, so that it is compiled once."""
    return str(request.param)


def course(name: str, solver: str | None = None, eta: float = 1.0) -> tuple[Cohort, list[NDArray[Any]], list[Any]]:
    """Patients under a third of the largest dose: the cohort, charts and what was paid. eta: times his own effects."""
    cohort = Cohort(scenario.load(FILES[name]).task(), N, "tune", 1, solver)
    cohort.admit(np.arange(N))
    cohort.courses["eta"] *= eta
    cohort.courses["evaluated"] = np.nan
    charts, paid = [cohort.observation.copy()], []
    action = np.tile([grid[len(grid) // 3] for grid in cohort.task.grids], (N, 1))
    for _ in range(STEPS.get(name, MOST)):
        paid.append(cohort.treat(action.copy(), np.ones(N, dtype=bool)))
        charts.append(cohort.observation.copy())
        if paid[-1].over.all():
            break
    return cohort, charts, paid


def test_a_task_keeps_its_promises(name: str) -> None:
    """Charts within their bounds, terms that add up, a course that nobody ends but time, a replay that agrees."""
    cohort, charts, paid = course(name)
    task = cohort.task
    low, high = (np.array([getattr(f, end) for f in task.features], np.float32) for end in ("low", "high"))
    assert all(((chart >= low) & (chart <= high)).all() for chart in charts)
    for one in paid:
        np.testing.assert_allclose(one.reward, one.terms @ task.prices, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(cohort.courses["gained"], sum(one.terms for one in paid), rtol=1e-12)
    assert [one.over.all() for one in paid].count(True) == (cohort.courses["decision"] == task.decisions).all()
    times, true = cohort.curve(np.arange(N), 1)
    passed = times <= task.hours[cohort.courses["decision"].max()] + 1e-9
    assert np.isfinite(true[:, passed]).all()
    assert len(list(told(task.made))) > len(task.made.parts)


def test_gymnasium_is_content(name: str) -> None:
    env = gymnasium.make("dosing_env/Scenario-v0", scenario=FILES[name])
    check_env(env.unwrapped, skip_render_check=True)


def test_nobody_peeks(name: str) -> None:
    """Of two patients who differ in their true random effects alone, only what is measured differs."""
    mine, other = course(name)[:2], course(name, eta=0.5)[1]
    made = mine[0].task.made
    at, _ = made.places
    measured = [p.id for p in made.parts if p.role == "measured"]
    hidden = np.ones(len(made.features), dtype=bool)
    for key, column in made.columns:
        if any(key.startswith(f"{part}_column_") for part in measured):
            hidden[at[key] : at[key] + max(column.length, 1)] = False
    for before, after in zip(mine[1], other, strict=True):
        np.testing.assert_array_equal(before[:, hidden], after[:, hidden])


@pytest.mark.slow  # each is compiled for another solver
@pytest.mark.parametrize("task", ["busulfan", "gentamicin", "meropenem", "tacrolimus"])
def test_another_solver_agrees(task: str) -> None:
    (_, charts, paid), (_, others, again) = course(task), course(task, "compiled")
    np.testing.assert_allclose(charts[-1], others[-1], rtol=1e-4, atol=1e-4)
    for one, two in zip(paid, again, strict=True):
        np.testing.assert_allclose(one.reward, two.reward, rtol=1e-4, atol=1e-6)


def reached(name: str, policy: str, patients: int) -> float:
    """The mean return under a policy."""
    return float(
        followed(scenario.load(FILES[name]), policy_of(policy), np.arange(patients), seed=1, stream="tune")[1].mean()
    )


BUSULFAN = {"oracle": 0.95, "map_dosing": 0.8, "constant:31": 0.2, "constant:0": 0.0}


def test_knowing_more_reaches_more_in_a_new_task() -> None:
    """Of sixteen doses to one exposure: the true patient, the most probable one, one dose for all, nothing."""
    got = {policy: reached("busulfan", policy, 60) for policy in BUSULFAN}
    assert all(got[policy] >= least for policy, least in BUSULFAN.items())
    assert sorted(got, key=lambda policy: -got[policy]) == list(BUSULFAN)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "constant"),
    [("gentamicin", "5,48"), ("meropenem", "83.3333"), ("tacrolimus", "4500"), ("docetaxel", "60,504"), ("hiv", "1,1")],
)
def test_the_oracle_is_above_one_dose_for_all(task: str, constant: str) -> None:
    assert reached(task, "oracle", 20) > reached(task, f"constant:{constant}", 20)
