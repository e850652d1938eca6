"""A pump's rate, held until the next decision."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dosing_env.care import Endpoint
from dosing_env.tasks.given.infusion import recall
from dosing_env.tasks.part import Column, Counted, Part, Setting
from dosing_env.tasks.units import Rate

STEPS = 50  # of a discrete action, where the section says none
SHOWN = 12  # rates of the chart: of a course of many decisions only the newest are shown


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """How fast at most."""

    max_rate: Rate
    into: str = ""  # compartment; left out, the drug's own
    keeps: bool = False  # the chart keeps all rates, from the first on; else the newest, newest first


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    drug = setting.drug
    into = drug.compartments.index(section.into) if section.into else drug.dosed
    return {"max_rate": section.max_rate, "into": into, "shown": 0 if section.keeps else shown(setting)}


def shown(setting: Setting) -> int:
    """How many rates stand in the chart."""
    return min(setting.clock.decisions, SHOWN)


def series(section: Section, setting: Setting) -> dict[str, int]:
    return dict.fromkeys(("given", "amount"), setting.clock.decisions)


def prescribe(me, k, wanted):  # type: ignore[no-untyped-def]
    """The rate from decision point k on, and the number of the limit that lowered it."""
    limit = 1 if wanted > me.rule.max_rate else 0
    me.given[k] = min(wanted, me.rule.max_rate)
    return me.given[k], limit


def enter(me, k, at, share, events, n):  # type: ignore[no-untyped-def]
    """An infusion until the next decision point."""
    return hold(me, k, at, share, events, n, me.given[k])


def hold(me, k, at, share, events, n, rate):  # type: ignore[no-untyped-def]
    """A rate until the next decision point."""
    lasts = at[k + 1] - at[k]
    me.amount[k] = rate * lasts
    events[n, 0], events[n, 1], events[n, 2], events[n, 3] = at[k], lasts, me.amount[k] * share, me.rule.into
    return n + 1


def unit(setting: Setting) -> str:
    """Of the rate."""
    return f"{setting.drug.amount_unit}/{setting.clock.unit}"


def action(section: Section, setting: Setting) -> tuple[str, float, float]:
    return unit(setting), 0.0, section.max_rate


def grid(section: Section, setting: Setting) -> tuple[float, ...]:
    return tuple(section.max_rate * i / STEPS for i in range(STEPS + 1))


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    name, length = (setting.name, setting.clock.decisions) if section.keeps else (None, shown(setting))
    return (Column(name or f"recent_{setting.name}", unit(setting), 0.0, section.max_rate, length),)


def chart(me, row, at, k):  # type: ignore[no-untyped-def]
    """The rate of the decision point before; where the newest are shown, it moves in and the others move on."""
    if k > 0 and me.rule.shown == 0.0:
        row[at[0] + k - 1] = me.given[k - 1]
    elif k > 0:
        for j in range(int(me.rule.shown) - 1, 0, -1):
            row[at[0] + j] = row[at[0] + j - 1]
        row[at[0]] = me.given[k - 1]


def endpoints(section: Section, setting: Setting) -> tuple[Counted, ...]:
    name, amount = setting.name, setting.drug.amount_unit
    total = Endpoint(f"total_{name}_{amount}", f"Total {name}", amount, "neither", 0)
    return (Counted(total, lambda all: all.amount.sum(axis=1)),)


PART = Part(
    Section=Section, numbers=numbers, series=series, columns=columns, events=lambda section, setting: 2,
    limits=("", "max_rate"), action=action, grid=grid, endpoints=endpoints, prescribe=prescribe, enter=enter,
    chart=chart, recall=recall,
)  # fmt: skip
