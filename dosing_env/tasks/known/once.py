"""A bedside value that is charted once, with an error: ln charted = ln true + cv z."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dosing_env.arithmetic import exp, minimum
from dosing_env.tasks.known.exact import columns, tells
from dosing_env.tasks.part import Part, Setting, normal_of
from dosing_env.tasks.units import Share
from dosing_env.tasks.vocabulary import meaning


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """How well it is known."""

    cv: Share


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    return {"cv": section.cv, "highest": meaning(setting.name, setting.bedside).high}


def open(me, value, chance):  # type: ignore[no-untyped-def]
    """Chart the value with its error."""
    me.now.value = value * exp(me.rule.cv * normal_of(chance, 0))


def newest(me, k):  # type: ignore[no-untyped-def]
    """As charted."""
    return me.now.value


def open_chart(me, row, at, value):  # type: ignore[no-untyped-def]
    """As charted, within the bounds of a chart."""
    row[at[0]] = minimum(me.now.value, me.rule.highest)


PART = Part(
    Section=Section, now={"value": 0.0}, numbers=numbers, columns=columns, open=open, newest=newest,
    open_chart=open_chart, tells=tells,
)  # fmt: skip
