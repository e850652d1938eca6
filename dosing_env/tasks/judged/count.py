"""How often something is measured."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dosing_env.tasks.part import Part, Setting


class Section(Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from"}):
    """What, from which decision on."""

    of: str
    first: int = 1


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    return {"first": section.first - 1}


def judge(me, w, count, low, high):  # type: ignore[no-untyped-def]
    """What window w adds."""
    return count if w >= me.rule.first else 0.0


PART = Part(Section=Section, numbers=numbers, judge=judge)
