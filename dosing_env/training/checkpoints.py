"""Everything a training goes on from, in a file: networks, optimisers, chance, the patients, what is remembered.

A training that was stopped and goes on from its checkpoint ends with the same weights, bit for bit, as one that was
never stopped (same machine, same versions, same number of threads).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sb3_contrib.common.recurrent.type_aliases import RNNStates
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.save_util import recursive_getattr

from dosing_env.weights import State, read_arrays, write_arrays

CHECKPOINT = f"checkpoint-{'[0-9]' * 12}.safetensors"  # with the number of steps
KEPT = 3  # checkpoints of a seed; older ones are removed
LARGEST_BUFFER = 200e6  # bytes of remembered transitions that are written; without them a training goes on, not exactly
_BUFFER = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


class Checkpoint(NamedTuple):
    """What was read."""

    arrays: State
    card: dict[str, Any]
    damaged: list[str]  # newer ones that could not be used, and why


def write(folder: Path, model: BaseAlgorithm, patients: State, card: dict[str, Any]) -> None:
    """Write a checkpoint, whole or not at all, and remove those that are older than the last `KEPT`.

    Args:
        folder: of the training seed.
        model: between two rollouts.
        patients: snapshot of its environment.
        card: what else is to be remembered, as JSON knows it; `of` is the identity of the training.
    """
    arrays: State = {}
    buffer = _buffer_of(model)
    state = {
        "model": _packed(_state_of(model), "model", arrays),
        "patients": _packed(patients, "patients", arrays),
        "buffer": _packed(buffer, "buffer", arrays),
        "exact": buffer is not None or getattr(model, "replay_buffer", None) is None,
    }
    write_arrays(folder / f"checkpoint-{model.num_timesteps:012d}.safetensors", arrays, state | card)
    for old in list(_newest_first(folder))[KEPT:]:
        old.unlink()


def latest(folder: Path, identity: dict[str, Any]) -> Checkpoint | None:
    """The newest sound checkpoint; None where there is none.

    Raises:
        ValueError: it is of another training.
    """
    damaged = []
    for path in _newest_first(folder):
        try:
            arrays, card = read_arrays(path)
        except ValueError as error:
            damaged.append(str(error))
            continue
        require_same_training(path, card["of"], identity)
        return Checkpoint(arrays, card, damaged)
    return None


def policy_in(found: Checkpoint) -> State:
    """The weights of its policy."""
    values = _unpacked(found.card["model"], found.arrays)["parts"]["policy"]
    return {name: value.numpy() for name, value in values.items()}


def restore(model: BaseAlgorithm, arrays: State, card: dict[str, Any]) -> State:
    """Put a model back to where it was. Returns the snapshot of its environment."""
    state = _unpacked(card["model"], arrays)
    for name, values in state["parts"].items():
        recursive_getattr(model, name).load_state_dict(values)
    for name, value in state["variables"].items():
        recursive_getattr(model, name).data = value.data
    for name, value in (state["numbers"] | state["arrays"]).items():
        setattr(model, name, value)
    if state["memory"] is not None:
        model._last_lstm_states = RNNStates(*map(tuple, state["memory"]))  # type: ignore[attr-defined]
    _restore_buffer(model, _unpacked(card["buffer"], arrays))
    _restore_chance(model, state["chance"])
    return dict(_unpacked(card["patients"], arrays))


def _newest_first(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob(CHECKPOINT), reverse=True)


def require_same_training(path: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuse what is of another training: `before` is its identity, `now` that of this one.

    Raises:
        ValueError: they differ; what differs is named.
    """
    for what, value in now.items():
        if before.get(what) != value:
            raise ValueError(f"{path}: {what} of this training is another now: start anew in another folder")


def _state_of(model: BaseAlgorithm) -> dict[str, Any]:
    """Whatever of a model changes as it learns."""
    parts, variables = model._get_torch_save_params()
    own = vars(model)
    return {
        "parts": {name: recursive_getattr(model, name).state_dict() for name in parts},
        "variables": {name: recursive_getattr(model, name) for name in variables},
        "numbers": {name: value for name, value in own.items() if type(value) in (int, float, bool)},
        "arrays": {name: value for name, value in own.items() if isinstance(value, np.ndarray)},
        "memory": own.get("_last_lstm_states"),
        "chance": _chance(model),
    }


def _chance(model: BaseAlgorithm) -> dict[str, Any]:
    """The generators that training draws from; the patients have their own."""
    _, key, at, has_gauss, gauss = np.random.get_state()  # noqa: NPY002  the one that Stable-Baselines3 uses
    return {
        "numpy": [key, at, has_gauss, gauss],
        "torch": torch.get_rng_state(),
        "actions": model.action_space.np_random.bit_generator.state,
    }


def _restore_chance(model: BaseAlgorithm, chance: dict[str, Any]) -> None:
    np.random.set_state(("MT19937", *chance["numpy"]))  # noqa: NPY002
    torch.set_rng_state(chance["torch"])
    model.action_space.np_random.bit_generator.state = chance["actions"]


def _buffer_of(model: BaseAlgorithm) -> dict[str, Any] | None:
    """What the model remembers of all its steps; None where it remembers nothing, or too much to be written."""
    buffer = getattr(model, "replay_buffer", None)
    if buffer is None:
        return None
    used = buffer.buffer_size if buffer.full else buffer.pos
    arrays = {name: getattr(buffer, name)[:used] for name in _BUFFER}
    if sum(array.nbytes for array in arrays.values()) > LARGEST_BUFFER:
        return None
    return arrays | {"pos": buffer.pos, "full": buffer.full}


def _restore_buffer(model: BaseAlgorithm, kept: dict[str, Any] | None) -> None:
    if kept is None:
        return
    buffer = model.replay_buffer  # type: ignore[attr-defined]
    for name in _BUFFER:
        getattr(buffer, name)[: len(kept[name])] = kept[name]
    buffer.pos, buffer.full = kept["pos"], kept["full"]


def _packed(tree: Any, at: str, arrays: State) -> Any:
    """A tree of dicts, lists, numbers, arrays and tensors as JSON; arrays and tensors are put into `arrays`."""
    if isinstance(tree, torch.Tensor):
        arrays[at] = tree.detach().numpy().copy(order="C")
        return ["tensor", at]
    if isinstance(tree, np.ndarray):
        arrays[at] = tree.copy(order="C")
        return ["array", at]
    if isinstance(tree, dict):
        return ["dict", [[key, _packed(value, f"{at}/{key}", arrays)] for key, value in tree.items()]]
    if isinstance(tree, list | tuple):
        return ["list", [_packed(value, f"{at}/{i}", arrays) for i, value in enumerate(tree)]]
    return ["value", tree]


def _unpacked(packed: Any, arrays: State) -> Any:
    kind, content = packed
    if kind == "dict":
        return {key: _unpacked(value, arrays) for key, value in content}
    if kind == "list":
        return [_unpacked(value, arrays) for value in content]
    if kind == "tensor":
        return torch.from_numpy(arrays[content].copy())
    found: NDArray[Any] | Any = arrays[content] if kind == "array" else content
    return found
