"""The information ceiling of one dose: what it is, whom it accuses, and whom it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dosing_env import evaluate
from dosing_env.cohort import Cohort
from dosing_env.planners.map_dosing import MAPDosing
from dosing_env.policies import arm_of, policy_of
from dosing_env.report.headline import headline
from dosing_env.report.numbers import Numbers
from dosing_env.scenario import load
from dosing_env.task import Task
from dosing_env.trial import Trial
from dosing_env.ward.most_probable import MAPPlan
from dosing_env.ward.tables import PRIMARY
from tests.environment.rollouts import changed

ONESHOT = load("vancomycin_oneshot")
PATIENTS, SEED = 1_500, 1
HONEST = ("map_dosing", "posterior_optimal", "auc500_typical", "sawchuk_zaske")


class ToldPlan(MAPPlan):
    """The plan of Bayesian dosing, and of the true patients one random effect: that of the clearance."""

    patients: Cohort

    def planned(self, chart: Any, belief: Any) -> NDArray[np.float64]:
        CL = self.patients.task.drug.Eta._fields.index("CL")
        etas = belief.etas.copy()
        etas[:, CL] = self.patients.courses["eta"][:, CL]
        return super().planned(chart, belief._replace(etas=etas))


class Told(MAPDosing):
    """Bayesian dosing by that plan."""

    name, title = "told", "Told the clearance"
    oracle = True

    def begin(self, task: Task, patients: Cohort | None) -> None:
        assert patients is not None
        super().begin(task, None)
        self._plan = ToldPlan(task, task.drug, self.name)
        self._plan.patients = patients


@pytest.fixture(scope="module")
def trial() -> Trial:
    arms = ["ceiling:none", "ceiling:2", "ceiling", "oracle", *HONEST, Told()]
    return evaluate(ONESHOT, arms, patients=PATIENTS, seed=SEED)


def share(trial: Trial, policy: str) -> float:
    return float(trial.patients(policy)[PRIMARY].mean())


@pytest.mark.parametrize(("policy", "percent"), [("ceiling:none", 47.0), ("ceiling:2", 57.0), ("ceiling", 66.0)])
def test_what_is_known_bounds_what_is_reached(trial: Trial, policy: str, percent: float) -> None:
    assert share(trial, policy) == pytest.approx(percent, abs=4.0)


def test_who_knows_the_patient_reaches_nearly_everybody(trial: Trial) -> None:
    assert share(trial, "oracle") >= 98.0


def test_fixed_doses_from_the_start_reach_what_was_published() -> None:
    fixed = evaluate(
        ONESHOT.replace(course={"days": 3, "interval_h": 12}),
        ["weight_15mgkg_q12h", "fixed_1g_q12h"],
        patients=PATIENTS,
        seed=SEED,
    )
    assert share(fixed, "weight_15mgkg_q12h") == pytest.approx(38.0, abs=3.0)
    assert share(fixed, "fixed_1g_q12h") == pytest.approx(37.0, abs=3.0)


def test_who_was_told_is_named_and_nobody_else(trial: Trial) -> None:
    found = trial.leaks()
    assert list(found["policy"]) == ["told"]
    assert (found["difference"] > found["low"]).all()
    assert (found["low"] > 0.5).all()
    more = (trial.patients("told")[PRIMARY].to_numpy() - trial.patients("ceiling")[PRIMARY].to_numpy()).mean()
    assert found.set_index("policy").loc["told", "difference"] == pytest.approx(more)


def test_headline_and_page_tell_of_the_leak(trial: Trial, tmp_path: Path) -> None:
    said, page = headline(trial, Numbers(trial)).plain, trial.report(tmp_path / "report.html").read_text("utf-8")
    assert "LEAK: Told the clearance is" in said
    assert "LEAK: Told the clearance is" in page
    assert said.count("LEAK") == 1
    assert "points above the information ceiling (at least" in said


def only(trial: Trial, *policies: str) -> Trial:
    """The same trial with some of its policies."""
    arms = tuple(arm for arm in trial.policies if arm.name in policies)
    return replace(
        trial, policies=arms, frame=trial.frame[trial.frame["policy"].isin(policies)], **_few(trial, policies)
    )


def _few(trial: Trial, policies: tuple[str, ...]) -> dict[str, Any]:
    tables = {name: getattr(trial, name) for name in ("courses", "doses", "levels")}
    return {name: table[table["policy"].isin(policies)] for name, table in tables.items()}


def test_an_honest_trial_and_one_without_the_ceiling_of_all_levels_name_nobody(trial: Trial, tmp_path: Path) -> None:
    for arms in (("ceiling", "oracle", *HONEST), ("ceiling:none", "ceiling:2", "told", "map_dosing")):
        some = only(trial, *arms)
        assert some.leaks().empty
        assert "LEAK" not in headline(some, Numbers(some)).plain
        assert "LEAK" not in some.report(tmp_path / "report.html").read_text("utf-8")


@pytest.mark.parametrize("policy", ["ceiling:2", "oracle"])
def test_oracles_and_ceilings_are_never_named_whatever_they_reach(trial: Trial, policy: str) -> None:
    """With the outcomes of who was told: they are not named, and would be if they called themselves an agent."""
    frame = trial.frame.assign(policy=trial.frame["policy"].replace({policy: "told", "told": policy}))
    agents = tuple(replace(arm, kind="agent") for arm in trial.policies)
    for arms, named in ((trial.policies, []), (agents, [policy])):
        swapped = only(replace(trial, frame=frame, policies=arms), "ceiling", policy)
        assert list(swapped.leaks()["policy"]) == named


UNKNOWNS = {
    "many decisions": ({"course": {"decided_h": (), "lead_in": ""}}, "6 decisions are taken"),
    "weight": ({"charting": {"weight_cv": 0.01}}, "charted weight or creatinine has an error"),
    "creatinine": ({"charting": {"creatinine_cv": 0.01}}, "charted weight or creatinine has an error"),
    "drift": ({"kidney": {"drift_cv_per_day": 0.01}}, "the kidney changes"),
    "injury": ({"aki": {"creatinine_factor": 1.5}}, "kidney injury changes the kidney"),
    "assay": ({"levels": {"assay_only": True}}, "levels do not have the model's residual error"),
}


@pytest.mark.parametrize(("sections", "reason"), UNKNOWNS.values(), ids=UNKNOWNS)
def test_what_is_unknown_besides_random_effects_is_refused(sections: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=f"ceiling: no ceiling can be computed: {reason}.*posterior_optimal, oracle"):
        policy_of("ceiling").begin(changed("vancomycin_oneshot", **sections).task(), None)


def test_a_ward_has_no_ceiling() -> None:
    with pytest.raises(ValueError, match=r"^ceiling:none: no ceiling .*14 decisions are taken \(course.decided_h\)"):
        evaluate("vancomycin_ward", ["ceiling:none"], patients=1, rivals=False)


def test_a_level_that_is_not_drawn() -> None:
    for name in ("ceiling:3", "ceiling:1+3"):
        with pytest.raises(ValueError, match=f"^{name.replace('+', '[+]')}: level 3 is not drawn: there are 2$"):
            policy_of(name).begin(ONESHOT.task(), None)


@pytest.mark.parametrize("wrong", ["0", "1+0", "-1", "1.5", "+", "1+", "None", "²", "all"])
def test_what_is_no_level(wrong: str) -> None:
    with pytest.raises(ValueError, match="is neither none nor numbers of levels from 1 on, such as 2 or 1"):
        policy_of(f"ceiling:{wrong}")


def test_names_and_titles() -> None:
    titles = {
        "ceiling": "Ceiling, all levels",
        "ceiling:none": "Ceiling, no level",
        "ceiling:2": "Ceiling, level 2",
        "ceiling:1+2": "Ceiling, level 1+2",
    }
    for name, title in titles.items():
        arm = arm_of(policy_of(name))
        assert (arm.name, arm.title, arm.kind) == (name, title, "ceiling")
