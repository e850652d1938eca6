"""An injury whose probability over the course rises with what is watched; a bedside value rises after it.

    logit P(injury over the course) = intercept + per_unit x measure

Each window has the hazard that would add up to P over the course at the measure so far. It is counted until the injury
has happened.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from dosing_env.care import Endpoint
from dosing_env.outcomes import aki_risk, daily_hazard
from dosing_env.tasks.part import Counted, Part, Setting, uniform_of
from dosing_env.tasks.units import Span

_LOGIT = "the probability is 0 or 1 before"


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """By what, how steeply, and what becomes of the patient."""

    of: str
    intercept: Annotated[float, Meta(ge=-1000, le=1000, description=_LOGIT)]
    per_unit: Annotated[float, Meta(ge=-1e6, le=1e6, description=_LOGIT)]
    value: str = ""  # the bedside value that rises
    factor: Annotated[float, Meta(ge=1, le=100, description="no patient survives more")] = 1.0
    within: Span = 24.0


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    return {
        "intercept": section.intercept,
        "per_unit": section.per_unit,
        "factor": section.factor,
        "within": section.within,
        "windows": setting.windows,
    }


def strike(me, w, t, measure, chance):  # type: ignore[no-untyped-def]
    """The hazard of window w, which ends at t, until the injury has happened."""
    hazard = daily_hazard(aki_risk(measure, me.rule.intercept, me.rule.per_unit), me.rule.windows)
    if me.now.onset < math.inf:
        hazard = 0.0  # one injury is counted; what follows it must not be counted as more of it
    elif uniform_of(chance, w) < hazard:
        me.now.onset = t
    me.now.risk += hazard
    return hazard


def bedside(me, value, t):  # type: ignore[no-untyped-def]
    """The value now: it rises geometrically after the injury."""
    if t <= me.now.onset:
        return value
    return value * me.rule.factor ** min((t - me.now.onset) / me.rule.within, 1.0)


def endpoints(section: Section, setting: Setting) -> tuple[Counted, ...]:
    name = setting.name
    predicted = Endpoint(f"{name}_predicted_percent", f"Predicted {name}", "%", "lower", 0, harm=True)
    drawn = Endpoint(f"{name}_drawn_percent", f"{name} that happened", "%", "lower", 0, 100)
    return (
        Counted(predicted, lambda all: 100.0 * all.now["risk"]),
        Counted(drawn, lambda all: 100.0 * np.isfinite(all.now["onset"])),
    )


PART = Part(
    Section=Section, now={"onset": math.inf, "risk": 0.0}, numbers=numbers, endpoints=endpoints, strike=strike,
    bedside=bedside,
)  # fmt: skip
