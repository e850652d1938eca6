"""What the drug puts out at each decision point, with a straight line between two."""

from __future__ import annotations

from msgspec import Struct

from dosing_env.tasks.part import Part, Setting
from dosing_env.tasks.timeline import decisions_of
from dosing_env.tasks.watched.integral import closes, window


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """Of what."""

    of: str = ""  # output of the drug; left out, its first


def series(section: Section, setting: Setting) -> dict[str, int]:
    return {"seen": setting.clock.decisions + 1}


def numbers(section: Section, setting: Setting) -> dict[str, object]:
    return dict(decisions_of(setting.clock))


def start(me, value, chance):  # type: ignore[no-untyped-def]
    """At admission."""
    me.seen[0] = value


def ended(me, k, value, chance):  # type: ignore[no-untyped-def]
    """At decision point k."""
    me.seen[k] = value


def line(me, w):  # type: ignore[no-untyped-def]
    """Where the line of decision w begins and ends."""
    return me.seen[w], me.seen[w + 1]


PART = Part(
    Section=Section, numbers=numbers, series=series, start=start, ended=ended, closes=closes, window=window, line=line,
    windows=lambda section, setting: setting.clock.decisions,
)  # fmt: skip
