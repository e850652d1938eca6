"""A bedside value that is charted as it is, once."""

from __future__ import annotations

from msgspec import Struct

from dosing_env.tasks.part import Column, Part, Setting
from dosing_env.tasks.vocabulary import meaning


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing more is to be said."""


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    known = meaning(setting.name, setting.bedside)
    return (Column(setting.name, known.unit, known.low, known.high),)


def open_chart(me, row, at, value):  # type: ignore[no-untyped-def]
    """The value."""
    row[at[0]] = value


def tells(me, row, at, j, typical):  # type: ignore[no-untyped-def]
    """The value."""
    return row[at[0]]


PART = Part(Section=Section, columns=columns, open_chart=open_chart, tells=tells)
