"""A task as a person reads it: a sentence for each part, the reward as a formula, the first decisions."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

from dosing_env.tasks.compose import Composition
from dosing_env.tasks.parts import Named
from dosing_env.tasks.units import Units, unit_of, written

FIRST = 6  # decisions of the timetable


def told(made: Composition) -> Iterator[str]:
    """The lines."""
    clock, measures = made.timeline.clock, Units(made.drug.time_unit, made.drug.amount_unit)
    yield f"{clock.decisions} decisions in {clock.length:g} {clock.unit}, of patients of {made.population.name}"
    for p in made.parts:
        yield f"{p.path}: {sentence(p, measures)}"
    yield f"reward = {reward(made)}"
    yield from timetable(made)


def sentence(p: Named, measures: Units) -> str:
    """What a part is: the first sentence of its file, and what this section says."""
    first = (sys.modules[p.part.Section.__module__].__doc__ or "").split("\n\n")[0].replace("\n", " ").rstrip(".")
    said = [
        f"{key} {value}{_unit(p, key, measures)}"
        for key in p.section.__struct_fields__
        if (value := _said(getattr(p.section, key)))
    ]
    return f"{first} ({', '.join(said)})" if said else first


def _unit(p: Named, key: str, measures: Units) -> str:
    """The unit of what a section says under a key, with a blank before it."""
    kind = unit_of(p.part.Section, key)
    return f" {written(kind, measures).replace('_per_', '/').replace('_', '/')}" if kind else ""


def _said(value: object) -> str:
    if value in ("", False, (), None) or (isinstance(value, float) and np.isinf(value)):
        return ""
    if isinstance(value, tuple):
        few = ", ".join(f"{one:g}" if isinstance(one, float) else str(one) for one in value[:8])
        return few + (", ..." if len(value) > 8 else "")
    return "yes" if value is True else f"{value:g}" if isinstance(value, float) else str(value)


def reward(made: Composition) -> str:
    """The prices of the terms, as a formula."""
    parts = [(made.prices[p.name], p.name) for p in made.judging]
    text = " ".join(f"{'-' if price < 0 else '+'} {abs(price):g} x {name}" for price, name in parts)
    return text.removeprefix("+ ")


def timetable(made: Composition) -> Iterator[str]:
    """When the first decisions are taken, and what is looked at before the next."""
    time, clock = made.timeline, made.timeline.clock
    names = [p.path for p in made.parts]
    for k in range(min(FIRST, clock.decisions)):
        there = (time.look_at > clock.at[k] + 1e-9) & (time.look_at <= clock.at[k + 1] + 1e-9)
        looks = [f"{names[int(n)]} at {t:g}" for n, t in zip(time.look_of[there], time.look_at[there], strict=True)]
        asked = "" if time.asked[k] else ", by the lead-in or as before"
        more = f"; looked at: {', '.join(looks[:4])}{', ...' if len(looks) > 4 else ''}" if looks else ""
        yield f"decision {k + 1} at {clock.at[k]:g} {clock.unit}{asked}{more}"
    if clock.decisions > FIRST:
        yield "..."
