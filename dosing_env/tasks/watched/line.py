"""What the drug puts out at each decision point, with a straight line between two."""

from __future__ import annotations

from msgspec import Struct

from dosing_env.tasks.part import Part, Setting


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """Of what."""

    of: str = ""  # output of the drug; left out, its first


def series(section: Section, setting: Setting) -> dict[str, int]:
    return {"seen": setting.clock.decisions + 1}


def numbers(section: Section, setting: Setting) -> dict[str, object]:
    clock = setting.clock
    return {"of": [float((clock.at > t + 1e-9).argmax() - 1) for t in clock.begin], "closing": _decided(setting)}


def _decided(setting: Setting) -> list[float]:
    clock = setting.clock
    return [float(abs(clock.at - t).min() < 1e-9) for t in clock.end]


def start(me, value, chance):  # type: ignore[no-untyped-def]
    """At admission."""
    me.seen[0] = value


def ended(me, k, value, chance):  # type: ignore[no-untyped-def]
    """At decision point k."""
    me.seen[k] = value


def closes(me, piece):  # type: ignore[no-untyped-def]
    """Whether a decision point comes with the end of the piece."""
    return me.closing[piece] > 0.0


def window(me, piece):  # type: ignore[no-untyped-def]
    """The decision that the piece belongs to."""
    return int(me.of[piece])


def line(me, w):  # type: ignore[no-untyped-def]
    """Where the line of decision w begins and ends."""
    return me.seen[w], me.seen[w + 1]


PART = Part(
    Section=Section, numbers=numbers, series=series, start=start, ended=ended, closes=closes, window=window, line=line,
    windows=lambda section, setting: setting.clock.decisions,
)  # fmt: skip
