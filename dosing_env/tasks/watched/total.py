"""The integral of what the drug puts out since the start, as each window ends: a cumulative exposure."""

from __future__ import annotations

from dosing_env.tasks.part import Part
from dosing_env.tasks.watched.integral import Section, closes, count, numbers, passed, series, window


def value(me, w):  # type: ignore[no-untyped-def]
    """The integral from the start to the end of window w."""
    total = 0.0
    for d in range(w + 1):
        total += me.integral[d]
    return total


PART = Part(
    Section=Section, numbers=numbers, series=series, windows=count, every=lambda section, setting: section.window,
    passed=passed, closes=closes, window=window, value=value, worst=value,
)  # fmt: skip
