"""Covariates over time: constants or a table of steps, as the drug's own covariates or as bedside values."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dosing_env.catalogue import unknown
from dosing_env.io.printable import VALUE, listed
from dosing_env.pharmacology import Drug
from dosing_env.simulation.cells import Floats, Table, ordered
from dosing_env.simulation.subjects import rows_of

OCCASION = "OCC"  # heading of the number of the occasion
HEADINGS = ("ID", "TIME", OCCASION)
_NEVER_NEGATIVE = ("CRCL", OCCASION)  # besides bedside values
CARRY = ("locf", "nocb")  # last value carried forward, next value carried backward


class Steps(NamedTuple):
    """The covariates of every subject, step by step."""

    subjects: list[Hashable]
    first: NDArray[np.intp]  # per subject: its first row, and the one after its last
    last: NDArray[np.intp]
    times: Floats  # (n,) h
    values: Floats  # (n, covariates of the drug)
    occasions: Floats  # (n,) number of the occasion, 0 where none is given
    late: bool  # whether a step counts only after what happens at its time


class Reading(NamedTuple):
    """How the covariates were given: these fields, made into the drug's covariates by this function."""

    fields: tuple[str, ...]
    make: Callable[..., Any]


def read_covariates(drug: Drug, covariates: Any, carry: str = "locf") -> Steps:
    """The covariates of each subject, at ascending times from 0 on; without ID there is the one subject None.

    Args:
        drug: whose covariates they are.
        covariates: None, a dict or named tuple of constants, or a table (DataFrame, list of dicts or file).
        carry: "locf" (a value holds from its time on) or "nocb" (until its time).

    Raises:
        ValueError: names that are neither the drug's covariates nor those of its patients, or values missing.
    """
    if carry not in CARRY:
        raise ValueError(f"carry: {carry!r} is not one of {', '.join(CARRY)}")
    if covariates is None or hasattr(covariates, "_asdict"):
        covariates = {} if covariates is None else covariates._asdict()
    if isinstance(covariates, Mapping):
        table = Table("covariates", [dict(covariates)], drug_headings(drug), row=None)
    else:
        name = str(covariates) if isinstance(covariates, str) or hasattr(covariates, "suffix") else "covariates"
        table = Table(name, covariates, drug_headings(drug))
    return steps_of(drug, table, table.columns, carry)


def drug_headings(drug: Drug) -> tuple[str, ...]:
    """The headings of a table of covariates that are matched whatever their case."""
    return tuple(name for name in HEADINGS if name not in drug.Covariates._fields)


def steps_of(drug: Drug, table: Table, columns: Iterable[str], carry: str, events: bool = False) -> Steps:
    """The steps that a table's columns describe.

    Args:
        drug: whose covariates they are.
        table: with a row per step; of `events` several rows may have one time, and the first need not be at 0.
        columns: the covariates among the table's columns, perhaps with ID, TIME and OCC.
        carry: "locf" or "nocb".
        events: whether the table is one of events.
    """
    headings = drug_headings(drug)
    reading = reading_of(drug, [column for column in columns if column not in headings], table.name)
    if len(table) == 0:
        table = Table(table.name, [{}], headings, row=None)
    subjects, codes = table.subjects()
    order, first, _ = ordered(codes, len(subjects))
    times = table.numbers("TIME", None if "TIME" in columns else 0.0, least=0.0)
    if not events:
        _require_ascending(table, times, codes, order[first])
    natural = {*drug.Patient._fields, *_NEVER_NEGATIVE}
    carried = {name: _carried(table, name, codes, carry, name in natural) for name in reading.fields}
    values = _values(drug, reading, carried, len(table))
    occasions = _occasions(table, codes, carry) if OCCASION in columns else np.zeros(len(table))
    return _arranged(subjects, order, first, times, values, occasions, carry)


def occasions_of(table: Table, carry: str) -> Steps:
    """The occasions that a table of events describes, as steps without covariates."""
    subjects, codes = table.subjects()
    order, first, _ = ordered(codes, len(subjects))
    nothing = np.zeros((len(table), 0))
    return _arranged(subjects, order, first, table.numbers("TIME"), nothing, _occasions(table, codes, carry), carry)


def with_occasions(steps: Steps, occasions: Steps, who: list[Hashable]) -> Steps:
    """The covariates of one table with the occasions of another: a step wherever either changes."""
    if (steps.occasions != 0.0).any():
        raise ValueError(f"covariates: {OCCASION}: it stands in the event table too; give it once")
    a, b = _spread(steps, who), _spread(occasions, who)
    place = np.concatenate([a, b])  # subject, time, and row in its own table
    order = np.lexsort((place[:, 1], place[:, 0]))
    place, of_a = place[order], order < len(a)
    last = np.append((np.diff(place[:, :2], axis=0) != 0.0).any(axis=1), True)  # of those at one time
    here = np.arange(len(order))
    row_a, row_b = (
        place[np.maximum.accumulate(np.where(mine, here, 0))[last], 2].astype(np.intp) for mine in (of_a, ~of_a)
    )
    edges = np.searchsorted(place[last, 0], np.arange(len(who) + 1))
    return Steps(
        who, edges[:-1], edges[1:], place[last, 1], steps.values[row_a], occasions.occasions[row_b], steps.late
    )


def _spread(steps: Steps, who: list[Hashable]) -> Floats:
    """Subject, time and row of the steps of everybody."""
    mine = rows_of(steps.subjects, who)
    counts = steps.last[mine] - steps.first[mine]
    edges = np.append(0, np.cumsum(counts))
    rows = np.arange(edges[-1]) + np.repeat(steps.first[mine] - edges[:-1], counts)
    return np.column_stack([np.repeat(np.arange(len(who)), counts), steps.times[rows], rows])


def reading_of(drug: Drug, names: list[str], table: str = "covariates") -> Reading:
    """Whether these are the drug's own covariates or bedside values.

    Raises:
        ValueError: they are neither; the nearest right answer is named.
    """
    own, bedside = drug.Covariates._fields, drug.Patient._fields
    if set(names) == set(own):
        return Reading(own, drug.Covariates)
    if set(names) == set(bedside):
        return Reading(bedside, lambda **values: from_bedside(drug, drug.Patient(**values)))
    everything = list(dict.fromkeys(own + bedside))
    for name in names:
        if name not in everything:
            raise ValueError(f"{table}: {unknown('covariate', name, everything)}")
    nearest = bedside if set(names) & (set(bedside) - set(own)) else own
    wrong = [name for name in nearest if name not in names] or [name for name in names if name not in nearest]
    what = "missing" if wrong[0] not in names else "too many"
    raise ValueError(
        f"{table}: {listed(wrong, VALUE)}: {what}. {drug.name} takes {listed(own, VALUE) or 'no covariates'}; "
        f"or else all its bedside values (dosing-env show {drug.name})"
    )


def from_bedside(drug: Drug, patient: Any) -> Any:
    """The drug's covariates of a patient.

    Raises:
        ValueError: they cannot be computed, for example with a creatinine of 0.
    """
    try:
        return drug.covariates(patient)
    except ArithmeticError as error:
        raise ValueError(f"covariates: {drug.name} cannot use {patient}: {error}") from None


def _require_ascending(table: Table, times: Floats, codes: NDArray[np.intp], first: NDArray[np.intp]) -> None:
    good = np.ones(len(times), dtype=bool)
    good[first] = times[first] == 0.0
    table.require(good, "TIME", "the first row of a subject is at time 0: what holds before is not known")
    table.require_order("TIME", times, codes, strictly=True)


def _carried(table: Table, name: str, codes: NDArray[np.intp], carry: str, natural: bool) -> Floats:
    """A column, with empty cells filled from the subject's row before (or after); a natural one is never negative."""
    empty = table.empty(name)
    values = table.numbers(name, math.nan, least=0.0 if natural else -math.inf)
    if empty.any():
        groups = pd.Series(np.where(empty, math.nan, values)).groupby(codes)
        filled = groups.ffill() if carry == "locf" else groups.bfill()
        table.require(filled.notna().to_numpy(), name, "a number is needed here")
        return np.asarray(filled, dtype=np.float64)
    return values


def _occasions(table: Table, codes: NDArray[np.intp], carry: str) -> Floats:
    numbers = _carried(table, OCCASION, codes, carry, natural=True)
    whole = (numbers == np.floor(numbers)) & (numbers < 2**32)
    table.require(whole, OCCASION, "the number of an occasion must be a whole number")
    return numbers


def _values(drug: Drug, reading: Reading, carried: dict[str, Floats], rows: int) -> Floats:
    """The drug's covariates of each row, (rows, covariates)."""
    own: Any = drug.Covariates  # a named tuple
    if reading.fields == own._fields:
        columns = [carried[name] for name in own._fields]
        return np.column_stack(columns) if columns else np.zeros((rows, 0))
    bedside = zip(*(column.tolist() for column in carried.values()), strict=True)  # plain floats, whose 1/0 is an error
    makes = (reading.make(**dict(zip(carried, row, strict=True))) for row in bedside)
    return np.array([tuple(x) for x in makes], dtype=float).reshape(rows, len(own._fields))


def _arranged(
    subjects: list[Hashable],
    order: NDArray[np.intp],
    first: NDArray[np.intp],
    times: Floats,
    values: Floats,
    occasions: Floats,
    carry: str,
) -> Steps:
    """Rows of a subject together, each when it begins to count (the first from 0); those that change nothing go."""
    times, values, occasions = times[order], values[order], occasions[order]
    if carry == "nocb":  # a row begins to count after the time of the one before
        times[1:] = times[:-1].copy()
    times[first] = 0.0
    kept = np.ones(len(times), dtype=bool)
    kept[1:] = (np.diff(values, axis=0) != 0.0).any(axis=1) | (np.diff(occasions) != 0.0)
    kept[first] = True
    before = np.concatenate([[0], np.cumsum(kept)])
    last = np.append(first[1:], len(times))
    return Steps(
        subjects, before[first], before[last], times[kept], values[kept], occasions[kept], late=carry == "nocb"
    )
