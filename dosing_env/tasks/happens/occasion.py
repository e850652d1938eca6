"""Occasions: the drug's random effects vary from one to the next, as the model says (`Drug.occasion`)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from dosing_env.tasks.part import Part, Setting, normal_of
from dosing_env.tasks.units import Span


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """How long one lasts."""

    every: Span


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    """SD of each random effect between occasions.

    Raises:
        ValueError: the model has no such variance.
    """
    drug = setting.drug
    if not drug.occasion:
        raise ValueError(f"happens.{setting.name}: {drug.name} does not vary between occasions")
    sd = [drug.occasion.get(name, 0.0) ** 0.5 for name in drug.Eta._fields]
    return {"every": section.every, "sd": sd}


def occasion(me, t):  # type: ignore[no-untyped-def]
    """The number of the occasion, from 0."""
    return float(int(t / me.rule.every + 1e-9))


def varied(me, number, eta, eta_now, chance):  # type: ignore[no-untyped-def]
    """The random effects of the occasion: of the patient, and what it adds."""
    count = len(me.sd)
    for j in range(count):
        eta_now[j] = eta[j] + me.sd[j] * normal_of(chance, int(number) * count + j)


PART = Part(
    Section=Section,
    numbers=numbers,
    every=lambda section, setting: section.every,
    occasion=occasion,
    varied=varied,
)
