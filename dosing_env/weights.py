"""Weight files of agents: safetensors with a card and a checksum of both; never pickle."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from dosing_env import files

State = dict[str, NDArray[Any]]  # what was learned, by name: of a network Stable-Baselines3's state dict


def write_weights(path: Path, states: dict[int, State], card: dict[str, Any]) -> None:
    """Write what every training seed learned and the card (with a checksum of both), whole or not at all."""
    from safetensors.numpy import save

    arrays = {f"{seed}/{name}": array for seed, state in states.items() for name, array in state.items()}
    files.write_whole(path, save(arrays, metadata={"card": json.dumps(card | {"sha256": _checksum(arrays, card)})}))


def read_weights(path: Path) -> tuple[dict[int, State], dict[str, Any]]:
    """What was learned by training seed, and the card.

    Raises:
        ValueError: the file is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise ValueError(f"{path}: no such file: the agent's weights stand beside its recipe")
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            card = dict(json.loads((file.metadata() or {})["card"]))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not a weight file of this project: {' '.join(str(error).split())}") from None
    if card.pop("sha256", None) != _checksum(arrays, card):
        raise ValueError(f"{path}: does not match its checksum: the file is damaged")
    return _by_seed(arrays), card


def _by_seed(arrays: State) -> dict[int, State]:
    states: dict[int, State] = {}
    for name, array in arrays.items():
        seed, key = name.split("/", 1)
        states.setdefault(int(seed), {})[key] = array
    return states


def _checksum(arrays: State, card: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(card, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode() + arrays[name].tobytes())
    return digest.hexdigest()
