"""When the patient comes again: a number of days, heard only as he is there."""

from __future__ import annotations

import math
from typing import Annotated, Any

from msgspec import Meta, Struct

from dosing_env.tasks.part import Part, Setting


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """How long nobody need come."""

    longest_days: Annotated[int, Meta(ge=1, le=731, description="a course has at most 731 days")]


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    return {"longest": section.longest_days}


def prescribe(me, k, wanted):  # type: ignore[no-untyped-def]
    """Note the next visit."""
    if me.now.next == k:
        me.now.next = k + int(min(max(math.floor(wanted + 0.5), 1.0), me.rule.longest))
    return me.now.next - k, 0


PART = Part(Section=Section, now={"next": 0.0}, numbers=numbers, prescribe=prescribe)
