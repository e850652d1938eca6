"""Training: it learns, the same seed gives the same agent, and what it writes can be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from dosing_env import recipe
from dosing_env import scenario as scenarios
from dosing_env.agent import load_agent
from dosing_env.recipe import Recipe
from dosing_env.report import card
from dosing_env.ward.tables import PRIMARY

training = pytest.importorskip("dosing_env.training")

SHIPPED = "vancomycin_ward_ppo"


def small(**changes: Any) -> Recipe:
    """The shipped recipe for a few seconds."""
    rules = recipe.load(SHIPPED)
    brief = {"steps": 8192, "num_envs": 64, "evaluate_every": 4096, "evaluate_patients": 50, "seeds": (0, 1)} | changes
    return msgspec.structs.replace(
        rules,
        training=msgspec.structs.replace(rules.training, **brief),
        hyperparameters=rules.hyperparameters | {"n_steps": 28, "batch_size": 448},
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A small agent of two seeds and the folder it was written to, with a card from few patients."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(card, "PATIENTS", 50)
        return training.train(small(), output=folder), folder


def test_it_learns(tmp_path: Path) -> None:
    """Half a million decisions beat what an untrained network and the fixed label dose reach (about 30 %)."""
    rules = small(steps=500_000, num_envs=512, evaluate_every=10**9, evaluate_patients=1000)
    rules = msgspec.structs.replace(rules, hyperparameters=recipe.load(SHIPPED).hyperparameters)
    run = training.train_seed(rules, scenarios.load(rules.scenario), 0, tmp_path)
    assert run.learning[-1][PRIMARY] > 45.0


def test_everything_is_written(trained: tuple[Any, Path]) -> None:
    agent, folder = trained
    assert {path.name for path in folder.iterdir()} == {
        *(f"{SHIPPED}.{ending}" for ending in ("toml", "safetensors", "md")),
        "seed0",
        "seed1",
        "written.json",
    }
    assert list((folder / "seed0" / "tensorboard").rglob("events*"))
    assert list((folder / "seed0").glob("checkpoint-*.safetensors"))
    assert list((folder / "seed0").glob("log0.csv"))
    assert "not for the care of real patients" in (folder / f"{SHIPPED}.md").read_text().lower()
    assert agent.card["finished"]


def test_the_card_can_be_left_out(tmp_path: Path) -> None:
    agent = training.train(small(seeds=(0,)), output=tmp_path, card=False)
    assert agent.name == SHIPPED
    assert not (tmp_path / f"{SHIPPED}.md").exists()


def test_the_recipe_is_written_as_it_was_run(trained: tuple[Any, Path]) -> None:
    agent, _ = trained
    assert msgspec.structs.replace(agent.recipe, file="") == msgspec.structs.replace(small(), file="")


def test_an_unchanged_recipe_is_written_with_its_comments() -> None:
    rules = recipe.load(SHIPPED)
    assert recipe.text(rules) == Path(rules.file).read_text()


def test_one_seed_is_written_to_a_folder_of_its_own() -> None:
    rules = recipe.load(SHIPPED)
    assert training.folder_of(rules, None) == Path("runs") / SHIPPED
    assert training.folder_of(rules, 2) == Path("runs") / f"{SHIPPED}_seed2"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("n_epochs", 2.5, r"hyperparameters\.n_epochs: 2\.5 is not a whole number"),
        ("gamma", 5, r"hyperparameters\.gamma: 5 is not between 0 and 1"),
    ],
)
def test_a_value_that_cannot_be_is_refused(key: str, value: float, message: str) -> None:
    rules = msgspec.structs.replace(small(), hyperparameters=recipe.load(SHIPPED).hyperparameters | {key: value})
    with pytest.raises(ValueError, match=message):
        training.train(rules)


def test_the_shipped_seed_is_the_best_on_the_tuning_stream(trained: tuple[Any, Path]) -> None:
    agent, _ = trained
    last = {row["seed"]: row["return"] for row in agent.card["learning"]}
    assert agent.seed == max(last, key=lambda seed: last[seed])


def test_one_seed_gives_one_agent(trained: tuple[Any, Path], tmp_path: Path) -> None:
    agent, _ = trained
    rules = small()
    again = training.train_seed(rules, scenarios.load(rules.scenario), 1, tmp_path)
    for name, value in agent.states[1].items():
        assert (again.state[name] == value).all()
        assert agent.states[0][name].shape == value.shape


def test_ctrl_c_keeps_what_was_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(done: int, total: int, what: str) -> None:
        if list(tmp_path.rglob("checkpoint-*")):
            raise KeyboardInterrupt

    monkeypatch.setattr("dosing_env.training.watch._OFTEN", 0.0)
    with pytest.raises(KeyboardInterrupt, match=rf"{SHIPPED}\.safetensors; `dosing-env train --resume {tmp_path}`"):
        training.train(small(), output=tmp_path, progress=stop)
    agent = load_agent(str(tmp_path / f"{SHIPPED}.toml"))
    assert not agent.card["finished"]


def test_the_learner_meets_the_patients_of_the_training_stream() -> None:
    rules = small()
    env = training.PatientVecEnv(rules, scenarios.load(rules.scenario), 4, seed=3)
    env.reset()
    assert env.env.cohort is not None
    assert int(env.env.cohort.key.stream) == 0
    assert int(env.env.cohort.key.seed) == 3


def test_the_end_of_a_course_is_told_to_the_learner() -> None:
    rules = small()
    env = training.PatientVecEnv(rules, scenarios.load(rules.scenario), 4, seed=0)
    env.reset()
    for _ in range(14):
        observation, reward, over, infos = env.step(np.zeros((4, 1), dtype=np.float32))
    assert over.all()
    assert reward.dtype == np.float32
    for info in infos:
        assert info["terminal_observation"].shape == observation[0].shape
        assert info["TimeLimit.truncated"] is False


def test_an_unknown_argument_of_ppo_is_refused() -> None:
    rules = msgspec.structs.replace(small(), hyperparameters={"learning_rat": 1e-3})
    with pytest.raises(ValueError, match=r"unknown key 'learning_rat'\. Did you mean 'learning_rate'"):
        training.train(rules)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("steps = ", "stepz = ", "unknown key training.stepz. Did you mean 'steps'?"),
        ('algorithm = "PPO"', 'algorithm = "PPOO"', "algorithm: unknown algorithm 'PPOO'. Did you mean 'PPO'?"),
        ('algorithm = "PPO"', 'algorithm = "DQN"', "action: 'mg': DQN takes 'grid' only"),
        ("num_envs = 512", "num_envs = 0", "num_envs"),
        ("seeds = [0, 1, 2]", "seeds = []", "training.seeds"),
        ("scale = 17", "scale = 0", "scale"),
    ],
)
def test_a_wrong_recipe_is_answered_in_one_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = Path(recipe.load(SHIPPED).file).read_text()
    assert old in text
    own = tmp_path / "mine.toml"
    own.write_text(text.replace(old, new, 1))
    with pytest.raises(ValueError, match=r"mine\.toml") as error:
        recipe.load(str(own))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_log_is_no_file_before_it_has_a_row(tmp_path: Path) -> None:
    """Training may be stopped before the first."""
    log = training.watch.logger_for(tmp_path, 0)
    assert not (tmp_path / "log0.csv").exists()
    log.close()
    log = training.watch.logger_for(tmp_path, 0)
    log.record("steps", 3)
    log.dump(3)
    log.close()
    assert (tmp_path / "log0.csv").read_text() == "steps\n3\n"
