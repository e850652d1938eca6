"""Whether blood is drawn now, see the part `requested`."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dosing_env.tasks.given.infusion import chart, recall, series
from dosing_env.tasks.part import Column, Part, Setting


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing more is to be said."""


def prescribe(me, k, wanted):  # type: ignore[no-untyped-def]
    """1 from a half of the way on, else 0."""
    me.given[k] = 1.0 if wanted >= 0.5 else 0.0
    return me.given[k], 0


def action(section: Section, setting: Setting) -> tuple[str, float, float]:
    return "1 yes", 0.0, 1.0


def grid(section: Any, setting: Setting) -> tuple[float, ...]:
    return 0.0, 1.0


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    return (Column(setting.name, "1 yes", 0.0, 1.0, setting.clock.decisions),)


PART = Part(
    Section=Section, series=series, columns=columns, action=action, grid=grid,
    prescribe=prescribe, chart=chart, recall=recall,
)  # fmt: skip
