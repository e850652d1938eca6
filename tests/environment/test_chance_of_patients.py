"""The same seed is the same world; other seeds, streams and episodes are other people."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from dosing_env import decision
from dosing_env.clinic.kind import CLINIC
from dosing_env.cohort import Cohort, holes
from dosing_env.env import DosingEnv
from dosing_env.simulation import chance, compiling
from dosing_env.simulation.chance import STREAMS
from dosing_env.simulation.compiling import interpreted
from dosing_env.ward.kind import WARD
from tests.environment.rollouts import (
    TASKS,
    assert_identical,
    decisions,
    environment,
    every_eventful_scenario,
    every_scenario,
    in_another_process,
    roll,
    share_of_most,
    some_doses,
)

NOISY = {WARD: ("weight", "creatinine", "levels"), CLINIC: ("vitamin_k",)}  # what chance made, in every patient
FOLLOWED = {WARD: "auc", CLINIC: "inr"}  # what became of the true patient
MEASURED = {WARD: "levels", CLINIC: "measured"}


@every_scenario
def test_the_same_seed_is_the_same_course(name: str) -> None:
    assert_identical(roll(environment(name, 16), seed=3), roll(environment(name, 16), seed=3))


@every_scenario
def test_reset_with_the_seed_starts_all_over(name: str) -> None:
    env = environment(name, 16)
    first = roll(env, seed=3)
    roll(env, seed=None)
    assert_identical(roll(env, seed=3), first)


@every_scenario
def test_later_episodes_follow_from_the_first_seed(name: str) -> None:
    one, other = DosingEnv(name), DosingEnv(name)
    assert np.array_equal(episodes(one), episodes(other))
    starts = episodes(one)[:, 0, 2:5]  # the chart at the first decision
    assert len(np.unique(starts, axis=0)) == 3


def episodes(env: DosingEnv) -> Any:
    """Three episodes of which only the first is seeded."""
    courses = []
    for seed in (12, None, None):
        course = [env.reset(seed=seed)[0]]
        course += [env.step(share_of_most(env, 1 / 6))[0] for _ in range(decisions(env))]
        courses.append(course)
    return np.array(courses)


@every_scenario
def test_later_episodes_of_a_batch_are_the_next_patients(name: str) -> None:
    env = environment(name, 4, autoreset_mode=AutoresetMode.SAME_STEP)
    env.reset(seed=2)
    for _ in range(2 * decisions(env)):
        env.step(share_of_most(env, 1 / 6, 4))
    assert env.cohort is not None
    assert list(env.cohort.courses["number"]) == [8, 9, 10, 11]


@every_scenario
def test_unseeded_environments_differ(name: str) -> None:
    starts = {tuple(DosingEnv(name).reset()[0]) for _ in range(3)}
    assert len(starts) == 3


@every_scenario
def test_seeds_and_streams_share_no_patient(name: str) -> None:
    known = len(TASKS[name].care.Patient._fields)
    worlds = [(stream, seed) for stream in STREAMS for seed in (0, 1, 2, 2**40)]
    people = [people_of(name, stream, seed) for stream, seed in worlds]
    everybody = np.concatenate(people)
    assert len(np.unique(everybody[:, [0, 1, 2, 4]], axis=0)) == len(everybody)
    assert everybody.shape[1] > known
    for eta in everybody.T[known:]:
        assert len(np.unique(eta)) == len(everybody)


def people_of(name: str, stream: str, seed: int) -> Any:
    """True covariates and random effects of the first patients of a world."""
    env = environment(name, 50, stream=stream)
    env.reset(seed=seed)
    assert env.cohort is not None
    return np.hstack([env.cohort.courses["patient"], env.cohort.courses["eta"]])


@every_scenario
def test_the_noise_of_another_seed_is_other_noise(name: str) -> None:
    one, other = (roll(environment(name, 8), seed=seed) for seed in (0, 1))
    for field in NOISY[TASKS[name].care]:
        assert not np.any(one.courses[field] == other.courses[field])


@every_scenario
def test_no_draw_is_used_twice(name: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The step run as plain Python: every counter of the generator serves once, and holds the patient's own number."""
    counters: list[tuple[int, ...]] = []
    philox = chance.philox

    class Recorder:
        def __call__(self, *counter_and_key: Any) -> Any:
            counters.append(tuple(int(word) for word in counter_and_key[:4]))
            return philox(*counter_and_key)

    numbers = [5, 6, 2**33 + 5]
    compiled = roll(environment(name, 3), seed=0, patients=numbers)
    cohort = Cohort(environment(name, 1).task, 3, "train", 0)
    compiling._python.cache_clear()  # functions prepared earlier would not call the recorder
    request.addfinalizer(compiling._python.cache_clear)
    monkeypatch.setattr(chance, "philox", Recorder())
    play_in_python(cohort, numbers)
    used: dict[int, int] = dict.fromkeys(numbers, 0)
    for low, high, *_ in counters:
        used[low + (high << 32)] += 1
    assert len(set(counters)) == len(counters)
    assert min(used.values()) > 15
    for field in (MEASURED[cohort.task.care], FOLLOWED[cohort.task.care]):
        np.testing.assert_allclose(cohort.courses[field], compiled.courses[field], rtol=1e-9)


def play_in_python(cohort: Cohort, numbers: list[int]) -> None:
    """The courses of patients, by the functions that are otherwise compiled."""
    filling = holes(cohort.task)
    filling.pop("ROWS")
    begin, step = interpreted(decision.begin, **filling), interpreted(decision.step, **filling)
    cohort.courses["number"] = numbers
    courses, rules, bench = (part.view(np.recarray) for part in (cohort.courses, cohort.rules, cohort.bench))
    begin(courses, rules, cohort.key, bench, cohort.root, range(cohort.size), cohort.observation)
    everybody = np.ones(cohort.size, dtype=bool)
    for doses in some_doses(cohort, numbers).astype(float):
        paid = decision.nothing_paid(cohort.size, len(cohort.task.care.terms))
        step(courses, rules, cohort.key, bench, doses, everybody, cohort.observation, paid)


@every_eventful_scenario
def test_noise_differs_from_patient_to_patient(name: str) -> None:
    courses = roll(environment(name, 50)).courses
    errors = [courses["drift"], courses["weight"] / courses["patient"][:, 1]]
    errors += [courses["creatinine"][:, 0] / courses["patient"][:, 4]]
    assert all(len(np.unique(error)) == 50 for error in errors)


@every_scenario
def test_a_patient_is_the_same_in_every_company(name: str) -> None:
    crowd = roll(environment(name, 64), seed=5)
    alone = roll(environment(name, 1), seed=5, patients=[17])
    assert_identical(alone, crowd, [0], [17])
    order = np.random.default_rng(0).permutation(64)
    assert_identical(roll(environment(name, 64), seed=5, patients=order), crowd, np.argsort(order))
    twice = roll(environment(name, 3), seed=5, patients=[17, 40, 17])
    assert_identical(twice, crowd, slice(None), [17, 40, 17])


@every_scenario
def test_slots_that_finish_at_other_times_do_not_disturb(name: str) -> None:
    """Patients started by a mask in the middle of the others' courses."""
    env, crowd = environment(name, 4), roll(environment(name, 64), seed=5)
    doses = some_doses(env, range(64))
    env.reset(seed=5)
    half = decisions(env) // 2
    for k in range(half):
        env.step(doses[k, :4])
    mask = np.array([False, True, False, True])
    env.reset(options={"reset_mask": mask, "patients": [21, 33]})
    for k in range(decisions(env) - half):
        mine = np.array([doses[half + k, 0], doses[k, 21], doses[half + k, 2], doses[k, 33]])
        observation, *_ = env.step(mine)
    assert np.array_equal(observation[[0, 2]], crowd.observations[-1, [0, 2]])
    assert np.array_equal(observation[[1, 3]], crowd.observations[decisions(env) - half, [21, 33]])


@every_scenario
def test_the_number_of_processes_changes_nothing(name: str) -> None:
    whole = in_another_process(name, list(range(20)))  # here: it also leaves the compiled code for the others
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        first, second = pool.map(in_another_process, [name, name], [list(range(13)), list(range(13, 20))])
    assert_identical(first, whole, slice(None), slice(0, 13))
    assert_identical(second, whole, slice(None), slice(13, 20))


@every_scenario
def test_the_solvers_agree(name: str) -> None:
    own = roll(environment(name, 8))
    other = roll(environment(name, 8, solver="compiled"))
    field = FOLLOWED[TASKS[name].care]
    step = TASKS[name].care.solving.get("relative", 0.0)  # error of one step of the solver that makes steps
    np.testing.assert_allclose(own.courses[field], other.courses[field], rtol=max(1e-6, 10.0 * step))
    np.testing.assert_allclose(own.observations, other.observations, rtol=1e-5, atol=1e-6)
