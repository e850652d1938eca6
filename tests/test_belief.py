"""A belief as numbers of an observation: for environments and agents what `map_estimate` and `simulate` say."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from dosing_env import map_estimate, recipe, simulate
from dosing_env.agent import Agent
from dosing_env.cohort import Cohort
from dosing_env.env import DosingEnv
from dosing_env.inference import search
from dosing_env.planners.map_dosing import MAPDosing
from dosing_env.recipe import Recipe, Scaling
from dosing_env.scenario import load
from dosing_env.sight import Sight
from dosing_env.treatment import treat
from dosing_env.vector import DosingVectorEnv
from dosing_env.ward import belief
from dosing_env.ward.dosing import infusion_hours
from tests.environment.rollouts import changed
from tests.inference.test_charts import DRUG, SIZE, WARD, cohort, told

MOST = 2250.0  # mg every 12 h: the largest product below 4,500 mg a day
Numbers = dict[str, NDArray[np.float32]]


def numbers(made: Cohort, memory: Any = None, believed: Any = DRUG) -> Numbers:
    """What is seen of each patient, by name."""
    sight = Sight(made.task, believed)
    seen, _ = sight(made.observation, memory)
    return {feature.name: seen[:, j] for j, feature in enumerate(sight.features)}


@pytest.mark.parametrize("decisions", [0, 3, 10])
def test_beliefs_are_estimates_with_their_standard_errors(decisions: int) -> None:
    made = cohort(decisions)
    seen = numbers(made)
    for i in (0, 7, 13):
        _, steps, data = told(made, i, decisions)
        own = map_estimate(DRUG, data, covariates=steps)
        for name in ("CL", "V1", "V2"):
            assert seen[f"eta_{name}"][i] == pytest.approx(own.eta[name][0], abs=1e-5)
            assert seen[f"sd_{name}"][i] == pytest.approx(own.standard_errors()[name][0], rel=1e-4)


def foreseen(made: Cohort, i: int, decisions: int, dose: float) -> tuple[float, list[float]]:
    """By `simulate`: the level at the decision, and AUC24 day by day with this dose from then on."""
    doses, steps, data = told(made, i, decisions)
    eta = map_estimate(DRUG, data, covariates=steps).eta
    hours = infusion_hours(made.task.rules, dose)
    more = [{"TIME": 12.0 * k, "AMT": dose, "RATE": dose / hours} for k in range(decisions, 14) if dose]
    days = [24.0 * day for day in range(8)]
    table = simulate(DRUG, [*doses, *more], covariates=steps, times=days, eta=eta)
    before = simulate(DRUG, doses, covariates=steps, times=[12.0 * decisions], eta=eta)
    return float(before["level"].iloc[-1]), np.diff(table["auc"]).tolist()


@pytest.mark.parametrize("decisions", [1, 6, 11, 13])
def test_what_is_foreseen_is_what_simulate_says(decisions: int) -> None:
    made, today = cohort(decisions), decisions // 2
    seen = numbers(made)
    for i in (0, 7):
        for name, dose in (("none", 0.0), ("most", MOST)):
            level, auc24 = foreseen(made, i, decisions, dose)
            assert seen["level_now"][i] == pytest.approx(level, rel=1e-4)
            assert seen[f"auc24_today_{name}"][i] == pytest.approx(auc24[today], rel=1e-4)
            tomorrow = auc24[today + 1] if today < 6 else 0.0
            assert seen[f"auc24_tomorrow_{name}"][i] == pytest.approx(tomorrow, rel=1e-4)


def test_at_the_end_nothing_is_foreseen() -> None:
    seen = numbers(cohort(14))
    assert not any(seen[name].any() for name in seen if name.startswith(("auc24_", "level_now")))
    assert seen["eta_CL"].all()


def test_nothing_is_learned_where_nothing_was_measured() -> None:
    seen = numbers(cohort(2))
    assert not seen["eta_CL"].any()
    assert np.square(seen["sd_CL"]) == pytest.approx(WARD.load_drug().omega["CL"], rel=1e-5)


def test_no_patient_depends_on_another() -> None:
    made = cohort(7)
    sight = Sight(made.task, DRUG)
    together, memory = sight(made.observation, None)
    for i in (0, 11):
        alone, mine = sight(made.observation[[i]], None)
        assert alone[0].tolist() == together[i].tolist()
        assert mine[0].tolist() == memory[i].tolist()


def test_memory_saves_time_and_changes_nothing_that_counts() -> None:
    made = cohort(10)
    sight = Sight(made.task, DRUG)
    fresh, memory = sight(made.observation, None)
    warm, _ = sight(made.observation, memory + 0.3)
    assert warm == pytest.approx(fresh, rel=1e-4, abs=1e-4)


def test_a_course_that_begins_forgets_the_patient_before() -> None:
    made = cohort(0)
    sight = Sight(made.task, DRUG)
    seen, memory = sight(made.observation, np.full((SIZE, 3), 2.0))
    assert seen.tolist() == sight(made.observation, None)[0].tolist()
    assert not memory.any()


def test_the_spread_of_the_population_stands_where_a_search_did_not_converge(monkeypatch: pytest.MonkeyPatch) -> None:
    found = belief.believe

    def failing(*arguments: Any) -> Any:
        one = found(*arguments)
        one.status[3] = search.NOT_CONVERGED
        return one

    made = cohort(10)
    before = numbers(made)["sd_CL"]
    monkeypatch.setattr(belief, "believe", failing)
    after = numbers(made)["sd_CL"]
    assert after[3] == pytest.approx(np.sqrt(WARD.load_drug().omega["CL"]), rel=1e-6)
    assert np.delete(after, 3).tolist() == np.delete(before, 3).tolist()


@pytest.mark.parametrize("believed", [DRUG, "vancomycin_colin2019", "vancomycin_buelga2005"])
def test_environments_observe_beliefs(believed: str) -> None:
    env = DosingEnv("vancomycin_ward", belief=believed)
    check_env(env, skip_render_check=True)
    assert env.observation_space.shape == (len(env.features),)
    observation, _ = env.reset(seed=3)
    over = False
    while not over:
        assert env.observation_space.contains(observation)
        observation, _, terminated, truncated, _ = env.step(np.array([1250.0], dtype=np.float32))
        over = terminated or truncated
    names = [feature.name for feature in env.features]
    assert abs(observation[names.index("eta_CL")]) > 1e-3


def test_a_batch_observes_what_its_patients_observe_alone() -> None:
    """Also the last observation of a course, and the first of the next patient in the slot."""
    batch = DosingVectorEnv("vancomycin_ward", 3, belief=DRUG, autoreset_mode=AutoresetMode.SAME_STEP)
    alone = DosingEnv("vancomycin_ward", belief=DRUG)
    seen, _ = batch.reset(seed=5)
    assert seen[1].tolist() == alone.reset(seed=5, options={"patients": [1]})[0].tolist()
    for k in range(14):
        doses = np.full((3, 1), 750.0 + 250.0 * (k % 3), dtype=np.float32)
        seen, *_, info = batch.step(doses)
        mine = alone.step(doses[1])[0]
        if k < 13:
            assert seen[1].tolist() == mine.tolist()
    assert info["final_obs"][1].tolist() == mine.tolist()
    assert seen[1].tolist() == alone.reset(options={"patients": [4]})[0].tolist()


@pytest.mark.parametrize(
    ("believed", "line"),
    [
        ("vancomycin_goti2081", "unknown drug 'vancomycin_goti2081'. Did you mean 'vancomycin_goti2018'"),
        ("no/such.toml", "no/such.toml"),
    ],
)
def test_who_cannot_be_believed_is_named(believed: str, line: str) -> None:
    with pytest.raises(ValueError, match=re.escape(line)):
        DosingEnv("vancomycin_ward", belief=believed)


def test_a_model_without_residual_error_cannot_be_believed() -> None:
    drug = WARD.load_drug()
    silent = dataclasses.replace(drug, assay=dataclasses.replace(drug.assay, proportional=0.0, additive=0.0))
    with pytest.raises(ValueError, match="no residual error"):
        Sight(WARD.task(), silent)


def test_a_model_with_occasions_cannot_be_believed() -> None:
    with pytest.raises(ValueError, match="two_compartments: this model has between-occasion variability"):
        Sight(WARD.task(), "tests/models/two_compartments.toml")


def test_infusions_must_end_before_the_next_decision() -> None:
    slow = changed("vancomycin_ward", dosing={"max_rate_mg_per_h": 200.0})
    with pytest.raises(ValueError, match="belief: plans no infusion of 15 h"):
        Sight(slow.task(), DRUG)


def believing(**changes: Any) -> Recipe:
    """The shipped recipe, that sees the most probable clearance beside the chart."""
    rules = recipe.load("vancomycin_ward_ppo")
    more = (Scaling("eta_*"), Scaling("sd_*"), Scaling("auc24_*", log=True))
    return msgspec.structs.replace(rules, **({"belief": DRUG, "observation": (*more, *rules.observation)} | changes))


def untrained(rules: Recipe) -> Agent:
    training = pytest.importorskip("dosing_env.training")
    env = training.PatientVecEnv(rules, load(rules.scenario), 2, seed=0)
    return Agent(rules, {0: training.state_of(training.build(rules, env, seed=0))}, {}, 0, "test")


def test_an_agent_believes_the_same_wherever_it_acts() -> None:
    """In an environment with beliefs, in one without, and in a trial."""
    agent, made = untrained(believing()), cohort(7)
    agent.begin(made.task, None)
    doses, memory = agent.predict(made.observation)
    assert memory.shape == (SIZE, 3)
    assert agent.predict(Sight(made.task, DRUG)(made.observation, None)[0])[0].tolist() == doses.tolist()
    course, _ = treat(WARD, agent, np.arange(4), seed=1, stream="tune")
    batch = DosingVectorEnv("vancomycin_ward", 4, stream="tune", belief=DRUG, autoreset_mode=AutoresetMode.DISABLED)
    seen, state = batch.reset(seed=1)[0], None
    for _ in range(14):
        wanted, state = agent.predict(seen, state)
        seen = batch.step(wanted)[0]
    assert batch.cohort is not None
    assert batch.cohort.courses["doses"].tolist() == course.courses["doses"].tolist()


def test_what_is_believed_is_part_of_what_an_agent_is() -> None:
    rules = believing()
    other = believing(belief="vancomycin_colin2019")
    assert len({recipe.fingerprint(one) for one in (rules, other, believing(belief=""))}) == 3


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('action = "mg"', 'action = "mg"\nbelief = "vancomycin_goti2081"', "belief: .*vancomycin_goti2018"),
        ('action = "mg"', 'action = "mg"\nbelief = "own.py"', "belief: 'own.py' is code"),
        ('features = "SCR"', 'features = "eta_CL"', "observation: .*eta_CL"),
    ],
)
def test_bad_recipes(tmp_path: Path, root: Path, old: str, new: str, line: str) -> None:
    text = (root / "agents" / "vancomycin_ward_ppo.toml").read_text()
    assert old in text
    file = tmp_path / "own.toml"
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(ValueError, match=line):
        recipe.sight_of(recipe.load(str(file)), WARD.task())


def test_bayesian_dosing_takes_observations_with_beliefs() -> None:
    made, policy = cohort(7), MAPDosing()
    policy.begin(made.task, None)
    seen, _ = Sight(made.task, DRUG)(made.observation, None)
    assert policy.predict(seen)[0].tolist() == policy.predict(made.observation)[0].tolist()
