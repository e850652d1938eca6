"""The share of the time that counts in which what is watched lies within limits, on straight lines between points."""

from __future__ import annotations

import math
from typing import Any

from msgspec import Struct

from dosing_env.anticoagulation import share_of_line
from dosing_env.tasks.judged.share_of_windows import distance
from dosing_env.tasks.part import Part, Setting


class Section(Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from"}):
    """What, between what (numbers, or bedside values of the patient), from which decision on."""

    of: str
    low: float | str = -math.inf
    high: float | str = math.inf
    first: int = 1
    harm: bool = False


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    limits = {key: v for key in ("low", "high") if not isinstance(v := getattr(section, key), str)}
    return limits | {
        "first": section.first - 1,
        "counted": setting.windows - section.first + 1,
        "sought": not section.harm,
    }


def judge(me, w, ends, low, high):  # type: ignore[no-untyped-def]
    """What window w adds."""
    return share_of_line(ends[0], ends[1], low, high) / me.rule.counted if w >= me.rule.first else 0.0


def near(me, w, ends, low, high):  # type: ignore[no-untyped-def]
    """How far the line lies from the middle of the limits; of one limit, how far beyond it."""
    return distance(0.5 * (ends[0] + ends[1]), low, high) * me.rule.sought


PART = Part(Section=Section, numbers=numbers, judge=judge, near=near)
