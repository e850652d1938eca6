"""A scenario file (TOML) <-> a frozen, checked Scenario."""

from __future__ import annotations

import hashlib
import json
import math
import os
import tomllib
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from dosing_env import catalogue, equations
from dosing_env.files import convert, decode
from dosing_env.pharmacology import Drug, Patient, Population, require_patients
from dosing_env.policy import planner_of
from dosing_env.residual import FORMS
from dosing_env.rules import Rules
from dosing_env.task import Task, no_dose

_ADULT = Patient(AGE=60.0, WT=80.0, HT=175.0, SEX=1.0, SCR=1.0, DIAL=0.0, HAEM=0.0)

Positive = Annotated[float, Meta(gt=0)]
Natural = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Course(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How long and how often."""

    days: Annotated[int, Meta(ge=1, le=366)]
    interval_h: Positive  # from dose to dose
    decided_h: tuple[Natural, ...] = ()  # when a policy decides; left out: on every dose. Between, doses are repeated
    lead_in: str = ""  # the protocol that doses before a policy first decides


class Dosing(Struct, frozen=True, forbid_unknown_fields=True):
    """What can be given."""

    step_mg: Positive
    max_dose_mg: Positive
    max_daily_mg: Positive
    max_rate_mg_per_h: Positive
    min_infusion_h: Natural


class Levels(Struct, frozen=True, forbid_unknown_fields=True):
    """When blood is drawn, and how well it is measured."""

    drawn_h: tuple[Positive, ...]
    turnaround_h: Natural
    assay_only: bool = False  # true: only the assay's own error, `assay_cv`; false: the drug model's residual error
    assay_cv: Share = 0.05


class Target(Struct, frozen=True, forbid_unknown_fields=True):
    """The daily AUC to be in, on which days."""

    auc24_low_mg_h_L: Natural
    auc24_high_mg_h_L: Positive
    first_day: Annotated[int, Meta(ge=1)]


class Charting(Struct, frozen=True, forbid_unknown_fields=True):
    """Errors of what stands in the chart."""

    weight_cv: Share
    creatinine_cv: Share


class Kidney(Struct, frozen=True, forbid_unknown_fields=True):
    """How the kidney changes by itself."""

    drift_cv_per_day: Share


class Injury(Struct, frozen=True, forbid_unknown_fields=True):
    """Acute kidney injury by exposure."""

    logit_intercept: float
    logit_per_auc24: float
    creatinine_factor: Annotated[float, Meta(ge=1)]
    ramp_h: Positive


class Reward(Struct, frozen=True, forbid_unknown_fields=True):
    """What is paid for the whole primary endpoint, and what one case of kidney injury costs."""

    attainment: Natural
    aki: Natural


class Group(Struct, frozen=True, forbid_unknown_fields=True):
    """A subgroup: patients with low <= column < high."""

    title: str
    column: str
    low: float | None = None
    high: float | None = None


class Scenario(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who, what, how long, compared with what."""

    version: Annotated[int, Meta(ge=0)]
    title: str
    question: str
    drug: str
    population: str
    rivals: tuple[str, ...] = ()
    policies: tuple[str, ...]
    course: Course
    dosing: Dosing
    levels: Levels
    target: Target
    charting: Charting
    kidney: Kidney
    aki: Injury
    reward: Reward
    subgroups: tuple[Group, ...] = ()
    name: str = ""

    def load_drug(self) -> Drug:
        """The drug that generates the patients."""
        return catalogue.load("drugs", self.drug)  # type: ignore[no-any-return]

    def load_population(self) -> Population:
        """The population the patients come from."""
        return catalogue.load("populations", self.population)  # type: ignore[no-any-return]

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

    def task(self) -> Task:
        """The dosing task."""
        before = self.course.lead_in
        return Task(
            name=self.name,
            rules=self.rules(),
            drug=self.load_drug(),
            population=self.load_population(),
            lead_in=catalogue.load("protocols", before).dose if before else no_dose,
        )

    def replace(self, **changes: Any) -> Scenario:
        """A copy with top-level fields changed (for example `drug="vancomycin_thomson2009"`), checked again.

        Raises:
            ValueError: no such field, or a value that does not fit.
        """
        for field in changes:
            if field not in self.__struct_fields__:
                raise ValueError(f"{self.name}: {catalogue.unknown('field', field, list(self.__struct_fields__))}")
        try:
            changed = convert(msgspec.to_builtins(self) | msgspec.to_builtins(changes, enc_hook=os.fspath), Scenario)
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None
        return check(changed, self.name)


def _asked(course: Course) -> NDArray[np.int64]:
    """1 for each dose at which a policy is asked, 0 for the others."""
    decisions = round(course.days * 24.0 / course.interval_h)
    asked = np.full(decisions, 0 if course.decided_h else 1)
    asked[[round(hour / course.interval_h) for hour in course.decided_h]] = 1
    return asked


def load(name: str) -> Scenario:
    """The scenario of a catalogue name or of a path to a .toml file.

    Raises:
        ValueError: one line with file, field, value, rule and the nearest right answer.
    """
    path = catalogue.find("scenarios", name)
    scenario = decode(path, Scenario)
    for field, value in _code(scenario):
        raise ValueError(f"{path}: {field}: {value!r} is code. A scenario file names catalogue entries only")
    return check(msgspec.structs.replace(scenario, name=path.stem), str(path))


def check(scenario: Scenario, where: str) -> Scenario:
    """The scenario, if its parts fit together.

    Raises:
        ValueError: the first rule that is broken, in one line that starts with `where`.
    """
    for broken in _broken_rules(scenario):
        raise ValueError(f"{where}: {broken}")
    return scenario


def _code(s: Scenario) -> Iterator[tuple[str, str]]:
    """Where a file would have Python code imported."""
    for field, values in (
        ("drug", (s.drug,)),
        ("population", (s.population,)),
        ("rivals", s.rivals),
        ("policies", s.policies),
        ("course.lead_in", (s.course.lead_in,)),
    ):
        yield from ((field, value) for value in values if value.endswith(".py"))


def _broken_rules(s: Scenario) -> Iterator[str]:
    yield from _not_finite(s)
    yield from _unknown_names(s)
    hours = s.course.days * 24.0
    per_day = 24.0 / s.course.interval_h
    if abs(per_day - round(per_day)) > 1e-9 or per_day < 1:
        yield f"course.interval_h: {s.course.interval_h} does not divide a day of 24 h"
    if s.course.interval_h < 1.0:
        yield f"course.interval_h: {s.course.interval_h} is below 1 h"
    yield from _broken_decisions(s.course)
    if list(s.levels.drawn_h) != sorted(set(s.levels.drawn_h)):
        yield f"levels.drawn_h: {list(s.levels.drawn_h)} is not ascending without repetition"
    if any(time > hours for time in s.levels.drawn_h):
        yield f"levels.drawn_h: {max(s.levels.drawn_h)} is after the end of the course, {hours:g} h"
    if s.target.auc24_high_mg_h_L <= s.target.auc24_low_mg_h_L:
        yield f"target.auc24_high_mg_h_L: {s.target.auc24_high_mg_h_L:g} is not above auc24_low_mg_h_L"
    if s.target.first_day > s.course.days:
        yield f"target.first_day: {s.target.first_day} is after the last day, {s.course.days}"
    if s.dosing.step_mg > s.dosing.max_dose_mg:
        yield f"dosing.step_mg: {s.dosing.step_mg:g} is above max_dose_mg, {s.dosing.max_dose_mg:g}"
    if s.dosing.step_mg > s.dosing.max_daily_mg:
        yield f"dosing.step_mg: {s.dosing.step_mg:g} is above max_daily_mg, {s.dosing.max_daily_mg:g}"
    for group in s.subgroups:
        if group.low is not None and group.high is not None and group.low >= group.high:
            yield f"subgroups: {group.title!r}: low {group.low:g} is not below high {group.high:g}"


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


def _not_finite(s: Scenario) -> Iterator[str]:
    for section, values in msgspec.to_builtins(s).items():
        if isinstance(values, dict):
            for key, value in values.items():
                numbers = value if isinstance(value, list | tuple) else [value]
                if any(isinstance(number, float) and not math.isfinite(number) for number in numbers):
                    yield f"{section}.{key}: {value} is not finite"


def _unknown_names(s: Scenario) -> Iterator[str]:
    for kind, field, values in (
        ("drugs", "drug", (s.drug,)),
        ("drugs", "rivals", s.rivals),
        ("populations", "population", (s.population,)),
        ("protocols", "course.lead_in", (s.course.lead_in,) if s.course.lead_in else ()),
    ):
        for value in values:
            try:
                found = catalogue.load(kind, value)
                if kind != "protocols":
                    require_patients(found, Patient, "an environment")
                if kind == "drugs":
                    _require_fit(found)
            except ValueError as error:
                yield f"{field}: {error}"
    agents = [f"agent:{name}" for name in catalogue.names("agents")]
    known = [*catalogue.names("protocols"), *catalogue.names("planners"), *agents]
    for policy in s.policies:
        try:
            planned = planner_of(policy) is not None if ":" in policy else policy in known
        except ValueError as error:
            yield f"policies: {error}"
        if policy not in known and not planned and not policy.endswith((".py", ".toml")):  # a path: a user's own
            yield f"policies: {catalogue.unknown('policy', policy, known)}"


def _require_fit(drug: Drug) -> None:
    """An environment counts in h and mg, and its patients have the covariates of the drug.

    Raises:
        ValueError: it is not so.
    """
    if (drug.time_unit, drug.amount_unit) != ("h", "mg"):
        raise ValueError(f"{drug.name}: counts in {drug.time_unit} and {drug.amount_unit}, an environment in h and mg")
    for what in ("initial", "bioavailability", "lag"):
        if getattr(drug, what) is not None:
            raise ValueError(f"{drug.name}: {what}: an environment does not know it yet; `simulate` does")
    if drug.occasion:
        raise ValueError(f"{drug.name}: occasion: an environment has no occasions yet; `simulate` has")
    drug.covariates(_ADULT)


def parts(scenario: Scenario) -> dict[str, str]:
    """A hash of each part that can change what an agent meets: the sections of the file, the drug, the population.

    Of Python files the syntax tree is hashed, so that comments, docstrings and layout do not count, with that of the
    building blocks and formulas they use; of model files the content.
    """
    sections = {
        name: msgspec.json.encode(getattr(scenario, name))
        for name in ("course", "dosing", "levels", "target", "charting", "kidney", "aki", "reward")
    }
    trees = {
        "drug": content_of("drugs", scenario.drug).encode(),
        "population": content_of("populations", scenario.population).encode(),
    }
    if scenario.course.lead_in:
        trees["lead_in"] = equations.behind(catalogue.source("protocols", scenario.course.lead_in)).encode()
    return {name: hashlib.sha256(content).hexdigest()[:12] for name, content in (sections | trees).items()}


def content_of(kind: str, name: str) -> str:
    """What a catalogue entry says: comments, docstrings and layout do not count."""
    text = catalogue.source(kind, name)
    return json.dumps(tomllib.loads(text), default=str) if name.endswith(".toml") else equations.behind(text)


def fingerprint(scenario: Scenario) -> str:
    """One hash of all parts."""
    return hashlib.sha256(repr(sorted(parts(scenario).items())).encode()).hexdigest()[:12]
