"""The integral of what the drug puts out, window by window: AUC24."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dosing_env.tasks.part import Part, Setting
from dosing_env.tasks.timeline import closing, windows
from dosing_env.tasks.units import Span


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """Over how long."""

    window: Span


def count(section: Section, setting: Setting) -> int:
    return windows(setting.clock.length, section.window)


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    return closing(setting.clock, section.window)


def series(section: Section, setting: Setting) -> dict[str, int]:
    return {"integral": count(section, setting) + 1}


def passed(me, piece, exposure):  # type: ignore[no-untyped-def]
    """Add the integral over a piece."""
    me.integral[me.of[piece]] += exposure


def closes(me, piece):  # type: ignore[no-untyped-def]
    """Whether a window ends with the piece."""
    return me.closing[piece] > 0


def window(me, piece):  # type: ignore[no-untyped-def]
    """In which window the piece lies."""
    return me.of[piece]


def value(me, w):  # type: ignore[no-untyped-def]
    """The integral over window w."""
    return me.integral[w]


def worst(me, w):  # type: ignore[no-untyped-def]
    """The largest so far."""
    most = 0.0
    for d in range(w + 1):
        most = max(most, me.integral[d])
    return most


PART = Part(
    Section=Section, numbers=numbers, series=series, windows=count, every=lambda section, setting: section.window,
    passed=passed, closes=closes, window=window, value=value, worst=worst,
)  # fmt: skip
