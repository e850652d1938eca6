"""Thousands of damaged files: each loads, or is refused in one short visible line, at once, in little memory."""

from __future__ import annotations

import json
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dosing_env import catalogue, recipe, scenario, simulate
from dosing_env.agent import load_agent
from tests.bundles import sound, write_text
from tests.fuzzing.guarded import MEMORY, SLOWEST, guarded
from tests.fuzzing.mutations import anything, one_key

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and reads /proc")

FEW, ONE_KEY, RANDOM = 60, 2000, 1500
MODELS = Path(__file__).parents[1] / "models"
TABLE = b"""ID,TIME,AMT,RATE,II,ADDL,EVID,WT,CRCL
1,0,1000,1000,12,5,1,70,90
1,30,0,0,0,0,0,70,90
2,0,500,500,0,0,1,60,50
2,12,500,500,0,0,1,60,50
2,20,.,.,.,.,0,60,55
"""


class Kind(NamedTuple):
    """A kind of file."""

    file: str
    sound: Callable[[Path], list[bytes]]  # files that load
    load: Callable[[Path], Any]


def _content(kind: str) -> Callable[[Path], list[bytes]]:
    return lambda folder: [path.read_bytes() for path in sorted(catalogue.content(kind).glob("*.toml"))]


def _bundles(folder: Path) -> list[bytes]:
    return [sound(algorithm).write(folder / "x.safetensors").read_bytes() for algorithm in ("PPO", "least_squares")]


def _simulated(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return simulate("vancomycin_thomson2009", str(path), times=[1.0, 20.0])


KINDS = {
    "scenario": Kind("x.toml", _content("scenarios"), lambda path: scenario.load(str(path))),
    "recipe": Kind("x.toml", _content("agents"), lambda path: recipe.load(str(path))),
    "model": Kind(
        "x.toml",
        lambda folder: [path.read_bytes() for path in sorted(MODELS.glob("*.toml"))],
        lambda path: catalogue.load("drugs", str(path)),
    ),
    "table": Kind("x.csv", lambda folder: [TABLE], _simulated),
    "bundle": Kind("x.safetensors", _bundles, lambda path: load_agent(str(path))),
}


def _keys(sounds: list[bytes], count: int) -> Iterator[tuple[str, bytes]]:
    for seed in range(count):
        rng = random.Random(seed)
        yield f"seed {seed}", one_key(rng.choice(sounds).decode(), rng).encode()


def _bytes(sounds: list[bytes], count: int) -> Iterator[tuple[str, bytes]]:
    for seed in range(count):
        rng = random.Random(seed)
        yield f"seed {seed}", anything(rng.choice(sounds), rng)


def check(name: str, cases: Iterator[tuple[str, bytes]], count: int, folder: Path, sounds: list[bytes]) -> None:
    kind = KINDS[name]
    (folder / kind.file).write_bytes(sounds[0])
    kind.load(folder / kind.file)  # compiles what is to be compiled, and proves that the file is sound
    found = guarded(cases, folder / kind.file, kind.load)
    print(f"{name}: {found._replace(faults=found.faults[:20])}")
    assert found.faults == []
    assert found.loaded + found.refused == count
    assert found.refused > count // 10
    assert found.slowest < SLOWEST
    assert found.memory < MEMORY


COUNTS = (FEW, pytest.param(None, marks=pytest.mark.slow))


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", ["scenario", "recipe", "model"])
def test_one_key(name: str, count: int | None, tmp_path: Path) -> None:
    sounds = KINDS[name].sound(tmp_path)
    check(name, _keys(sounds, count or ONE_KEY), count or ONE_KEY, tmp_path, sounds)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", KINDS)
def test_anything(name: str, count: int | None, tmp_path: Path) -> None:
    sounds = KINDS[name].sound(tmp_path)
    check(name, _bytes(sounds, count or RANDOM), count or RANDOM, tmp_path, sounds)


@pytest.mark.parametrize("count", COUNTS)
def test_signed_cards(count: int | None, tmp_path: Path) -> None:
    """Bundles with a right checksum whose card, or the recipe in it, was changed."""
    bundle = sound()

    def cases(many: int) -> Iterator[tuple[str, bytes]]:
        for seed in range(many):
            rng = random.Random(seed)
            card = dict(bundle.card)
            if seed % 2:
                card["recipe_text"] = one_key(card["recipe_text"], rng)
                text = json.dumps(card)
            else:
                text = anything(json.dumps(card).encode(), rng).decode(errors="replace")
            yield f"seed {seed}", write_text(tmp_path / "signed", bundle.states, text).read_bytes()

    many = count or RANDOM
    check("bundle", cases(many), many, tmp_path, [bundle.write(tmp_path / "x.safetensors").read_bytes()])
