"""One patient's table: what was given and when, what is known of him now, and when the next dose is due."""

from __future__ import annotations

import math
from collections.abc import Hashable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from dosing_env.inference.problem import posed
from dosing_env.pharmacology import Drug
from dosing_env.simulation import subject
from dosing_env.simulation.cells import Floats, Mask, Table
from dosing_env.simulation.events import COLUMNS, Events
from dosing_env.simulation.tables import Study

_DAY = 24.0  # h: the interval where only one dose was given
_SAME = 1e-9  # h, as `subject` has it


class Pattern(NamedTuple):
    """How the last dose was given: what is not said of the next ones is as there."""

    rate: float  # as RATE of the table
    hours: float  # of the infusion; 0: a bolus, or modelled
    compartment: int  # number from 1
    interval: float  # h


class History(NamedTuple):
    """What happened so far."""

    file: str
    who: Hashable  # ID; None where the table has none
    rows: pd.DataFrame  # records, without covariates
    covariates: pd.DataFrame | None  # the drug's own, with TIME; None: it has none
    given: Floats  # (doses, 3) h, amount, h that the infusion lasts; further doses (ADDL) are spelt out
    pattern: Pattern
    seen: float  # h  the last record
    observation: Mask  # (rows,) whether a record is none of a dose

    @property
    def doses(self) -> pd.DataFrame:
        """The records of doses (and resets)."""
        return self.rows[~self.observation]

    @property
    def now(self) -> dict[str, float]:
        """The newest covariates, by name."""
        if self.covariates is None:
            return {}
        return {str(name): float(value) for name, value in self.covariates.iloc[-1].drop("TIME").items()}

    def next_dose(self, at: float | None) -> float:
        """When the next dose is given: as said, else when it falls due at or after the last record, h.

        Raises:
            ValueError: before what has happened already.
        """
        last, interval = float(self.given[-1, 0]), self.pattern.interval
        if at is None:
            return last + interval * max(1, math.ceil((self.seen - last) / interval - _SAME))
        if not last < at < math.inf:
            raise ValueError(f"at: {at:g}: the next dose comes after the last one of {self.file}, at {last:g} h")
        if at < self.seen:
            raise ValueError(
                f"at: {at:g}: the next dose comes after the last record of {self.file}, at {self.seen:g} h"
            )
        return at


def read_history(drug: Drug, data: Any, covariates: Any, who: object = None) -> History:
    """The history of a patient.

    Args:
        drug: the model.
        data: as for `map_estimate`.
        covariates: as for `map_estimate`.
        who: the ID where there are several.

    Raises:
        ValueError: data that cannot be used; file, row, column, value and rule are named.
    """
    data = str(data) if isinstance(data, Path) else data
    file = data if isinstance(data, str) else "data"
    study, _, _ = posed(drug, data, covariates, "locf")
    table = Table(file, data, COLUMNS)
    _require_agreement(table, study.events)
    place = _place(file, study.who, who)
    events = study.events
    mine = events.codes == (study.mine[place])
    rows = table.frame.loc[mine, [column for column in table.frame if column in COLUMNS]].reset_index(drop=True)
    given, pattern = _given(file, events, mine)
    return History(
        file=file,
        who=study.who[place] if events.subjects != [None] else None,
        rows=rows,
        covariates=_steps(study, place),
        given=given,
        pattern=pattern,
        seen=float(events.time[mine].max()),
        observation=np.isin(events.kind[mine], (0, 2)),
    )


def _place(file: str, known: list[Hashable], who: object) -> int:
    """Which of the patients is meant."""
    names = [_text(name) for name in known]
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    if who is None and len(known) > 1:
        raise ValueError(f"{file}: ID: {shown}: these are {len(known)} patients: say which (--id, id=)")
    if who is None:
        return 0
    if known == [None]:
        raise ValueError(f"id: {who!r}: {file} has no column ID")
    if _text(who) not in names:
        raise ValueError(f"id: {_text(who)!r}: {file} has the patients {shown}")
    return names.index(_text(who))


def _text(name: object) -> str:
    """An ID as it is typed: 2.0 of a column of floats is 2."""
    return str(int(name) if isinstance(name, float) and name.is_integer() else name)


def _require_agreement(table: Table, events: Events) -> None:
    """Refuse two rows that say different things of one time."""
    n = len(table)
    order = np.argsort(events.codes, kind="stable")
    before = np.full(n, -1)  # the subject's row before
    before[order[1:]] = np.where(np.diff(events.codes[order]) == 0, order[:-1], -1)
    same = (before >= 0) & (np.abs(events.time - events.time[before]) <= _SAME)
    measured = ~table.empty("DV") & (table.numbers("MDV", 0.0) == 0.0) & (events.kind == 0.0)
    two = same & measured & measured[before]
    _require_equal(table, "DV", two, before, "one level at one time: which is right? MDV 1 leaves the other out")
    for column in table.columns:
        if column not in COLUMNS:
            both = same & ~table.empty(column) & ~table.empty(column)[before]
            _require_equal(table, column, both, before, "a covariate has one value at one time")


def _require_equal(table: Table, column: str, where: Mask, before: Any, rule: str) -> None:
    if where.any():
        values = table.numbers(column, 0.0)
        good = ~where | (values == values[before])
        row = int(np.argmin(good))
        table.require(good, column, f"row {before[row] + 1} says {values[before[row]]:g} for the same time: {rule}")


def _steps(study: Study, place: int) -> pd.DataFrame | None:
    """The drug's own covariates of a patient, as a table."""
    steps, at = study.steps, study.conditions[place]
    names = study.drug.Covariates._fields
    rows = slice(steps.first[at], steps.last[at])
    return pd.DataFrame(steps.values[rows], columns=[*names]).assign(TIME=steps.times[rows]) if names else None


def _given(file: str, events: Events, mine: Mask) -> tuple[Floats, Pattern]:
    """The doses one by one, in order of time, and how the last one was given."""
    dosed = mine & np.isin(events.kind, (1, 4)) & (events.dose[:, subject.AMT] > 0.0)
    doses = []
    for dose in events.dose[dosed]:
        hours = dose[subject.AMT] / dose[subject.RATE] if dose[subject.RATE] > 0.0 else 0.0
        for k in range(int(dose[subject.ADDL]) + 1):
            doses.append((dose[subject.TIME] + k * dose[subject.II], dose[subject.AMT], hours, dose))
    if not doses:
        raise ValueError(f"{file}: AMT: no dose was given: there is nothing to learn from, and nothing to go on with")
    doses.sort(key=lambda one: one[0])
    time, _, hours, last = doses[-1]
    others = [one[0] for one in doses if one[0] < time - _SAME]
    interval = last[subject.II] or (time - others[-1] if others else _DAY)
    return (
        np.array([one[:3] for one in doses]),
        Pattern(float(last[subject.RATE]), float(hours), int(last[subject.CMT]) + 1, float(interval)),
    )
