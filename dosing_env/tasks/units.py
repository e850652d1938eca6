"""Keys that say their unit: `step_mg`, `lag_min`, `max_rate_ug_per_h`. What they say is turned into the task's units.

A field of a section that has a unit is annotated with one of the kinds below. In the file its key is the name of the
field, an underscore and a unit of that kind.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

from msgspec import Meta, Struct
from msgspec.structs import fields

from dosing_env.io import printable

LONGEST_H = 731 * 24.0  # of a course

TIMES = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "day": 24.0, "days": 24.0, "week": 168.0, "weeks": 168.0}  # h
_AMOUNTS: tuple[dict[str, float], ...] = (
    {"ng": 1e-6, "ug": 1e-3, "mg": 1.0, "g": 1e3},
    {"mU": 1e-3, "U": 1.0, "kU": 1e3, "IU": 1.0},
    {"nmol": 1e-6, "umol": 1e-3, "mmol": 1.0, "mol": 1e3},
    {"tablets": 1.0},
)
_BODIES = ("m2", "kg")  # what a dose may be counted by

Hours = Annotated[float, Meta(ge=0, le=LONGEST_H, extra={"unit": "time"}, description="a course has at most 731 days")]
Span = Annotated[float, Meta(gt=0, le=LONGEST_H, extra={"unit": "time"}, description="a course has at most 731 days")]
Moments = Annotated[
    tuple[Annotated[float, Meta(ge=0, le=LONGEST_H, description="a course has at most 731 days")], ...],
    Meta(max_length=10_000, description="each is looked at in every patient", extra={"unit": "time"}),
]
Amount = Annotated[float, Meta(gt=0, le=1e9, extra={"unit": "amount"}, description="no dose is larger")]
Rate = Annotated[float, Meta(gt=0, le=1e12, extra={"unit": "amount_per_time"}, description="no pump is faster")]
Share = Annotated[float, Meta(ge=0, le=1)]


class Units(NamedTuple):
    """The units of a task: those of its drug."""

    time: str
    amount: str


def hours_of(unit: str) -> float:
    """How long a unit of time is, h.

    Raises:
        ValueError: there is no such unit.
    """
    if unit not in TIMES:
        raise ValueError(f"{unit!r} is no unit of time. Known: {', '.join(TIMES)}")
    return TIMES[unit]


def in_units(table: dict[str, Any], kind: type[Struct], units: Units) -> tuple[dict[str, Any], dict[str, str]]:
    """The table with the keys of the fields, its values in the task's units; and field -> key as written.

    Raises:
        ValueError: a key that needs a unit has none, or one of another kind.
    """
    known = {field.name: unit for field in fields(kind) if (unit := unit_of(kind, field.name))}
    out: dict[str, Any] = {}
    keys: dict[str, str] = {}
    for key, value in table.items():
        field, unit = _split(key, known)
        if field is None:
            out[key] = value
            continue
        if field in out:
            raise ValueError(f"{key}: {keys[field]} says the same")
        out[field], keys[field] = _times(value, _factor(key, unit, known[field], units)), key
    return out, keys


def written(unit: str, units: Units) -> str:
    """The unit of a kind as the task has it, behind an underscore."""
    return unit.replace("amount", units.amount).replace("time", units.time)


def unit_of(kind: type[Struct], name: str) -> str | None:
    """The kind of unit that a field has; None: it has none."""
    hint = typing.get_type_hints(kind, include_extras=True)[name]
    return next((meta.extra["unit"] for meta in _metas(hint) if meta.extra and "unit" in meta.extra), None)


def _metas(hint: Any) -> Iterator[Meta]:
    yield from (meta for meta in getattr(hint, "__metadata__", ()) if isinstance(meta, Meta))
    for inside in typing.get_args(hint):
        yield from _metas(inside)


def _split(key: str, known: dict[str, str]) -> tuple[str | None, str]:
    """The field that a key means, of those with a unit, and the unit that it says."""
    for field in sorted(known, key=len, reverse=True):
        if key == field or key.startswith(f"{field}_"):
            return field, key[len(field) + 1 :]
    return None, ""


def _factor(key: str, said: str, kind: str, units: Units) -> float:
    """What a number in the unit that a key says is to be multiplied by.

    Raises:
        ValueError: no such unit, or one of another kind.
    """
    wanted, (first, *more) = written(kind, units), kind.split("_per_")
    parts = said.split("_per_")
    body = first.partition("_")[2]
    amount = parts[0].removesuffix(f"_{body}") if body else parts[0]
    try:
        if len(parts) != len(more) + 1 or (body and amount == parts[0]):
            raise ValueError
        factor = _of_time(amount, units) if first == "time" else _of_amount(amount, units)
        for part in parts[1:]:
            factor /= _of_time(part, units)
    except (ValueError, KeyError):
        name = key.removesuffix(f"_{said}") if said else key
        raise ValueError(f"{key}: needs its unit behind it, such as {name}_{wanted}") from None
    return factor


def _of_time(said: str, units: Units) -> float:
    return 1.0 if said == units.time else TIMES[said] / hours_of(units.time)


def _of_amount(said: str, units: Units) -> float:
    if said == units.amount:
        return 1.0
    scale = next(scale for scale in (*_AMOUNTS, {}) if units.amount in scale or not scale)
    return scale[said] / scale[units.amount]


def _times(value: Any, factor: float) -> Any:
    """The number, or each of a list, in other units; what is no number is left to be refused."""
    if factor == 1.0:
        return value
    if isinstance(value, list | tuple):
        return [_times(one, factor) for one in value]
    return value * factor if isinstance(value, int | float) and not isinstance(value, bool) else value


def spelled(error: str, keys: dict[str, str]) -> str:
    """A message about fields as one about the keys that were written."""
    for field, key in keys.items():
        error = error.replace(f"`{field}`", f"`{key}`").replace(f"`{field}[", f"`{key}[")
    return printable.one_line(error)
