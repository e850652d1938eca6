"""Meals of each day, at times and of sizes that vary; some are left out, some are eaten and not announced.

A meal enters a compartment at the decision point at or after its time; the chart says there how much is announced, with
the error of who counts it. They are settled at admission.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from dosing_env.tasks.part import Column, Part, Setting, normal_of, uniform_of
from dosing_env.tasks.units import Hours, Moments, Share

Sizes = tuple[Annotated[float, Meta(ge=0, le=1e9)], ...]
LARGEST = 3.0  # times the usual size; a chart shows no more


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """When in the day, how much, how certain; sizes in the unit of the compartment."""

    into: str
    at: Annotated[Moments, Meta(min_length=1)]  # of the day
    sizes: Sizes
    unit: str = ""  # of sizes; left out, the drug's unit of amount
    time_sd: Hours = 0.0
    size_cv: Share = 0.0
    left_out: Share = 0.0
    unannounced: Share = 0.0
    counting_cv: Share = 0.0


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    """The meals of a day.

    Raises:
        ValueError: not as many sizes as times, or a time that is none of a day.
    """
    where, clock = f"happens.{setting.name}", setting.clock
    if len(section.at) != len(section.sizes):
        raise ValueError(f"{where}.sizes: {len(section.sizes)} sizes, of {len(section.at)} meals")
    if (np.diff(section.at) <= 0.0).any() or section.at[-1] >= clock.day:
        raise ValueError(f"{where}.at: {list(section.at)} is not ascending within a day of {clock.day:g} {clock.unit}")
    return {
        "into": setting.drug.compartments.index(section.into),
        "usual": np.array(section.at),
        "sizes": np.array(section.sizes),
        "time_sd": section.time_sd,
        "size_cv": section.size_cv,
        "left_out": section.left_out,
        "unannounced": section.unannounced,
        "counting_cv": section.counting_cv,
        "day": clock.day,
        "points": clock.at,
        "largest": LARGEST * max(section.sizes),
    }


def series(section: Section, setting: Setting) -> dict[str, int]:
    return dict.fromkeys(("eaten", "announced"), setting.clock.decisions + 1)


def admit(me, x, chance):  # type: ignore[no-untyped-def]
    """Settle all of them: at which decision point each comes, how large it is, what is announced."""
    rule, meals = me.rule, len(me.usual)
    days = math.ceil(me.points[len(me.points) - 1] / rule.day)
    for n in range(days * meals):
        t = rule.day * (n // meals) + me.usual[n % meals] + rule.time_sd * normal_of(chance, 5 * n)
        size = min(me.sizes[n % meals] * max(1.0 + rule.size_cv * normal_of(chance, 5 * n + 1), 0.0), rule.largest)
        k = 0
        while k < len(me.points) - 1 and me.points[k] < t:
            k += 1
        if uniform_of(chance, 5 * n + 2) >= rule.left_out and k < len(me.points) - 1:
            me.eaten[k] += size
            if uniform_of(chance, 5 * n + 3) >= rule.unannounced:
                counted = size * max(1.0 + rule.counting_cv * normal_of(chance, 5 * n + 4), 0.0)
                me.announced[k] += min(counted, rule.largest)


def enter(me, k, at, events, n, chance):  # type: ignore[no-untyped-def]
    """What is eaten at decision point k."""
    events[n, 0], events[n, 1], events[n, 2], events[n, 3] = at[k], 0.0, me.eaten[k], me.rule.into
    return n + 1


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    most = 2.0 * LARGEST * max(section.sizes)
    return (Column(setting.name, section.unit or setting.drug.amount_unit, 0.0, most),)


def chart(me, row, at, k):  # type: ignore[no-untyped-def]
    """What is announced now."""
    row[at[0]] = me.announced[k]


PART = Part(
    Section=Section, numbers=numbers, series=series, columns=columns, events=lambda section, setting: 1, admit=admit,
    enter=enter, chart=chart,
)  # fmt: skip
