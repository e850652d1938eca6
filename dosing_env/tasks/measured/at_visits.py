"""What is measured as the patient comes and known at once: rounded, and within what the assay can measure.

Beside the values of all days the chart has the newest four, newest first, how many days ago they were measured, and the
mean dose from each to the next newer one (of the newest, until today); the dose of yesterday, the mean of a week.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from dosing_env.inference.likelihood import surprise
from dosing_env.residual import FORMS, LOG, measured
from dosing_env.tasks.given.tablets import mean_of
from dosing_env.tasks.happens import wander
from dosing_env.tasks.measured.planned import error_of
from dosing_env.tasks.part import Column, Part, Setting, normal_of
from dosing_env.tasks.timeline import decisions_of, require_daily
from dosing_env.tasks.units import Share
from dosing_env.tasks.watched.integral import closes, window

RECENT = 4
_USUAL = 2.5  # of what is measured, at which an additive error has the SD of a proportional one
Reading = Annotated[float, Meta(ge=0, le=1e6)]


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """On whose visits, how well."""

    visits: str  # the part that says when: "given.next"
    doses: str  # the part whose doses stand between: "given.dose"
    lowest: Reading
    highest: Reading
    digit: Annotated[float, Meta(ge=1e-6, le=1e6)]
    of: str = ""  # output of the drug; left out, its first
    assay_only: bool = False  # true: only the assay's own error, `assay_cv`; false: the drug model's residual error
    assay_cv: Share = 0.05


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    require_daily(setting, "at_visits")
    own = error_of(setting.drug.assay, section.assay_only, section.assay_cv) | {
        "lowest": section.lowest,
        "highest": section.highest,
        "digit": section.digit,
        "decisions": setting.clock.decisions,
        "believed": _believed(section, setting),
    }
    return own | decisions_of(setting.clock)


def _believed(section: Section, setting: Setting) -> float:
    """SD of the logarithm of a value around the true one, as far as a model can know that."""
    own = setting.drug.assay
    model = own.proportional if FORMS.index(own.form) == LOG else math.hypot(own.proportional, own.additive / _USUAL)
    walks = sum(other.sd**2 for other in setting.sections.values() if isinstance(other, wander.Section))
    return math.sqrt(max(model, section.assay_cv if section.assay_only else 0.0) ** 2 + walks)


def series(section: Section, setting: Setting) -> dict[str, int]:
    return dict.fromkeys(("measured", "outside"), setting.clock.decisions + 1)


def measure(me, k, value, chance):  # type: ignore[no-untyped-def]
    """What is reported of the true value; below or above what can be measured the limit, and a flag."""
    rule = me.rule
    found = measured(rule.form, rule.proportional, rule.additive, value, normal_of(chance, k))
    found = math.floor(found / rule.digit + 0.5) * rule.digit
    me.outside[k] = 1.0 if found > rule.highest else -1.0 if found < rule.lowest else 0.0
    me.measured[k] = min(max(found, rule.lowest), rule.highest)


def start(me, value, chance, visit):  # type: ignore[no-untyped-def]
    """He comes before treatment."""
    measure(me, 0, value, chance)


def ended(me, k, value, chance, visit):  # type: ignore[no-untyped-def]
    """He comes as his visit is due, and in the end."""
    if visit.now.next == k or k == me.rule.decisions:
        measure(me, k, value, chance)


def recall(me, row, at, k, visit):  # type: ignore[no-untyped-def]
    """The values so far. Whoever is here says when he comes again; else that is not known, and no visit is foreseen."""
    for j in range(len(me.measured) - 1):
        me.measured[j], me.outside[j] = row[at[4 + 3 * RECENT] + j], row[at[5 + 3 * RECENT] + j]
    visit.now.next = k if row[at[0]] > 0.0 else math.inf


def misfit(me, k, value, visit):  # type: ignore[no-untyped-def]
    """What the value of decision point k says against the true one; one that is to come is only counted.

    What doses do wanders: an INR says less of the patient than its assay would let it (DERIVED: near its target it
    changes about as much as the dose, in per cent).
    """
    rule = me.rule
    if visit.now.next == k:
        me.measured[k] = min(max(value, rule.lowest), rule.highest)
        return 0.0
    if not me.measured[k] > 0.0:
        return 0.0
    below = 1.0 if me.outside[k] < 0.0 else 0.0
    return surprise(LOG, rule.believed, 0.0, value, me.measured[k], below)


def counted(me, w):  # type: ignore[no-untyped-def]
    """1 where there was a measurement."""
    return 1.0 if me.measured[w] > 0.0 else 0.0


def columns(section: Section, setting: Setting) -> tuple[Column, ...]:
    name, unit, n = setting.name, setting.drug.assay.unit, setting.clock.decisions
    end = n + 1.0
    mg, most, recent = setting.drug.amount_unit, setting.sections[section.doses].max_dose, range(1, RECENT + 1)
    return (
        Column("visit", "1 yes", 0.0, 1.0),
        Column("last_visit", "day", 0.0, end),
        *(Column(f"recent_{name}_{j}", unit, 0.0, section.highest) for j in recent),
        *(Column(f"recent_days_{j}", "days", 0.0, end) for j in recent),
        *(Column(f"recent_dose_{j}", f"{mg}/day", 0.0, most) for j in recent),
        Column("recent_yesterday", mg, 0.0, most),
        Column("recent_week", f"{mg}/day", 0.0, most),
        Column(name, unit, 0.0, section.highest, n),
        Column("outside", "1 above, -1 below", -1.0, 1.0, n),
    )


def chart(me, row, at, k, doses):  # type: ignore[no-untyped-def]
    """Today's value, if there is one; and what was given since the newest."""
    visit, last, inrs, since, means = at[0], at[1], at[2], at[2 + RECENT], at[2 + 2 * RECENT]
    if k > 0:
        for j in range(RECENT):
            if row[inrs + j] > 0.0:
                row[since + j] += 1.0
        row[means] = mean_of(doses, max(int(row[last]) - 1, 0), k)
        row[means + RECENT], row[means + RECENT + 1] = doses.given[k - 1], mean_of(doses, max(k - 7, 0), k)
    row[visit] = 0.0
    if k < me.rule.decisions and me.measured[k] > 0.0:
        for j in range(RECENT - 1, 0, -1):
            row[inrs + j], row[since + j] = row[inrs + j - 1], row[since + j - 1]
            row[means + j] = row[means + j - 1]
        row[inrs], row[since], row[means] = me.measured[k], 0.0, 0.0
        row[visit], row[last] = 1.0, k + 1.0
        row[at[4 + 3 * RECENT] + k], row[at[5 + 3 * RECENT] + k] = me.measured[k], me.outside[k]


def measurements(section: Section, setting: Setting, all: Any) -> tuple[Any, Any, Any]:
    return setting.clock.at, np.where(all.measured > 0.0, all.measured, np.nan), all.outside < 0.0


PART = Part(
    Section=Section,
    measurements=measurements,
    numbers=numbers,
    series=series,
    columns=columns,
    start=start,
    ended=ended,
    closes=closes,
    window=window,
    counted=counted,
    chart=chart,
    recall=recall,
    misfit=misfit,
    windows=lambda section, setting: setting.clock.decisions,
    needs={
        "start": ("visits",),
        "ended": ("visits",),
        "chart": ("doses",),
        "recall": ("visits",),
        "misfit": ("visits",),
    },
)
