"""Files of arrays with a card and a checksum of both: safetensors, never pickle. Bundles of agents are such files."""

from __future__ import annotations

import hashlib
import json
import math
import re
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct
from numpy.typing import NDArray

from dosing_env.io import printable, reading, records, writing

State = dict[str, NDArray[Any]]  # what was learned, by name: of a network Stable-Baselines3's state dict
PICKLES = (".zip", ".pkl", ".pickle", ".pt", ".pth", ".joblib")
# what a damaged file makes Python, its JSON and NumPy raise; AttributeError: of a number type that NumPy does not have
_UNREADABLE = (OSError, KeyError, TypeError, ValueError, AttributeError, MemoryError)


class Spaces(Struct, frozen=True):
    """What an agent sees, and what it does: unit and bounds of each number, or the values of its grid."""

    observation: Annotated[tuple[str, ...], Meta(min_length=1)]
    action: dict[str, Annotated[tuple[str | float, ...], Meta(min_length=1)]]

    def __post_init__(self) -> None:
        said = (*self.observation, *self.action, *(part for parts in self.action.values() for part in parts))
        for part in said:
            if not str(part).isprintable():
                raise ValueError(f"spaces: {part!r} cannot be printed")


class Card(Struct, frozen=True, kw_only=True):
    """What a bundle has to say besides its weights. It may say more."""

    name: Annotated[str, Meta(max_length=200)]
    recipe_text: Annotated[str, Meta(max_length=100_000)]
    shipped_seed: Annotated[int, Meta(ge=0)]
    recipe: str  # fingerprint
    finished: bool
    learning: tuple[dict[str, float], ...]  # as `watch.Watch.learning`
    scenario: str
    scenario_parts: dict[str, str]
    spaces: Spaces
    versions: dict[str, str]

    def __post_init__(self) -> None:
        name = self.name
        if name in ("", "..") or name != Path(name).name or "\\" in name or not name.isprintable():
            raise ValueError(f"name: {name!r} is no name of a file")
        for row in self.learning:
            if not {"seed", "steps", "return"} < row.keys() or not any(key.endswith("_percent") for key in row):
                raise ValueError(f"learning: a row lacks seed, steps, return or the endpoint: {row}")
            if not all(map(math.isfinite, row.values())):
                raise ValueError(f"learning: a number is not finite: {row}")


def write_arrays(path: Path, arrays: State, card: dict[str, Any]) -> None:
    """Write arrays and card (what JSON knows), with a checksum of both, whole or not at all."""
    from safetensors.numpy import save

    text = json.dumps(card)
    writing.write_whole(path, save(arrays, metadata={"card": text, "sha256": _checksum(arrays, text)}))


def read_arrays(path: Path) -> tuple[State, dict[str, Any]]:
    """Arrays and card.

    Raises:
        ValueError: the file is missing, of another kind, or damaged.
    """
    from safetensors import SafetensorError, safe_open

    if path.suffix.lower() in PICKLES:
        raise ValueError(
            f"{path}: a pickle, which may run code when it is read, so it is not. What Stable-Baselines3 saved is "
            "taken over with `dosing-env import-sb3`"
        )
    if not path.exists():
        raise ValueError(f"{path}: no such file: the agent's weights stand beside its recipe")
    reading.require(path, reading.ARRAYS)
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        written = _header(path)["__metadata__"]
        text, checksum = written["card"], written["sha256"]
        sound = checksum == _checksum(arrays, text)
        card = _parsed(text) if sound else {}
    except RecursionError:
        raise ValueError(f"{path}: not a weight file of this project: brackets inside one another too deeply") from None
    except (*_UNREADABLE, SafetensorError) as error:
        raise ValueError(f"{path}: not a weight file of this project: {printable.one_line(str(error))}") from None
    if not sound:
        raise ValueError(f"{path}: does not match its checksum: the file is damaged")
    if not isinstance(card, dict):
        raise ValueError(f"{path}: not a weight file of this project: its card is no table")
    return arrays, card


def write_weights(path: Path, states: dict[int, State], card: dict[str, Any]) -> None:
    """Write what every training seed learned and the card."""
    arrays = {f"{seed}/{name}": array for seed, state in states.items() for name, array in state.items()}
    write_arrays(path, arrays, card)


def read_weights(path: Path) -> tuple[dict[int, State], dict[str, Any]]:
    """What was learned by training seed, and the card.

    Raises:
        ValueError: as `read_arrays`.
    """
    arrays, card = read_arrays(path)
    states: dict[int, State] = {}
    for name, array in arrays.items():
        seed, _, key = name.partition("/")
        if not (re.fullmatch("0|[1-9][0-9]{0,18}", seed) and key):
            what = printable.value(name)
            raise ValueError(f"{path}: not a weight file of this project: {what} is of no training seed")
        states.setdefault(int(seed), {})[key] = array
    return states, card


def check_card(card: dict[str, Any], states: dict[int, State], path: Path) -> None:
    """Refuse a card that does not say what that of a bundle has to.

    Raises:
        ValueError: what is wrong with it, in one line.
    """
    try:
        json.dumps(card, ensure_ascii=False).encode()  # refuses halves of characters, which cannot be printed
        learning = records.convert(card, Card).learning
    except ValueError as error:
        raise ValueError(f"{path}: card: {printable.one_line(str(error))}") from None
    if {row["seed"] for row in learning} != states.keys():
        raise ValueError(f"{path}: card: learning: is not that of the seeds {', '.join(map(str, sorted(states)))}")


def _header(path: Path) -> Any:
    """What a sound file says of itself before its numbers."""
    with path.open("rb") as file:
        return _parsed(file.read(int.from_bytes(file.read(8), "little")))


def _parsed(text: str | bytes) -> Any:
    """What JSON says; that nothing in it is said twice is seen to."""

    def table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a key stands there twice")
        return found

    return json.loads(text, object_pairs_hook=table)


def _checksum(arrays: State, card: str) -> str:
    digest = hashlib.sha256(card.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode() + arrays[name].tobytes())
    return digest.hexdigest()
