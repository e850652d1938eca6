"""Actions: what is refused, what is rounded, what is lowered and by which rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dosing_env import scenario
from dosing_env.env import DosingEnv
from dosing_env.treatment import treat
from dosing_env.vector import DosingVectorEnv
from tests.environment.rollouts import decisions, environment, every_eventful_scenario, every_scenario, some_doses

BAD = {
    "nan": [[500.0], [np.nan]],
    "infinite": [[500.0], [np.inf]],
    "minus infinite": [[500.0], [-np.inf]],
    "negative": [[500.0], [-0.001]],
    "above": [[500.0], [1e9]],
    "text": [["500"], ["250"]],
    "objects": [[None], [500.0]],
    "true": [[True], [False]],
    "complex": [[1j], [0.0]],
    "nothing": [],
    "one too few": [[500.0]],
    "one too many": [[500.0], [500.0], [500.0]],
    "two columns": [[500.0, 12.0], [500.0, 12.0]],
    "a row": [[500.0, 500.0]],
    "none": None,
}


@every_scenario
@pytest.mark.parametrize("actions", BAD.values(), ids=BAD)
def test_a_bad_dose_is_refused_and_treats_nobody(name: str, actions: Any) -> None:
    env = environment(name, 2)
    before, _ = env.reset(seed=0)
    with pytest.raises(ValueError, match="dose_mg"):
        env.step(actions)
    assert env.cohort is not None
    assert np.array_equal(env.cohort.observation, before)
    assert np.all(env.cohort.courses["decision"] == np.flatnonzero(env.task.rules.asked)[0])


@every_scenario
def test_the_refusal_names_the_slot_and_the_value(name: str) -> None:
    env = environment(name, 3)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"dose_mg.*slot 2.*-5.*between 0 and"):
        env.step([[0.0], [0.0], [-5.0]])


@every_scenario
@pytest.mark.parametrize(
    "actions", [[[0], [1.5]], [[0], [-1]], [[0], [10_000]], [[0], [np.nan]], [["1"], ["2"]], [0, 1, 2]]
)
def test_a_bad_index_is_refused(name: str, actions: Any) -> None:
    env = environment(name, 2, discrete=True)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="dose index"):
        env.step(actions)


@every_scenario
@pytest.mark.parametrize("action", [[np.nan], [1e9], ["500"], [500.0, 500.0], None])
def test_a_bad_dose_of_one_patient_is_refused(name: str, action: Any) -> None:
    env = DosingEnv(name)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="dose_mg"):
        env.step(action)


@every_scenario
def test_every_sample_of_the_space_is_legal(name: str) -> None:
    for discrete in (False, True):
        env = environment(name, 20, discrete=discrete)
        env.action_space.seed(3)
        env.reset(seed=0)
        for _ in range(decisions(env)):
            env.step(env.action_space.sample())


@every_scenario
@pytest.mark.parametrize("form", [(2,), (2, 1)])
def test_doses_may_stand_in_a_row_or_a_column(name: str, form: tuple[int, ...]) -> None:
    env = environment(name, 2)
    step = env.task.rules.step
    env.reset(seed=0)
    assert list(env.step(np.array([step, 2 * step]).reshape(form))[4]["dose"]) == [step, 2 * step]


@every_scenario
def test_doses_are_rounded_to_the_nearest_product(name: str) -> None:
    env = environment(name, 6)
    step = env.task.rules.step
    env.reset(seed=0)
    wanted = np.array([0.0, 0.49, 0.5, 1.0, 1.49, 1.51]) * step
    info = env.step(wanted)[4]
    assert list(info["dose"] / step) == [0, 0, 1, 1, 1, 2]
    assert list(info["limited"]) == [""] * 6


@every_eventful_scenario
def test_the_daily_maximum_lowers_and_says_so(name: str) -> None:
    env = environment(name, 4)
    rules = env.task.rules
    per_day = round(24.0 / rules.interval)
    env.reset(seed=0)
    given, limited = [], []
    for _ in range(rules.decisions):
        info = env.step(np.full(4, rules.max_dose))[4]
        given.append(info["dose"])
        limited.append(info["limited"])
    days = np.array(given).reshape(rules.days, per_day, 4)
    expected = min(per_day * rules.max_dose, np.floor(rules.max_daily / rules.step) * rules.step)
    assert np.all(days.sum(axis=1) == expected)
    lowered = np.array(given) < np.floor(rules.max_dose / rules.step) * rules.step
    assert lowered.any()
    assert np.array_equal(np.array(limited) == "max_daily_mg", lowered)
    assert np.array_equal(np.array(limited) == "", ~lowered)


@every_scenario
def test_what_was_given_is_never_above_what_was_wanted_by_half_a_product(name: str) -> None:
    env = environment(name, 40)
    rules, doses = env.task.rules, some_doses(env, range(40))
    env.reset(seed=0)
    for k in range(decisions(env)):
        info = env.step(doses[k])[4]
        excess = info["dose"] - doses[k, :, 0]
        assert np.all(excess <= 0.5 * rules.step)
        assert np.all((excess >= -0.5 * rules.step) | (info["limited"] != ""))
        assert np.all(info["dose"] % rules.step == 0.0)


@every_eventful_scenario
def test_masks_say_exactly_which_doses_are_given_unlowered(name: str) -> None:
    """Each dose of the grid is tried at each decision, after random ones: one slot for each dose."""
    count = len(DosingEnv(name).task.doses)
    env = environment(name, count, discrete=True)
    env.reset(seed=0)
    random = np.random.default_rng(2)
    refused = 0
    for _ in range(decisions(env)):
        masks = env.action_masks()
        assert masks.shape == (count, count)
        assert masks[:, 0].all()
        mine = random.permutation(count)
        info = env.step(mine)[4]
        allowed = masks[np.arange(count), mine]
        assert np.array_equal(allowed, info["limited"] == "")
        assert np.array_equal(allowed, info["dose"] == np.array(env.task.doses)[mine])
        refused += int((~allowed).sum())
    assert refused > 0


@every_eventful_scenario
def test_the_mask_of_one_patient_is_that_of_the_batch(name: str) -> None:
    one, many = DosingEnv(name, discrete=True), DosingVectorEnv(name, 2, discrete=True)
    one.reset(seed=0)
    many.reset(seed=0)
    most = len(one.task.doses) - 1
    for index in (most, most, 0):
        assert np.array_equal(one.action_masks(), many.action_masks()[0])
        one.step(index)
        many.step([index, 0])


@every_scenario
def test_the_grid_and_milligrams_are_the_same_treatment(name: str) -> None:
    grid, free = environment(name, 5, discrete=True), environment(name, 5)
    grid.reset(seed=0)
    free.reset(seed=0)
    random = np.random.default_rng(4)
    for _ in range(decisions(grid)):
        index = random.integers(len(grid.task.doses), size=5)
        assert np.array_equal(grid.step(index)[0], free.step(np.array(grid.task.doses)[index])[0])


@pytest.mark.parametrize(("dose", "named"), [(np.nan, "nan"), (-5.0, "-5"), (np.inf, "inf")])
def test_a_policy_whose_dose_is_none_is_named(dose: float, named: str) -> None:
    class Own:
        name = "own"

        def predict(self, observation: Any, **_: Any) -> Any:
            return np.full((len(observation), 1), dose), None

    case = scenario.load("vancomycin_ward")
    with pytest.raises(ValueError, match=rf"policy own: dose at 0 h of patient 4: {named} mg is not a finite number"):
        treat(case, Own(), np.arange(4, 7), seed=0, stream="tune")


@every_scenario
def test_a_step_after_the_end_of_a_course_is_refused(name: str) -> None:
    env = DosingEnv(name)
    env.reset(seed=0)
    over = False
    while not over:
        *_, terminated, truncated, _ = env.step(np.array([500.0], np.float32))
        over = terminated or truncated
    with pytest.raises(RuntimeError, match="the course is over"):
        env.step(np.array([500.0], np.float32))
    env.reset()
    env.step(np.array([500.0], np.float32))
