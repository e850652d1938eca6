"""Genes, of a test that a share of the patients had: the result is known from a day on."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from dosing_env.tasks.part import Column, Part, Setting, uniform_of
from dosing_env.tasks.units import Share
from dosing_env.tasks.vocabulary import meaning


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """Which alleles the test finds, whom it is done in, when its result is there."""

    copies: tuple[str, ...]
    share: Share = 1.0
    result_day: Annotated[int, Meta(ge=1, le=731)] = 1


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    clock = setting.clock
    return {
        "share": section.share,
        "known_at": np.searchsorted(clock.at, (section.result_day - 1) * clock.day - 1e-9),
    }


def admit(me, x, chance):  # type: ignore[no-untyped-def]
    """Whether he is tested."""
    me.now.tested = 1.0 if uniform_of(chance, 0) < me.rule.share else 0.0


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    alleles = (
        Column(name, meaning(name, setting.bedside).unit, 0.0, meaning(name, setting.bedside).high)
        for name in section.copies
    )
    return Column(f"{setting.name}_KNOWN", "1 yes", 0.0, 1.0), *alleles


def chart(me, row, at, k, values):  # type: ignore[no-untyped-def]
    """When the result is there whether there is one, and the copies of each allele, `values`."""
    if k == me.rule.known_at:
        row[at[0]] = me.now.tested
        for j in range(len(values)):
            row[at[1 + j]] = values[j] * me.now.tested


def tells(me, row, at, j, typical):  # type: ignore[no-untyped-def]
    """Copies of allele j, where the result is there."""
    return row[at[1 + j]] if row[at[0]] > 0.0 else typical


PART = Part(
    Section=Section, now={"tested": 0.0}, numbers=numbers, columns=columns, admit=admit, chart=chart, tells=tells
)
