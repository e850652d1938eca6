"""What the scenario files of all kinds of care have in common."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Self, TypeVar

import msgspec
from msgspec import Meta, Struct

from dosing_env import catalogue
from dosing_env.care import Care
from dosing_env.catalogue import given
from dosing_env.io import printable
from dosing_env.io.records import convert, finite
from dosing_env.pharmacology import Drug, Population, require_patients
from dosing_env.policy import require_policy
from dosing_env.task import Task

Positive = Annotated[float, Meta(gt=0)]
Natural = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
PRODUCTS = 1000  # doses of a grid
LONGEST_H = 366 * 24.0  # of a course on a ward


# Upper bounds are far beyond every treatment. They keep arithmetic finite, grids small and courses short.
Hours = Annotated[float, Meta(gt=0, le=LONGEST_H, description="a course has at most 366 days")]
Milligrams = Annotated[float, Meta(gt=0, le=1e6, description="no dose has a kilogram")]
Worth = Annotated[float, Meta(ge=0, le=1e6, description="so that sums keep their digits")]
Version = Annotated[int, Meta(ge=0, le=10**6, description="versions are counted from 0")]


def broken_grid(step_mg: float, max_dose_mg: float) -> Iterator[str]:
    """The rules of a grid of doses that it breaks, in words."""
    if step_mg > max_dose_mg:
        yield f"dosing.step_mg: {step_mg:g} is above max_dose_mg, {max_dose_mg:g}"
    if max_dose_mg / step_mg > PRODUCTS:
        most = f"a grid has at most {PRODUCTS:,}, because each is a choice of an agent and a column of its mask"
        yield f"dosing.step_mg: {step_mg:g} makes {max_dose_mg / step_mg:,.4g} doses up to {max_dose_mg:g}; {most}"


S = TypeVar("S", bound="Scenario")


class Group(Struct, frozen=True, forbid_unknown_fields=True):
    """A subgroup: patients with low <= column < high."""

    title: str
    column: str
    low: float | None = None
    high: float | None = None


class Finding(Struct, frozen=True, forbid_unknown_fields=True):
    """What a published trial found, which this one should find again: the difference between two arms."""

    source: str
    arm: str
    against: str
    difference: float  # of the primary endpoint, in its unit
    low: float  # 95 % interval
    high: float
    arm_mean: float | None = None
    against_mean: float | None = None


class Scenario(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who, what, how long, compared with what. What is special to a kind of care stands in its own class."""

    kind: ClassVar[Care]
    sections: ClassVar[tuple[str, ...]]  # that can change what an agent meets

    version: Version
    title: str
    question: str
    drug: str
    population: str
    rivals: tuple[str, ...] = ()
    policies: tuple[str, ...]
    subgroups: tuple[Group, ...] = ()
    published: tuple[Finding, ...] = ()
    care: str = "ward"
    name: str = ""

    @property
    def lead_in(self) -> str:
        """The protocol that doses before a policy is first asked, if there is one."""
        return ""

    def rules(self) -> Any:
        """The numbers of the task."""
        raise NotImplementedError

    def broken(self) -> Iterator[str]:
        """The rules of its kind of care that it breaks, in words."""
        raise NotImplementedError

    @property
    def tables(self) -> Any:
        """What becomes of patients, as tables."""
        return CareTables(self)

    def require_fit(self, found: Drug | Population) -> None:
        """Refuse a drug or population that the task cannot have.

        Raises:
            ValueError: it is so.
        """
        require_patients(found, self.kind.Patient, f"a {self.kind.name}")
        if isinstance(found, Drug):
            _require_fit(found)

    def load_drug(self) -> Drug:
        """The drug that generates the patients."""
        return catalogue.load("drugs", self.drug)  # type: ignore[no-any-return]

    def load_population(self) -> Population:
        """The population the patients come from."""
        return catalogue.load("populations", self.population)  # type: ignore[no-any-return]

    def task(self) -> Task:
        """The dosing task."""
        return Task(
            name=self.name,
            care=self.kind,
            rules=self.rules(),
            drug=self.load_drug(),
            population=self.load_population(),
            lead_in=catalogue.load("protocols", self.lead_in).dose if self.lead_in else None,
        )

    @printable.refusals()
    def replace(self, **changes: Any) -> Self:
        """A copy with top-level fields changed (for example `drug="vancomycin_thomson2009"`), checked again.

        Raises:
            ValueError: no such field, or a value that does not fit.
        """
        for field in changes:
            if field not in self.__struct_fields__:
                raise ValueError(f"{self.name}: {catalogue.unknown('field', field, list(self.__struct_fields__))}")
        try:
            changed = convert(plain(self) | plain(changes), type(self))
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from None
        own = {field: _given(getattr(changed, field)) for field in changes}  # the names that are the user's own
        return check(msgspec.structs.replace(self, **own), self.name)

    def generated_by(self, drug: str) -> Self:
        """The same with patients of this drug alone: the scenario's own, or one of its rivals."""
        return check(msgspec.structs.replace(self, drug=drug, rivals=()), self.name)


class CareTables:
    """The tables of a kind of care, for a scenario of it."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario, self._of = scenario, scenario.kind.tables
        self.primary, self.within, self.covariates = self._of.PRIMARY, self._of.WITHIN, self._of.COVARIATES
        self.outcomes, self.doses, self.pictures = self._of.outcomes, self._of.doses, self._of.pictures

    def endpoints(self) -> tuple[Any, ...]:
        """What is counted in each patient."""
        return tuple(self._of.endpoints(self._scenario.rules()))

    def said_of_target(self) -> dict[str, Any]:
        """For the provenance of a trial."""
        return dict(self._of.said_of_target(self._scenario.rules()))


def plain(what: Any) -> Any:
    """A record, or values, as tables and values of TOML."""
    return msgspec.to_builtins(what, enc_hook=lambda name: str(os.fspath(name)))


def _given(value: Any) -> Any:
    """A value of a field that the user gave; of a section each of its values."""
    if isinstance(value, Struct):
        return msgspec.structs.replace(value, **{f: given(getattr(value, f)) for f in value.__struct_fields__})
    return given(value)


def check(scenario: S, where: str) -> S:
    """The scenario, if its parts fit together.

    Raises:
        ValueError: the first rule that is broken, in one line that starts with `where`.
    """
    for broken in _broken_rules(scenario):
        raise ValueError(f"{where}: {broken}")
    return scenario


def _broken_rules(s: Scenario) -> Iterator[str]:
    yield from _not_finite(s)
    yield from _unknown_names(s)
    yield from s.broken()
    for finding in s.published:
        yield from _broken_finding(s, finding)
    for group in s.subgroups:
        if group.low is not None and group.high is not None and group.low >= group.high:
            yield f"subgroups: {group.title!r}: low {group.low:g} is not below high {group.high:g}"


def _broken_finding(s: Scenario, finding: Finding) -> Iterator[str]:
    for field in ("arm", "against"):
        name = getattr(finding, field)
        if name not in s.policies:
            yield f"published.{field}: {catalogue.unknown('policy of the scenario', name, list(s.policies))}"
    if not finding.low <= finding.difference <= finding.high:
        yield f"published.difference: {finding.difference:g} is not between low, {finding.low:g}, and high"


def _not_finite(s: Scenario) -> Iterator[str]:
    for place, number in numbers_of(plain(s)):
        if not finite(number):
            yield f"{place}: {printable.value(number)} is not finite"


def numbers_of(content: Any, place: str = "") -> Iterator[tuple[str, float]]:
    """Every number in tables and lists, with its place as "levels.drawn_h[0]"."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from numbers_of(value, f"{place}.{key}" if place else key)
    elif isinstance(content, list | tuple):
        for i, value in enumerate(content):
            yield from numbers_of(value, f"{place}[{i}]")
    elif isinstance(content, int | float):
        yield place, content


def _unknown_names(s: Scenario) -> Iterator[str]:
    for kind, field, values in (
        ("drugs", "drug", (s.drug,)),
        ("drugs", "rivals", s.rivals),
        ("populations", "population", (s.population,)),
        ("protocols", "course.lead_in", (s.lead_in,) if s.lead_in else ()),
    ):
        for value in values:
            try:
                found = catalogue.load(kind, value)
                if kind != "protocols":
                    s.require_fit(found)
            except ValueError as error:
                yield f"{field}: {error}"
    for policy in s.policies:
        try:
            require_policy(policy)
        except ValueError as error:
            yield f"policies: {error}"


def _require_fit(drug: Drug) -> None:
    """An environment counts in h and mg, and its patients have the covariates of the drug.

    Raises:
        ValueError: it is not so.
    """
    if (drug.time_unit, drug.amount_unit) != ("h", "mg"):
        raise ValueError(f"{drug.name}: counts in {drug.time_unit} and {drug.amount_unit}, an environment in h and mg")
    for what in ("bioavailability", "lag"):
        if getattr(drug, what) is not None:
            raise ValueError(f"{drug.name}: {what}: an environment does not know it yet; `simulate` does")
    if drug.occasion:
        raise ValueError(f"{drug.name}: occasion: an environment has no occasions yet; `simulate` has")
    drug.covariates(drug.Patient(*[1.0] * len(drug.Patient._fields)))  # of a text model: says what it lacks
