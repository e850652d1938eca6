"""What Stable-Baselines3 saved becomes an agent that acts alike, or is refused in a line; it runs no code unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from dosing_env import recipe
from dosing_env import scenario as scenarios
from dosing_env.agent import load_agent
from dosing_env.algorithms import ALGORITHMS
from dosing_env.recipe import Equation, Recipe
from dosing_env.ward.tables import PRIMARY
from tests.test_agent import same_as_predict
from tests.training.recipes import small

training = pytest.importorskip("dosing_env.training")


class Saved:
    """An untrained model of a recipe, as it is saved, in a folder that is empty else."""

    def __init__(self, folder: Path, rules: Recipe, seed: int | None = 5) -> None:
        self.folder, self.rules = folder, rules
        env = training.PatientVecEnv(rules, scenarios.load(rules.scenario), 4, seed=0)
        self.model = training.build(rules, env, seed=seed)
        self.zip = folder / "model.zip"
        self.model.save(self.zip)

    def imported(self, rules: Recipe | None = None, **more: Any) -> Any:
        """The agent of a recipe, by default of its own."""
        path = self.folder / f"{self.rules.name}.toml"
        path.write_text(recipe.text(rules or self.rules), encoding="utf-8")
        return training.import_sb3(self.zip, str(path), output=self.folder / "out", **({"trust": True} | more))

    def refused(self, rules: Recipe | None = None, **more: Any) -> str:
        """The one line of a refusal, after which nothing is written."""
        with pytest.raises(ValueError, match=r".") as error:
            self.imported(rules, **more)
        assert not (self.folder / "out").exists()
        assert str(error.value).isprintable()
        return str(error.value)


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    return Saved(tmp_path, small("PPO"))


def changed(rules: Recipe, **network: Any) -> Recipe:
    assert rules.network is not None
    return msgspec.structs.replace(rules, network=msgspec.structs.replace(rules.network, **network))


@pytest.mark.parametrize("algorithm", list(ALGORITHMS))
def test_the_agent_acts_as_the_model_did(tmp_path: Path, algorithm: str) -> None:
    saved = Saved(tmp_path, small(algorithm))
    agent = saved.imported()
    assert (agent.name, agent.seed, sorted(agent.states)) == ("small", 5, [5])
    same_as_predict(saved.model, agent, agent.recipe)
    same_as_predict(saved.model, load_agent(str(tmp_path / "out" / "small.safetensors")), agent.recipe)


def test_several_numbers_of_a_grid(tmp_path: Path) -> None:
    rules = small("MaskablePPO", "warfarin_initiation")
    agent = Saved(tmp_path, rules).imported()
    assert len(agent.card["spaces"]["action"]) == 2


def test_the_card_says_where_it_comes_from(saved: Saved) -> None:
    saved.model.num_timesteps = 77
    saved.model.save(saved.zip)
    card = saved.imported().card
    assert (card["imported"], card["finished"], card["seconds"]) == ("model.zip", True, {"5": 0.0})
    assert [(row["seed"], row["steps"]) for row in card["learning"]] == [(5, 77)]
    assert {PRIMARY, "return"} < card["learning"][0].keys()
    assert card["scenario_parts"] == scenarios.parts(scenarios.load("vancomycin_ward"))


def test_a_model_without_a_seed_has_the_first_of_the_recipe(tmp_path: Path) -> None:
    assert Saved(tmp_path, small("DQN"), seed=None).imported().seed == 0


def test_it_is_not_read_unless_it_is_trusted(saved: Saved) -> None:
    marker = saved.folder / "marker"
    saved.model.hostile = Hostile(marker)
    saved.model.save(saved.zip)
    said = saved.refused(trust=False)
    assert "model.zip: a zip of Stable-Baselines3 holds pickles, which may run code" in said
    assert "give --trust" in said
    assert not marker.exists()
    saved.imported()
    assert marker.exists(), "else the test above says nothing"


class Hostile:
    """Makes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return (Path.touch, (self.marker,))


@pytest.mark.parametrize(
    ("network", "answer"),
    [
        ({"layers": (16, 4)}, "does not fit the recipe's layers"),
        ({"layers": (16, 8, 8)}, "no weights for 'mlp_extractor.policy_net.4'"),
        ({"activation": "relu"}, "acts otherwise than a network as"),
    ],
)
def test_another_network_is_refused(saved: Saved, network: dict[str, Any], answer: str) -> None:
    said = saved.refused(changed(saved.rules, **network))
    assert said.startswith(f"{saved.zip}: ")
    assert answer in said


def test_another_observation_is_refused(saved: Saved) -> None:
    fewer = msgspec.structs.replace(saved.rules, observation=saved.rules.observation[1:])
    assert "observation: the model has Box(-inf, inf, (40,), float32), by " in saved.refused(fewer)


def test_another_action_is_refused(saved: Saved) -> None:
    said = saved.refused(msgspec.structs.replace(saved.rules, action="grid"))
    assert "action: the model has Box(-1.0, 1.0, (1,), float32), by " in said
    assert said.endswith("it is Discrete(13)")


@pytest.mark.parametrize(
    ("is_of", "asked", "answer"),
    [
        ("PPO", "SAC", "not what SAC of Stable-Baselines3 saved: "),
        ("DQN", "PPO", "not what PPO of Stable-Baselines3 saved: "),
        ("SAC", "TQC", "holds a SACPolicy, TQC ("),
        ("RecurrentPPO", "PPO", "observation: the agent takes 12 features"),
    ],
)
def test_another_algorithm_is_refused(tmp_path: Path, is_of: str, asked: str, answer: str) -> None:
    saved = Saved(tmp_path, small(is_of))
    said = saved.refused(msgspec.structs.replace(small(asked), hyperparameters={}))
    assert said.startswith(f"{saved.zip}: {answer}")


def test_a_recipe_without_a_network_is_refused(saved: Saved) -> None:
    rules = msgspec.structs.replace(saved.rules, algorithm="least_squares", network=None, equation=Equation())
    said = saved.refused(msgspec.structs.replace(rules, hyperparameters={}))
    assert said.endswith("small.toml: algorithm: least_squares is none of Stable-Baselines3")


def test_what_is_no_zip_is_refused(saved: Saved) -> None:
    saved.zip.write_bytes(b"nothing")
    assert saved.refused() == f"{saved.zip}: not a zip, as Stable-Baselines3 saves it"
    saved.zip.unlink()
    assert saved.refused() == f"{saved.zip}: no such file"


def test_nothing_is_replaced(saved: Saved) -> None:
    saved.imported()
    before = (saved.folder / "out" / "small.safetensors").read_bytes()
    with pytest.raises(ValueError, match=r"small\.safetensors: is in the way: "):
        saved.imported()
    assert (saved.folder / "out" / "small.safetensors").read_bytes() == before
    (saved.folder / "out" / "mine.txt").write_text("mine")
    saved.imported(overwrite=True)
    assert (saved.folder / "out" / "mine.txt").read_text() == "mine"
    with pytest.raises(ValueError, match=r"small\.toml: is what this command reads"):
        training.import_sb3(
            saved.zip, str(saved.folder / "small.toml"), trust=True, output=saved.folder, overwrite=True
        )
