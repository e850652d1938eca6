"""What was simulated as a NONMEM data set: doses, observations and covariates, one record a row, numbers only.

Columns: ID (1 where there is none), TIME, EVID, AMT, RATE, II, ADDL, SS, CMT (0 of an observation: the default
compartment), DV (what was measured, else the level), MDV, BLQ (1: below the limit of quantification, which stands in
DV), the drug's covariates, and OCC where occasions were given. A subject's records stand together, in order of time.
An observation that was seen before a dose of its time stands before it. Subjects who were never seen are left out.

Doses are those really taken: with adherence a missed dose has no record. Time-varying covariates are to be read as they
were simulated: NONMEM's own reading is carry="nocb". Where one changes without a dose or observation there is a record
with EVID 2. A reset with dose (EVID 4) becomes EVID 3 and EVID 1 where the patient was seen in between.

What NONMEM has no record for is left out, with a warning: the trough before a steady-state bolus that is set at that
very time.
"""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dosing_env.catalogue import given
from dosing_env.pharmacology import Drug, DrugLike, drug_of
from dosing_env.simulation import subject
from dosing_env.simulation.adherence import Adherence, require, take
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.chance import world
from dosing_env.simulation.conditions import OCCASION, Steps, read_covariates, with_occasions
from dosing_env.simulation.course import SAME_TIME
from dosing_env.simulation.events import COLUMNS, Events, for_each, of_subjects, read_events
from dosing_env.simulation.subjects import rows_of

Rows = NDArray[np.intp]

HEADINGS = ("ID", "TIME", "EVID", "AMT", "RATE", "II", "ADDL", "SS", "CMT", "DV", "MDV", "BLQ")
WHOLE = ("EVID", "ADDL", "SS", "CMT", "MDV", "BLQ")
_LARGEST = 2.0**53  # the numbers below it are exact
_AFTER_SETTING = 0.25  # of a row: where `simulate` looks at a patient whom the row resets or sets to a steady state


def data_set(drug: DrugLike, events: Any, table: pd.DataFrame, **options: Any) -> pd.DataFrame:
    """The data set of a table that `simulate` made.

    Args:
        drug: as it was given to `simulate`, like `events`.
        events: see `drug`.
        table: what `simulate` returned.
        options: `covariates`, `carry`, `adherence` and `seed` where they were given to `simulate`.

    Raises:
        ValueError: the table is not of these events, or something is no number.
    """
    return next(data_sets(drug, events, [table], **options))


def data_sets(
    drug: DrugLike,
    events: Any,
    tables: Iterable[pd.DataFrame],
    *,
    covariates: Any = None,
    carry: str = "locf",
    adherence: Adherence | None = None,
    seed: int | None = None,
) -> Iterator[pd.DataFrame]:
    """The same for every part that `simulate_in_parts` makes: its subjects' records."""
    model = drug_of(given(drug))
    _check_names(model)
    read = read_events(model, events, carry)
    steps = read_covariates(model, covariates, carry) if read.steps is None else read.steps
    for table in tables:
        who: list[Hashable] = pd.unique(table["ID"]).tolist() if "ID" in table else [None]
        mine = read
        if read.subjects != [None]:
            mine = of_subjects(read, rows_of(read.subjects, _known(who, read.subjects)))
        elif adherence is None:
            mine = for_each(read, who)
        if adherence is not None:
            mine = take(mine, adherence, require(adherence, None if seed is None else world(seed)), who)
        holding = steps if read.occasions is None else with_occasions(steps, read.occasions, who)
        yield _data_set(model, mine, holding, table, who)


def _check_names(drug: Drug) -> None:
    for name in drug.Covariates._fields:
        if name.upper() in COLUMNS:
            raise ValueError(f"{drug.name}: its covariate {name!r} has the heading of another column of a data set")


def _known(who: list[Hashable], subjects: list[Hashable]) -> list[Hashable]:
    """The subjects of the table, who have to be among those of the events."""
    known = set(subjects)
    for name in who:
        if name not in known:
            raise ValueError(f"table: ID: {name!r}: the events have no such subject")
    return who


def _data_set(drug: Drug, events: Events, steps: Steps, table: pd.DataFrame, who: list[Hashable]) -> pd.DataFrame:
    """The records of the subjects of one part."""
    looks = _looks(events, table)
    given = _given(events, looks)
    records = pd.concat([given, looks.loc[looks["row"] < 0].drop(columns="row")], ignore_index=True)
    first = rows_of(steps.subjects, who)
    held = _Held(steps, first)
    records = pd.concat([records, held.changes(records)], ignore_index=True).fillna(0.0)
    records = records.sort_values(["code", "around", "place"], kind="stable", ignore_index=True)
    records["TIME"] = records.groupby("code")["TIME"].cummax()  # where two times are the same but for their rounding
    code = records["code"].to_numpy()
    records["ID"] = _numbers(who)[code]
    records = records[list(HEADINGS)].astype(dict.fromkeys(WHOLE, "int64"))
    rows = held.rows(code, records["TIME"].to_numpy())
    columns = dict(zip(drug.Covariates._fields, steps.values[rows].T, strict=True))
    if (steps.occasions != 0.0).any():
        columns[OCCASION] = steps.occasions[rows].astype(np.int64)
    result = records.assign(**columns)
    amount, time = drug.amount_unit, drug.time_unit
    result.attrs["units"] = {"TIME": time, "AMT": amount, "RATE": f"{amount}/{time}", "II": time, "DV": drug.assay.unit}
    return result


def _given(events: Events, looks: pd.DataFrame) -> pd.DataFrame:
    """The rows of the events as records, with what was seen in those that are looks."""
    dosed = np.isin(events.kind, (1, 4))
    nothing = dosed & (events.steady == 0.0) & (events.dose[:, subject.AMT] == 0.0)
    dose = np.where((dosed & ~nothing)[:, None], events.dose, 0.0)
    records = _frame(events.codes, events.time, np.arange(len(events.time), dtype=float))
    records["EVID"] = np.where(nothing & (events.kind == 4.0), 3.0, events.kind)
    for name, column in (("AMT", subject.AMT), ("RATE", subject.RATE), ("II", subject.II), ("ADDL", subject.ADDL)):
        records[name] = dose[:, column]
    records["SS"] = events.steady
    records["CMT"] = np.where(dosed & ~nothing, events.dose[:, subject.CMT] + 1.0, 0.0)
    records["MDV"] = (events.kind != 0.0).astype(float)
    own = looks[looks["row"] >= 0]
    for name in ("DV", "BLQ"):
        records[name] = 0.0
        records.loc[own["row"], name] = own[name].to_numpy()
    records = records[~(nothing & (events.kind == 1.0))]
    return _split(records, looks["place"].to_numpy() - _AFTER_SETTING)


def _split(records: pd.DataFrame, places: Floats) -> pd.DataFrame:
    """EVID 4 as two records where the patient was seen in between."""
    seen = (records["EVID"] == 4.0) & (records["SS"] == 0.0) & records["place"].isin(places)
    if not seen.any():
        return records
    both = records[seen]
    resets = both.assign(EVID=3.0, AMT=0.0, RATE=0.0, II=0.0, ADDL=0.0, CMT=0.0)
    doses = both.assign(EVID=1.0, place=both["place"] + 2.0 * _AFTER_SETTING)
    return pd.concat([records[~seen], resets, doses])


def _frame(code: Rows, time: Floats, place: Any) -> pd.DataFrame:
    """Records that are sorted by the subject, the time as far as it counts, and the place at that time."""
    return pd.DataFrame({"code": code, "TIME": time, "around": np.round(time, 9), "place": place})


def _looks(events: Events, table: pd.DataFrame) -> pd.DataFrame:
    """What was seen, with its place, and its row of the events or -1.

    Raises:
        ValueError: the table has not the observations of these events.
    """
    code = pd.factorize(table["ID"])[0] if "ID" in table else np.zeros(len(table), dtype=np.intp)
    looks = _frame(code, table["time"].to_numpy(), -1.0)
    looks["DV"] = table["dv" if "dv" in table else "level"].to_numpy()
    looks["BLQ"] = table["blq"].to_numpy() if "blq" in table else 0
    looks["row"] = -1
    asked = np.flatnonzero(np.isin(events.kind, (0, 2)))
    asked = asked[np.lexsort((asked, np.round(events.time[asked], 9), events.codes[asked]))]
    if len(asked):
        wanted = pd.MultiIndex.from_arrays([events.codes[asked], events.time[asked]])
        seen = pd.MultiIndex.from_frame(looks[["code", "TIME"]])
        own = seen.isin(wanted)
        if not seen[own].equals(wanted):
            raise ValueError("table: its rows are not the observations of these events")
        looks.loc[own, "row"] = asked
    return _after_settings(events, looks)


def _after_settings(events: Events, looks: pd.DataFrame) -> pd.DataFrame:
    """The looks, those that come after a reset or a steady state of their time placed there.

    A look before the bolus of a steady state that is set at that time is left out: the record would contain the bolus.
    """
    free = looks[looks["row"] < 0]
    setting = np.flatnonzero(np.isin(events.kind, (3, 4)) | (events.steady > 0.0))
    codes, times = events.codes[setting], events.time[setting]
    look = _last_until(free["code"].to_numpy(), free["TIME"].to_numpy(), codes, times + SAME_TIME)
    here = look >= 0
    here[here] &= np.abs(free["TIME"].to_numpy()[look[here]] - times[here]) <= SAME_TIME
    place, row = looks["place"].to_numpy().copy(), free.index.to_numpy()[look[here]]
    np.maximum.at(place, row, setting[here] + _AFTER_SETTING)
    bolus = (events.steady > 0.0) & (events.dose[:, subject.AMT] > 0.0) & (events.dose[:, subject.RATE] == 0.0)
    left_out = np.isin(place - _AFTER_SETTING, np.flatnonzero(bolus))
    if left_out.any():
        warnings.warn(
            "data set: the trough before a steady-state bolus that is set at that very time is left out: NONMEM has no "
            "record for it",
            stacklevel=2,
        )
    return looks.assign(place=place)[~left_out]


class _Held(NamedTuple):
    """Which covariates hold when."""

    steps: Steps
    mine: Rows  # where each subject stands there

    def table(self) -> tuple[Rows, Rows]:
        """Subject and row of every step."""
        counts = (self.steps.last - self.steps.first)[self.mine]
        code = np.repeat(np.arange(len(counts)), counts)
        return code, np.repeat(self.steps.first[self.mine] - np.cumsum(counts) + counts, counts) + np.arange(len(code))

    def rows(self, code: Rows, time: Floats) -> Rows:
        """The row of the step that holds for these subjects at these times."""
        of, row = self.table()
        begin = self.steps.times[row].copy()
        begin[np.flatnonzero(np.diff(of, prepend=-1))] = -np.inf
        return row[_last_until(of, begin, code, time + (-SAME_TIME if self.steps.late else SAME_TIME))]

    def changes(self, records: pd.DataFrame) -> pd.DataFrame:
        """A record for each time at which the covariates change and nothing else happens."""
        of, row = self.table()
        time = self.steps.times[row]
        records = records.sort_values(["code", "TIME"])
        code, times = records["code"].to_numpy(), records["TIME"].to_numpy()
        before, end = (_last_until(code, times, of, until) for until in (time + SAME_TIME, np.full(len(of), np.inf)))
        times = np.append(times, -np.inf)  # of those that there are not, -1
        changing = (self.steps.last - self.steps.first)[self.mine][of] > 1
        alone = changing & (times[before] < time - SAME_TIME) & (time < times[end])
        return _frame(of[alone], time[alone], 0.0).assign(EVID=2.0, MDV=1.0)


def _last_until(of: Rows, when: Floats, code: Rows, time: Floats) -> Rows:
    """For each subject and time the last of those `of` the subject that is not later; -1 where there is none.

    Args:
        of: subjects, ascending.
        when: times, ascending within a subject.
        code: subjects.
        time: times.
    """
    n = len(of)
    order = np.lexsort((np.arange(n + len(code)) >= n, np.concatenate([when, time]), np.concatenate([of, code])))
    last = np.maximum.accumulate(np.where(order < n, order, -1))
    result = np.empty(n + len(code), dtype=np.intp)
    result[order] = last
    found = result[n:]
    return np.where((found >= 0) & (np.append(of, -1)[found] == code), found, -1)


def _numbers(who: list[Hashable]) -> NDArray[Any]:
    """The subjects as numbers.

    Raises:
        ValueError: one is none, or two are the same.
    """
    numbers = np.array([1 if name is None else _number(name) for name in who])
    if len(set(numbers.tolist())) < len(who):
        raise ValueError("ID: two subjects have the same number")
    return numbers


def _number(name: Any) -> float:
    for kind in (int, float):
        try:
            number = kind(name)
        except (TypeError, ValueError, OverflowError):
            continue
        if abs(number) < _LARGEST and (number == name or isinstance(name, str)):
            return number
    raise ValueError(f"ID: {name!r}: a NONMEM data set holds numbers only")
