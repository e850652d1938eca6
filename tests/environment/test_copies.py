"""Environments are pickled and deep-copied in mid-course: the copy goes on bit by bit like the original, and alone."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import RecordEpisodeStatistics
from stable_baselines3.common.vec_env import SubprocVecEnv

from dosing_env import recipe as recipes
from dosing_env import scenario as scenarios
from dosing_env.catalogue import given
from dosing_env.drugs.vancomycin_goti2018 import DRUG
from dosing_env.env import DosingEnv
from dosing_env.pharmacology import drug_of
from dosing_env.training.patients import PatientVecEnv
from dosing_env.vector import DosingVectorEnv
from tests.environment.rollouts import every_scenario, identifier
from tests.models import michaelis_menten

Copy = Callable[[Any], Any]
NAME = "vancomycin_ward"


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file of a model written as text, without variability between occasions."""
    whole = Path(michaelis_menten.__file__).with_name("two_compartments.toml").read_text()
    occasion = "[occasion]\nCL = 0.01\n"
    assert occasion in whole
    path = tmp_path_factory.mktemp("models") / "mine.toml"
    path.write_text(whole.replace(occasion, ""))
    return str(path)


def pickled(env: Any) -> Any:
    return pickle.loads(pickle.dumps(env))  # noqa: S301


copies = pytest.mark.parametrize("made", [copy.deepcopy, pickled])


def go_on(env: Any, actions: list[Any]) -> list[Any]:
    """All that an environment says in these steps, of its action space too; a course that ended is followed by more."""
    said: list[Any] = []
    for action in actions:
        step = env.step(action)
        said += [step, env.action_space.sample(), env.unwrapped.np_random.random()]
        if np.all(step[2] | step[3]) and env.metadata.get("autoreset_mode") in (None, AutoresetMode.DISABLED):
            said.append(env.reset())
    return said


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray) and one.dtype == object:
        return same(list(one), list(other))
    return np.array_equal(one, other)


def check(env: Any, made: Copy, before: int = 3, after: int = 16) -> None:
    env.reset(seed=3)
    env.action_space.seed(4)
    actions = [env.action_space.sample() for _ in range(before + after)]
    go_on(env, actions[:before])
    twin, late = made(env), made(env)
    expected = go_on(env, actions[before:])
    assert same(go_on(twin, actions[before:]), expected)
    go_on(twin, actions[:1])
    assert same(go_on(late, actions[before:]), expected)  # neither the original nor another copy changed it


@every_scenario
@copies
def test_one_patient(name: str, made: Copy) -> None:
    check(gymnasium.make(identifier(name), disable_env_checker=True), made)


@copies
@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize("discrete", [False, True])
def test_a_batch(made: Copy, mode: AutoresetMode, discrete: bool) -> None:
    check(DosingVectorEnv(NAME, 3, autoreset_mode=mode, discrete=discrete, drug="vancomycin_thomson2009"), made)


@copies
@pytest.mark.parametrize(
    "arguments",
    [{"frames": 3}, {"belief": "vancomycin_goti2018"}, {"belief": "text"}, {"finite": True, "stream": "tune"}],
)
def test_what_is_seen(made: Copy, arguments: dict[str, Any], text: str) -> None:
    arguments = {name: text if value == "text" else value for name, value in arguments.items()}
    check(DosingVectorEnv(NAME, 2, **arguments), made, after=4)
    check(DosingEnv(NAME, **arguments), made, after=4)


@copies
def test_a_drug_of_the_users_own(made: Copy, text: str) -> None:
    check(DosingEnv(NAME, drug=text), made, after=4)
    check(DosingEnv(NAME, drug=michaelis_menten.__file__, belief=drug_of(text)), made, after=4)


@copies
def test_held_doses(made: Copy) -> None:
    check(DosingVectorEnv("warfarin_initiation", 2, hold=True), made)


@copies
def test_within_wrappers(made: Copy) -> None:
    env = RecordEpisodeStatistics(gymnasium.make(identifier(NAME), render_mode="ansi"))
    env.reset(seed=5)
    env.step(np.array([1000.0]))
    twin = made(env)
    assert twin.render() == env.render()
    assert twin.spec == env.spec
    assert twin.unwrapped.task.name == env.unwrapped.task.name  # type: ignore[attr-defined]


@copies
def test_before_the_first_reset(made: Copy) -> None:
    env = DosingVectorEnv(NAME, 2)
    env.np_random.random()
    twin = made(env)
    assert np.array_equal(twin.reset()[0], env.reset()[0])


def test_an_attribute_of_the_users_own_goes_with_it() -> None:
    env: Any = DosingVectorEnv(NAME, 2)
    env.note = ["mine"]
    twin = copy.deepcopy(env)
    twin.note.append("other")
    assert env.note == ["mine"]


@copies
def test_as_stable_baselines_wants_it(made: Copy) -> None:
    recipe = recipes.load("vancomycin_ward_ppo")
    env = PatientVecEnv(recipe, scenarios.load(recipe.scenario), 2, seed=3)
    env.reset()
    actions = [env.action_space.sample()[None].repeat(2, axis=0) for _ in range(4)]
    env.step(actions[0])
    twin = made(env)
    assert same([env.step(a)[:3] for a in actions], [twin.step(a)[:3] for a in actions])


def test_in_processes_of_stable_baselines() -> None:
    env = DosingEnv(NAME)
    env.reset(seed=7)
    env.step(np.array([1000.0]))
    many = SubprocVecEnv([lambda: copy.deepcopy(env)], start_method="spawn")
    try:
        many.step_async(np.array([[500.0]]))
        observation, reward, _, _ = many.step_wait()
        mine = env.step(np.array([500.0]))
        assert np.array_equal(np.asarray(observation)[0], mine[0])
        assert np.float32(reward[0]) == np.float32(mine[1])
    finally:
        many.close()


# --- drugs ---

ELSEWHERE = "import pickle, sys; drug = pickle.load(sys.stdin.buffer); print(drug.name, dict(drug.omega), drug.rates)"


def elsewhere(drug: Any, root: Path) -> str:
    command = [sys.executable, "-c", ELSEWHERE]
    return subprocess.run(command, input=pickle.dumps(drug), cwd=root, check=True, capture_output=True).stdout.decode()


def test_a_drug_of_the_catalogue_is_found_by_its_name() -> None:
    assert pickled(DRUG) is DRUG
    assert copy.deepcopy(DRUG) is DRUG


@pytest.mark.parametrize("name", [michaelis_menten.__file__, "text", "vancomycin_goti2018"])
def test_another_process_makes_the_drug_again(name: str, root: Path, text: str) -> None:
    drug = drug_of(given(text if name == "text" else name))
    changed = replace(drug, omega=dict.fromkeys(drug.omega, 0.5), covariance={})
    assert elsewhere(drug, root).startswith(f"{drug.name} {dict(drug.omega)} <function rates")
    assert elsewhere(changed, root).startswith(f"{drug.name} {dict(changed.omega)} <function rates")


# --- threads ---


def test_a_second_thread_is_refused_in_words() -> None:
    env, many = DosingEnv(NAME), DosingVectorEnv(NAME, 2)
    for one, lock in ((env, env._lock), (many, many._lock)):
        one.reset(seed=1)
        done, go = threading.Event(), threading.Event()
        holder = threading.Thread(target=_hold, args=(lock, done, go))
        holder.start()
        done.wait()
        for call in (one.reset, lambda one=one: one.step(one.action_space.sample())):
            with pytest.raises(RuntimeError, match=f"^{type(one).__name__}: another thread is using this environment"):
                call()
        go.set()
        holder.join()
        one.step(one.action_space.sample())


def _hold(lock: Any, done: threading.Event, go: threading.Event) -> None:
    with lock:
        done.set()
        go.wait()


def test_after_an_error_the_environment_is_free() -> None:
    env = DosingEnv(NAME)
    env.reset(seed=1)
    with pytest.raises(ValueError, match="dose_mg"):
        env.step(-1.0)
    stepped: list[Any] = []
    other = threading.Thread(target=lambda: stepped.append(env.step(1000.0)))
    other.start()
    other.join()
    assert len(stepped) == 1


def test_threads_with_an_environment_each_go_on() -> None:
    env = DosingVectorEnv(NAME, 16, belief="vancomycin_goti2018")
    env.reset(seed=3)
    env.action_space.seed(4)
    actions = [env.action_space.sample() for _ in range(6)]
    go_on(env, actions[:1])
    twins = [copy.deepcopy(env) for _ in range(4)]
    expected, said = go_on(env, actions), dict[int, Any]()
    threads = [threading.Thread(target=lambda i=i: said.update({i: go_on(twins[i], actions)})) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(same(said[i], expected) for i in range(4))
