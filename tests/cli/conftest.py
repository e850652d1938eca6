"""A small agent, trained once, and an empty folder to work in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from dosing_env.report import card
from tests.cli.commands import Result, run, small_recipe


class Trained(NamedTuple):
    """What `dosing-env train tiny.toml` left."""

    result: Result
    home: Path  # where it was called: the recipe, the scenario, runs/tiny

    @property
    def folder(self) -> Path:
        return self.home / "runs" / "tiny"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session", autouse=True)
def few_patients() -> Iterator[None]:
    """Model cards are written from few patients, to be quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(card, "PATIENTS", 100)
        yield


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A small agent of two seeds."""
    home, before = tmp_path_factory.mktemp("trained"), Path.cwd()
    os.chdir(home)
    try:
        small_recipe(home)
        return Trained(run("train", "tiny.toml"), home)
    finally:
        os.chdir(before)


@pytest.fixture
def beside_the_agent(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> Trained:
    """The same, with its home as working directory."""
    monkeypatch.chdir(trained.home)
    return trained
