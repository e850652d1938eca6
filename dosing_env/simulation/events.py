"""Event tables in the manner of NONMEM: which dose comes when, and when the patient is looked at."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.catalogue import unknown
from dosing_env.pharmacology import Drug
from dosing_env.simulation.cells import Cell, Row, columns_of, read_rows

COLUMNS = ("ID", "TIME", "AMT", "RATE", "II", "ADDL", "CMT", "EVID", "SS")
_SHORTEST = 1e-4  # h: far longer than what `course` calls the same time, so that no part of an infusion is lost

Dose = tuple[float, float, float, float]  # start h, duration h (0: bolus), amount mg, compartment


class Schedule(NamedTuple):
    """One subject's events."""

    doses: NDArray[np.float64]  # (n, 4)  start h, duration h (0: bolus), amount mg, compartment
    observed: tuple[float, ...]  # h  times of the observation rows


def read_events(drug: Drug, events: Any) -> dict[Hashable, Schedule]:
    """The events of each subject, in order of appearance; a table without ID is the one subject None.

    Raises:
        ValueError: a row that cannot be carried out exactly as it stands; row, column, value and rule are named.
    """
    rows = read_rows("events", events, COLUMNS)
    columns = columns_of(rows)
    for column in columns:
        if column not in COLUMNS:
            raise ValueError(f"events: {unknown('column', column, list(COLUMNS))}")
    subjects: dict[Hashable, list[Row]] = {} if "ID" in columns else {None: []}
    for row in rows:
        subjects.setdefault(subject_of(row) if "ID" in columns else None, []).append(row)
    return {subject: _schedule(drug, mine) for subject, mine in subjects.items()}


def subject_of(row: Row) -> Hashable:
    """The subject of a row in a table with subjects."""
    if row["ID"].empty or not isinstance(row["ID"].value, Hashable):
        raise row["ID"].wrong("every row needs a subject")
    return row["ID"].value


def _schedule(drug: Drug, rows: list[Row]) -> Schedule:
    doses: list[Dose] = []
    observed: list[float] = []
    latest = 0.0
    for row in rows:
        time = row["TIME"].number(least=0.0)
        if time < latest:
            raise row["TIME"].wrong(f"rows of a subject are in order of time, and the one before is at {latest:g} h")
        latest = time
        if _is_dose(row):
            doses += _doses(drug, row, time)
        else:
            _require_no_dose(row)
            _compartment(drug, row["CMT"])
            observed.append(time)
    return Schedule(np.array(doses, dtype=np.float64).reshape(len(doses), 4), tuple(observed))


def _is_dose(row: Row) -> bool:
    """EVID 1; where EVID is not given, whether anything of a dose is."""
    _require_zero(row["SS"], "steady-state doses (SS) are not supported: give the doses that lead to it")
    if row["EVID"].empty:
        return any(row[column].number(0.0) != 0.0 for column in ("AMT", "RATE", "II", "ADDL"))
    kind = row["EVID"].number()
    if kind not in (0.0, 1.0):
        raise row["EVID"].wrong("only 0 (observation) and 1 (dose) are supported")
    return kind == 1.0


def _require_no_dose(row: Row) -> None:
    for column in ("AMT", "RATE", "II", "ADDL"):
        _require_zero(row[column], "an observation (EVID 0) has no dose: must be 0 or empty")


def _require_zero(cell: Cell, rule: str) -> None:
    if cell.number(0.0) != 0.0:
        raise cell.wrong(rule)


def _doses(drug: Drug, row: Row, time: float) -> list[Dose]:
    """The dose of a row and the ADDL further ones, one every II hours."""
    amount, duration = row["AMT"].number(least=0.0), _duration(row)
    compartment = float(_compartment(drug, row["CMT"]))
    further, interval = row["ADDL"].whole(0), row["II"].number(0.0, least=0.0)
    if further and not interval:
        raise row["ADDL"].wrong("further doses (ADDL) need their interval in II, h")
    if interval and row["ADDL"].empty:
        raise row["II"].wrong("an interval (II) needs the number of further doses in ADDL")
    return [(time + k * interval, duration, amount, compartment) for k in range(further + 1)] if amount else []


def _duration(row: Row) -> float:
    """Duration of the infusion, h; 0 for a bolus."""
    amount, rate = row["AMT"].number(least=0.0), row["RATE"].number(0.0)
    if rate < 0.0:
        raise row["RATE"].wrong("modelled rates and durations are not supported: 0 for a bolus, mg/h for an infusion")
    if rate == 0.0 or amount == 0.0:
        return 0.0
    duration = amount / rate
    if not _SHORTEST <= duration < math.inf:
        raise row["RATE"].wrong(f"the infusion would last {duration:g} h; give 0 for a bolus")
    return duration


def _compartment(drug: Drug, cell: Cell) -> int:
    """Index of the compartment: of its number from 1, or of its name; the drug's own where 0 or empty."""
    names = [name.casefold() for name in drug.compartments]
    if isinstance(cell.value, str) and cell.value.strip().casefold() in names:
        return names.index(cell.value.strip().casefold())
    listed = ", ".join(f"{number} {name}" for number, name in enumerate(drug.compartments, start=1))
    try:
        number = cell.number(0.0)
    except ValueError:
        number = math.nan
    if number not in range(len(names) + 1):
        raise cell.wrong(f"{drug.name} has the compartments {listed}")
    return int(number) - 1 if number else drug.dosed
