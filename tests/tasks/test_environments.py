"""Environments of tasks made of parts: copies that go on alike, and what they render."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

BUSULFAN = str(Path(__file__).parent / "ten" / "busulfan.toml")


def stepped(steps: int, **arguments: Any) -> Any:
    """An environment after so many doses."""
    env: Any = gymnasium.make("dosing_env/Scenario-v0", scenario=BUSULFAN, **arguments).unwrapped
    env.reset(seed=3)
    for dose in range(steps):
        env.step(np.array([20.0 + dose], np.float32))
    return env


@pytest.mark.parametrize("again", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])  # noqa: S301
def test_a_copy_goes_on_alike(again: Any) -> None:
    """With its series too: the exposure so far is judged at the end."""
    env = stepped(9)
    other = again(env)
    for dose in (10.0, 40.0, 30.0, 25.0, 25.0, 25.0, 25.0):
        mine, its = env.step(np.array([dose], np.float32)), other.step(np.array([dose], np.float32))
        np.testing.assert_array_equal(mine[0], its[0])
        assert mine[1:4] == its[1:4]
    assert mine[3]


def test_a_course_is_drawn_as_text() -> None:
    """The truth, what was measured so far, what was given, in the units of the task."""
    text = stepped(5, render_mode="ansi").render()
    assert text.startswith("Patient 0; day 1.25 of 4.5: Busulfan")
    assert "\nmg/L\n" in text
    assert "dose, mg/m2: 20 21 22 23 24\n" in text
    assert text.count("o") > 3
    assert text.count("*") > 30
    assert max(map(len, text.splitlines())) < 100


def test_a_course_is_drawn_as_a_picture() -> None:
    picture = stepped(2, render_mode="rgb_array").render()
    assert (picture.shape, picture.dtype) == ((540, 960, 3), np.uint8)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 50
