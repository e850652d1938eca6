"""A bedside value drifts: a random walk of its logarithm, one step a day."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dosing_env.arithmetic import exp
from dosing_env.tasks.part import Part, Setting, normal_of
from dosing_env.tasks.units import Share


class Section(Struct, frozen=True, forbid_unknown_fields=True, rename={"value": "of"}):
    """Which value, and how much."""

    value: str
    cv_per_day: Share


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    return {"cv_per_day": section.cv_per_day}


def bedside(me, value, t):  # type: ignore[no-untyped-def]
    """The value now."""
    return value * me.now.factor


def day_ends(me, day, chance):  # type: ignore[no-untyped-def]
    """A step."""
    me.now.factor *= exp(me.rule.cv_per_day * normal_of(chance, day))


PART = Part(Section=Section, now={"factor": 1.0}, numbers=numbers, bedside=bedside, day_ends=day_ends)
