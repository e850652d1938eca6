"""Event tables in the manner of NONMEM: which dose comes when, and when the patient is looked at.

Columns, whatever their case: ID (subject), TIME (h, from 0), EVID (0 observation, 1 dose, 2 other, 3 reset, 4 reset and
dose; empty: a dose if it has an amount), AMT (mg), RATE (mg/h; 0: bolus; -1, -2: rate or duration modelled by the
drug), ADDL further doses every II hours, SS (1: steady state of the dose repeated every II, 2: added to what is there),
CMT (number from 1, or name; 0 or empty: where the drug is usually given), OCC (number of the occasion, for
random effects between occasions). DV, MDV, BLQ, CENS and LIMIT may stand there and are not used. Other columns are
covariates.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.catalogue import unknown
from dosing_env.pharmacology import Drug
from dosing_env.simulation import subject
from dosing_env.simulation.cells import Floats, Mask, Table, as_floats, has_text, ordered
from dosing_env.simulation.conditions import OCCASION, Steps, occasions_of, steps_of
from dosing_env.simulation.subjects import Names

DOSING = ("AMT", "RATE", "II", "ADDL", "SS")
MEASURED = ("DV", "MDV", "BLQ", "CENS", "LIMIT")
COLUMNS = ("ID", "TIME", "EVID", *DOSING, "CMT", *MEASURED)
LATEST = 4e6  # h: later, neighbouring floats are further apart than what `course` calls the same time
_SHORTEST = 1e-4  # h: far longer than that, so that no part of an infusion is lost
_MOST_FURTHER = 100_000  # doses of one record


class Events(NamedTuple):
    """The events of every subject."""

    subjects: list[Hashable]
    codes: NDArray[np.intp]  # (rows,) number of the subject
    time: Floats  # (rows,) h
    kind: Floats  # (rows,) EVID
    dose: Floats  # (rows, WIDTH) as `subject` has it; KIND is not set
    steady: Floats  # (rows,) SS
    steps: Steps | None  # the covariates that stand in the table, perhaps with occasions
    occasions: Steps | None  # the occasions, where they stand there alone


def read_events(drug: Drug, events: Any, carry: str = "locf") -> Events:
    """The checked events of a table: DataFrame, list of dicts or CSV file.

    Raises:
        ValueError: a row that cannot be carried out exactly as it stands; table, row, column, value and rule are named.
    """
    name = str(events) if isinstance(events, str | Path) else "events"
    own = drug.Covariates._fields
    headings = (*COLUMNS, OCCASION) if OCCASION not in own else COLUMNS
    table = Table(name, events, headings)
    covariates = [column for column in table.columns if column not in COLUMNS]
    for column in covariates:
        if column not in (*own, *drug.Patient._fields, OCCASION):
            raise ValueError(f"{name}: {unknown('column', column, [*COLUMNS, *own])}")
    subjects, codes = table.subjects()
    time = _times(drug, table, codes)
    kind = _kinds(table)
    dose, steady = _doses(drug, table, time, kind)
    steps = occasions = None
    if covariates == [OCCASION] and OCCASION not in own:
        occasions = occasions_of(table, carry)
    elif covariates:
        steps = steps_of(drug, table, ["TIME", *covariates], carry, events=True)
    return Events(subjects, codes, time, kind, dose, steady, steps, occasions)


def of_subjects(events: Events, mine: NDArray[np.intp]) -> Events:
    """The events of these subjects only (by their place in the table), each one's rows together; without covariates."""
    order, first, last = ordered(events.codes, len(events.subjects))
    counts = (last - first)[mine]
    begin = np.repeat(first[mine] - np.cumsum(counts) + counts, counts)
    rows = order[begin + np.arange(len(begin))]
    return Events(
        [events.subjects[s] for s in mine],
        np.repeat(np.arange(len(mine)), counts),
        events.time[rows],
        events.kind[rows],
        events.dose[rows],
        events.steady[rows],
        steps=None,
        occasions=None,
    )


def for_each(events: Events, who: Names) -> Events:
    """The events of everybody, where they stand in the table once for all."""
    if events.subjects != [None] or len(who) == 1:
        return events._replace(subjects=list(who))
    n = len(who)
    return events._replace(
        subjects=list(who),
        codes=np.repeat(np.arange(n), len(events.time)),
        time=np.tile(events.time, n),
        kind=np.tile(events.kind, n),
        dose=np.tile(events.dose, (n, 1)),
        steady=np.tile(events.steady, n),
    )


def _times(drug: Drug, table: Table, codes: NDArray[np.intp]) -> Floats:
    time = table.numbers("TIME", least=0.0)
    table.require(time <= LATEST, "TIME", f"must be at most {LATEST:,.0f} {drug.time_unit}")
    table.require_order("TIME", time, codes, strictly=False)
    return time


def _kinds(table: Table) -> Floats:
    """EVID; where it is empty, 1 for a row with anything of a dose."""
    given = np.zeros(len(table), dtype=bool)
    for column in DOSING:
        given |= table.numbers(column, 0.0) != 0.0
    kind = np.where(table.empty("EVID"), given, table.numbers("EVID", 0.0))
    table.require(np.isin(kind, (0, 1, 2, 3, 4)), "EVID", "must be 0 observation, 1 dose, 2 other, 3 reset or 4 both")
    no_dose = np.isin(kind, (0, 2, 3))
    for column in DOSING:
        rule = "a row that is no dose (EVID 0, 2, 3) must have 0 or nothing here"
        table.require(~no_dose | (table.numbers(column, 0.0) == 0.0), column, rule)
    for column in MEASURED:
        table.numbers(column, 0.0)
    return kind


def _doses(drug: Drug, table: Table, time: Floats, kind: Floats) -> tuple[Floats, Floats]:
    """Every row as a record of `subject`, and its SS."""
    dosed = np.isin(kind, (1, 4))
    amount = table.numbers("AMT", 0.0, least=0.0)
    table.require(~dosed | ~table.empty("AMT"), "AMT", "a dose (EVID 1, 4) needs an amount")
    rate, interval = table.numbers("RATE", 0.0), table.numbers("II", 0.0, least=0.0)
    further, steady = table.whole("ADDL", 0.0, _MOST_FURTHER), table.whole("SS", 0.0)
    _check_repeats(drug, table, amount, interval, further, steady)
    _check_rates(drug, table, amount, rate, steady)
    columns = (time, np.zeros(len(table)), amount, rate, interval, further, _compartments(drug, table))
    return np.column_stack(columns), steady


def _check_repeats(drug: Drug, table: Table, amount: Floats, interval: Floats, further: Floats, steady: Floats) -> None:
    repeats = further > 0.0
    table.require(~repeats | (interval > 0.0), "ADDL", "further doses (ADDL) need their interval in II")
    table.require(
        (interval == 0.0) | ((interval >= _SHORTEST) & (interval <= LATEST)),
        "II",
        f"an interval is from {_SHORTEST:g} to {LATEST:,.0f} {drug.time_unit} long",
    )
    alone = (interval > 0.0) & table.empty("ADDL") & (steady == 0.0)
    table.require(~alone, "II", "an interval (II) needs the number of further doses in ADDL, or SS")
    table.require(np.isin(steady, (0, 1, 2)), "SS", "must be 0, 1 (set the steady state) or 2 (add it)")
    bolus = (steady > 0.0) & (amount > 0.0)
    table.require(~bolus | (interval > 0.0), "SS", "the steady state of a dose needs its interval in II")
    endless = (steady > 0.0) & (amount == 0.0)
    rule = "the steady state of an endless infusion (AMT 0) has no interval: II and ADDL must be 0"
    table.require(~endless | ((interval == 0.0) & ~repeats), "II", rule)
    if not drug.linear:
        table.require(
            steady != 2.0, "SS", f"{drug.name} is not linear: a steady state cannot be added to what is there"
        )


def _check_rates(drug: Drug, table: Table, amount: Floats, rate: Floats, steady: Floats) -> None:
    table.require((rate >= 0.0) | np.isin(rate, (-1, -2)), "RATE", "must be at least 0, or -1 or -2 where modelled")
    for code, what, model in ((-1.0, "infusion rate", drug.infusion_rate), (-2.0, "duration", drug.duration)):
        table.require((rate != code) | (model is not None), "RATE", f"{drug.name} has no modelled {what}")
    endless = (rate != 0.0) & (amount == 0.0)
    table.require(~endless | (steady > 0.0), "RATE", "a rate without an amount (AMT 0) is for steady states (SS) only")
    table.require(~(endless & (rate == -2.0)), "RATE", "an infusion without end (AMT 0) has no duration")
    infused = (rate > 0.0) & (amount > 0.0)
    with np.errstate(over="ignore"):
        hours = np.divide(amount, rate, out=np.ones(len(table)), where=infused)
    table.require(
        hours >= _SHORTEST,
        "RATE",
        f"the infusion would last less than {_SHORTEST:g} {drug.time_unit}: give 0 for a bolus",
    )
    table.require(hours < math.inf, "RATE", "the infusion would never end")


def _compartments(drug: Drug, table: Table) -> Floats:
    """Index of each row's compartment: of its number from 1, or of its name; the drug's own where 0 or empty."""
    if "CMT" not in table.frame:
        return np.full(len(table), float(drug.dosed))
    numbers = {name.casefold(): number for number, name in enumerate(drug.compartments, start=1)}
    values = table.frame["CMT"]
    if has_text(values):
        values = values.map(lambda value: numbers.get(str(value).strip().casefold(), value))
    number = np.where(table.empty("CMT"), 0.0, as_floats(values))
    listed = ", ".join(f"{number} {name}" for number, name in enumerate(drug.compartments, start=1))
    table.require(np.isin(number, range(len(numbers) + 1)), "CMT", f"{drug.name} has the compartments {listed}")
    return np.where(number == 0.0, drug.dosed, number - 1.0)


class Records(NamedTuple):
    """The events broken down into what `subject` carries out, and looks at given times."""

    rows: Floats  # (n, WIDTH)
    first: NDArray[np.intp]  # per subject: its first row, and the one after its last
    last: NDArray[np.intp]
    looks: NDArray[np.intp]  # per subject: number of its LOOKs
    seen: Floats  # their times, of one subject after the other


def records_of(events: Events, times: Floats) -> Records:
    """Records of every subject, with a LOOK at each of `times` where its observations do not look already.

    A LOOK at the time of a record comes before its dose, but after what a reset or a steady state sets.
    """
    rows = np.arange(len(events.time))
    dosed = np.isin(events.kind, (1, 4))
    parts = [  # kind, rows
        (subject.RESET, rows[np.isin(events.kind, (3, 4))]),
        (subject.STEADY, rows[events.steady == 1.0]),
        (subject.STEADY_TOO, rows[events.steady == 2.0]),
        (subject.DOSE, rows[dosed & (events.dose[:, subject.AMT] > 0.0)]),
        (subject.LOOK, rows[np.isin(events.kind, (0, 2))]),
    ]
    records, places = [], []
    for after, (kind, where) in enumerate(parts):
        record = events.dose[where]
        record[:, subject.KIND] = kind
        records.append(record)
        places.append(np.column_stack([events.codes[where], where + 0.1 * after]))
    looks = _looks(events, times)
    everything = np.concatenate([*records, looks[0]])
    place = np.concatenate([*places, looks[1]])
    order = np.lexsort((place[:, 1], np.round(everything[:, subject.TIME], 9), place[:, 0]))
    everything, codes = everything[order], place[order, 0].astype(np.intp)
    edges = np.searchsorted(codes, np.arange(len(events.subjects) + 1))
    look = everything[:, subject.KIND] == subject.LOOK
    counts = np.bincount(codes[look], minlength=len(events.subjects))
    return Records(everything, edges[:-1], edges[1:], counts, everything[look, subject.TIME])


def _looks(events: Events, times: Floats) -> tuple[Floats, Floats]:
    """A LOOK at each of `times` for every subject, and its place: subject, and row after which it comes."""
    subjects = len(events.subjects)
    looks = np.zeros((subjects * len(times), subject.WIDTH))
    looks[:, subject.TIME] = np.tile(times, subjects)
    place = np.column_stack([np.repeat(np.arange(subjects), len(times)), np.full(len(looks), -1.0)])
    if len(times):
        setting = np.flatnonzero(np.isin(events.kind, (3, 4)) | (events.steady > 0.0))
        here, at = _in_grid(events, times, setting, 1e-9)
        np.maximum.at(place[:, 1], at, setting[here] + 0.25)  # after RESET and STEADY, before DOSE
    new = np.ones(len(looks), dtype=bool)
    new[_in_grid(events, times, np.flatnonzero(np.isin(events.kind, (0, 2))), 0.0)[1]] = False
    return looks[new], place[new]


def _in_grid(events: Events, times: Floats, rows: NDArray[np.intp], near: float) -> tuple[Mask, NDArray[np.intp]]:
    """Which of the rows have a time of the grid, and the LOOK there."""
    if len(times) == 0:
        return np.zeros(len(rows), dtype=bool), np.zeros(0, dtype=np.intp)
    at = np.minimum(np.searchsorted(times, events.time[rows] - near), len(times) - 1)
    here = np.abs(times[at] - events.time[rows]) <= near
    return here, (events.codes[rows] * len(times) + at)[here]


def last_end(events: Events) -> float:
    """When the last dose of all subjects has ended (as far as the table says), h."""
    _, _, amount, rate, interval, further, _ = events.dose.T
    hours = np.divide(amount, rate, out=np.zeros(len(rate)), where=rate > 0.0)
    return float(np.max(events.time + further * interval + hours, initial=0.0, where=amount > 0.0))
