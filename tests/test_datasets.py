"""A Minari data set holds the courses of the environment, number by number, and leads back to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import msgspec
import numpy as np
import pytest

import dosing_env
from dosing_env import catalogue, scenario
from dosing_env.env import DosingEnv
from dosing_env.policies import policy_of
from dosing_env.treatment import treat
from tests.cli.commands import complaint, run, small_scenario
from tests.environment.rollouts import SCENARIOS, identifier

minari = pytest.importorskip("minari")
datasets = pytest.importorskip("dosing_env.datasets")
PATIENTS, SEED = 5, 3
ID = "tests/some-v0"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Minari keeps its data sets."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    return tmp_path / "minari"


def protocol(name: str) -> str:
    """The first clinical protocol of a scenario file."""
    return next(policy for policy in scenario.load(name).policies if policy in catalogue.names("protocols"))


def written(name: str, policy: Any, **arguments: Any) -> Any:
    """A data set, read back."""
    datasets.write_dataset(name, policy, ID, patients=PATIENTS, seed=SEED, **arguments)
    return minari.load_dataset(ID)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_course_is_that_of_the_recovered_environment(name: str) -> None:
    dataset = written(name, protocol(name))
    env = dataset.recover_environment()
    assert isinstance(env.unwrapped, DosingEnv)
    assert (env.spec.id, env.spec.kwargs) == (identifier(name), {"scenario": name, "stream": "train"})
    metadata = list(dataset.storage.get_episode_metadata(range(PATIENTS)))
    assert [list(episode["options"]["patients"]) for episode in metadata] == [[i] for i in range(PATIENTS)]
    assert [episode["seed"] for episode in metadata] == [SEED] * PATIENTS
    for episode, start in zip(dataset.iterate_episodes(), metadata, strict=True):
        assert_same_course(env, episode, start)


def assert_same_course(env: gymnasium.Env[Any, Any], episode: Any, start: Any) -> None:
    """The environment, started so, gives what the episode holds, to the last bit, and ends where it ends."""
    observation, _ = env.reset(seed=start["seed"], options=start["options"])
    assert np.array_equal(observation, episode.observations[0])
    for k, action in enumerate(episode.actions):
        assert action in env.action_space
        observation, *step, info = env.step(action)
        assert np.array_equal(observation, episode.observations[k + 1])
        assert step == [part[k] for part in (episode.rewards, episode.terminations, episode.truncations)]
        kept = {name: values[k + 1] for name, values in episode.infos.items()}
        assert kept.pop("limited").decode() == info["limited"]
        assert kept == {"dose": info["dose"], "cost": info["cost"]} | {
            f"{kind}_{name}": value
            for kind, part in (("cost", "costs"), ("reward", "reward_terms"))
            for name, value in info[part].items()
        }
    assert episode.terminations[-1] or episode.truncations[-1]
    assert not any(values[0] for values in episode.infos.values())  # nothing was given or paid at the reset


@pytest.mark.parametrize("policy", ["oracle", "agent:vancomycin_ward_ppo", "fixed_1g_q12h"])
def test_the_returns_are_those_of_the_treatment(policy: str) -> None:
    dataset = written("vancomycin_ward", policy, stream="tune")
    case = scenario.load("vancomycin_ward")
    earned = treat(case, policy_of(policy), np.arange(PATIENTS), seed=SEED, stream="tune")[1]["return"]
    np.testing.assert_allclose([episode.rewards.sum() for episode in dataset], earned, rtol=1e-12)


def test_a_policy_of_ones_own_keeps_its_state_and_to_the_action_space() -> None:
    class Counting:
        """Doses by the number of the decision, at last more than there is."""

        def predict(self, observation: Any, state: Any = None, **_: Any) -> tuple[Any, Any]:
            state = 0 if state is None else state + 1
            return np.full(len(observation), 250.0 * state), state

    actions = written("vancomycin_ward", Counting())[0].actions
    assert actions.ravel().tolist() == [min(250.0 * k, 3000.0) for k in range(14)]


def test_it_says_what_it_is(tmp_path: Path) -> None:
    own = small_scenario(tmp_path)
    dataset = written(str(own), "oracle", stream="tune")
    metadata = dataset.storage.metadata
    assert metadata["algorithm_name"] == "oracle"
    assert "patients 0 to 4 of seed 3 of stream tune, Oracle" in metadata["description"]
    assert metadata["actions"] == ["dose (mg)"]
    assert len(metadata["features"]) == dataset.observation_space.shape[0]
    kwargs = {"scenario": msgspec.json.decode(msgspec.json.encode(scenario.load(str(own)))), "stream": "tune"}
    assert dataset.recover_environment().spec.id == "dosing_env/Scenario-v0"
    assert dataset.recover_environment().spec.kwargs == kwargs
    assert dataset.recover_environment(eval_env=True).spec.kwargs == kwargs | {"stream": "evaluate"}
    own.unlink()
    assert dataset.recover_environment().unwrapped.scenario == scenario.load(kwargs["scenario"])
    assert str(tmp_path) not in repr(metadata)
    assert not any(str(tmp_path).encode() in file.read_bytes() for file in dataset.storage.data_path.glob("*"))


def test_the_command(folder: Path) -> None:
    words = ("dataset", "vancomycin_ward", "ucsf", "-o", ID, "--patients", "2", "--seed", "1")
    result = run(*words)
    assert (result.code, result.err) == (0, "")
    assert (
        result.out
        == f'wrote 2 courses of 28 decisions to {folder / ID / "data"}\nread it with minari.load_dataset("{ID}")\n'
    )
    assert f"{ID!r} is there already" in complaint(run(*words))


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("vancomycin_wart", "ucsf", "-o", ID), "Did you mean 'vancomycin_ward'?"),
        (("vancomycin_ward", "ucfs", "-o", ID), "Did you mean 'ucsf'?"),
        (("vancomycin_ward", "ucsf", "-o", "ucsf"), "'ucsf' is no id of Minari"),
        (("vancomycin_ward", "ucsf", "-o", "../ucsf-v0"), "'../ucsf-v0' is no id of Minari"),
        (("vancomycin_ward", "ucsf"), "Missing option '-o'"),
        (("vancomycin_ward", "ucsf", "-o", ID, "--stream", "test"), "'test' is not one of"),
        (("vancomycin_ward", "warfarin_5mg_wilson", "-o", ID), "reads a ClinicChart"),
    ],
)
def test_wrong_input_leaves_nothing(folder: Path, words: tuple[str, ...], answer: str) -> None:
    assert answer in complaint(run("dataset", *words))
    assert not list(folder.rglob("*data*"))


def test_a_data_set_that_is_stopped_is_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("minari.dataset._storages.hdf5_storage.HDF5Storage.update_episodes", stop)
    with pytest.raises(KeyboardInterrupt):
        written("vancomycin_ward", "ucsf")
    assert os.environ["MINARI_DATASETS_PATH"] == str(folder)
    assert not list(folder.iterdir())
    monkeypatch.undo()
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(folder))
    assert written("vancomycin_ward", "ucsf").total_episodes == PATIENTS


def test_what_a_killed_one_leaves_is_no_data_set_and_is_cleaned_at_the_next_start(folder: Path) -> None:
    """Killed at the moment when Minari would have written all but the courses."""
    code = f"""import os, signal
from minari.dataset._storages.hdf5_storage import HDF5Storage
from dosing_env.datasets import write_dataset
HDF5Storage.update_episodes = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
write_dataset("vancomycin_ward", "ucsf", {ID!r}, patients=2)
"""
    process = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1], check=False)
    assert process.returncode == -signal.SIGKILL
    assert list(folder.rglob("main_data.hdf5"))
    assert minari.list_local_datasets() == {}
    with pytest.raises(FileNotFoundError):
        minari.load_dataset(ID)
    assert written("vancomycin_ward", "ucsf").total_episodes == PATIENTS
    assert list(minari.list_local_datasets()) == [ID]
    assert sorted(path.name for path in folder.iterdir()) == ["tests"]


def test_names_within_names_and_none(folder: Path) -> None:
    for name in ("plain-v0", "a/b/deep-v0", "a/b/deep-v1"):
        datasets.write_dataset("vancomycin_ward", "ucsf", name, patients=1)
    assert sorted(minari.list_local_datasets()) == ["a/b/deep-v0", "a/b/deep-v1", "plain-v0"]


def test_no_patients_are_refused() -> None:
    with pytest.raises(ValueError, match="patients: 0 is not a whole number from 1"):
        datasets.write_dataset("vancomycin_ward", "ucsf", ID, patients=0)


def test_without_the_extra_packages_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "minari", None)
    monkeypatch.delitem(sys.modules, "dosing_env.datasets", raising=False)
    monkeypatch.delattr(dosing_env, "datasets", raising=False)
    assert "pip install 'dosing-env[minari]'" in complaint(run("dataset", "vancomycin_ward", "ucsf", "-o", ID))
