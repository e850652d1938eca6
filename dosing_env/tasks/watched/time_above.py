"""The share of each window in which the drug's output is above a limit, on straight lines between looks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from msgspec import Struct

from dosing_env.anticoagulation import share_of_line
from dosing_env.tasks.part import Part, Setting
from dosing_env.tasks.timeline import closing, windows
from dosing_env.tasks.units import Span
from dosing_env.tasks.watched.integral import closes, window

LOOKS = 50_000  # of a course


class Section(Struct, frozen=True, forbid_unknown_fields=True, rename={"value": "times"}):
    """Above what, in which windows, looked at how often."""

    above: float
    window: Span
    every: Span
    of: str = ""  # output of the drug; left out, its first
    value: str = ""  # bedside value of the patient that `above` is so many times of: the MIC


def count(section: Section, setting: Setting) -> int:
    return windows(setting.clock.length, section.window)


def looks(section: Section, setting: Setting) -> tuple[float, ...]:
    """At the end of each stretch of the windows.

    Raises:
        ValueError: looks do not divide the window, or are too many.
    """
    each = section.window / section.every
    if abs(each - round(each)) > 1e-6:
        raise ValueError(
            f"watched.{setting.name}.every: {section.every:g} does not divide the window, {section.window:g}"
        )
    many = count(section, setting) * round(each)
    if not 0 < many <= LOOKS:
        raise ValueError(f"watched.{setting.name}.every: {many:,} looks; a course has 1 to {LOOKS:,}")
    return tuple((section.every * np.arange(1.0, many + 1.0)).tolist())


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    each = round(section.window / section.every)
    return {"above": section.above, "each": each} | closing(setting.clock, section.window)


def series(section: Section, setting: Setting) -> dict[str, int]:
    return {"share": count(section, setting) + 1}


def open(me, value, chance):  # type: ignore[no-untyped-def]
    """The patient's own limit."""
    me.now.limit = value


def start(me, value, chance):  # type: ignore[no-untyped-def]
    """Where the first line begins."""
    me.now.before = value


def see(me, j, value, chance):  # type: ignore[no-untyped-def]
    """Add the line from the look before to look j."""
    part = share_of_line(me.now.before, value, me.rule.above * me.now.limit, math.inf)
    me.share[int(j // me.rule.each)] += part / me.rule.each
    me.now.before = value


def value(me, w):  # type: ignore[no-untyped-def]
    """The share of window w."""
    return me.share[w]


PART = Part(
    Section=Section, now={"before": 0.0, "limit": 1.0}, numbers=numbers, series=series, looks=looks, windows=count,
    open=open, start=start, see=see, closes=closes, window=window, every=lambda section, setting: section.window,
    value=value,
)  # fmt: skip
