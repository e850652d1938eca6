"""A recorded subject of a driven drug: whole days without inflow in closed form, everything else by steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dosing_env import simulate
from dosing_env.inference import search
from dosing_env.inference.objective import begin, predict
from dosing_env.inference.problem import Problem, means_of, points_of, posed
from dosing_env.pharmacology import Drug
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.compiling import specialise
from dosing_env.simulation.subject import FINE
from tests.bedside import usual
from tests.clinic.clinics import every_driven_drug
from tests.inference.test_recorded import changing, levels

DOSES = [{"TIME": 24.0 * day, "AMT": mg} for day, mg in enumerate((10.0, 5.0, 0.0, 2.5, 7.5, 5.0, 5.0, 15.0))]
OTHER_DOSES = [
    {"TIME": 0.0, "AMT": 10.0},
    {"TIME": 10.0, "AMT": 5.0},
    {"TIME": 24.0, "AMT": 5.0, "II": 24.0, "ADDL": 3},
    {"TIME": 125.0, "AMT": 6.0, "RATE": 0.5},  # 12 hours
    {"TIME": 150.0, "AMT": 48.0, "RATE": 0.5},  # whole days too, but of an inflow
]
OTHER_LOOKS = [5.0, 10.0, 24.0, 48.0, 60.0, 72.0, 96.0, 120.0, 130.0, 174.0, 198.0, 300.0]


def with_looks(doses: list[dict[str, float]], times: list[float]) -> list[dict[str, float]]:
    """Looks before doses of the same time; what was measured is not wanted here."""
    return sorted([*({"TIME": t, "EVID": 0, "DV": 2.0} for t in times), *doses], key=lambda row: row["TIME"])


def points_and_levels(problem: Problem, count: int) -> tuple[Any, Any]:
    """Random effects at some points, and the levels there."""
    means, points = means_of(problem, 16), points_of(problem)
    points.z[:count] = np.random.default_rng(0).standard_normal(points.z[:count].shape)
    assert specialise(begin)(0, means) == FINE
    specialise(predict)(0, FINE, count, search.RELATIVE, 0, means, problem.seen, points)
    return points.z[:count] @ problem.seen.root.T, points.levels[:count].copy()


@every_driven_drug
def test_whole_days_are_those_of_steps(drug: Drug) -> None:
    rows = with_looks(DOSES, [24.0 * day for day in range(1, 9)])
    way, replayed, followed = levels(posed(drug, rows, usual(drug), "locf")[2])
    assert way == FINE
    assert replayed == pytest.approx(followed, rel=1e-6)
    assert not np.array_equal(replayed, followed)  # found in another way


@every_driven_drug
def test_other_stretches_are_followed_by_steps(drug: Drug) -> None:
    """A dose and a look within a day, infusions, bedside values that change within one."""
    problem = posed(drug, with_looks(OTHER_DOSES, OTHER_LOOKS), changing(drug), "locf")[2]
    etas, found = points_and_levels(problem, 2)
    for eta, mine in zip(etas, found, strict=True):
        by_name = dict(zip(drug.Eta._fields, eta.tolist(), strict=True))
        known: Floats = simulate(
            drug, OTHER_DOSES, covariates=changing(drug), times=OTHER_LOOKS, eta=by_name, solver="scipy", auc=False
        )["level"].to_numpy()
        assert mine == pytest.approx(known, rel=1e-6)
        assert len(np.unique(mine)) == len(mine)


@every_driven_drug
def test_a_replay_leaves_nothing_behind(drug: Drug) -> None:
    """Levels at a point depend neither on the points before it nor on how often it is looked at."""
    problem = posed(drug, with_looks(DOSES, [24.0 * day for day in range(1, 9)]), usual(drug), "locf")[2]
    means, points = means_of(problem, 16), points_of(problem)
    width = points.z.shape[1]
    tried = np.vstack([np.zeros(width), np.zeros(width), 0.5 * np.eye(width), np.zeros(width)])
    assert specialise(begin)(0, means) == FINE

    def at(z: Floats) -> Floats:
        points.z[: len(z)] = z
        specialise(predict)(0, FINE, len(z), search.RELATIVE, 0, means, problem.seen, points)
        return points.levels[: len(z)].copy()

    together = at(tried)
    assert together[0].tolist() == together[1].tolist() == together[-1].tolist()
    for z, mine in zip(tried, together, strict=True):
        assert at(z[None])[0].tolist() == mine.tolist()
