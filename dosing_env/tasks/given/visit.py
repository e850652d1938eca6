"""When the patient comes again: a number of days, heard only as he is there."""

from __future__ import annotations

import math
from typing import Annotated, Any

from msgspec import Meta, Struct

from dosing_env.tasks.part import Part, Setting
from dosing_env.tasks.timeline import require_daily

INTERVALS = (1, 2, 3, 5, 7, 14, 28)  # days to the next visit that a discrete action knows


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """How long nobody need come."""

    longest_days: Annotated[int, Meta(ge=1, le=731, description="a course has at most 731 days")]
    hold: bool = False  # a policy is asked on visits only, and its dose is held until the next one


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    require_daily(setting, "visit")
    return {"longest": section.longest_days, "hold": section.hold}


def prescribe(me, k, wanted):  # type: ignore[no-untyped-def]
    """Note the next visit."""
    if me.now.next == k:
        me.now.next = k + int(min(max(math.floor(wanted + 0.5), 1.0), me.rule.longest))
    return me.now.next - k, 0


def asks(me, k):  # type: ignore[no-untyped-def]
    """On visits only, where doses are held between them."""
    return me.rule.hold == 0.0 or me.now.next == k


def action(section: Section, setting: Setting) -> tuple[str, float, float]:
    return "days", 1.0, float(section.longest_days)


def grid(section: Section, setting: Setting) -> tuple[float, ...]:
    return tuple(float(days) for days in INTERVALS if days <= section.longest_days)


PART = Part(
    Section=Section, now={"next": 0.0}, numbers=numbers, action=action, grid=grid, prescribe=prescribe, asks=asks,
)  # fmt: skip
