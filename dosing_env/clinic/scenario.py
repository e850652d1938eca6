"""The scenario file of a clinic (TOML) <-> a frozen, checked record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta, Struct

from dosing_env.anticoagulation import LONGEST
from dosing_env.care import Care
from dosing_env.clinic.kind import CLINIC
from dosing_env.clinic.rules import ClinicRules
from dosing_env.residual import FORMS
from dosing_env.scenario_file import Scenario, Share, Worth, broken_grid

Day = Annotated[int, Meta(ge=1, le=731, description="a course has at most 731 days")]
Tablets = Annotated[float, Meta(gt=0, le=1e4, description="no daily dose of tablets has ten grams")]
Ratio = Annotated[float, Meta(gt=0, le=100.0, description="no INR is above 100")]


class Course(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How long. Before the first day a lead-in protocol doses."""

    days: Annotated[int, Meta(ge=2, le=731)]
    first_day: Day = 1
    lead_in: str = ""
    counted_from_day: Day | None = None  # left out: the first day


class Dosing(Struct, frozen=True, forbid_unknown_fields=True):
    """What can be taken, and how long nobody need come."""

    step_mg: Tablets  # between two daily doses that tablets make
    max_dose_mg: Tablets
    longest_interval_days: Day


class INR(Struct, frozen=True, forbid_unknown_fields=True):
    """How well an INR is measured."""

    assay_only: bool  # true: only the assay's own error, `assay_cv`; false: the drug model's residual error
    assay_cv: Share
    lowest: Annotated[float, Meta(ge=0, le=100.0, description="no INR is above 100")]
    highest: Ratio
    digit: Annotated[float, Meta(ge=1e-6, le=10, description="an INR has a few digits")]


class Genotyping(Struct, frozen=True, forbid_unknown_fields=True):
    """Shares of the patients who are tested, and from which day the result is known."""

    CYP2C9: Share
    VKORC1: Share
    CYP4F2: Share
    result_day: Day


class Home(Struct, frozen=True, forbid_unknown_fields=True):
    """What happens between visits."""

    missed_doses: Share
    # of ln of what a dose does
    vitamin_k_sd: Annotated[float, Meta(ge=0, le=3.0, description="SD 3 of a logarithm is a factor of 20")]
    vitamin_k_days: Annotated[
        float, Meta(gt=0, le=1e6, description="over more days nothing changes")
    ]  # in which a deviation falls to 37 %


class Interaction(Struct, frozen=True, forbid_unknown_fields=True):
    """A drug that strengthens warfarin and is started in some patients in mid-course."""

    share: Share
    first_day: Day
    last_day: Day
    factor: Annotated[
        float, Meta(gt=0, le=100.0, description="no drug does more")
    ]  # as if so many times the dose were taken


class Safety(Struct, frozen=True, forbid_unknown_fields=True):
    """INRs at which there is a risk of bleeding, and one of thrombosis."""

    unsafe_inr: Ratio
    ineffective_inr: Ratio


class Reward(Struct, frozen=True, forbid_unknown_fields=True):
    """What is paid for a whole course in range; what one that is unsafe, one that is ineffective, and a visit cost."""

    in_range: Worth
    unsafe: Worth
    ineffective: Worth
    visit: Worth


class ClinicScenario(Scenario, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Care in an anticoagulation clinic."""

    kind: ClassVar[Care] = CLINIC
    sections: ClassVar[tuple[str, ...]] = (
        "course", "dosing", "inr", "genotyping", "home", "interaction", "safety", "reward",
    )  # fmt: skip

    course: Course
    dosing: Dosing
    inr: INR
    genotyping: Genotyping
    home: Home
    interaction: Interaction
    safety: Safety
    reward: Reward

    @property
    def lead_in(self) -> str:
        """The protocol that doses before a policy is first asked, if there is one."""
        return self.course.lead_in

    def rules(self) -> ClinicRules:
        """The numbers of the task."""
        assay, only = self.load_drug().assay, self.inr.assay_only
        return ClinicRules(
            interval=24.0,
            decisions=self.course.days,
            first_day=self.course.first_day - 1,
            counted=(self.course.counted_from_day or self.course.first_day) - 1,
            hold=0,
            step=self.dosing.step_mg,
            max_dose=self.dosing.max_dose_mg,
            longest=self.dosing.longest_interval_days,
            form=FORMS.index("combined2" if only else assay.form),
            proportional=self.inr.assay_cv if only else assay.proportional,
            additive=0.0 if only else assay.additive,
            lowest=self.inr.lowest,
            highest=self.inr.highest,
            digit=self.inr.digit,
            tested=np.array([self.genotyping.CYP2C9, self.genotyping.VKORC1, self.genotyping.CYP4F2]),
            result_day=self.genotyping.result_day - 1,
            missed=self.home.missed_doses,
            vitamin_k=self.home.vitamin_k_sd,
            vitamin_k_days=self.home.vitamin_k_days,
            interacting=self.interaction.share,
            interaction_first=self.interaction.first_day - 1,
            interaction_last=self.interaction.last_day - 1,
            interaction=self.interaction.factor,
            unsafe=self.safety.unsafe_inr,
            ineffective=self.safety.ineffective_inr,
            pay_in_range=self.reward.in_range,
            pay_unsafe=self.reward.unsafe,
            pay_ineffective=self.reward.ineffective,
            pay_visit=self.reward.visit,
        )

    def broken(self) -> Iterator[str]:
        """The rules of a clinic that it breaks, in words."""
        days, first = self.course.days, self.course.first_day
        if first > days:
            yield f"course.first_day: {first} is after the last day, {days}"
        counted = self.course.counted_from_day or first
        if not first <= counted < days:
            yield f"course.counted_from_day: {counted} is not between first_day, {first}, and the last day but one"
        if first > 1 and not self.course.lead_in:
            yield f"course.lead_in: is missing, a policy is first asked on day {first}: name the protocol before it"
        if first == 1 and self.course.lead_in:
            yield f"course.lead_in: {self.course.lead_in!r} would dose nobody: course.first_day is 1"
        yield from broken_grid(self.dosing.step_mg, self.dosing.max_dose_mg)
        if 24.0 * self.dosing.longest_interval_days > LONGEST:
            most = f"{LONGEST / 24.0:g}, over more days no line is drawn between two INRs"
            yield f"dosing.longest_interval_days: {self.dosing.longest_interval_days} is above {most}"
        if self.inr.lowest >= self.inr.highest:
            yield f"inr.lowest: {self.inr.lowest:g} is not below highest, {self.inr.highest:g}"
        if self.interaction.first_day > self.interaction.last_day:
            yield f"interaction.first_day: {self.interaction.first_day} is after last_day, {self.interaction.last_day}"
        if self.safety.ineffective_inr >= self.safety.unsafe_inr:
            yield f"safety.ineffective_inr: {self.safety.ineffective_inr:g} is not below unsafe_inr"
