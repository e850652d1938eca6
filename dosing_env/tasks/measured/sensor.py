"""A sensor, read at each decision: it is late, its error lasts, readings are missing, and it has limits.

    error(k) = correlation error(k - 1) + sd sqrt(1 - correlation^2) z

Where a reading is missing the one before stays in the chart, and a flag says so.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from dosing_env.arithmetic import sqrt
from dosing_env.tasks.part import Column, Part, Setting, normal_of, uniform_of
from dosing_env.tasks.units import Hours, Share

SHOWN = 12  # readings of the chart, the newest first


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """How well it measures, in the unit of the output."""

    sd: Annotated[float, Meta(ge=0, le=1e9)]
    lowest: float
    highest: float
    correlation: Share = 0.0  # of the error, from one reading to the next
    missing: Share = 0.0  # of the readings
    delay: Hours = 0.0  # the reading is of so long ago
    of: str = ""  # output of the drug; left out, its first


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    """With the decision points between which each reading lies that far back, and how far behind the first.

    Raises:
        ValueError: the limits are no limits.
    """
    if not section.lowest < section.highest:
        raise ValueError(
            f"measured.{setting.name}.highest: {section.highest:g} is not above lowest, {section.lowest:g}"
        )
    at = setting.clock.at
    seen = np.maximum(at - section.delay, 0.0)
    before = np.clip(np.searchsorted(at, seen + 1e-9, side="right") - 1, 0, len(at) - 2)
    return {
        "sd": section.sd,
        "correlation": section.correlation,
        "missing": section.missing,
        "lowest": section.lowest,
        "highest": section.highest,
        "before": before,
        "share": np.clip((seen - at[before]) / (at[before + 1] - at[before]), 0.0, 1.0),
        "shown": SHOWN,
    }


def series(section: Section, setting: Setting) -> dict[str, int]:
    return dict.fromkeys(("true", "reading", "gap"), setting.clock.decisions + 1)


def read(me, k, value, chance):  # type: ignore[no-untyped-def]
    """The reading at decision point k."""
    rule = me.rule
    me.true[k] = value
    now = me.true[me.before[k]]
    if me.share[k] > 0.0:
        now += me.share[k] * (me.true[me.before[k] + 1] - now)
    stays = rule.correlation
    if k == 0:
        me.now.error = rule.sd * normal_of(chance, 0)
    else:
        me.now.error = stays * me.now.error + rule.sd * sqrt(1.0 - stays * stays) * normal_of(chance, 2 * k)
    me.reading[k] = min(max(now + me.now.error, rule.lowest), rule.highest)
    me.gap[k] = 0.0
    if k > 0 and uniform_of(chance, 2 * k + 1) < rule.missing:
        me.reading[k], me.gap[k] = me.reading[k - 1], 1.0


def start(me, value, chance):  # type: ignore[no-untyped-def]
    """Before treatment."""
    read(me, 0, value, chance)


def ended(me, k, value, chance):  # type: ignore[no-untyped-def]
    """As decision point k is reached."""
    read(me, k, value, chance)


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    unit, name = setting.drug.assay.unit, setting.name
    low, high = min(section.lowest, 0.0), section.highest
    return (
        Column(name, unit, low, high),
        Column(f"{name}_missing", "1 yes", 0.0, 1.0),
        Column(f"recent_{name}", unit, low, high, SHOWN),
    )


def chart(me, row, at, k):  # type: ignore[no-untyped-def]
    """The newest reading; those before move on."""
    if k > 0:
        for j in range(int(me.rule.shown) - 1, 0, -1):
            row[at[2] + j] = row[at[2] + j - 1]
    row[at[0]] = row[at[2]] = me.reading[k]
    row[at[1]] = me.gap[k]


def measurements(section: Section, setting: Setting, all: Any) -> tuple[Any, Any, Any]:
    return setting.clock.at, np.where(all.gap > 0.0, np.nan, all.reading), np.zeros_like(all.gap, dtype=bool)


PART = Part(
    Section=Section, now={"error": 0.0}, numbers=numbers, series=series, columns=columns, measurements=measurements,
    start=start, ended=ended, chart=chart,
)  # fmt: skip
