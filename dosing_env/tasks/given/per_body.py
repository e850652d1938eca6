"""A dose by body surface (mg/m2) or weight (mg/kg) at each decision, as an infusion."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct

from dosing_env.care import Endpoint
from dosing_env.formulas import body_surface_dubois
from dosing_env.tasks.given.infusion import chart, recall
from dosing_env.tasks.part import Column, Counted, Part, Setting
from dosing_env.tasks.units import Hours

Positive = Annotated[float, Meta(gt=0, le=1e9)]


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """Products and the largest dose, in the drug's unit of amount by body."""

    by: Literal["m2", "kg"]
    step: Positive
    max_dose: Positive
    infusion: Hours = 0.0
    into: str = ""  # compartment; left out, the drug's own
    once: bool = False  # given where a policy is asked, and not again where it is not


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    drug = setting.drug
    into = drug.compartments.index(section.into) if section.into else drug.dosed
    return {
        "step": section.step,
        "max_dose": section.max_dose,
        "infusion": section.infusion,
        "surface": section.by == "m2",
        "into": into,
    }


def series(section: Section, setting: Setting) -> dict[str, int]:
    return dict.fromkeys(("given", "amount"), setting.clock.decisions)


def admit(me, x, chance):  # type: ignore[no-untyped-def]
    """The size of the patient: his surface (DuBois) or weight, measured without error."""
    me.now.body = body_surface_dubois(x.WT, x.HT) if me.rule.surface > 0.0 else x.WT


def prescribe(me, k, wanted):  # type: ignore[no-untyped-def]
    """The nearest product, and the number of the limit that lowered it."""
    rule = me.rule
    dose, limit = math.floor(wanted / rule.step + 0.5) * rule.step, 0
    if dose > rule.max_dose:
        dose, limit = math.floor(rule.max_dose / rule.step + 1e-9) * rule.step, 1
    me.given[k] = dose
    return dose, limit


def enter(me, k, at, share, events, n):  # type: ignore[no-untyped-def]
    """The infusion."""
    me.amount[k] = me.given[k] * me.now.body
    events[n, 0], events[n, 1], events[n, 2], events[n, 3] = (
        at[k], me.rule.infusion, me.amount[k] * share, me.rule.into,
    )  # fmt: skip
    return n + 1


def events(section: Section, setting: Setting) -> int:
    """As many as can go on at once."""
    return 1 + math.ceil(section.infusion / float(np.diff(setting.clock.at).min()))


def unit(section: Section, setting: Setting) -> str:
    """Of a dose."""
    return f"{setting.drug.amount_unit}/{section.by}"


def action(section: Section, setting: Setting) -> tuple[str, float, float]:
    return unit(section, setting), 0.0, section.max_dose


def grid(section: Section, setting: Setting) -> tuple[float, ...]:
    return tuple(i * section.step for i in range(int(section.max_dose // section.step) + 1))


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    return (Column(setting.name, unit(section, setting), 0.0, section.max_dose, setting.clock.decisions),)


def endpoints(section: Section, setting: Setting) -> tuple[Counted, ...]:
    name, amount = setting.name, setting.drug.amount_unit
    total = Endpoint(f"total_{name}_{amount}", f"Total {name}", amount, "neither", 0)
    return (Counted(total, lambda all: all.amount.sum(axis=1)),)


PART = Part(
    Section=Section, now={"body": 0.0}, numbers=numbers, series=series, columns=columns,
    events=events,
    limits=("", "max_dose"), action=action, grid=grid, endpoints=endpoints, admit=admit, prescribe=prescribe,
    enter=enter, chart=chart, recall=recall,
)  # fmt: skip
