"""Blood drawn where a policy asks for it, before the dose of that decision; its result is known after a turnaround."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from msgspec import Struct

from dosing_env.arithmetic import minimum
from dosing_env.tasks.measured.planned import HIGHEST, laboratory, misfit, see
from dosing_env.tasks.part import Column, Part, Setting
from dosing_env.tasks.timeline import decisions_of
from dosing_env.tasks.units import Hours, Share
from dosing_env.tasks.watched.integral import closes, window


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """By whom, and how well."""

    by: str  # the part that asks: "given.sample"
    turnaround: Hours = 0.0
    of: str = ""  # output of the drug; left out, its first
    assay_only: bool = False  # true: only the assay's own error, `assay_cv`; false: the drug model's residual error
    assay_cv: Share = 0.05
    highest: float = HIGHEST


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    """With how many of the decision points have their results by each."""
    at = setting.clock.at
    return {
        **laboratory(setting.drug.assay, section.assay_only, section.assay_cv),
        "highest": section.highest,
        "known_by": np.searchsorted(at + section.turnaround, at - 1e-9, side="right"),
        **decisions_of(setting.clock),
    }


def series(section: Section, setting: Setting) -> dict[str, int]:
    return dict.fromkeys(("level", "below"), setting.clock.decisions + 1)


def start(me, value, chance):  # type: ignore[no-untyped-def]
    """What would be reported before the first dose."""
    see(me, 0, value, chance)


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    level = Column(setting.name, setting.drug.assay.unit, 0.0, section.highest, setting.clock.decisions)
    flag = level._replace(unit="1 yes", high=1.0)
    return level, flag._replace(name=f"{setting.name}_resulted"), flag._replace(name=f"{setting.name}_below")


def chart(me, row, at, k, sample):  # type: ignore[no-untyped-def]
    """The results that have arrived since the decision point before."""
    if k > 0:
        for j in range(me.known_by[k - 1], min(me.known_by[k], k)):
            if sample.given[j] > 0.0:
                row[at[0] + j] = minimum(me.level[j], me.rule.highest)
                row[at[1] + j], row[at[2] + j] = 1.0, me.below[j]


def counted(me, w, sample):  # type: ignore[no-untyped-def]
    """1 where blood was drawn at decision point w."""
    return sample.given[w]


def recall(me, row, at, k):  # type: ignore[no-untyped-def]
    """The results so far; nan where there is none."""
    for j in range(len(me.level)):
        known = j < k and row[at[1] + min(j, len(me.level) - 2)] > 0.0
        me.level[j] = row[at[0] + j] if known else math.nan
        me.below[j] = row[at[2] + j] if known else 0.0


PART = Part(
    Section=Section, numbers=numbers, series=series, columns=columns, start=start, ended=see, closes=closes,
    window=window, counted=counted, chart=chart, recall=recall, misfit=misfit,
    windows=lambda section, setting: setting.clock.decisions, needs={"chart": ("by",), "counted": ("by",)},
)  # fmt: skip
