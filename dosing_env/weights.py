"""Files of arrays with a card and a checksum of both: safetensors, never pickle. Bundles of agents are such files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from dosing_env import files

State = dict[str, NDArray[Any]]  # what was learned, by name: of a network Stable-Baselines3's state dict
PICKLES = (".zip", ".pkl", ".pickle", ".pt", ".pth", ".joblib")


def write_arrays(path: Path, arrays: State, card: dict[str, Any]) -> None:
    """Write arrays and card (what JSON knows), with a checksum of both, whole or not at all."""
    from safetensors.numpy import save

    text = json.dumps(card)
    files.write_whole(path, save(arrays, metadata={"card": text, "sha256": _checksum(arrays, text)}))


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
    if not path.is_file():
        raise ValueError(f"{path}: no such file: the agent's weights stand beside its recipe")
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            written = file.metadata() or {}
        text, checksum = written["card"], written["sha256"]
        sound = checksum == _checksum(arrays, text)
        card = json.loads(text) if sound else {}
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, MemoryError) as error:
        raise ValueError(f"{path}: not a weight file of this project: {' '.join(str(error).split())}") from None
    if not sound:
        raise ValueError(f"{path}: does not match its checksum: the file is damaged")
    return arrays, dict(card)


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
        if not (seed.isdecimal() and key):
            raise ValueError(f"{path}: not a weight file of this project: {name!r} is of no training seed")
        states.setdefault(int(seed), {})[key] = array
    return states, card


def _checksum(arrays: State, card: str) -> str:
    digest = hashlib.sha256(card.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode() + arrays[name].tobytes())
    return digest.hexdigest()
