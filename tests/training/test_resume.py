"""A training that was stopped and went on ends where one does that was never stopped, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dosing_env import scenario as scenarios
from dosing_env.algorithms import ALGORITHMS
from tests.training.recipes import small

training = pytest.importorskip("dosing_env.training")
checkpoints = pytest.importorskip("dosing_env.training.checkpoints")

every_algorithm = pytest.mark.parametrize("algorithm", list(ALGORITHMS))


class Stop:
    """Stops a training once so many checkpoints are there."""

    def __init__(self, folder: Path, after: int) -> None:
        self.folder, self.after = folder, after

    def __call__(self, done: int, what: str) -> None:
        if len(list(self.folder.rglob("checkpoint-*.safetensors"))) >= self.after:
            raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is told before every rollout."""
    monkeypatch.setattr("dosing_env.training.watch._OFTEN", 0.0)


def same(one: Any, other: Any) -> bool:
    """Whether two states are equal bit for bit."""
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


@every_algorithm
def test_it_ends_with_the_same_weights(algorithm: str, tmp_path: Path) -> None:
    rules = small(algorithm)
    case = scenarios.load(rules.scenario)
    whole = training.train_seed(rules, case, 3, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        training.train_seed(rules, case, 3, tmp_path / "half", Stop(tmp_path / "half", 1))
    np.random.seed(1)  # noqa: NPY002  what happened in between does not matter
    gone_on = training.train_seed(rules, case, 3, tmp_path / "half")
    assert gone_on.finished
    assert gone_on.resumed[0].startswith("at step 1")
    assert "not exact" not in gone_on.resumed[0]
    assert same(gone_on.state, whole.state)
    assert gone_on.learning == whole.learning
