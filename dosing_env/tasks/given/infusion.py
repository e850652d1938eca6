"""An infusion at each decision: the nearest product, lowered to the largest dose and to what is left of the day."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from msgspec import Struct

from dosing_env.care import Endpoint
from dosing_env.tasks.part import Column, Counted, Part, Setting
from dosing_env.tasks.units import Amount, Hours, Rate

LIMITS = ("", "max_dose_mg", "max_daily_mg")


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """Products and hard limits."""

    step: Amount
    max_dose: Amount
    max_daily: Amount  # of a calendar day
    max_rate: Rate
    min_infusion: Hours = 0.0
    into: str = ""  # compartment; left out, the drug's own
    once: bool = False  # given where a policy is asked, and not again where it is not


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    clock, drug = setting.clock, setting.drug
    return {
        "step": section.step,
        "max_dose": section.max_dose,
        "max_daily": section.max_daily,
        "max_rate": section.max_rate,
        "min_infusion": section.min_infusion,
        "into": drug.compartments.index(section.into) if section.into else drug.dosed,
        "today": np.searchsorted(clock.at, clock.day * np.floor(clock.at[:-1] / clock.day + 1e-9) - 1e-9),
    }


def running(section: Section, setting: Setting) -> int:
    """How many infusions can go on at once."""
    shortest = float(np.diff(setting.clock.at).min())
    return max(1, math.ceil(hours_of(section.min_infusion, section.max_rate, section.max_dose) / shortest))


def series(section: Section, setting: Setting) -> dict[str, int]:
    return {"given": setting.clock.decisions}


def hours_of(least: float, rate: float, dose: float) -> float:
    """Duration of the infusion of a dose."""
    return max(least, dose / rate)


def prescribe(me, k, wanted):  # type: ignore[no-untyped-def]
    """The dose given at decision point k, and the number of the limit that lowered it."""
    rule = me.rule
    dose = math.floor(wanted / rule.step + 0.5) * rule.step
    limit = 0
    if dose > rule.max_dose:
        dose, limit = math.floor(rule.max_dose / rule.step) * rule.step, 1
    already = 0.0
    for earlier in range(me.today[k], k):
        already += me.given[earlier]
    left = math.floor((rule.max_daily - already) / rule.step + 1e-9) * rule.step
    if dose > left:
        dose, limit = max(left, 0.0), 2
    me.given[k] = dose
    return dose, limit


def enter(me, k, at, share, events, n):  # type: ignore[no-untyped-def]
    """The infusion that begins at decision point k; `share`: what of the dose does something."""
    rule, dose = me.rule, me.given[k]
    events[n, 0], events[n, 1] = at[k], hours_of(rule.min_infusion, rule.max_rate, dose)
    events[n, 2], events[n, 3] = dose * share, rule.into
    return n + 1


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    return (Column(setting.name, setting.drug.amount_unit, 0.0, section.max_dose, setting.clock.decisions),)


def chart(me, row, at, k):  # type: ignore[no-untyped-def]
    """The dose of the decision point before."""
    if k > 0:
        row[at[0] + k - 1] = me.given[k - 1]


def recall(me, row, at, k):  # type: ignore[no-untyped-def]
    """The doses so far."""
    for j in range(k):
        me.given[j] = row[at[0] + j]


def action(section: Section, setting: Setting) -> tuple[str, float, float]:
    return setting.drug.amount_unit, 0.0, section.max_dose


def grid(section: Section, setting: Setting) -> tuple[float, ...]:
    return tuple(i * section.step for i in range(int(section.max_dose // section.step) + 1))


def masks(section: Section, setting: Setting, charted: Any) -> Any:
    """(n, doses): what today's doses, by the chart, leave of the daily limit. To give nothing is always allowed."""
    clock, given = setting.clock, charted(setting.name)
    k = np.minimum(np.searchsorted(clock.at, charted.time + 1e-3, side="right") - 1, clock.decisions)
    day = np.floor(clock.at / clock.day + 1e-9)
    today = day[:-1] == day[k][:, None]  # doses to come are 0
    products = np.rint(given / section.step * today).sum(axis=1)  # whole numbers, whatever float32 made of the doses
    left = np.floor(section.max_daily / section.step - products + 1e-9)
    return np.arange(len(grid(section, setting))) <= np.maximum(left, 0.0)[:, None]


def endpoints(section: Section, setting: Setting) -> tuple[Counted, ...]:
    return (total(setting),)


def total(setting: Setting) -> Counted:
    """The sum of what is given."""
    name, unit = setting.name, setting.drug.amount_unit
    column = f"total_{name}_{unit}"
    return Counted(Endpoint(column, f"Total {name}", unit, "neither", 0), lambda all: all.given.sum(axis=1))


PART = Part(
    Section=Section, numbers=numbers, series=series, columns=columns, events=running, limits=LIMITS, action=action,
    grid=grid, masks=masks, endpoints=endpoints, prescribe=prescribe, enter=enter, chart=chart,
    recall=recall,
)  # fmt: skip
