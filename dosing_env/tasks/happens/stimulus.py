"""What a timetable adds to an output of the drug, such as surgery to a processed EEG: straight lines between points."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from dosing_env.tasks.part import Part, Setting
from dosing_env.tasks.units import Moments

Much = Annotated[float, Meta(ge=-1e9, le=1e9)]


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """To which output, when, and how much, in its unit; before them what the first adds, after them the last."""

    on: str
    at: Annotated[Moments, Meta(min_length=2)]
    adds: tuple[Much, ...]


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    """The points.

    Raises:
        ValueError: they are not in order, or not as many as what they add.
    """
    where = f"happens.{setting.name}"
    if len(section.at) != len(section.adds):
        raise ValueError(f"{where}.adds: {len(section.adds)} values, of {len(section.at)} moments")
    if (np.diff(section.at) <= 0.0).any():
        raise ValueError(f"{where}.at: {list(section.at)} is not ascending")
    return {"at": np.array(section.at), "adds": np.array(section.adds)}


def effect(me, value, t):  # type: ignore[no-untyped-def]
    """The output with what is added at time t."""
    last = len(me.at) - 1
    if t <= me.at[0]:
        return value + me.adds[0]
    for j in range(last):
        if t < me.at[j + 1]:
            share = (t - me.at[j]) / (me.at[j + 1] - me.at[j])
            return value + me.adds[j] + share * (me.adds[j + 1] - me.adds[j])
    return value + me.adds[last]


PART = Part(Section=Section, numbers=numbers, effect=effect)
