"""A dose in tablets at each decision. What they do not make is owed to the next: the mean is what was ordered."""

from __future__ import annotations

import math
from typing import Any

from msgspec import Struct

from dosing_env.tasks.given.infusion import action, endpoints, grid
from dosing_env.tasks.part import Column, Part, Setting
from dosing_env.tasks.units import Amount


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """What tablets make."""

    step: Amount  # between two doses
    max_dose: Amount
    into: str = ""  # compartment; left out, the drug's own


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    drug = setting.drug
    into = drug.compartments.index(section.into) if section.into else drug.dosed
    return {"step": section.step, "max_dose": section.max_dose, "into": into}


def series(section: Section, setting: Setting) -> dict[str, int]:
    return dict.fromkeys(("ordered", "given", "taken"), setting.clock.decisions)


def prescribe(me, k, wanted):  # type: ignore[no-untyped-def]
    """The tablets of decision point k, and the number of the limit. Of no dose there is none, and nothing is owed."""
    rule = me.rule
    ordered, limit = wanted, 0
    if ordered > rule.max_dose:
        ordered, limit = rule.max_dose, 1
    dose = 0.0
    if ordered > 0.0:
        most = math.floor(rule.max_dose / rule.step + 1e-9)
        dose = min(max(math.floor((ordered + me.now.owed) / rule.step + 0.5), 0.0), most) * rule.step
        me.now.owed = min(max(me.now.owed + ordered - dose, -rule.step), rule.step)
    me.ordered[k], me.given[k] = ordered, dose
    return dose, limit


def enter(me, k, at, share, events, n):  # type: ignore[no-untyped-def]
    """What is taken acts as so many times the dose."""
    me.taken[k] = me.given[k] * share
    events[n, 0], events[n, 1], events[n, 2], events[n, 3] = at[k], 0.0, me.taken[k], me.rule.into
    return n + 1


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    dose = Column(setting.name, setting.drug.amount_unit, 0.0, section.max_dose, setting.clock.decisions)
    return dose._replace(name="ordered"), dose


def chart(me, row, at, k):  # type: ignore[no-untyped-def]
    """Order and dose of the decision point before."""
    if k > 0:
        row[at[0] + k - 1], row[at[1] + k - 1] = me.ordered[k - 1], me.given[k - 1]


def recall(me, row, at, k):  # type: ignore[no-untyped-def]
    """Orders and doses so far, and what is owed."""
    me.now.owed = 0.0
    for j in range(k):
        me.ordered[j], me.given[j] = row[at[0] + j], row[at[1] + j]
        if me.ordered[j] > 0.0:
            owed = me.now.owed + me.ordered[j] - me.given[j]
            me.now.owed = min(max(owed, -me.rule.step), me.rule.step)


def mean_of(me, first, last):  # type: ignore[no-untyped-def]
    """The mean dose of the decision points from `first` to before `last`."""
    total = 0.0
    for k in range(first, last):
        total += me.given[k]
    return total / (last - first)


PART = Part(
    Section=Section, now={"owed": 0.0}, numbers=numbers, series=series, columns=columns, events=lambda s, setting: 1,
    limits=("", "max_dose"), action=action, grid=grid, endpoints=endpoints, prescribe=prescribe, enter=enter,
    chart=chart, recall=recall,
)  # fmt: skip
