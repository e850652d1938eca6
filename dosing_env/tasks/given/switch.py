"""A drug that is on, at one rate, or off until the next decision."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dosing_env.tasks.given import rate
from dosing_env.tasks.part import Column, Part, Setting
from dosing_env.tasks.units import Rate


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """At which rate."""

    rate: Rate
    into: str = ""  # compartment; left out, the drug's own


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    drug = setting.drug
    into = drug.compartments.index(section.into) if section.into else drug.dosed
    return {"rate": section.rate, "into": into}


def prescribe(me, k, wanted):  # type: ignore[no-untyped-def]
    """On from a half of the way."""
    me.given[k] = 1.0 if wanted >= 0.5 else 0.0
    return me.given[k], 0


def enter(me, k, at, share, events, n):  # type: ignore[no-untyped-def]
    """An infusion until the next decision point."""
    lasts = at[k + 1] - at[k]
    me.amount[k] = me.given[k] * me.rule.rate * lasts
    events[n, 0], events[n, 1], events[n, 2], events[n, 3] = at[k], lasts, me.amount[k] * share, me.rule.into
    return n + 1


def action(section: Section, setting: Setting) -> tuple[str, float, float]:
    return "1 on", 0.0, 1.0


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    return (Column(setting.name, "1 on", 0.0, 1.0, setting.clock.decisions),)


def chart(me, row, at, k):  # type: ignore[no-untyped-def]
    """Whether it was on from the decision point before."""
    if k > 0:
        row[at[0] + k - 1] = me.given[k - 1]


def recall(me, row, at, k):  # type: ignore[no-untyped-def]
    """When it was on."""
    for j in range(k):
        me.given[j] = row[at[0] + j]


PART = Part(
    Section=Section, numbers=numbers, series=rate.series, columns=columns, events=rate.PART.events, action=action,
    grid=lambda section, setting: (0.0, 1.0), endpoints=rate.endpoints, prescribe=prescribe, enter=enter,
    chart=chart, recall=recall,
)  # fmt: skip
