"""A population as a TOML file: a distribution for each bedside value, correlations, ranges. It cannot run code.

What is compiled is generated from checked names and numbers alone, as for models (`model_files`).
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from pathlib import Path
from statistics import NormalDist
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

from dosing_env import formulas
from dosing_env.catalogue import unknown
from dosing_env.interchange.generated import module
from dosing_env.io.printable import refusals
from dosing_env.io.records import decode, finite
from dosing_env.pharmacology import Population

MOST = 60  # bedside values
NONE = "NONE"  # the draw of a population that draws nothing
Probability = Annotated[float, Meta(gt=0, lt=1, description="a value that all have is a constant")]
Positive = Annotated[float, Meta(gt=0)]

_HEAD = """\
from typing import NamedTuple

from dosing_env.arithmetic import exp, where
from dosing_env.populations._recipe import uniform
"""


class Value(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="is"):
    """A bedside value. Patients outside `low` to `high` are drawn again."""

    drawn: ClassVar[bool] = True

    unit: str = ""
    low: float | None = None
    high: float | None = None

    def text(self, z: str) -> str:
        """The value as an expression in its standard normal draw."""
        raise NotImplementedError


class Normal(Value, tag="normal", frozen=True, kw_only=True):
    """Normal."""

    mean: float
    sd: Positive

    def text(self, z: str) -> str:
        """See `Value`."""
        return f"{self.mean!r} + {self.sd!r} * {z}"


class LogNormal(Value, tag="lognormal", frozen=True, kw_only=True):
    """Its logarithm is normal."""

    median: Positive
    log_sd: Positive

    def text(self, z: str) -> str:
        """See `Value`."""
        return f"{self.median!r} * exp({self.log_sd!r} * {z})"


class Uniform(Value, tag="uniform", frozen=True, kw_only=True):
    """Uniform."""

    least: float
    most: float

    def text(self, z: str) -> str:
        """See `Value`."""
        return f"{self.least!r} + {self.most - self.least!r} * uniform({z})"


class Share(Value, tag="share", frozen=True, kw_only=True):
    """1 in a share of the patients, else 0."""

    p: Probability

    def text(self, z: str) -> str:
        """See `Value`."""
        return f"where({z} < {_quantile(self.p)!r}, 1.0, 0.0)"


class Alleles(Value, tag="alleles", frozen=True, kw_only=True):
    """Copies of an allele, 0 to 2, in Hardy-Weinberg equilibrium."""

    frequency: Probability

    def text(self, z: str) -> str:
        """See `Value`."""
        none, at_most_one = (1.0 - self.frequency) ** 2, 1.0 - self.frequency**2
        return _steps(z, (0.0, 1.0, 2.0), (none, at_most_one))


class Choice(Value, tag="choice", frozen=True, kw_only=True):
    """One of some values, each in a share of the patients."""

    values: Annotated[tuple[float, ...], Meta(min_length=2, max_length=100)]
    shares: tuple[Probability, ...]

    def text(self, z: str) -> str:
        """See `Value`."""
        below = [sum(self.shares[: i + 1]) for i in range(len(self.shares) - 1)]
        return _steps(z, self.values, tuple(below))


class Constant(Value, tag="constant", frozen=True, kw_only=True):
    """The same in all."""

    drawn: ClassVar[bool] = False
    value: float

    def text(self, z: str) -> str:
        """See `Value`."""
        return repr(self.value)


class Formula(Value, tag="formula", frozen=True, kw_only=True):
    """What follows by a function of `formulas` from the values above it, whose names are its arguments."""

    drawn: ClassVar[bool] = False
    formula: str

    def text(self, z: str) -> str:
        """See `Value`."""
        return f"{self.formula}({', '.join(arguments(self.formula))})"


class Correlation(Struct, frozen=True, forbid_unknown_fields=True):
    """Between the standard normal draws of two values."""

    of: tuple[str, str]
    r: Annotated[float, Meta(gt=-1, lt=1)]


class PopulationFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    title: str
    values: dict[str, Normal | LogNormal | Uniform | Share | Alleles | Choice | Constant | Formula]
    source: str = ""
    correlation: tuple[Correlation, ...] = ()


@refusals()
def read_population(path: Path) -> Population:
    """The population of a file.

    Raises:
        ValueError: one line with file, value, rule and the nearest right answer.
    """
    file = decode(path, PopulationFile)
    for broken in _broken(file):
        raise ValueError(f"{path}: {broken}")
    try:
        made = module(source(file))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    units = {
        name: (
            value.unit,
            -math.inf if value.low is None else value.low,
            math.inf if value.high is None else value.high,
        )
        for name, value in file.values.items()
    }
    return Population(name=path.stem, title=file.title, sample=made.sample, keep=made.keep, units=units)


def arguments(formula: str) -> tuple[str, ...]:
    """The bedside values that a formula takes."""
    return tuple(inspect.signature(getattr(formulas, formula)).parameters)


def source(file: PopulationFile) -> str:
    """A module with the functions of the population.

    Raises:
        ValueError: the correlations contradict each other.
    """
    drawn = [name for name, value in file.values.items() if value.drawn]
    used = sorted({value.formula for value in file.values.values() if isinstance(value, Formula)})
    lines = [f"    z_{name} = {text}" for name, text in _correlated(drawn, file.correlation)]
    lines += [f"    {name} = {value.text(f'z_{name}')}" for name, value in file.values.items()]
    fields = "\n".join(f"    {name}: float" for name in file.values)
    keep = [f"(patient.{name} {sign} {limit!r})" for name, sign, limit in _limits(file)]
    return "\n".join(
        (
            _HEAD + "".join(f"from dosing_env.formulas import {name}\n" for name in used),
            "\nclass Draws(NamedTuple):",
            *(f"    {name}: float" for name in drawn or [NONE]),
            f"\n\nclass Patient(NamedTuple):\n{fields}\n",
            "\ndef sample(z: Draws) -> Patient:",
            *lines,
            f"    return Patient({', '.join(file.values)})\n",
            "\ndef keep(patient: Patient) -> bool:",
            f"    return {' & '.join(keep) or 'True'}\n",
        )
    )


def _limits(file: PopulationFile) -> Iterator[tuple[str, str, float]]:
    for name, value in file.values.items():
        if value.low is not None:
            yield name, ">=", value.low
        if value.high is not None:
            yield name, "<=", value.high


def _correlated(drawn: list[str], correlations: tuple[Correlation, ...]) -> Iterator[tuple[str, str]]:
    """Each draw as a sum of independent ones: the rows of the root of the matrix of correlations."""
    n, at = len(drawn), {name: i for i, name in enumerate(drawn)}
    matrix = [[float(i == j) for j in range(n)] for i in range(n)]
    for pair in correlations:
        i, j = (at[name] for name in pair.of)
        matrix[i][j] = matrix[j][i] = pair.r
    root = [[0.0] * n for _ in range(n)]
    for i, name in enumerate(drawn):
        for j in range(i + 1):
            left = matrix[i][j] - sum(root[i][m] * root[j][m] for m in range(j))
            if i == j and left < 1e-9:
                raise ValueError(f"correlation: of {name} with those above it contradict each other")
            root[i][j] = math.sqrt(left) if i == j else left / root[j][j]
        terms = [f"{value!r} * z.{drawn[j]}" for j, value in enumerate(root[i][: i + 1]) if value != 0.0]
        yield name, " + ".join(terms)


def _quantile(p: float) -> float:
    return NormalDist().inv_cdf(p)


def _steps(z: str, values: tuple[float, ...], below: tuple[float, ...]) -> str:
    """Values of which each is taken below a quantile of the draw, the last above all."""
    text = repr(values[-1])
    for value, p in zip(values[-2::-1], below[::-1], strict=True):
        text = f"where({z} < {_quantile(p)!r}, {value!r}, {text})"
    return text


def _broken(file: PopulationFile) -> Iterator[str]:
    """The rules that it breaks, in words."""
    if not 0 < len(file.values) <= MOST:
        yield f"values: {len(file.values)}: a patient has 1 to {MOST}"
    known: list[str] = []
    for name, value in file.values.items():
        yield from _broken_value(name, value, known)
        known.append(name)
    drawn = [name for name, value in file.values.items() if value.drawn]
    for pair in file.correlation:
        for name in pair.of:
            if name not in drawn:
                yield f"correlation.of: {unknown('value that is drawn', name, drawn)}"
        if pair.of[0] == pair.of[1]:
            yield f"correlation.of: {pair.of[0]} with itself"


def _broken_value(name: str, value: Any, known: list[str]) -> Iterator[str]:
    where = f"values.{name}"
    if not (name.isidentifier() and name.isascii()) or name.startswith("_") or name[:2] == "z_" or name == NONE:
        yield f"{where}: a name has letters, digits and underscores, begins with a letter and not with z_"
    for field in value.__struct_fields__:
        said = getattr(value, field)
        if isinstance(said, float) and not finite(said):
            yield f"{where}.{field}: {said} is not finite"
    if value.low is not None and value.high is not None and value.low >= value.high:
        yield f"{where}.low: {value.low:g} is not below high, {value.high:g}"
    if isinstance(value, Uniform) and value.least >= value.most:
        yield f"{where}.least: {value.least:g} is not below most, {value.most:g}"
    if isinstance(value, Choice):
        if len(value.shares) != len(value.values):
            yield f"{where}.shares: {len(value.shares)}, of {len(value.values)} values"
        elif abs(sum(value.shares) - 1.0) > 1e-6:
            yield f"{where}.shares: add up to {sum(value.shares):g}, not to 1"
    if isinstance(value, Formula):
        yield from _broken_formula(where, value.formula, known)


def _broken_formula(where: str, formula: str, known: list[str]) -> Iterator[str]:
    there = [name for name, f in vars(formulas).items() if inspect.isfunction(f) and f.__module__ == formulas.__name__]
    if formula not in there:
        yield f"{where}.formula: {unknown('formula', formula, there)}"
        return
    for name in arguments(formula):
        if name not in known:
            yield f"{where}.formula: {formula} takes {name}, which is no value above it"
