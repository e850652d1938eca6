"""The scenario file of a task made of parts (TOML) <-> a frozen, checked record."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

import numpy as np
from msgspec import UNSET, Meta, Struct, UnsetType, field
from numpy.typing import NDArray

from dosing_env import catalogue
from dosing_env.io import printable
from dosing_env.io.records import convert
from dosing_env.pharmacology import Drug, Population
from dosing_env.scenario_file import Scenario
from dosing_env.tasks import units
from dosing_env.tasks.compose import Composition
from dosing_env.tasks.parts import ROLES, Named, named
from dosing_env.tasks.tables import Tables
from dosing_env.tasks.task import PartsTask
from dosing_env.tasks.units import Moments, Span, Units, hours_of

DECISIONS = 20_000  # of a course
Worth = Annotated[float, Meta(ge=-1e6, le=1e6, description="so that sums keep their digits")]
Section = dict[str, Any]


class Course(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How long, and how often something is decided."""

    lasts: Span
    decide_every: Span | UnsetType = UNSET
    decide_at: Moments | UnsetType = UNSET  # or the decision points one by one
    asked_at: Moments | UnsetType = UNSET  # those at which a policy decides; left out, all. Between, doses are repeated
    lead_in: str = ""  # the protocol that doses before a policy first decides
    count_days: bool = False  # the chart counts days from 1, instead of time


class PartsScenario(Scenario, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A task made of parts."""

    sections: ClassVar[tuple[str, ...]] = ("course", *ROLES, "paid")

    course: Section
    given: dict[str, Section | str]
    known: dict[str, Section | str] = field(default_factory=dict)
    measured: dict[str, Section | str] = field(default_factory=dict)
    happens: dict[str, Section | str] = field(default_factory=dict)
    watched: dict[str, Section | str] = field(default_factory=dict)
    judged: dict[str, Section | str]
    harms: dict[str, Section | str] = field(default_factory=dict)
    paid: dict[str, Worth]
    care: str = "parts"

    @property
    def lead_in(self) -> str:
        """The protocol that doses before a policy is first asked, if there is one."""
        said = self.course.get("lead_in", "")
        return said if isinstance(said, str) else ""

    @property
    def tables(self) -> Tables:
        """The tables of the task."""
        return self.task().tables

    def rules(self) -> Composition:
        """The parts put together.

        Raises:
            ValueError: one line with section, field, value and rule.
        """
        drug = self.load_drug()
        measures = Units(drug.time_unit, drug.amount_unit)
        course = self._course(measures)
        at = _points(course, measures)
        parts = tuple(p for role in ROLES for p in named(role, getattr(self, role), measures))
        _require_prices(self.paid, parts)
        return Composition(
            title=self.title,
            drug=drug,
            population=self.load_population(),
            parts=parts,
            at=at,
            asked=_asked(course, at),
            day=24.0 / hours_of(drug.time_unit),
            prices=dict(self.paid),
            counted=course.count_days,
        )

    def _course(self, measures: Units) -> Course:
        own, keys = units.in_units(self.course, Course, measures)
        try:
            return convert(own, Course)
        except ValueError as error:
            raise ValueError(f"course: {units.spelled(str(error), keys)}") from None

    def task(self) -> PartsTask:  # type: ignore[override]  # until every task is made of parts
        """The dosing task."""
        lead_in = catalogue.load("protocols", self.lead_in).dose if self.lead_in else None
        return PartsTask(name=self.name, made=self.rules(), lead_in=lead_in)

    def require_fit(self, found: Drug | Population) -> None:
        """Tried when it is composed."""

    def broken(self) -> Iterator[str]:
        """The rules of a task that it breaks, in words."""
        try:
            made = self.rules()
            yield from _unknown_references(made)
            made.features, made.memory, made.text  # noqa: B018  a part may refuse its section
        except ValueError as error:
            yield printable.one_line(str(error))


def _points(course: Course, measures: Units) -> NDArray[np.float64]:
    """The decision points, and the end of the course.

    Raises:
        ValueError: there are none, they are not in order, or too many.
    """
    if (course.decide_every is UNSET) == (course.decide_at is UNSET):
        raise ValueError(
            f"course.decide_every_{measures.time}: it or decide_at_{measures.time} has to be there, not both"
        )
    if course.decide_every is not UNSET:
        count = course.lasts / course.decide_every
        if abs(count - round(count)) > 1e-6 or count < 1 - 1e-6:
            raise ValueError(
                f"course.decide_every: {count:g} times of it are the course: that has to be a whole number"
            )
        _require_few(count)
        return course.decide_every * np.arange(round(count) + 1.0)
    at = np.array([*course.decide_at, course.lasts])  # type: ignore[misc]
    _require_few(len(at) - 1)
    if at[0] != 0.0 or (np.diff(at) <= 0.0).any():
        raise ValueError(f"course.decide_at: {at[:-1].tolist()} is not ascending from 0, before the end of the course")
    return at


def _require_few(count: float) -> None:
    if count > DECISIONS:
        raise ValueError(f"course: {count:,.0f} decisions, at most {DECISIONS:,}: each is a part of every record")


def _asked(course: Course, at: NDArray[np.float64]) -> NDArray[np.int64]:
    """1 for each decision point at which a policy is asked."""
    if course.asked_at is UNSET:
        return np.ones(len(at) - 1, np.int64)
    asked = np.zeros(len(at) - 1, np.int64)
    for moment in course.asked_at:
        distance = np.abs(at[:-1] - moment)
        if distance.min() > 1e-9:
            raise ValueError(f"course.asked_at: {moment:g} is no decision point. Nearest: {at[distance.argmin()]:g}")
        asked[distance.argmin()] = 1
    if asked[0] == 0 and not course.lead_in:
        raise ValueError("course.lead_in: is missing: name the protocol that doses before a policy is first asked")
    if asked[0] == 1 and course.lead_in:
        raise ValueError(f"course.lead_in: {course.lead_in!r} would dose nobody: a policy is asked from the beginning")
    return asked


def _require_prices(paid: dict[str, float], parts: tuple[Named, ...]) -> None:
    """Each term has a price, and each price a term.

    Raises:
        ValueError: it is not so.
    """
    terms = [p.name for p in parts if p.role in ("judged", "harms")]
    for name in paid:
        if name not in terms:
            raise ValueError(f"paid: {catalogue.unknown('term', name, terms)}")
    missing = [name for name in terms if name not in paid]
    if missing:
        raise ValueError(f"paid: {', '.join(missing)}: no price is said (0: reported only)")


def _unknown_references(made: Composition) -> Iterator[str]:
    """Names of bedside values, outputs, compartments and other parts that are not there."""
    if made.drug.occasion and not any(p.has("varied") for p in made.parts):
        says = 'a part { is = "occasion" } has to say how long one lasts'
        yield f"happens: {made.drug.name} varies between occasions: {says}"
    bedside, outputs = list(made.population.Patient._fields), list(made.outputs)
    for p in made.parts:
        if p.role == "known" and p.kind not in ("formula", "tested") and (p.key("value") or p.name) not in bedside:
            yield f"{p.path}: {catalogue.unknown('bedside value of the population', p.name, bedside)}"
        for name in (p.key("copies") or ()) if p.role == "known" else ():
            if name not in bedside:
                yield f"{p.path}.copies: {catalogue.unknown('bedside value of the population', name, bedside)}"
        if p.has("bedside") and p.key("value") and p.key("value") not in bedside:
            yield f"{p.path}: {catalogue.unknown('bedside value of the population', p.key('value'), bedside)}"
        if p.role == "watched" and p.key("value") and p.key("value") not in bedside:
            yield f"{p.path}.times: {catalogue.unknown('bedside value of the population', p.key('value'), bedside)}"
        looks = p.has("start") or p.has("see") or p.has("ended")
        if looks and p.key("of") and p.key("of") not in outputs:
            yield f"{p.path}.of: {catalogue.unknown('output of the drug', p.key('of'), outputs)}"
        if p.key("on") and p.key("on") not in outputs:
            yield f"{p.path}.on: {catalogue.unknown('output of the drug', p.key('on'), outputs)}"
        if p.key("into") and p.key("into") not in made.drug.compartments:
            yield f"{p.path}.into: {catalogue.unknown('compartment', p.key('into'), list(made.drug.compartments))}"
        yield from _unknown_parts(made, p)
    for missing in (name for name in made.wanted if name not in bedside):
        yield f"population: {made.drug.name} reads {missing}, which its patients do not have: {', '.join(bedside)}"


def _unknown_parts(made: Composition, p: Named) -> Iterator[str]:
    paths = [other.path for other in made.parts]
    for key in sorted({key for keys in p.part.needs.values() for key in keys}):
        if p.key(key) not in paths:
            yield f"{p.path}.{key}: {catalogue.unknown('part of the scenario', str(p.key(key)), paths)}"
    for key in ("low", "high"):
        value = p.key(key)
        if isinstance(value, str) and value not in made.population.Patient._fields:
            names = list(made.population.Patient._fields)
            yield f"{p.path}.{key}: {catalogue.unknown('bedside value of the population', value, names)}"
    low, high = p.key("low"), p.key("high")
    if isinstance(low, float) and isinstance(high, float) and not low < high:
        yield f"{p.path}.high: {high:g} is not above low, {low:g}"
    if p.role == "judged" and isinstance(low, float) and low == -math.inf and high == math.inf:
        yield f"{p.path}: low or high has to be said"
