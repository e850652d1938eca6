"""The examples of the documentation run, and one seed gives one result."""

from __future__ import annotations

import math
import runpy
import sys
from pathlib import Path

import pytest

from dosing_env import recipe, scenario
from dosing_env.algorithms import ALGORITHMS

pytest.importorskip("torch")

ROOT = Path(__file__).parents[1]
RECIPES = sorted((ROOT / "docs" / "examples").glob("*/*.toml"))


@pytest.mark.parametrize("identifier", ["dosing_env/VancomycinWard-v1", "dosing_env/VancomycinOneshot-v1"])
def test_ppo_in_one_file(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], identifier: str
) -> None:
    def printed(seed: int) -> str:
        words = ["single_file_ppo.py", "--env", identifier, "--steps", "3584", "--seed", str(seed)]
        monkeypatch.setattr(sys, "argv", words)
        runpy.run_path(str(root / "docs" / "examples" / words[0]), run_name="__main__")
        return capsys.readouterr().out

    first = printed(0)
    returns = [float(line.split()[-1]) for line in first.splitlines()]
    assert len(returns) == 2
    assert all(math.isfinite(mean) and -1.0 <= mean <= 1.0 for mean in returns)
    assert printed(0) == first
    assert printed(1) != first


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_the_recipes_of_the_documentation_can_be_trained(path: Path) -> None:
    from dosing_env import training

    rules = recipe.load(str(path))
    training.check(rules, scenario.load(rules.scenario))


def test_every_algorithm_has_a_recipe_that_says_how_its_values_were_found() -> None:
    rules = [recipe.load(str(path)) for path in RECIPES if path.parent.name == "algorithms"]
    assert sorted(one.algorithm for one in rules) == sorted(ALGORITHMS)
    for one in rules:
        assert one.found is not None
        assert not set(one.found.seeds) & set(one.training.seeds)  # searched and trained with other chance
