"""Blood drawn at planned times, whose result is known after a turnaround."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from msgspec import Struct

from dosing_env.arithmetic import minimum
from dosing_env.care import Endpoint
from dosing_env.inference.likelihood import surprise
from dosing_env.pharmacology import Assay
from dosing_env.residual import FORMS, measured, reported
from dosing_env.tasks.part import Column, Counted, Part, Setting, normal_of
from dosing_env.tasks.units import Hours, Moments, Share

HIGHEST = 500.0  # no chart shows more


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """When, and how well."""

    drawn: Moments
    turnaround: Hours = 0.0
    of: str = ""  # output of the drug; left out, its first
    assay_only: bool = False  # true: only the assay's own error, `assay_cv`; false: the drug model's residual error
    assay_cv: Share = 0.05
    highest: float = HIGHEST


def error_of(assay: Assay, only: bool, cv: float) -> dict[str, float]:
    """The residual error of a measurement, for `residual.measured`."""
    return {
        "form": FORMS.index("combined2" if only else assay.form),
        "proportional": cv if only else assay.proportional,
        "additive": 0.0 if only else assay.additive,
    }


def laboratory(assay: Assay, only: bool, cv: float) -> dict[str, float]:
    """The error of a measurement, that which a model believes (`own_...`), and the limit of quantification."""
    own = {f"own_{name}": value for name, value in error_of(assay, False, 0.0).items()}
    return error_of(assay, only, cv) | own | {"lloq": assay.lloq}


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    drawn = np.array(section.drawn)
    return laboratory(setting.drug.assay, section.assay_only, section.assay_cv) | {
        "turnaround": section.turnaround,
        "highest": section.highest,
        "drawn": drawn,
        "known_by": np.searchsorted(drawn + section.turnaround, setting.clock.at + 1e-9, side="right"),
    }


def series(section: Section, setting: Setting) -> dict[str, int]:
    return {"level": len(section.drawn), "below": len(section.drawn)}


def looks(section: Section, setting: Setting) -> tuple[float, ...]:
    return section.drawn


def see(me, j, value, chance):  # type: ignore[no-untyped-def]
    """The laboratory measures draw j."""
    rule = me.rule
    level = measured(rule.form, rule.proportional, rule.additive, value, normal_of(chance, j))
    me.level[j], me.below[j] = reported(max(0.0, level), rule.lloq)


def recall(me, row, at, k):  # type: ignore[no-untyped-def]
    """The results so far; nan where there is none."""
    for j in range(len(me.level)):
        me.level[j] = row[at[0] + j] if row[at[3] + j] > 0.0 else math.nan
        me.below[j] = row[at[4] + j]


def misfit(me, j, value):  # type: ignore[no-untyped-def]
    """What draw j says against the true level `value`, by the residual error of the model that is believed."""
    rule = me.rule
    if not me.level[j] >= 0.0:
        return 0.0
    return surprise(rule.own_form, rule.own_proportional, rule.own_additive, value, me.level[j], me.below[j])


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    n, end, unit = len(section.drawn), setting.clock.length, setting.clock.unit
    return (
        Column(setting.name, setting.drug.assay.unit, 0.0, section.highest, n),
        Column("drawn", unit, 0.0, end, n),
        Column("arrived", unit, 0.0, end, n),
        Column("resulted", "1 yes", 0.0, 1.0, n),
        Column("below", "1 yes", 0.0, 1.0, n),
    )


def chart(me, row, at, k):  # type: ignore[no-untyped-def]
    """The results that have arrived since the decision point before."""
    if k > 0:
        for j in range(me.known_by[k - 1], me.known_by[k]):
            row[at[0] + j] = minimum(me.level[j], me.rule.highest)
            row[at[1] + j] = me.drawn[j]
            row[at[2] + j] = me.drawn[j] + me.rule.turnaround
            row[at[3] + j] = 1.0
            row[at[4] + j] = me.below[j]


def measurements(section: Section, setting: Setting, all: Any) -> tuple[Any, Any, Any]:
    return np.array(section.drawn), all.level, all.below > 0.5


def endpoints(section: Section, setting: Setting) -> tuple[Counted, ...]:
    name, count = setting.name, float(len(section.drawn))
    drawn = Endpoint(f"{name}_count", f"{name.capitalize()}s measured", f"{name}s", "neither", 0)
    return (Counted(drawn, lambda all: np.full(len(all.level), count)),)


PART = Part(
    Section=Section,
    measurements=measurements,
    endpoints=endpoints,
    numbers=numbers,
    series=series,
    looks=looks,
    columns=columns,
    see=see,
    chart=chart,
    recall=recall,
    misfit=misfit,
)
