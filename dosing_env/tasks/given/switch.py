"""A drug that is on, at one rate, or off until the next decision."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dosing_env.tasks.given import rate
from dosing_env.tasks.given.infusion import chart, recall
from dosing_env.tasks.given.rate import hold
from dosing_env.tasks.given.sample import grid, prescribe
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


def enter(me, k, at, share, events, n):  # type: ignore[no-untyped-def]
    """An infusion until the next decision point."""
    return hold(me, k, at, share, events, n, me.given[k] * me.rule.rate)


def action(section: Section, setting: Setting) -> tuple[str, float, float]:
    return "1 on", 0.0, 1.0


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    return (Column(setting.name, "1 on", 0.0, 1.0, setting.clock.decisions),)


PART = Part(
    Section=Section, numbers=numbers, series=rate.series, columns=columns, events=rate.PART.events, action=action,
    grid=grid, endpoints=rate.endpoints, prescribe=prescribe, enter=enter,
    chart=chart, recall=recall,
)  # fmt: skip
