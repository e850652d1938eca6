"""Doses are missed, each with the same probability; nobody knows."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dosing_env.tasks.part import Part, Setting, uniform_of
from dosing_env.tasks.units import Share


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """How often."""

    probability: Share


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    return {"probability": section.probability}


def take(me, k, chance):  # type: ignore[no-untyped-def]
    """Nothing, or all of the dose."""
    return 0.0 if uniform_of(chance, k) < me.rule.probability else 1.0


PART = Part(Section=Section, numbers=numbers, take=take)
