"""The shield: what it lets through, what it lowers and how far, and how it is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from dosing_env import evaluate, simulate
from dosing_env.cohort import Cohort
from dosing_env.outcomes import aki_risk
from dosing_env.planners._believing import CHUNK
from dosing_env.planners.oracle import Oracle
from dosing_env.planners.shield import PARTICLES, Shield
from dosing_env.policies import arm_of, policy_of
from dosing_env.policy import Policy
from dosing_env.scenario import Scenario, load
from dosing_env.treatment import treat
from dosing_env.ward.chart import read
from dosing_env.ward.charts import believe, imagine
from dosing_env.ward.dosing import infusion_hours
from tests.environment.rollouts import changed
from tests.planners.cohorts import cohort

WARD, ONESHOT = load("vancomycin_ward"), load("vancomycin_oneshot")
AGENT = "agent:vancomycin_ward_ppo"


class Wants(Policy):
    """Proposes the same dose always, mg, or one for each patient."""

    name, title, kind = "wants", "Wants", "label"

    def __init__(self, mg: Any) -> None:
        self._mg = mg

    def doses(self, observation: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.zeros(len(observation)) + self._mg


def given(made: Cohort, mg: Any, limit: float, believed: str | None = None) -> NDArray[np.float64]:
    """The doses that a shield leaves of proposals."""
    shield = Shield(Wants(mg), limit, believed)
    shield.begin(made.task, None)
    return shield.doses(made.observation)


@pytest.mark.parametrize("case", [WARD, ONESHOT], ids=["ward", "oneshot"])
def test_a_limit_of_1_changes_nothing(case: Scenario) -> None:
    for policy in (policy_of("fixed_1g_q12h"), Wants(case.task().rules.max_dose)):
        bare, shielded = (
            treat(case, one, np.arange(20), seed=3, stream="tune")[0].courses for one in (policy, Shield(policy, 1.0))
        )
        assert bare["doses"].any()
        assert bare.tobytes() == shielded.tobytes()


def test_an_agent_of_another_scenario_is_named_behind_it_too() -> None:
    with pytest.warns(UserWarning, match=r"^shield:1:vancomycin_oneshot_ppo was trained on another scenario"):
        evaluate(ONESHOT.replace(population="adult_ward"), ["shield:1:agent:vancomycin_oneshot_ppo"], patients=1)


@pytest.mark.parametrize("decisions", [0, 3, 8, 13])
def test_what_is_proposed_is_never_raised_and_a_lower_limit_never_gives_more(decisions: int) -> None:
    made, mg = cohort(WARD, decisions, 40), np.float32(np.random.default_rng(decisions).uniform(0.0, 3000.0, 40))
    before: Any = mg
    for limit in (1.0, 0.2, 0.15, 0.12, 0.09, 0.05, 0.0):
        now = given(made, mg, limit)
        assert (now <= before).all()
        assert ((now == mg) | (now % 250.0 == 0.0)).all()
        assert limit < 1.0 or np.array_equal(now, mg)
        before = now
    assert not before[mg >= 125.0].any()  # what is no product yet need not be refused


def test_below_the_risk_of_no_dose_nothing_is_given() -> None:
    made = cohort(WARD, 0)
    assert not given(made, 1000.0, 0.99 * aki_risk(0.0, -4.0, 0.004)).any()
    assert given(made, 1000.0, 0.15).any()


def predicted(made: Cohort, i: int, dose: float) -> float:
    """By hand: the probability of harm if patient i is given this dose until the policy is asked again, then none."""
    task, rules, k = made.task, made.task.rules, int(made.courses["decision"][i])
    chart = read(np.ascontiguousarray(made.observation[i : i + 1].T, dtype=np.float64), rules)
    seen, today = imagine(believe(task.drug, rules, chart), rules, PARTICLES), int(k * rules.interval // 24.0)
    doses = [*made.courses["doses"][i, :k], *[dose] * (made.rules["until"][0][k] - k)]
    hours = [infusion_hours(rules, mg) for mg in doses]
    events = [{"TIME": rules.interval * j, "AMT": mg, "RATE": mg / hours[j]} for j, mg in enumerate(doses)]
    bedside = pd.DataFrame({"TIME": 24.0 * np.arange(today + 1), "SCR": chart.creatinine[: today + 1, 0]})
    bedside = bedside.assign(**{name: float(getattr(chart, name)[0]) for name in ("AGE", "WT", "HT", "SEX")})
    eta = pd.DataFrame(seen.etas[0], columns=list(task.drug.Eta._fields)).assign(ID=range(PARTICLES))
    days = 24.0 * np.arange(today, rules.days + 1)
    table = simulate(task.drug, events, covariates=bedside.assign(DIAL=0.0, HAEM=0.0), times=days, eta=eta)
    worst = np.diff(table["auc"].to_numpy().reshape(PARTICLES, -1)).max(axis=1)
    return float(seen.weight[0] @ aki_risk(worst, rules.aki_intercept, rules.aki_slope))


@pytest.mark.parametrize(("case", "decisions", "limit"), [(WARD, 0, 0.09), (WARD, 3, 0.13), (ONESHOT, 0, 0.12)])
def test_the_largest_product_that_keeps_the_limit_is_given(case: Scenario, decisions: int, limit: float) -> None:
    """The dose keeps it to the end of the course, counted particle by particle, and the next larger one does not."""
    made, mg = cohort(case, decisions), 2000.0
    doses, step = given(made, mg, limit), made.task.rules.step
    for i in range(len(doses)):
        assert predicted(made, i, doses[i]) <= limit + 1e-4 or doses[i] == 0.0
        assert doses[i] == mg or predicted(made, i, doses[i] + step) > limit - 1e-4
    assert len(set(doses)) > 2


def test_who_always_gives_the_most_does_less_harm_with_a_shield() -> None:
    trial = evaluate(WARD, [Wants(3000.0), Shield(Wants(3000.0), 0.15)], patients=40, seed=1, rivals=False)
    bare, shielded = (
        trial.patients(name)["aki_predicted_percent"].to_numpy() for name in ("wants", "shield:0.15:wants")
    )
    assert shielded.mean() < 20.0 < bare.mean()


def test_the_hard_limits_come_first() -> None:
    tight = changed("vancomycin_ward", dosing={"max_dose_mg": 1250.0, "max_daily_mg": 1500.0})
    made = cohort(tight, 1)
    left = np.minimum(1250.0, 1500.0 - made.courses["doses"][:, 0])
    free, bound = (np.minimum(given(made, 1250.0, limit), left) for limit in (1.0, 0.05))
    assert free.tolist() == left.tolist()
    assert 0.0 < bound.sum() < left.sum()


def test_no_patient_depends_on_another() -> None:
    made = cohort(WARD, 5, CHUNK + 3)
    mg = 250.0 * (np.arange(CHUNK + 3) % 13)
    together = given(made, mg, 0.13)
    assert len(set(together)) > 3
    for i in (0, CHUNK - 1, CHUNK, CHUNK + 2):
        shield = Shield(Wants(mg[i]), 0.13)
        shield.begin(made.task, None)
        assert shield.doses(made.observation[i : i + 1]).tolist() == [together[i]]


def test_exposures_superposed_and_followed_allow_the_same() -> None:
    made, shields = cohort(WARD, 5, 40), [Shield(Wants(2500.0), 0.12) for _ in range(2)]
    for shield in shields:
        shield.begin(made.task, None)
    shields[1]._setting = shields[1]._setting._replace(linear=False, straight=False)
    one, other = (shield.doses(made.observation).tolist() for shield in shields)
    assert one == other
    assert len(set(one)) > 3


def test_after_the_last_decision_nothing_is_shielded() -> None:
    assert given(cohort(WARD, 14), 1000.0, 0.0).tolist() == [1000.0] * 8


def test_a_model_that_is_believed_decides() -> None:
    made = cohort(WARD, 3, 40)
    own, same, other = (
        given(made, 2000.0, 0.12, model) for model in (None, "vancomycin_goti2018", "vancomycin_thomson2009")
    )
    assert own.tolist() == same.tolist()
    assert np.count_nonzero(own != other) > 5


class Remembers(Wants):
    """Doubles what it wanted last, from 100 mg at the beginning of a course on."""

    name = "remembers"

    def act(self, observation: Any, state: Any, episode_start: Any) -> tuple[NDArray[np.float64], Any]:
        mg = np.where(episode_start, 100.0, 0.0 if state is None else 2.0 * state)
        return mg, mg


def test_memory_and_beginnings_reach_the_policy_behind() -> None:
    made, shield = cohort(WARD, 0), Shield(Remembers(0.0), 1.0)
    shield.begin(made.task, None)
    state: Any = None
    for beginning, mg in ((True, 100.0), (False, 200.0), (False, 400.0), (True, 100.0)):
        actions, state = shield.predict(made.observation, state=state, episode_start=np.full(8, beginning))
        assert actions.tolist() == [[mg]] * 8


def test_the_oracle_behind_it_gets_the_true_patients() -> None:
    shield = policy_of("shield:1:oracle")
    assert (shield.kind, shield.oracle) == ("oracle", True)
    bare, shielded = (
        treat(WARD, one, np.arange(10), seed=3, stream="tune")[0].courses["doses"] for one in (Oracle(), shield)
    )
    assert np.array_equal(bare, shielded)
    assert not getattr(policy_of(f"shield:1:{AGENT}"), "oracle", False)


@pytest.mark.parametrize(
    ("written", "name", "title", "kind"),
    [
        (f"shield:0.15:{AGENT}", "shield:0.15:vancomycin_ward_ppo", "PPO agent, shield 15 %", "agent"),
        ("shield:.5:mpc", "shield:0.5:mpc", "Bayesian (MPC), shield 50 %", "bayes"),
        (
            "shield:0.1@vancomycin_thomson2009:camera2",
            "shield:0.1@vancomycin_thomson2009:camera2",
            f"{policy_of('camera2').title}, shield 10 % (Thomson 2009)",
            policy_of("camera2").kind,
        ),
        (
            "shield:0.2:shield:0.1:oracle",
            "shield:0.2:shield:0.1:oracle",
            "Oracle, shield 10 %, shield 20 %",
            "oracle",
        ),
    ],
)
def test_names_and_titles(written: str, name: str, title: str, kind: str) -> None:
    arm = arm_of(policy_of(written))
    assert (arm.name, arm.title, arm.kind) == (name, title, kind)


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        (
            "shield",
            "'shield': by itself it is no policy, behind a colon it takes a limit of predicted harm and a policy",
        ),
        ("shield:", "'shield:': behind the colon stands nothing"),
        (
            "shield:0.15",
            "'shield:0.15': shield takes a limit of predicted harm and a policy, such as 0.15:trough_rules",
        ),
        ("shield:0.15:", "'shield:0.15:': shield takes a limit"),
        ("shield:0.15@:oracle", "'shield:0.15@:oracle': shield takes a limit"),
        ("shield:oracle:0.15", "shield: limit: 'oracle' is no probability between 0 and 1, such as 0.15"),
        ("shield:15%:oracle", "shield: limit: '15%' is no probability"),
        ("shield:nan:oracle", "shield: limit: 'nan' is no probability"),
        ("shield:1_0:oracle", "shield: limit: '1_0' is no probability"),
        ("shield:1.5:oracle", "shield: limit: 1.5 is no probability between 0 and 1, such as 0.15"),
        ("shield:-0.1:oracle", "shield: limit: -0.1 is no probability"),
        ("shield:0.15:orcale", "unknown policy 'orcale'. Did you mean 'oracle'?"),
        ("shield:0.15@vancomycin_goti2081:oracle", "'vancomycin_goti2081'. Did you mean 'vancomycin_goti2018'?"),
    ],
)
def test_what_is_no_shield_is_said_in_a_line(written: str, fault: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011  (the match is below: the text has brackets and dots)
        policy_of(written)
    assert fault in str(error.value)
    assert "\n" not in str(error.value)


def test_a_clinic_has_no_relation_of_harm() -> None:
    fault = r"shield:0.15:oracle: of the harm .* in a clinic \(warfarin_initiation\) no relation is published"
    with pytest.raises(ValueError, match=fault):
        evaluate("warfarin_initiation", ["shield:0.15:oracle"], patients=2, rivals=False)


def test_what_is_no_dose_is_not_mended() -> None:
    with pytest.raises(ValueError, match=r"policy shield:0.1:wants: dose at 0 h of patient 0: nan mg is not a finite"):
        treat(WARD, Shield(Wants(np.nan), 0.1), np.arange(2), seed=0, stream="tune")
