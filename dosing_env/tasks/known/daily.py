"""A bedside value that is charted at the start of each day, with an error: ln charted = ln true + cv z."""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct

from dosing_env.arithmetic import exp
from dosing_env.tasks.known.exact import tells
from dosing_env.tasks.part import Column, Part, Setting, normal_of
from dosing_env.tasks.units import Share
from dosing_env.tasks.vocabulary import meaning


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """How well it is measured."""

    cv: Share
    series: str = ""  # the name of the values of all days in the chart


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    clock = setting.clock
    day = np.minimum(np.floor(clock.at / clock.day + 1e-9).astype(np.int64), clock.days - 1)
    return {"cv": section.cv, "highest": meaning(setting.name, setting.bedside).high, "day": day, "length": clock.day}


def series(section: Section, setting: Setting) -> dict[str, int]:
    return {"charted": setting.clock.days}


def note(me, day, value, chance):  # type: ignore[no-untyped-def]
    """Chart the value at the start of a day."""
    me.charted[day] = min(value * exp(me.rule.cv * normal_of(chance, day)), me.rule.highest)


def newest(me, k):  # type: ignore[no-untyped-def]
    """The value of today."""
    return me.charted[me.day[k]]


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    known, name = meaning(setting.name, setting.bedside), setting.name
    one = Column(name, known.unit, known.low, known.high)
    return one, one._replace(name=section.series or f"{name}_of_day", length=setting.clock.days)


def chart(me, row, at, k):  # type: ignore[no-untyped-def]
    """The value of today, alone and among those of all days."""
    day = me.day[k]
    row[at[0]] = row[at[1] + day] = me.charted[day]


def recall(me, row, at, k):  # type: ignore[no-untyped-def]
    """The values so far; that of today stands for the days to come."""
    today = me.day[min(k, len(me.day) - 1)]
    for day in range(len(me.charted)):
        me.charted[day] = row[at[1] + min(day, today)]


def told(me, t):  # type: ignore[no-untyped-def]
    """The value of the day."""
    return me.charted[min(int(t / me.rule.length + 1e-9), len(me.charted) - 1)]


PART = Part(
    Section=Section, numbers=numbers, series=series, columns=columns, note=note, newest=newest, chart=chart,
    tells=tells, recall=recall, told=told,
)  # fmt: skip
