"""A training that was stopped and went on ends where one does that was never stopped, bit for bit."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from dosing_env import scenario as scenarios
from dosing_env.algorithms import ALGORITHMS
from dosing_env.recipe import Limit, Pretrain, Scaling
from tests.training.recipes import small

training = pytest.importorskip("dosing_env.training")
checkpoints = pytest.importorskip("dosing_env.training.checkpoints")
identity_of = pytest.importorskip("dosing_env.training.seed").identity_of

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


def test_a_process_of_its_own_goes_on_with_the_training_of_another() -> None:
    """Whatever stands in the recipe: what makes a training another one survives the way to a process."""
    rules = msgspec.structs.replace(
        small(), limits=(Limit("aki", 0.1),), pretrain=Pretrain("guideline_2020"), observation=(Scaling("time"),)
    )
    case, sent = scenarios.load(rules.scenario), pickle.loads(pickle.dumps(rules))  # noqa: S301  made here
    assert identity_of(sent, case) == identity_of(rules, case)
    for other in ({"limits": ()}, {"pretrain": None}, {"frames": 2}, {"limits": (Limit("aki", 0.1, integral=2.0),)}):
        assert identity_of(msgspec.structs.replace(rules, **other), case) != identity_of(rules, case)


def test_what_was_too_much_to_write_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "LARGEST_BUFFER", 1000)
    rules = small("SAC")
    case = scenarios.load(rules.scenario)
    with pytest.raises(KeyboardInterrupt):
        training.train_seed(rules, case, 3, tmp_path, Stop(tmp_path, 1))
    gone_on = training.train_seed(rules, case, 3, tmp_path)
    assert gone_on.finished
    assert "resumed, not exact: what it remembered was too much to be written" in gone_on.resumed[0]


def test_other_versions_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = small("PPO")
    case = scenarios.load(rules.scenario)
    with pytest.raises(KeyboardInterrupt):
        training.train_seed(rules, case, 3, tmp_path, Stop(tmp_path, 1))
    monkeypatch.setattr("dosing_env.training.seed.versions", lambda: {"torch": "0"})
    assert "not exact: on other versions" in training.train_seed(rules, case, 3, tmp_path).resumed[0]


def test_only_the_last_checkpoints_are_kept(tmp_path: Path) -> None:
    rules = small("A2C", evaluate_every=250)
    training.train_seed(rules, scenarios.load(rules.scenario), 3, tmp_path)
    kept = [int(path.stem.split("-")[1]) for path in sorted((tmp_path / "seed3").glob("checkpoint-*"))]
    assert len(kept) == checkpoints.KEPT
    assert kept[0] > 3000


@pytest.mark.parametrize(
    ("scenario", "changes"),
    [
        ("vancomycin_ward", {"belief": "vancomycin_goti2018"}),
        ("vancomycin_ward", {"frames": 2, "limits": (Limit("aki", 0.01),)}),
        ("warfarin_initiation", {"hold": True}),
    ],
)
def test_the_patients_go_on_too(scenario: str, changes: dict[str, Any]) -> None:
    """Through the end of courses: what is seen, earned and priced."""
    rules = msgspec.structs.replace(small("PPO", scenario), **changes, observation=(Scaling("*"),))
    case, generator = scenarios.load(scenario), np.random.default_rng(0)
    one, other = (training.PatientVecEnv(rules, case, 8, seed=4) for _ in range(2))
    actions = generator.uniform(-1.0, 0.2, (40, 8, *one.action_space.shape)).astype(np.float32)
    one.reset()
    for action in actions[:9]:
        one.step(action)
    other.restore(one.snapshot())
    ended = 0
    for k, action in enumerate(actions[9:]):
        for env in (one, other):
            if env.prices is not None and k % 5 == 0:
                env.prices.settle()
        ours, theirs = one.step(action), other.step(action)
        for a, b in zip(ours[:3], theirs[:3], strict=True):
            np.testing.assert_array_equal(a, b)
        ended += int(ours[2].sum())
    assert ended > 0
