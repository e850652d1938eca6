"""A model file (TOML) of the user's own -> `Drug`. docs/models.md says how to write one.

Its expressions are read by our grammar (expressions.py): a model file cannot run code.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta, Struct

from dosing_env.catalogue import unknown
from dosing_env.interchange import equations
from dosing_env.interchange.equations import ETA, HOW_DOSES_ENTER, MOST, Equations
from dosing_env.interchange.expressions import Tree, checked_name, names, parse
from dosing_env.io import printable
from dosing_env.io.records import decode
from dosing_env.pharmacology import Assay, Drug

Natural = Annotated[float, Meta(ge=0)]
Expression = str | float

LONGEST = 50_000  # characters of all expressions: more take a compiler minutes

_HEADINGS = ("ID", "TIME")  # of a table of covariates over time


class Units(Struct, frozen=True, forbid_unknown_fields=True):
    """What the file counts in."""

    time: str = "h"
    amount: str = "mg"


class Compartment(Struct, frozen=True, forbid_unknown_fields=True):
    """A state: its derivative without doses, and how doses enter."""

    name: str
    derivative: Expression
    initial: Expression = 0.0
    bioavailability: Expression = 1.0
    lag: Expression = 0.0
    duration: Expression = 0.0
    infusion_rate: Expression = 0.0


class Pair(Struct, frozen=True, forbid_unknown_fields=True):
    """How two random effects go together."""

    etas: tuple[str, str]
    covariance: float | None = None
    correlation: Annotated[float, Meta(ge=-1, le=1)] | None = None


class Residual(Struct, frozen=True, forbid_unknown_fields=True):
    """Error of a measured level, and below what it is not quantified."""

    proportional: Natural = 0.0
    additive: Natural = 0.0
    lloq: Natural = 0.0
    unit: str = "mg/L"
    form: str = "combined2"


class Model(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The file. What is keyed by the user's names is checked here, not by the decoder."""

    title: str
    source: str = ""  # where the numbers are from
    dosed: str = ""  # compartment of doses that name none; empty: the first
    units: Units = Units()
    covariates: dict[str, Any] = {}  # name -> unit
    parameters: dict[str, Any] = {}  # name -> expression in covariates, random effects and the parameters above
    omega: dict[str, Any] = {}  # random effect -> variance
    covariance: tuple[Pair, ...] = ()
    occasion: dict[str, Any] = {}  # random effect -> variance between occasions
    compartments: Annotated[tuple[Compartment, ...], Meta(min_length=1, max_length=MOST)]
    outputs: dict[str, Any] = {}  # name -> expression; the first is what is measured
    assay: Residual


@printable.refusals()
def read_drug(path: Path) -> Drug:
    """The drug of a model file, named after the file.

    Raises:
        ValueError: one line with file, field, value, rule and the nearest right answer.
    """
    model = decode(path, Model)
    try:
        return _drug(model, path.stem)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _drug(model: Model, name: str) -> Drug:
    _check_names(model)
    _check_size(model)
    omega = {eta: _number(f"omega.{eta}", value, 0.0) for eta, value in model.omega.items()}
    occasion = {eta: _number(f"occasion.{eta}", value, 0.0) for eta, value in model.occasion.items()}
    covariance = dict(_covariances(model, omega))
    _check_definite(omega, covariance)
    for field in ("proportional", "additive", "lloq"):
        _number(f"assay.{field}", getattr(model.assay, field), 0.0)
    return equations.drug(
        _equations(model),
        name=name,
        title=model.title,
        omega=omega,
        covariance=covariance,
        occasion=occasion,
        assay=Assay(**msgspec.structs.asdict(model.assay)),
        dosed=_dosed(model),
        time_unit=model.units.time,
        amount_unit=model.units.amount,
    )


def _check_size(model: Model) -> None:
    """All expressions together are short enough to be compiled in minutes."""
    texts = [*model.parameters.values(), *model.outputs.values()]
    texts += [getattr(one, key) for one in model.compartments for key in ("derivative", *HOW_DOSES_ENTER)]
    size = sum(len(text) for text in texts if isinstance(text, str))
    if size > LONGEST:
        raise ValueError(f"its expressions have {size:,} characters; those of a model have at most {LONGEST:,}")


# --- names ---


def _check_names(model: Model) -> None:
    """Every name can stand in an expression and means one thing; every random effect that is spoken of exists."""
    seen: dict[str, str] = {}
    for field, name in _names(model):
        checked_name(name, field)
        if name in seen:
            raise ValueError(f"{field}: {name!r} stands in {seen[name]} already")
        if name.startswith(ETA):
            raise ValueError(f"{field}: {name!r}: names that begin with {ETA} are random effects, listed in [omega]")
        if field == "covariates" and name.upper() in _HEADINGS:
            raise ValueError(f"{field}: {name!r} is the heading of another column of an event table")
        seen[name] = field
    for field in ("omega", "outputs"):
        for name in getattr(model, field):
            checked_name(name, field)
    for eta in model.occasion:
        _known(f"occasion.{eta}", "random effect", eta, model.omega)


def _names(model: Model) -> Iterator[tuple[str, str]]:
    for field in ("covariates", "parameters", "omega", "outputs"):
        if len(getattr(model, field)) > MOST:
            raise ValueError(f"{field}: more than {MOST}")
    yield from (("covariates", name) for name in model.covariates)
    yield from (("parameters", name) for name in model.parameters)
    yield from ((f"compartments[{i}].name", one.name) for i, one in enumerate(model.compartments))


def _known(field: str, what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise ValueError(f"{field}: {unknown(what, name, list(known))}")


def _dosed(model: Model) -> int:
    states = [compartment.name for compartment in model.compartments]
    if not model.dosed:
        return 0
    _known("dosed", "compartment", model.dosed, states)
    return states.index(model.dosed)


# --- expressions ---


def _equations(model: Model) -> Equations:
    etas = [f"{ETA}{name}" for name in model.omega]
    parameters: dict[str, Tree] = {}
    for name, value in model.parameters.items():
        below = [other for other in model.parameters if other not in parameters]
        known = [*model.covariates, *etas, *parameters]
        parameters[name] = _parsed(f"parameters.{name}", value, _only(known, {"stands further down": below}))
    used = {name for tree in parameters.values() for name in names(tree)}
    for eta, name in zip(etas, model.omega, strict=True):
        if eta not in used:
            raise ValueError(f"omega.{name}: no parameter contains {eta}")
    return Equations(
        covariates=tuple(model.covariates),
        etas=tuple(model.omega),
        parameters=tuple(parameters.items()),
        compartments=tuple(_compartment(model, i) for i in range(len(model.compartments))),
        outputs=tuple(
            (name, _parsed(f"outputs.{name}", value, _only(_everything(model), {})))
            for name, value in model.outputs.items()
        ),
    )


def _compartment(model: Model, i: int) -> equations.Compartment:
    one = model.compartments[i]
    field = f"compartments[{i}] ({one.name})"
    inputs = [*model.parameters, *model.covariates]
    states = [compartment.name for compartment in model.compartments]
    only_inputs = _only(inputs, {"is a compartment: only parameters and covariates can stand here": states})
    return equations.Compartment(
        name=one.name,
        derivative=_parsed(f"{field}.derivative", one.derivative, _only(_everything(model), {})),
        **{key: _parsed(f"{field}.{key}", getattr(one, key), only_inputs) for key in HOW_DOSES_ENTER},
    )


def _everything(model: Model) -> list[str]:
    return [*(compartment.name for compartment in model.compartments), *model.parameters, *model.covariates]


def _only(known: Collection[str], elsewhere: Mapping[str, Collection[str]]) -> Callable[[str], str | None]:
    """A check that a name is known; names that are known elsewhere are told why they are not here."""

    def check(name: str) -> str | None:
        if name in known:
            return None
        for why, others in elsewhere.items():
            if name in others:
                return f"{name!r} {why}"
        return unknown("name", name, list(known))

    return check


def _parsed(field: str, value: Any, check: Callable[[str], str | None]) -> Tree:
    if isinstance(value, str):
        return parse(value, field, check)
    number = _number(field, value)
    return parse(repr(number), field)


def _number(field: str, value: Any, least: float = -math.inf) -> float:
    """A number of the file.

    Raises:
        ValueError: it is none, not finite, or too small.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{field}: {value!r} is no number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{field}: {number} is not finite")
    if number < least:
        raise ValueError(f"{field}: {number:g} is below {least:g}")
    return number


# --- variability ---


def _covariances(model: Model, omega: Mapping[str, float]) -> Iterator[tuple[tuple[str, str], float]]:
    seen: set[frozenset[str]] = set()
    for i, pair in enumerate(model.covariance):
        field, (a, b) = f"covariance[{i}]", pair.etas
        for eta in pair.etas:
            _known(f"{field}.etas", "random effect", eta, omega)
        if a == b or frozenset(pair.etas) in seen:
            raise ValueError(f"{field}.etas: {a!r} and {b!r}: two different ones, and each pair once")
        if (pair.covariance is None) == (pair.correlation is None):
            raise ValueError(f"{field}: give either the covariance or the correlation")
        seen.add(frozenset(pair.etas))
        value = pair.covariance
        if pair.correlation is not None:
            value = pair.correlation * math.sqrt(omega[a] * omega[b])
        yield (a, b), _number(field, value)


def _check_definite(omega: Mapping[str, float], covariance: Mapping[tuple[str, str], float]) -> None:
    etas = list(omega)
    matrix = np.diag([omega[eta] for eta in etas])
    for (a, b), value in covariance.items():
        i, j = etas.index(a), etas.index(b)
        matrix[i, j] = matrix[j, i] = value
        if abs(value) > math.sqrt(omega[a] * omega[b]):
            raise ValueError(f"covariance: {value:g} of {a} and {b} is above the root of their variances' product")
    if etas and np.linalg.eigvalsh(matrix).min() < -1e-12 * matrix.max():
        raise ValueError(f"covariance: the variances and covariances of {', '.join(etas)} cannot all be true together")
