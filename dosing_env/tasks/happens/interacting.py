"""A drug that changes what a dose does is started in some patients during the course; the chart says so."""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from dosing_env.tasks.part import Column, Part, Setting, two_uniforms_of
from dosing_env.tasks.units import Share

Day = Annotated[int, Meta(ge=1, le=731, description="a course has at most 731 days")]


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """In how many, when, and how much a dose does then: as if so many times it were taken."""

    share: Share
    first_day: Day
    last_day: Day
    factor: Annotated[float, Meta(gt=0, le=100.0, description="no drug does more")]


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    return {
        "share": section.share,
        "first": section.first_day - 1,
        "last": section.last_day - 1,
        "factor": section.factor,
        "day": np.floor(setting.clock.at / setting.clock.day + 1e-9),
    }


def admit(me, x, chance):  # type: ignore[no-untyped-def]
    """Whether, and from which day on, from 0."""
    rule = me.rule
    has, when = two_uniforms_of(chance, 0)
    me.now.day = rule.first + int(when * (rule.last + 1 - rule.first)) if has < rule.share else math.inf


def take(me, k, chance):  # type: ignore[no-untyped-def]
    """What a dose does, as so many times the dose."""
    return me.rule.factor if me.day[k] >= me.now.day else 1.0


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    return (Column("INTERACTING", "1 yes", 0.0, 1.0),)


def chart(me, row, at, k):  # type: ignore[no-untyped-def]
    """Whether it is taken."""
    row[at[0]] = 1.0 if me.day[k] >= me.now.day else 0.0


def recall(me, row, at, k):  # type: ignore[no-untyped-def]
    """A chart says that it is taken, not since when: a planner believes, since today."""
    me.now.day = me.day[k] if row[at[0]] > 0.0 else math.inf


PART = Part(
    Section=Section, now={"day": math.inf}, numbers=numbers, columns=columns, admit=admit, take=take, chart=chart,
    recall=recall,
)  # fmt: skip
