"""The examples of the documentation run, and one seed gives one result."""

from __future__ import annotations

import math
import runpy
import sys
from pathlib import Path

import pytest

from dosing_env import recipe, scenario

pytest.importorskip("torch")

ROOT = Path(__file__).parents[1]


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


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "docs" / "examples" / "memory").glob("*.toml")))
def test_the_recipes_of_the_documentation_can_be_trained(name: str) -> None:
    from dosing_env import training

    rules = recipe.load(str(ROOT / "docs" / "examples" / "memory" / f"{name}.toml"))
    training.check(rules, scenario.load(rules.scenario))
