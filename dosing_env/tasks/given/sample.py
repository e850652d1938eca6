"""Whether blood is drawn now, see the part `requested`."""

from __future__ import annotations

from msgspec import Struct

from dosing_env.tasks.part import Column, Part, Setting


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing more is to be said."""


def series(section: Section, setting: Setting) -> dict[str, int]:
    return {"given": setting.clock.decisions}


def prescribe(me, k, wanted):  # type: ignore[no-untyped-def]
    """From a half of the way."""
    me.given[k] = 1.0 if wanted >= 0.5 else 0.0
    return me.given[k], 0


def action(section: Section, setting: Setting) -> tuple[str, float, float]:
    return "1 yes", 0.0, 1.0


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    return (Column(setting.name, "1 yes", 0.0, 1.0, setting.clock.decisions),)


def chart(me, row, at, k):  # type: ignore[no-untyped-def]
    """Whether it was, at the decision point before."""
    if k > 0:
        row[at[0] + k - 1] = me.given[k - 1]


def recall(me, row, at, k):  # type: ignore[no-untyped-def]
    """When it was."""
    for j in range(k):
        me.given[j] = row[at[0] + j]


PART = Part(
    Section=Section, series=series, columns=columns, action=action, grid=lambda section, setting: (0.0, 1.0),
    prescribe=prescribe, chart=chart, recall=recall,
)  # fmt: skip
