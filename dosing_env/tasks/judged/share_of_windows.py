"""The share of the windows that count in which what is watched lies within limits."""

from __future__ import annotations

import math
from typing import Any

from msgspec import Struct

from dosing_env.outcomes import within
from dosing_env.tasks.part import Part, Setting

_SMALL = 1e-9  # a limit of 0 has no relative distance


class Section(Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from"}):
    """What, between what, from which window on; in the unit of what is watched."""

    of: str
    low: float = -math.inf
    high: float = math.inf
    first: int = 1
    harm: bool = False


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    first = section.first - 1
    return {
        "low": section.low,
        "high": section.high,
        "first": first,
        "counted": setting.windows - first,
        "sought": not section.harm,
    }


def judge(me, w, value, low, high):  # type: ignore[no-untyped-def]
    """What window w adds."""
    return within(value, low, high) / me.rule.counted if w >= me.rule.first else 0.0


def near(me, w, value, low, high):  # type: ignore[no-untyped-def]
    """How far it is from the middle, or from the one limit: decides between plans that reach as much."""
    return distance(value, low, high) * me.rule.sought


def distance(value, low, high):  # type: ignore[no-untyped-def]
    """Minus what lies between a value and the middle of the limits, or beyond the one limit, relative to it."""
    if low == -math.inf:
        return -max(value - high, 0.0) / max(abs(high), _SMALL)
    if high == math.inf:
        return -max(low - value, 0.0) / max(abs(low), _SMALL)
    middle = 0.5 * (low + high)
    return -abs(value - middle) / max(abs(middle), _SMALL)


PART = Part(Section=Section, numbers=numbers, judge=judge, near=near)
