"""The information ceiling, where it stands, and the alarm for policies above it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from dosing_env import evaluate, scenario
from dosing_env.planners.ceiling import Ceiling
from dosing_env.planners.map_dosing import MAPDosing
from dosing_env.policies import policy_of
from dosing_env.report.headline import headline
from dosing_env.report.numbers import Numbers
from dosing_env.report.page import page
from dosing_env.treatment import outcomes, treat
from dosing_env.trial import Trial

ONCE = scenario.load("vancomycin_oneshot")
PATIENTS = 1_500
# % of patients, as found outside by another program. Each is met within 4 standard errors of 1,500 patients.
OUTSIDE = {"ceiling:none": 48.0, "ceiling:2": 57.0, "ceiling": 65.5, "oracle": 99.0}
FROM_THE_START = {"weight_15mgkg_q12h": 38.0, "fixed_1g_q12h": 37.0}


class KnowsClearance(MAPDosing):
    """A planted defect: it is handed the true clearance of each patient; the rest is estimated."""

    name, title, oracle = "knows_clearance", "Handed the clearance", True

    def begin(self, task: Any, patients: Any) -> None:
        super().begin(task, patients)
        self.patients = patients

    def planned(self, observation: Any, chart: Any, belief: Any) -> Any:
        etas, CL = belief.etas.copy(), self.task.drug.Eta._fields.index("CL")
        etas[:, CL] = self.patients.courses["eta"][:, CL]
        return super().planned(observation, chart, belief._replace(etas=etas))


@pytest.fixture(scope="module")
def trial() -> Trial:
    named = ["fixed_1g_q12h", "sawchuk_zaske", "agent:vancomycin_oneshot_regression", "map_dosing", "posterior_optimal",
             "agent:vancomycin_oneshot_ppo", "ceiling:none", "ceiling:2", "ceiling", "oracle"]  # fmt: skip
    return evaluate(ONCE, [*named, KnowsClearance()], patients=PATIENTS, seed=1)


def reached(trial: Trial, policy: str) -> float:
    return float(trial.patients(policy)["attainment_percent"].mean())


def four_errors(share: float) -> float:
    return 4.0 * float(np.sqrt(share * (100.0 - share) / PATIENTS))


@pytest.mark.parametrize("policy", OUTSIDE)
def test_the_ceilings_are_those_found_outside(trial: Trial, policy: str) -> None:
    assert reached(trial, policy) == pytest.approx(OUTSIDE[policy], abs=four_errors(OUTSIDE[policy]))


@pytest.mark.parametrize("policy", FROM_THE_START)
def test_label_doses_from_the_start(policy: str) -> None:
    """Those of the outside program are given from hour 0, not from the decision on."""
    case = ONCE.replace(course={"days": 3, "interval_h": 12})
    ended, _ = treat(case, policy_of(policy), np.arange(PATIENTS), seed=1, stream="evaluate")
    share = float(outcomes(ended, {})["attainment_percent"].mean())
    assert share == pytest.approx(FROM_THE_START[policy], abs=four_errors(38.0))


def test_more_information_reaches_more(trial: Trial) -> None:
    none, one, all_ = (reached(trial, name) for name in ("ceiling:none", "ceiling:2", "ceiling"))
    assert none + 5.0 < one < all_ - 3.0


def test_a_leak_is_named_and_nobody_else(trial: Trial) -> None:
    found = trial.leaks()
    assert list(found["policy"]) == ["knows_clearance"]
    assert found["low"].iloc[0] > 0.5
    said = headline(trial, Numbers(trial)).plain
    assert re.search(r"LEAK: Handed the clearance is \d+\.\d points above the information ceiling", said)
    assert "LEAK" in page(trial)
    assert "Long dashes: ceiling, all levels" in page(trial)


def test_without_the_ceiling_there_is_no_alarm(trial: Trial) -> None:
    few = evaluate(ONCE, ["fixed_1g_q12h", "ceiling:2", "oracle", KnowsClearance()], patients=200, seed=1)
    assert few.leaks().empty


@pytest.mark.parametrize(
    ("levels", "looked_at", "title"),
    [(None, None, "all levels"), ("none", (), "no level"), ("2", (1,), "level 2"), ("1+2", (0, 1), "level 1+2")],
)
def test_what_a_ceiling_looks_at(levels: str | None, looked_at: Any, title: str) -> None:
    made = Ceiling(levels)
    assert made.levels == looked_at
    assert made.title == f"Ceiling, {title}"


@pytest.mark.parametrize("levels", ["0", "two", "1+", "-1", "+", "²"])
def test_levels_that_are_none(levels: str) -> None:
    with pytest.raises(ValueError, match="neither none nor numbers of levels"):
        Ceiling(levels)


def test_where_no_ceiling_can_be_computed() -> None:
    task = scenario.load("vancomycin_ward").task()
    with pytest.raises(ValueError, match=r"no ceiling can be computed: 14 decisions are taken.*posterior_optimal"):
        Ceiling().begin(task, None)
    with pytest.raises(ValueError, match="ceiling:3: level 3 is not drawn: there are 2"):
        Ceiling("3").begin(ONCE.task(), None)
