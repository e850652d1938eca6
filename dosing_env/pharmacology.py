"""The nouns: patient, drug, assay, population. Frozen, and checked when they are made."""

from __future__ import annotations

import functools
import math
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from dosing_env import catalogue
from dosing_env.catalogue import unknown
from dosing_env.evidence import Published
from dosing_env.residual import FORMS
from dosing_env.source.references import packed, standing, unpacked

_COLUMNS = ("ID", "time", "level", "dv", "blq", "auc")  # of `simulate`
_ROUNDING = 1e-12  # of a variance: less is none


class Patient(NamedTuple):
    """What a bedside chart could tell of an adult, without error. Drugs turn it into their own covariates.

    The patient of the environments; `patients` has other kinds.
    """

    AGE: float  # years
    WT: float  # kg     total body weight
    HT: float  # cm
    SEX: float  # 1 male, 0 female
    SCR: float  # mg/dL  serum creatinine
    DIAL: float  # 1 on intermittent haemodialysis
    HAEM: float  # 1 with a haematological malignancy


@dataclass(frozen=True, kw_only=True)
class Assay:
    """Residual error of a measured level; the forms are those of `residual`.

    By default SD = sqrt(additive^2 + (proportional * truth)^2)  (combined2).
    """

    proportional: float = 0.0  # fraction of the truth; of the form "log" the SD of ln level
    additive: float = 0.0  # in `unit`
    lloq: float = 0.0  # in `unit`: below it a level is reported as "< LLOQ"
    unit: str = "mg/L"
    form: str = "combined2"

    def __post_init__(self) -> None:
        for name in ("proportional", "additive", "lloq"):
            _require_nonnegative(f"Assay.{name}", getattr(self, name))
        if self.form not in FORMS:
            raise ValueError(f"Assay.form: {unknown('form', str(self.form), list(FORMS))}")
        for form, absent in (("additive", "proportional"), ("proportional", "additive"), ("log", "additive")):
            value = getattr(self, absent)
            if self.form == form and value != 0.0:
                raise ValueError(f"Assay.{absent}: {value!r}: must be 0, errors of the form {form!r} have no such part")


@dataclass(frozen=True, kw_only=True)
class Drug:
    """One published PK/PD model, written for one patient.

    `covariates(patient)` makes the model's covariates from the bedside values, of the kind of patient that it is
    annotated with (`Drug.Patient`); `individual(x, eta)` its parameters;
    `rates(t, A, p, R)` one derivative per compartment (A: amounts, mg; R: inflow, mg/h; t: h); `output(A, p)` the
    measured concentration, `outputs` by name whatever else is to be seen. Where the paper has them, one
    number per compartment: `initial(p)` amounts without drug (else 0), `bioavailability(p)` (1), `lag(p)` (h, 0),
    `duration(p)` (h) and `infusion_rate(p)` (mg/h) of doses whose RATE is -2 and -1.

    `linear` declares that `rates` and `output` are linear in A and R and constant in t; `driver` that the first so
    many compartments of a nonlinear drug are a linear system of their own (the PK that drives a PD); `driven` that the
    rates of the others, once those are known, are linear in themselves, with constant coefficients.
    """

    name: str
    title: str
    compartments: tuple[str, ...]
    covariates: Callable[[Any], Any]
    individual: Callable[[Any, Any], Any]
    rates: Callable[[float, Any, Any, Any], tuple[float, ...]]
    output: Callable[[Any, Any], float]
    linear: bool
    omega: Mapping[str, float]  # variance of each eta
    covariance: Mapping[tuple[str, str], float] = field(default_factory=dict)  # between two etas
    assay: Assay
    occasion: Mapping[str, float] = field(default_factory=dict)  # variance added to an eta, drawn anew each occasion
    dosed: int = 0  # index of the compartment that receives the drug
    driver: int = 0
    driven: bool = False
    initial: Callable[[Any], tuple[float, ...]] | None = None
    bioavailability: Callable[[Any], tuple[float, ...]] | None = None
    lag: Callable[[Any], tuple[float, ...]] | None = None
    duration: Callable[[Any], tuple[float, ...]] | None = None
    infusion_rate: Callable[[Any], tuple[float, ...]] | None = None
    outputs: Mapping[str, Callable[[Any, Any], float]] = field(default_factory=dict)
    by_name: bool = False  # covariates are bedside values of their names, or follow from such by `vocabulary.FOLLOWING`
    published: tuple[Published, ...] = ()  # figures that the drug file has to find again
    time_unit: str = "h"
    amount_unit: str = "mg"

    def __post_init__(self) -> None:
        _require_names(self.name, "omega", self.Eta._fields, tuple(self.omega))
        for pair in self.covariance:
            for eta in pair:
                if eta not in self.omega:
                    raise ValueError(f"{self.name}: covariance: unknown eta {eta!r}, known: {', '.join(self.omega)}")
            if pair[0] == pair[1] or (pair[1], pair[0]) in self.covariance:
                raise ValueError(f"{self.name}: covariance: {pair!r}: two different etas, and each pair once")
        for eta, variance in self.omega.items():
            _require_nonnegative(f"{self.name}: omega.{eta}", variance)
        self.omega_root()
        for eta, variance in self.occasion.items():
            if eta not in self.omega:
                raise ValueError(f"{self.name}: occasion: unknown eta {eta!r}, known: {', '.join(self.omega)}")
            _require_nonnegative(f"{self.name}: occasion.{eta}", variance)
        for number, name in enumerate(self.outputs):
            if name in _COLUMNS and (name, number) != ("level", 0):  # the first is what is measured
                raise ValueError(f"{self.name}: outputs: {name!r} is the name of another column of a simulated table")
        if not 0 <= self.driver <= len(self.compartments):
            raise ValueError(f"{self.name}: driver: {self.driver} is not a number of leading compartments")
        if not 0 <= self.dosed < len(self.compartments):
            raise ValueError(f"{self.name}: dosed: {self.dosed} is not the index of a compartment")

    def __reduce__(self) -> Any:
        """For pickle: where it stands or, if it was made of another drug or of a text, its fields.

        The published figures belong to the drug as it stands; a changed one leaves them behind.
        """
        found = standing(self, self.individual)  # type: ignore[arg-type]
        if found is not None:
            return found.found, ()
        values = {field.name: getattr(self, field.name) for field in fields(self)} | {"published": ()}
        return _of_fields, (packed(values),)

    @property
    def Eta(self) -> Any:
        """The named tuple of the random effects between patients."""
        return _named_tuples(self.individual)["eta"]

    @property
    def Patient(self) -> Any:
        """The named tuple of bedside values that `covariates` takes; `Patient` where it does not say."""
        hints = _named_tuples(self.covariates)
        return _kind_of_patient(next((hint for name, hint in hints.items() if name != "return"), None))

    @property
    def Covariates(self) -> Any:
        """The named tuple of the model's covariates."""
        return _named_tuples(self.individual)["x"]

    @property
    def Parameters(self) -> Any:
        """The named tuple of the individual parameters."""
        return _named_tuples(self.individual)["return"]

    @property
    def no_eta(self) -> Any:
        """The random effects of the typical patient: all zero."""
        return self.Eta(*[0.0] * len(self.Eta._fields))

    def omega_matrix(self) -> list[list[float]]:
        """Variances and covariances of the etas, in the order of `Eta`."""
        names = self.Eta._fields

        def entry(a: str, b: str) -> float:
            if a == b:
                return self.omega[a]
            return self.covariance.get((a, b), self.covariance.get((b, a), 0.0))

        return [[entry(a, b) for b in names] for a in names]

    def omega_root(self) -> list[list[float]]:
        """Lower triangular L with L L' = omega: what makes random effects of independent standard normal draws.

        An eta that has no variance, or none left once those before it are known, gets no draw of its own.

        Raises:
            ValueError: there is none; the eta is named.
        """
        names, omega = self.Eta._fields, self.omega_matrix()
        root = [[0.0] * len(names) for _ in names]
        for i, eta in enumerate(names):
            for j in range(i + 1):
                left = omega[i][j] - sum(root[i][m] * root[j][m] for m in range(j))
                if j < i and root[j][j] > 0.0:
                    root[i][j] = left / root[j][j]
                elif j == i and left > _ROUNDING * omega[i][i]:
                    root[i][i] = math.sqrt(left)
                elif not abs(left) <= _ROUNDING * math.sqrt(omega[i][i] * omega[j][j]):
                    raise ValueError(
                        f"{self.name}: omega.{eta}: {omega[i][i]:g}: with the covariances of {eta} and those before "
                        "it the matrix is not positive definite: no correlation may leave a negative variance"
                    )
        return root


def _of_fields(values: dict[str, Any]) -> Drug:
    return Drug(**unpacked(values))


@dataclass(frozen=True, kw_only=True)
class Population:
    """A virtual population: a patient as a function of independent standard normal draws.

    `sample(z)` takes a named tuple of standard normals and returns a patient of the kind that it is annotated with
    (`Population.Patient`); `keep(patient)` states the published ranges: a patient outside them is drawn again.
    """

    name: str
    title: str
    sample: Callable[[Any], Any]
    keep: Callable[[Any], bool]
    units: Mapping[str, tuple[str, float, float]] = field(default_factory=dict)  # of bedside values: unit, low, high

    @property
    def Draws(self) -> Any:
        """The named tuple of standard normals that `sample` takes."""
        return _named_tuples(self.sample)["z"]

    @property
    def Patient(self) -> Any:
        """The named tuple of bedside values that `sample` returns; `Patient` where it does not say."""
        return _kind_of_patient(_named_tuples(self.sample).get("return"))


def require_patients(model: Drug | Population, kind: Any, who: str) -> None:
    """Refuse a drug or population of another kind of patient.

    Args:
        model: the drug or population.
        kind: the named tuple of the patients that are known.
        who: who knows them, for the message.

    Raises:
        ValueError: its patients are of another kind; both are named.
    """
    if model.Patient is not kind:
        own, known = model.Patient.__name__, kind.__name__
        raise ValueError(f"{model.name}: its patients are of the kind {own}: {who} knows only the kind {known}")


def _kind_of_patient(hint: Any) -> Any:
    """What a function was annotated with, if that is a named tuple."""
    return hint if hasattr(hint, "_fields") else Patient


@functools.cache
def _named_tuples(function: Callable[..., Any]) -> dict[str, Any]:
    """Those that a function of a drug or population is annotated with: looking them up takes longer than a dose."""
    return typing.get_type_hints(function)


def _require_nonnegative(what: str, value: float) -> None:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{what}: {value!r} is not a finite number of at least 0")


def _require_names(drug: str, what: str, expected: tuple[str, ...], given: tuple[str, ...]) -> None:
    if expected != given:
        raise ValueError(f"{drug}: {what} names {', '.join(given)}, but its named tuple has {', '.join(expected)}")


DrugLike = str | Path | Drug  # a model of the catalogue by its name, of a file by its path, or itself


def drug_of(model: DrugLike) -> Drug:
    """The drug that is meant. A Python file is one only of a name that the user gave, see `catalogue.given`.

    Raises:
        ValueError: no such name, or a file that describes no drug.
    """
    if isinstance(model, Drug):
        return model
    return catalogue.load("drugs", model if isinstance(model, str) else str(model))  # type: ignore[no-any-return]


def model_title(name: str) -> str:
    """The paper behind a drug's name, what follows the year in brackets: vancomycin_goti2018 -> Goti 2018."""
    found = re.search(r"([a-z]+)(\d{4})(?:_(\w+))?$", name)
    if found is None:
        return name
    return f"{found[1].capitalize()} {found[2]}" + (f" ({found[3]})" if found[3] else "")
