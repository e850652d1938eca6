"""How long until the next decision: one of some intervals. Who is not asked is given nothing anew, see `once`."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from dosing_env.tasks.given.infusion import chart, series
from dosing_env.tasks.given.infusion import recall as recall_given
from dosing_env.tasks.part import Column, Part, Setting
from dosing_env.tasks.units import Moments

Few = Annotated[Moments, Meta(min_length=1)]


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """Which, ascending."""

    choices: Few


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    """With the decision point that comes after each, of decision points `at`.

    Raises:
        ValueError: they are not in order, or one of them is no distance between decision points.
    """
    choices, gaps = np.array(section.choices), np.diff(setting.clock.at)
    if (np.diff(choices) <= 0.0).any() or choices[0] <= 0.0:
        raise ValueError(f"given.{setting.name}.choices: {list(section.choices)} is not ascending, from above 0")
    steps = choices / gaps[0]
    if np.ptp(gaps) > 1e-9 or np.abs(steps - np.round(steps)).max() > 1e-6:
        raise ValueError(
            f"given.{setting.name}.choices: {list(section.choices)}: each has to be a multiple of course.decide_every"
        )
    return {"choices": choices, "steps": np.rint(steps).astype(np.int64)}


def prescribe(me, k, wanted):  # type: ignore[no-untyped-def]
    """The nearest choice, heard where a decision is due."""
    if me.now.next <= k:
        nearest = 0
        for j in range(len(me.choices)):
            if abs(me.choices[j] - wanted) < abs(me.choices[nearest] - wanted):
                nearest = j
        me.now.next, me.now.chosen = k + me.steps[nearest], me.choices[nearest]
    me.given[k] = me.now.chosen
    return me.now.chosen, 0


def asks(me, k):  # type: ignore[no-untyped-def]
    """As the interval has passed."""
    return me.now.next <= k


def action(section: Section, setting: Setting) -> tuple[str, float, float]:
    return setting.clock.unit, section.choices[0], section.choices[-1]


def grid(section: Section, setting: Setting) -> tuple[float, ...]:
    return section.choices


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    return (Column(setting.name, setting.clock.unit, 0.0, section.choices[-1], setting.clock.decisions),)


def recall(me, row, at, k):  # type: ignore[no-untyped-def]
    """Whoever is asked may choose."""
    me.now.next = k
    recall_given(me, row, at, k)


PART = Part(
    Section=Section, now={"next": 0.0, "chosen": 0.0}, numbers=numbers, series=series, action=action, grid=grid,
    prescribe=prescribe, asks=asks, columns=columns, chart=chart, recall=recall,
)  # fmt: skip
