"""The scenario file of a ward (TOML) <-> a frozen, checked record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from dosing_env.care import Care
from dosing_env.residual import FORMS
from dosing_env.scenario_file import (
    LONGEST_H,
    Hours,
    Milligrams,
    Scenario,
    Share,
    Worth,
    broken_grid,
)
from dosing_env.ward.kind import WARD
from dosing_env.ward.rules import Rules

LEVELS = 1000  # of a course
Hour = Annotated[float, Meta(ge=0, le=LONGEST_H, description="a course has at most 366 days")]
_LOGIT = "the probability is 0 or 1 before"


class Course(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How long and how often."""

    days: Annotated[int, Meta(ge=1, le=366)]
    interval_h: Hours  # from dose to dose
    # when a policy decides; left out: on every dose. Between, doses are repeated
    decided_h: Annotated[tuple[Hour, ...], Meta(max_length=366 * 24)] = ()
    lead_in: str = ""  # the protocol that doses before a policy first decides


class Dosing(Struct, frozen=True, forbid_unknown_fields=True):
    """What can be given."""

    step_mg: Milligrams
    max_dose_mg: Milligrams
    max_daily_mg: Milligrams
    max_rate_mg_per_h: Annotated[float, Meta(gt=0, le=1e9, description="no pump is faster")]
    min_infusion_h: Annotated[float, Meta(ge=0, le=24.0, description="no infusion lasts longer than a day")]


class Levels(Struct, frozen=True, forbid_unknown_fields=True):
    """When blood is drawn, and how well it is measured."""

    drawn_h: Annotated[tuple[Hours, ...], Meta(max_length=LEVELS, description="each is a part of the observation")]
    turnaround_h: Hour
    assay_only: bool = False  # true: only the assay's own error, `assay_cv`; false: the drug model's residual error
    assay_cv: Share = 0.05


class Target(Struct, frozen=True, forbid_unknown_fields=True):
    """The daily AUC to be in, on which days."""

    auc24_low_mg_h_L: Annotated[float, Meta(ge=0, le=1e6, description="no daily exposure is larger")]
    auc24_high_mg_h_L: Annotated[float, Meta(gt=0, le=1e6, description="no daily exposure is larger")]
    first_day: Annotated[int, Meta(ge=1, le=366)]


class Charting(Struct, frozen=True, forbid_unknown_fields=True):
    """Errors of what stands in the chart."""

    weight_cv: Share
    creatinine_cv: Share


class Kidney(Struct, frozen=True, forbid_unknown_fields=True):
    """How the kidney changes by itself."""

    drift_cv_per_day: Share


class Injury(Struct, frozen=True, forbid_unknown_fields=True):
    """Acute kidney injury by exposure."""

    logit_intercept: Annotated[float, Meta(ge=-1000, le=1000, description=_LOGIT)]
    logit_per_auc24: Annotated[float, Meta(ge=-10, le=10, description=_LOGIT)]
    creatinine_factor: Annotated[float, Meta(ge=1, le=100, description="no patient survives more")]
    ramp_h: Hours


class Reward(Struct, frozen=True, forbid_unknown_fields=True):
    """What is paid for the whole primary endpoint, and what one case of kidney injury costs."""

    attainment: Worth
    aki: Worth


class WardScenario(Scenario, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Care on a ward."""

    kind: ClassVar[Care] = WARD
    sections: ClassVar[tuple[str, ...]] = (
        "course", "dosing", "levels", "target", "charting", "kidney", "aki", "reward",
    )  # fmt: skip

    course: Course
    dosing: Dosing
    levels: Levels
    target: Target
    charting: Charting
    kidney: Kidney
    aki: Injury
    reward: Reward

    @property
    def lead_in(self) -> str:
        """The protocol that doses before a policy is first asked, if there is one."""
        return self.course.lead_in

    def rules(self) -> Rules:
        """The numbers of the task."""
        assay = self.load_drug().assay
        only = self.levels.assay_only
        return Rules(
            interval=self.course.interval_h,
            decisions=round(self.course.days * 24.0 / self.course.interval_h),
            asked=_asked(self.course),
            days=self.course.days,
            step=self.dosing.step_mg,
            max_dose=self.dosing.max_dose_mg,
            max_daily=self.dosing.max_daily_mg,
            max_rate=self.dosing.max_rate_mg_per_h,
            min_infusion=self.dosing.min_infusion_h,
            drawn=np.array(self.levels.drawn_h, dtype=np.float64),
            turnaround=self.levels.turnaround_h,
            form=FORMS.index("combined2" if only else assay.form),
            proportional=self.levels.assay_cv if only else assay.proportional,
            additive=0.0 if only else assay.additive,
            lloq=assay.lloq,
            low=self.target.auc24_low_mg_h_L,
            high=self.target.auc24_high_mg_h_L,
            first_day=self.target.first_day - 1,
            weight_cv=self.charting.weight_cv,
            creatinine_cv=self.charting.creatinine_cv,
            drift=self.kidney.drift_cv_per_day,
            aki_intercept=self.aki.logit_intercept,
            aki_slope=self.aki.logit_per_auc24,
            aki_factor=self.aki.creatinine_factor,
            aki_ramp=self.aki.ramp_h,
            pay_attainment=self.reward.attainment,
            pay_aki=self.reward.aki,
        )

    def broken(self) -> Iterator[str]:
        """The rules of a ward that it breaks, in words."""
        hours = self.course.days * 24.0
        per_day = 24.0 / self.course.interval_h
        if abs(per_day - round(per_day)) > 1e-9 or per_day < 1:
            yield f"course.interval_h: {self.course.interval_h} does not divide a day of 24 h"
        if self.course.interval_h < 1.0:
            yield f"course.interval_h: {self.course.interval_h} is below 1 h"
        yield from _broken_decisions(self.course)
        if list(self.levels.drawn_h) != sorted(set(self.levels.drawn_h)):
            yield f"levels.drawn_h: {list(self.levels.drawn_h)} is not ascending without repetition"
        if any(time > hours for time in self.levels.drawn_h):
            yield f"levels.drawn_h: {max(self.levels.drawn_h)} is after the end of the course, {hours:g} h"
        if self.target.auc24_high_mg_h_L <= self.target.auc24_low_mg_h_L:
            yield f"target.auc24_high_mg_h_L: {self.target.auc24_high_mg_h_L:g} is not above auc24_low_mg_h_L"
        if self.target.first_day > self.course.days:
            yield f"target.first_day: {self.target.first_day} is after the last day, {self.course.days}"
        yield from broken_grid(self.dosing.step_mg, self.dosing.max_dose_mg)
        if self.dosing.max_dose_mg / self.dosing.max_rate_mg_per_h > hours:
            took = f"{self.dosing.max_dose_mg:g} mg would take longer than the course, {hours:g} h"
            yield f"dosing.max_rate_mg_per_h: {self.dosing.max_rate_mg_per_h:g}: {took}"
        if self.dosing.step_mg > self.dosing.max_daily_mg:
            yield f"dosing.step_mg: {self.dosing.step_mg:g} is above max_daily_mg, {self.dosing.max_daily_mg:g}"


def _asked(course: Course) -> NDArray[np.int64]:
    """1 for each dose at which a policy is asked, 0 for the others."""
    decisions = round(course.days * 24.0 / course.interval_h)
    asked = np.full(decisions, 0 if course.decided_h else 1)
    asked[[round(hour / course.interval_h) for hour in course.decided_h]] = 1
    return asked


def _broken_decisions(course: Course) -> Iterator[str]:
    decided = list(course.decided_h)
    if decided != sorted(set(decided)):
        yield f"course.decided_h: {decided} is not ascending without repetition"
    for hour in decided:
        if abs(hour / course.interval_h - round(hour / course.interval_h)) > 1e-9:
            yield f"course.decided_h: {hour:g} is no multiple of interval_h, {course.interval_h:g}: no dose is due"
        if hour >= course.days * 24.0:
            yield f"course.decided_h: {hour:g} is not before the end of the course, {course.days * 24:g} h"
    if decided and decided[0] > 0 and not course.lead_in:
        yield f"course.lead_in: is missing, the first decision comes at {decided[0]:g} h: name the protocol before it"
    if course.lead_in and not (decided and decided[0] > 0):
        yield f"course.lead_in: {course.lead_in!r} would dose nobody: course.decided_h does not begin after 0 h"
