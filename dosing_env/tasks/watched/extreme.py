"""The largest or the least that the drug puts out at some moments of each window: a peak, a trough, a nadir."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from msgspec import Struct

from dosing_env.tasks.part import Part, Setting
from dosing_env.tasks.timeline import closing, windows
from dosing_env.tasks.units import Moments, Span
from dosing_env.tasks.watched.integral import closes, window


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """Of what, at which moments from the start of each window."""

    at: Moments
    window: Span
    which: Literal["largest", "least"]
    of: str = ""  # output of the drug; left out, its first


def count(section: Section, setting: Setting) -> int:
    return windows(setting.clock.length, section.window)


def looks(section: Section, setting: Setting) -> tuple[float, ...]:
    """The moments of all windows.

    Raises:
        ValueError: a moment lies outside a window, or there is no whole window.
    """
    if not section.at or min(section.at) <= 0.0 or max(section.at) > section.window + 1e-9:
        raise ValueError(f"watched.{setting.name}.at: {list(section.at)}: moments behind 0, up to the window's end")
    if count(section, setting) == 0:
        raise ValueError(f"watched.{setting.name}.window: {section.window:g} is longer than the course")
    return tuple(section.window * w + at for w in range(count(section, setting)) for at in sorted(section.at))


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    of_look = np.repeat(np.arange(count(section, setting)), len(section.at))
    sign = 1.0 if section.which == "largest" else -1.0
    return {"sign": sign, "of_look": of_look} | closing(setting.clock, section.window)


def series(section: Section, setting: Setting) -> dict[str, int]:
    return dict.fromkeys(("best", "there"), count(section, setting) + 1)


def see(me, j, value, chance):  # type: ignore[no-untyped-def]
    """Note the output at look j, if it is the most extreme of its window."""
    w = me.of_look[j]
    if me.there[w] == 0.0 or me.rule.sign * value > me.rule.sign * me.best[w]:
        me.best[w], me.there[w] = value, 1.0


def value(me, w):  # type: ignore[no-untyped-def]
    """The extreme of window w."""
    return me.best[w]


def worst(me, w):  # type: ignore[no-untyped-def]
    """The largest of the windows so far, of troughs too: a trough that is too high is what harms."""
    most = 0.0
    for d in range(w + 1):
        most = max(most, me.best[d])
    return most


PART = Part(
    Section=Section, numbers=numbers, series=series, looks=looks, windows=count, see=see, closes=closes, window=window,
    every=lambda section, setting: section.window, value=value, worst=worst,
)  # fmt: skip
