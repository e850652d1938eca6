"""No file of an agent is trusted: 10,000 damaged ones, pickles and bombs are refused in one line, none is run."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dosing_env import scenario as scenarios
from dosing_env.agent import load_agent
from dosing_env.io.reading import ARRAYS
from tests.bundles import FORMS, refused, sound

FLIPPED, CUT, INSERTED, MOVED = 7000, 1000, 1000, 1000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "agent.safetensors"


@pytest.mark.parametrize("algorithm", FORMS)
@pytest.mark.parametrize("scenario", ["vancomycin_ward", "warfarin_initiation"])
def test_an_undamaged_bundle_is_an_agent(path: Path, algorithm: str, scenario: str) -> None:
    """Else what follows could not fail."""
    bundle = sound(algorithm, scenario=scenario)
    for name in (bundle.write(path), bundle.write_beside(path)):
        agent = load_agent(str(name))
        agent.begin(scenarios.load(scenario).task(), None)
        assert agent.states[0].keys() == bundle.states[0].keys()


def flipped(whole: bytes, rng: np.random.Generator) -> Iterator[bytes]:
    for place in rng.choice(8 * len(whole), FLIPPED, replace=False).tolist():
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << place % 8
        yield bytes(damaged)


def cut(whole: bytes, rng: np.random.Generator) -> Iterator[bytes]:
    for length in rng.choice(len(whole), CUT, replace=False).tolist():
        yield whole[:length]


def inserted(whole: bytes, rng: np.random.Generator) -> Iterator[bytes]:
    for place in rng.integers(0, len(whole) + 1, INSERTED).tolist():
        yield whole[:place] + rng.bytes(int(rng.integers(1, 9))) + whole[place:]


def moved(whole: bytes, rng: np.random.Generator) -> Iterator[bytes]:
    """Two parts of the same length, that differ, in each other's place."""
    for _ in range(MOVED):
        a, b = whole, whole
        while a == b:
            size = int(rng.integers(1, 65))
            one, other = np.sort(rng.integers(0, (len(whole) - size) // 2, 2) * 2).tolist()
            other += size
            a, b = whole[one : one + size], whole[other : other + size]
        yield whole[:one] + b + whole[one + size : other] + a + whole[other + size :]


@pytest.mark.parametrize("damage", [flipped, cut, inserted, moved])
def test_every_damage_is_noticed(path: Path, damage: Callable[[bytes, Any], Iterator[bytes]]) -> None:
    whole = sound().write(path).read_bytes()
    with path.open("r+b", buffering=0) as file:  # kept open, because to open a file takes longest
        for damaged in damage(whole, np.random.default_rng(1)):
            assert damaged != whole
            file.seek(0)
            file.write(damaged)
            file.truncate()
            refused(path)


def test_a_huge_file_is_refused_unread(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(ARRAYS + 1)
    refused(path, "at most 1,073,741,824")


class Hostile:
    """Makes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return (Path.touch, (self.marker,))


def in_zip(content: bytes, name: str = "data.pkl") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as folder:
        folder.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("suffix", [".safetensors", ".zip", ".pkl", ".pickle", ".pt", ".pth", ".joblib", ".PT", ".ZIP"])
def test_no_pickle_is_executed(tmp_path: Path, suffix: str) -> None:
    marker, path = tmp_path / "marker", tmp_path / f"agent{suffix}"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        hostile = pickle.dumps(Hostile(marker), protocol)
        for content in (hostile, in_zip(hostile), in_zip(hostile, "agent/data.pkl"), sound_with(hostile, tmp_path)):
            path.write_bytes(content)
            refused(path)
    assert not marker.exists()
    pickle.loads(hostile)  # noqa: S301  it does what it should not have done
    assert marker.exists()


def sound_with(hostile: bytes, folder: Path) -> bytes:
    """A sound bundle with a pickle behind it."""
    return sound().write(folder / "sound.safetensors").read_bytes() + hostile


@pytest.mark.parametrize("suffix", [".safetensors", ".zip", ".pt"])
def test_bombs_and_nothings_are_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"agent{suffix}"
    for content in (b"", b"\x00" * 100, b"\xff" * 100, in_zip(b"\x00" * 10**7), in_zip(in_zip(b"\x00" * 10**7))):
        path.write_bytes(content)
        refused(path)
    path.unlink()
    refused(path)
    path.symlink_to(tmp_path / "nowhere")
    refused(path)
    path.unlink()
    path.mkdir()
    refused(path)


def test_a_recipe_without_its_bundle_says_what_is_missing(path: Path) -> None:
    own = sound().write_beside(path)
    path.unlink()
    refused(own, "agent.safetensors: no such file")
    path.mkdir()
    refused(own, "agent.safetensors: is a folder")
