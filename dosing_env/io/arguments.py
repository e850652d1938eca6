"""One rule for whole numbers and for switches that a user gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dosing_env.io import printable

LARGEST_SEED = 2**64 - 1  # the key of `simulation.chance`
LARGEST_TRAINING_SEED = 2**32 - 1  # of the generators of NumPy and PyTorch that training uses
LARGEST_PATIENT = 2**62 - 1  # a slot counts on from its patient: so far from 2**63 that it never gets there
MOST_PATIENTS = 10_000_000  # of a trial: its tables hold some 500 bytes of each under each policy
_DIGITS = 80  # of a wrong number in a message


def whole(name: str, value: Any, least: int, most: int | None = None, why: str = "") -> int:
    """The value as an int: 1 and np.int64(1) are whole numbers; 1.0, True and "1" are not.

    Args:
        name: of the argument, for the message.
        value: what was given.
        least, most: bounds; most None: no upper one.
        why: follows the bounds in the message.

    Raises:
        ValueError: not a whole number, or out of bounds.
    """
    number = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if number and least <= int(value) and (most is None or int(value) <= most):
        return int(value)
    bounds = f"of at least {least}" if most is None else f"from {least} to {_said(most)}"
    raise ValueError(
        f"{name}: {_said(int(value)) if number else printable.value(value)} is not a whole number {bounds}{why}"
    )


def seed_of(value: Any) -> int:
    """A seed.

    Raises:
        ValueError: not a whole number, or out of bounds.
    """
    return whole("seed", value, 0, LARGEST_SEED)


def patient_numbers(value: Any, count: int) -> list[int]:
    """The numbers of so many patients, from a list, a range or an array.

    Raises:
        ValueError: another length, or something that is no patient number.
    """
    listed = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(listed, Sequence) or isinstance(listed, str | bytes) or len(listed) != count:
        raise ValueError(f"patients: expected {count} patient numbers in a list, got {printable.value(value)}")
    return [whole("patients", number, 0, LARGEST_PATIENT) for number in listed]


def switch(name: str, value: Any) -> bool:
    """The value of an argument that is either True or False.

    Raises:
        ValueError: neither.
    """
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name}: {printable.value(value)} is neither True nor False")
    return bool(value)


def _said(number: int) -> str:
    """A number in a message; a bound or a value that would fill the line, as a power."""
    if (number + 1).bit_count() == 1 and number > 2**40:
        return f"2**{(number + 1).bit_length() - 1} - 1"
    bits = number.bit_length()
    return str(number) if bits < 3 * _DIGITS else f"a number of {bits} bits"
