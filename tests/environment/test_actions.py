"""Actions: what is refused, what is rounded, what is lowered and by which rule. See also `test_hard_limits`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dosing_env import scenario
from dosing_env.clinic.kind import CLINIC
from dosing_env.env import DosingEnv
from dosing_env.treatment import treat
from dosing_env.vector import DosingVectorEnv
from dosing_env.ward.kind import WARD
from tests.environment.rollouts import (
    EVENTFUL,
    changed,
    decisions,
    environment,
    every_asked_scenario,
    every_eventful_scenario,
    every_scenario,
    every_ward,
    share_of_most,
    some_doses,
    wanted,
)

# Of the numbers that a legal action of one patient has: what is no action of two patients.
BAD: dict[str, Callable[[list[float]], Any]] = {
    "nan": lambda legal: [legal, [np.nan, *legal[1:]]],
    "infinite": lambda legal: [legal, [np.inf, *legal[1:]]],
    "minus infinite": lambda legal: [legal, [-np.inf, *legal[1:]]],
    "negative": lambda legal: [legal, [-0.001, *legal[1:]]],
    "above": lambda legal: [legal, [1e9, *legal[1:]]],
    "text": lambda legal: [[str(number) for number in legal]] * 2,
    "objects": lambda legal: [[None] * len(legal), legal],
    "true": lambda legal: [[True] * len(legal), [False] * len(legal)],
    "complex": lambda legal: [[1j] * len(legal), legal],
    "nothing": lambda legal: [],
    "one too few": lambda legal: [legal],
    "one too many": lambda legal: [legal] * 3,
    "a column too many": lambda legal: [[*legal, 12.0]] * 2,
    "a row": lambda legal: [legal * 2],
    "none": lambda legal: None,
}
BAD_INDICES = {
    "half": [[0], [1.5]],
    "negative": [[0], [-1]],
    "above": [[0], [10_000]],
    "nan": [[0], [np.nan]],
    "text": [["1"], ["2"]],
    "one too many": [[0], [1], [2]],
}


@every_scenario
@pytest.mark.parametrize("actions", BAD.values(), ids=BAD)
def test_a_bad_dose_is_refused_and_treats_nobody(name: str, actions: Callable[[list[float]], Any]) -> None:
    env = environment(name, 2)
    before, _ = env.reset(seed=0)
    with pytest.raises(ValueError, match="dose_mg"):
        env.step(actions(share_of_most(env, 1 / 6).tolist()))
    assert env.cohort is not None
    assert np.array_equal(env.cohort.observation, before)
    assert np.all(env.cohort.courses["decision"] == env.task.asked[0])


@every_scenario
def test_the_refusal_names_the_slot_and_the_value(name: str) -> None:
    env = environment(name, 3)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"dose_mg.*slot 2.*-5.*between 0 and"):
        env.step(wanted(env, [0.0, 0.0, -5.0]))


@every_scenario
@pytest.mark.parametrize("indices", BAD_INDICES.values(), ids=BAD_INDICES)
def test_a_bad_index_is_refused(name: str, indices: list[list[Any]]) -> None:
    env = environment(name, 2, discrete=True)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="dose index"):
        env.step([row * len(env.task.actions) for row in indices])


@every_scenario
@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0, 1e9])
def test_every_number_of_an_action_is_checked(name: str, value: float) -> None:
    env = environment(name, 2)
    env.reset(seed=0)
    for column, action in enumerate(env.task.actions):
        actions = share_of_most(env, 1 / 6, 2)
        actions[1, column] = value
        with pytest.raises(ValueError, match=rf"^{action.name}_{action.unit} of patient in slot 1: {value}"):
            env.step(actions)


@every_scenario
@pytest.mark.parametrize("case", ["nan", "above", "text", "one too many", "none"])
def test_a_bad_dose_of_one_patient_is_refused(name: str, case: str) -> None:
    env = DosingEnv(name)
    env.reset(seed=0)
    legal = share_of_most(env, 1 / 6).tolist()
    bad = {"nan": [np.nan, *legal[1:]], "above": [1e9, *legal[1:]], "text": [str(n) for n in legal]}
    with pytest.raises(ValueError, match="dose_mg"):
        env.step((bad | {"one too many": [*legal, legal[0]], "none": None})[case])


@every_ward
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
    assert env.cohort is not None
    if env.task.care is CLINIC:
        env.cohort.courses["owed"] = 0.0  # as the lead-in left it
    info = env.step(wanted(env, np.array([0.0, 0.49, 0.5, 1.0, 1.49, 1.51]) * step))[4]
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
    """By a whole one where what tablets did not make is owed."""
    env = environment(name, 40)
    slack = 0.5 if env.task.care is WARD else 1.0
    rules, doses = env.task.rules, some_doses(env, range(40))
    env.reset(seed=0)
    for k in range(decisions(env)):
        info = env.step(doses[k])[4]
        excess = info["dose"] - doses[k, :, 0]
        assert np.all(excess <= slack * rules.step)
        assert np.all((excess >= -slack * rules.step) | (info["limited"] != ""))
        assert np.all(info["dose"] % rules.step == 0.0)


@every_asked_scenario
def test_masks_say_exactly_which_doses_are_given_unlowered(name: str) -> None:
    """Each dose of the grid is tried at each decision, after random ones: one slot for each dose."""
    doses, *others = map(np.array, DosingEnv(name).task.grids)
    count = len(doses)
    env = environment(name, count, discrete=True)
    env.reset(seed=0)
    random = np.random.default_rng(2)
    refused = 0
    for _ in range(decisions(env)):
        masks = env.action_masks()
        assert masks.shape == (count, count + sum(map(len, others)))
        assert masks[:, 0].all()
        assert masks[:, count:].all()
        mine = random.permutation(count)
        info = env.step(np.stack([mine, *(random.integers(len(grid), size=count) for grid in others)], axis=1))[4]
        allowed = masks[np.arange(count), mine]
        assert np.array_equal(allowed, info["limited"] == "")
        if env.task.care is WARD:  # elsewhere what tablets did not make is owed
            assert np.array_equal(allowed, info["dose"] == doses[mine])
        refused += int((~allowed).sum())
    assert (refused > 0) == (env.task.care is WARD)  # elsewhere there is no limit but that of the grid


@every_scenario
def test_masks_of_an_observation_say_what_will_be_lowered(name: str) -> None:
    assert (refused_by_right_masks(environment(name, 20, discrete=True)) > 0) == (name in EVENTFUL)


@pytest.mark.parametrize(("hours", "step", "most"), [(6.0, 166.7, 1100.3), (24.0 / 7.0, 0.3, 4.2), (24.0, 0.1, 0.7)])
def test_masks_of_an_observation_whose_doses_are_not_exact(hours: float, step: float, most: float) -> None:
    dosing = {"step_mg": step, "max_dose_mg": 9.0 * step, "max_daily_mg": most}
    case = changed("vancomycin_ward", course={"interval_h": hours}, dosing=dosing)
    assert refused_by_right_masks(environment(case, 20, discrete=True)) > 0


def refused_by_right_masks(env: DosingVectorEnv) -> int:
    """How many doses masks forbid in a course of random doses. What they allow is never lowered, what not always is."""
    count, random, refused = len(env.task.doses), np.random.default_rng(6), 0
    observation, _ = env.reset(seed=0)
    for _ in range(decisions(env)):
        masks = env.task.care.masks(env.task.rules, observation)
        assert masks.dtype == bool
        assert np.array_equal(masks, env.action_masks())
        indices = np.stack([random.integers(len(grid), size=env.num_envs) for grid in env.task.grids], axis=1)
        allowed = masks[np.arange(env.num_envs), indices[:, 0]]
        observation, *_, info = env.step(indices)
        assert np.array_equal(allowed, info["limited"] == "")
        refused += int((~masks[:, :count]).sum())
    return refused


@every_scenario
def test_masks_have_the_form_that_sb3_contrib_takes(name: str) -> None:
    """Only what they allow is drawn from what knows nothing."""
    distributions = pytest.importorskip("sb3_contrib.common.maskable.distributions")
    env = environment(name, 3, discrete=True)
    env.reset(seed=0)
    masks = env.action_masks()
    masks[:, 1 : len(env.task.doses)] = False  # of the doses, none
    drawn = distributions.make_masked_proba_distribution(env.single_action_space)
    drawn.proba_distribution(action_logits=drawn.proba_distribution_net(4)(pytest.importorskip("torch").zeros(3, 4)))
    drawn.apply_masking(masks)
    for _ in range(20):
        actions = drawn.get_actions().numpy().reshape(3, -1)
        assert not actions[:, 0].any()
        assert all(action in env.single_action_space for action in actions.reshape(env.action_space.shape))


@every_asked_scenario
def test_the_mask_of_one_patient_is_that_of_the_batch(name: str) -> None:
    one, many = DosingEnv(name, discrete=True), DosingVectorEnv(name, 2, discrete=True)
    one.reset(seed=0)
    many.reset(seed=0)
    most = len(one.task.doses) - 1
    for index in (most, most, 0):
        assert np.array_equal(one.action_masks(), many.action_masks()[0])
        mine, other = ([dose, *[0] * (len(one.task.actions) - 1)] for dose in (index, 0))
        one.step(mine if len(mine) > 1 else index)
        many.step([mine, other])


@every_scenario
def test_the_grid_and_milligrams_are_the_same_treatment(name: str) -> None:
    grid, free = environment(name, 5, discrete=True), environment(name, 5)
    grid.reset(seed=0)
    free.reset(seed=0)
    random = np.random.default_rng(4)
    for _ in range(decisions(grid)):
        index = np.stack([random.integers(len(values), size=5) for values in grid.task.grids], axis=1)
        values = np.stack([np.array(v)[i] for v, i in zip(grid.task.grids, index.T, strict=True)], axis=1)
        assert np.array_equal(grid.step(index)[0], free.step(values)[0])


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
    action = share_of_most(env, 1 / 6).astype(np.float32)
    over = False
    while not over:
        *_, terminated, truncated, _ = env.step(action)
        over = terminated or truncated
    with pytest.raises(RuntimeError, match="the course is over"):
        env.step(action)
    env.reset()
    env.step(action)
