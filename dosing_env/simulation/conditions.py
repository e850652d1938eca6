"""Covariates over time: constants or a table of steps, as the drug's own covariates or as bedside values."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

from dosing_env.catalogue import unknown
from dosing_env.pharmacology import Drug, Patient
from dosing_env.simulation.cells import Cell, Row, columns_of, read_rows
from dosing_env.simulation.events import subject_of

_HEADINGS = ("ID", "TIME")


class Step(NamedTuple):
    """The covariates from a time on."""

    time: float  # h
    x: Any  # the drug's named tuple of covariates


class Reading(NamedTuple):
    """How the covariates were given: these fields, made into the drug's covariates by this function."""

    fields: tuple[str, ...]
    make: Callable[..., Any]


def read_covariates(drug: Drug, covariates: Any) -> dict[Hashable, list[Step]]:
    """The covariates of each subject, at ascending times from 0 on; without ID there is the one subject None.

    Args:
        drug: whose covariates they are.
        covariates: None, a dict or named tuple of constants, or a table (DataFrame or list of dicts).

    Raises:
        ValueError: names that are neither the drug's covariates nor those of `Patient`, or values missing.
    """
    if covariates is None:
        covariates = {}
    if hasattr(covariates, "_asdict"):
        covariates = covariates._asdict()
    if isinstance(covariates, Mapping):
        return {None: [Step(0.0, _constant(drug, covariates))]}
    rows = read_rows("covariates", covariates, _HEADINGS)
    if not rows:
        return read_covariates(drug, None)
    columns = columns_of(rows)
    reading = reading_of(drug, [column for column in columns if column not in _HEADINGS])
    subjects: dict[Hashable, list[Row]] = {}
    for row in rows:
        subjects.setdefault(subject_of(row) if "ID" in columns else None, []).append(row)
    return {subject: _steps(reading, mine, "TIME" in columns) for subject, mine in subjects.items()}


def reading_of(drug: Drug, names: list[str]) -> Reading:
    """Whether these are the drug's own covariates or bedside values.

    Raises:
        ValueError: they are neither; the nearest right answer is named.
    """
    own, bedside = drug.Covariates._fields, Patient._fields
    if set(names) == set(own):
        return Reading(own, drug.Covariates)
    if set(names) == set(bedside):
        return Reading(bedside, lambda **values: from_bedside(drug, Patient(**values)))
    everything = list(dict.fromkeys(own + bedside))
    for name in names:
        if name not in everything:
            raise ValueError(f"covariates: {unknown('covariate', name, everything)}")
    nearest = bedside if set(names) & (set(bedside) - set(own)) else own
    wrong = [name for name in nearest if name not in names] or [name for name in names if name not in nearest]
    what = "missing" if wrong[0] not in names else "too many"
    raise ValueError(
        f"covariates: {', '.join(wrong)}: {what}. {drug.name} takes {', '.join(own) or 'none'}; "
        f"or else all the bedside values {', '.join(bedside)}"
    )


def from_bedside(drug: Drug, patient: Patient) -> Any:
    """The drug's covariates of a patient.

    Raises:
        ValueError: they cannot be computed, for example with a creatinine of 0.
    """
    try:
        return drug.covariates(patient)
    except ArithmeticError as error:
        raise ValueError(f"covariates: {drug.name} cannot use {patient}: {error}") from None


def _constant(drug: Drug, values: Mapping[str, Any]) -> Any:
    reading = reading_of(drug, list(values))
    return reading.make(
        **{name: Cell("covariates", None, name, values[name]).number(least=0.0) for name in reading.fields}
    )


def _steps(reading: Reading, rows: list[Row], timed: bool) -> list[Step]:
    """One step per row; an empty cell carries the last value forward."""
    steps: list[Step] = []
    values: dict[str, float] = {}
    for row in rows:
        time = row["TIME"].number(None if timed else 0.0, least=0.0)
        _require_next(row["TIME"], time, steps)
        values = {name: row[name].number(values.get(name), least=0.0) for name in reading.fields}
        steps.append(Step(time, reading.make(**values)))
    return steps


def _require_next(cell: Cell, time: float, steps: list[Step]) -> None:
    if not steps and time > 0.0:
        raise cell.wrong("the first row of a subject is at time 0: what holds before is not known")
    if steps and time <= steps[-1].time:
        raise cell.wrong(f"times ascend within a subject, and the row before is at {steps[-1].time:g} h")
