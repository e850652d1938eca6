"""Event table in, table of amounts and levels out: the simulation without a task or a population."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dosing_env import catalogue
from dosing_env.catalogue import given
from dosing_env.pharmacology import Drug, DrugLike, drug_of
from dosing_env.simulation import subject
from dosing_env.simulation.adherence import Adherence, require, take
from dosing_env.simulation.batch import How, follow
from dosing_env.simulation.cells import Cell, Floats, Table
from dosing_env.simulation.chance import Key, world
from dosing_env.simulation.conditions import Steps, read_covariates, with_occasions
from dosing_env.simulation.control import USUAL
from dosing_env.simulation.effects import Drawn, Effects, as_given, draw, measure, read_effects
from dosing_env.simulation.events import LATEST, Events, Records, last_end, of_subjects, read_events, records_of
from dosing_env.simulation.subjects import common, numbers_of, rows_of

_AFTER = 24.0  # h: how long a patient is followed after the last dose where no times are given
Report = Callable[[int, int, str], None]
_MOST_HOURS = 100_000  # rows of a subject where no times are given
_ROWS_AT_ONCE = 250_000  # of a part: enough to pay for two threads, few enough to stop soon
_MOST_NUMBERS = 2_000_000_000  # of a table: 8 bytes each


def simulate(
    drug: DrugLike,
    events: Any,
    *,
    covariates: Any = None,
    times: Iterable[float] | None = None,
    eta: Any = None,
    solver: str | None = None,
    carry: str = "locf",
    seed: int | None = None,
    subjects: int | range | None = None,
    adherence: Adherence | None = None,
    relative: float | None = None,
    auc: bool = True,
) -> pd.DataFrame:
    """What doses do in patients of known covariates, and of known or drawn random effects.

    Everybody starts at time 0 h with the amounts of a patient without drug. Rows of one time are carried out in their
    order. What is asked for by `times` is seen before the doses of that time (a trough), but after a reset or a steady
    state is set, and with the covariates of that time.

    Args:
        drug: a catalogue name, the path of a .py or .toml file, or a `Drug`.
        events: DataFrame, list of dicts or CSV file: a NONMEM-style table, see `dosing_env.simulation.events`.
        covariates: the drug's own (`drug.Covariates`) or bedside values (all of `drug.Patient`): a dict of constants,
            or a table of steps with TIME (h, from 0; not needed for constants), one column per covariate and, where
            they differ, ID. They may stand in the event table instead.
        times: h, ascending, from 0; joined with the times of observation rows. With neither: every hour until at least
            24 h after the end of the last dose of all subjects.
        eta: random effects by name, those not named are 0; or a table of them with ID.
        solver: "exact", "compiled", "scipy" or another of `SOLVERS`; by default chosen by the drug.
        carry: "locf": a covariate holds from its time on; "nocb": until its time, as NONMEM has it. Empty cells are
            filled from before or from after.
        seed: with one, what is random is drawn (docs/variability.md): the random effects not named in `eta`, those of
            occasions (numbered in the column OCC of either table), and the residual error. A subject's draws depend on
            the seed and on its ID only.
        subjects: where no table has an ID: how many subjects (1 to n), or a range of their numbers, to simulate.
        adherence: how doses are missed, late and inaccurate; needs a seed. `taken` gives the doses really taken.
        relative: tolerance of one step of the solvers that make steps; by default 1e-10.
        auc: whether they have to integrate the level; without it the column `auc` is 0. The exact solver knows it.

    Returns:
        One row per subject and time: `ID` (where a table has it), `time` (h), `A_<compartment>` (mg), `level` (the
        drug's output, without assay error), with a seed `dv` (as measured) and `blq` (1: below the limit of
        quantification, which then stands in `dv`), `auc` (the level's integral since time 0), and the drug's further
        outputs. Units stand in `attrs["units"]`.

    Raises:
        ValueError: input that cannot be simulated exactly as given; rows are counted from 1.
        RuntimeError: a solve failed; drug, subject, time, amounts and parameters are named.
    """
    how = How(solver, _tolerance(relative), auc)
    study = study_of(drug, events, covariates, times, eta, how, carry, seed, subjects, adherence)
    return study.table(0, len(study.who))


def simulate_in_parts(
    drug: DrugLike, events: Any, *, at_once: int | None = None, progress: Report | None = None, **options: Any
) -> Iterator[pd.DataFrame]:
    """The table of `simulate`, a part of the subjects after the other: for more of them than fit into memory.

    Args:
        drug: as for `simulate`, like `events` and the `options`.
        events: see `drug`.
        at_once: how many subjects a part has; by default as many as have 250,000 rows. No number depends on it.
        progress: called before and after each part with (done, total, what).
        options: the keyword arguments of `simulate`.

    Raises:
        ValueError: before the first part, whatever is wrong with the input; see `simulate`.
        RuntimeError: see `simulate`.
    """
    known = inspect.signature(simulate).parameters
    for name in options:
        if name not in known:
            raise ValueError(catalogue.unknown("argument", name, [*known]))
    given = {name: options.get(name, parameter.default) for name, parameter in known.items()}
    how = How(given["solver"], _tolerance(given["relative"]), given["auc"])
    rest = (given[name] for name in ("carry", "seed", "subjects", "adherence"))
    study = study_of(drug, events, given["covariates"], given["times"], given["eta"], how, *rest)
    return study.parts(at_once or study.at_once(), progress)


class Study(NamedTuple):
    """Everything that was read and checked."""

    drug: Drug
    who: list[Hashable]
    events: Events
    times: Floats  # h: when everybody is seen besides their own observations
    steps: Steps
    effects: Effects
    how: How
    key: Key | None
    adherence: Adherence | None
    mine: NDArray[np.intp]  # per subject: where it stands in the events
    conditions: NDArray[np.intp]  # and in the covariates

    def at_once(self) -> int:
        """How many subjects a part of the usual size has."""
        codes, further = self.events.codes, self.events.dose[:, subject.ADDL]
        rows = np.ones(len(codes)) if self.adherence is None else 1.0 + further
        return max(1, int(_ROWS_AT_ONCE / (len(self.times) + np.bincount(codes, rows, 1).max())))

    def parts(self, at_once: int, progress: Report | None) -> Iterator[pd.DataFrame]:
        """The table in parts of so many subjects."""
        for low in range(0, len(self.who), at_once):
            high = min(low + at_once, len(self.who))
            if progress is not None:
                progress(low, len(self.who), "subjects")
            yield self.table(low, high)
        if progress is not None:
            progress(len(self.who), len(self.who), "subjects")

    def records(self, low: int, high: int) -> tuple[Records, NDArray[np.intp]]:
        """What happens to the subjects `low` to `high`, and where each of them stands there."""
        who, events = self.who[low:high], self.events
        if events.subjects != [None]:
            events = of_subjects(events, self.mine[low:high])
        if self.adherence is not None:
            events = take(events, self.adherence, self.key, who)
        return records_of(events, self.times), rows_of(events.subjects, who)

    def plan(
        self, low: int, high: int, records: Records, mine: NDArray[np.intp], drawn: Drawn, first_row: NDArray[np.intp]
    ) -> subject.Plan:
        """What happens to the subjects `low` to `high`, with their random effects, and where their results begin."""
        conditions = self.conditions[low:high]
        return subject.Plan(
            records=records.rows,
            first_record=records.first[mine],
            last_record=records.last[mine],
            times=self.steps.times,
            covariates=self.steps.values,
            first_step=self.steps.first[conditions],
            last_step=self.steps.last[conditions],
            etas=drawn.values,
            first_eta=drawn.first,
            first_row=first_row,
            next_eta=drawn.next,
            late=self.steps.late,
            linear=self.drug.linear,
        )

    def table(self, low: int, high: int) -> pd.DataFrame:
        """What is seen of the subjects `low` to `high`."""
        drug, who, key = self.drug, self.who[low:high], self.key
        records, mine = self.records(low, high)
        numbers = np.zeros(0, np.uint64) if key is None else numbers_of(who)
        drawn = as_given(self.effects, who) if key is None else draw(drug, key, numbers, self.effects, who, self.steps)
        looks = records.looks[mine]
        first_row = np.concatenate([[0], np.cumsum(looks)])
        plan = self.plan(low, high, records, mine, drawn, first_row[:-1])
        names = ["time", *(f"A_{name}" for name in drug.compartments), "level", "auc", *drug.outputs]
        _require_room(int(first_row[-1]), len(names))
        columns = np.empty((len(names), int(first_row[-1])))
        columns[0] = _times_seen(records, mine)
        follow(drug, plan, columns[0], columns[1:], self.how, who)
        once = [i for i, name in enumerate(names) if name not in names[:i]]  # text models may name an output "level"
        table = pd.DataFrame(columns.T, columns=names, copy=False).iloc[:, once]
        if key is not None:
            level = names.index("level")
            measured = measure(drug, key, numbers, first_row, columns[0], columns[level])
            table.insert(level + 1, "dv", measured.dv)
            table.insert(level + 2, "blq", measured.blq)
        if who != [None]:
            table.insert(0, "ID", pd.Series(who).repeat(looks.tolist()).array)
        table.attrs["units"] = {column: unit for column, unit in _units(drug).items() if column in table}
        return table


def _require_room(rows: int, columns: int) -> None:
    """Refuse a table that would not fit into memory.

    Raises:
        ValueError: it is so.
    """
    if rows * columns > _MOST_NUMBERS:
        raise ValueError(
            f"simulate: {rows:,} rows of {columns} numbers are more than {_MOST_NUMBERS:,} numbers, which take 16 GB. "
            "`simulate_in_parts`, or the command with -o FILE, makes the table in parts"
        )


def study_of(
    drug: DrugLike,
    events: Any,
    covariates: Any,
    times: Iterable[float] | None,
    eta: Any,
    how: How,
    carry: str,
    seed: int | None,
    subjects: Any,
    adherence: Adherence | None,
) -> Study:
    """Read and check what `simulate` is given."""
    model = drug_of(given(drug))
    doses, asked = read_events(model, events, carry), _ascending(times)
    steps = _the_steps(model, doses, covariates, carry)
    effects = read_effects(model, eta)
    if asked is None:
        asked = np.empty(0) if np.isin(doses.kind, (0, 2)).any() else _hourly(last_end(doses))
    who = common({"events": doses.subjects, "covariates": steps.subjects, "eta": effects.subjects}, subjects)
    if doses.occasions is not None:
        steps = with_occasions(steps, doses.occasions, who)
    key = None if seed is None else world(seed)
    if adherence is not None:
        require(adherence, key)
    places = rows_of(doses.subjects, who), rows_of(steps.subjects, who)
    return Study(model, who, doses, asked, steps, effects, how, key, adherence, *places)


def _the_steps(drug: Drug, events: Events, covariates: Any, carry: str) -> Steps:
    """The covariates, from the table that has them."""
    if events.steps is None:
        return read_covariates(drug, covariates, carry)
    if covariates is not None:
        raise ValueError("covariates: they stand in the event table too; give them once")
    return events.steps


def _times_seen(records: Records, mine: NDArray[np.intp]) -> Floats:
    """The times of the LOOKs of these subjects, one after the other."""
    if len(records.first) == 1:
        return np.tile(records.seen, len(mine))
    edges = np.concatenate([[0], np.cumsum(records.looks)])
    if len(mine) and (np.diff(mine) == 1).all():
        return records.seen[edges[mine[0]] : edges[mine[-1] + 1]]
    return np.concatenate([records.seen[edges[s] : edges[s + 1]] for s in mine])


def _tolerance(relative: float | None) -> float:
    value = USUAL if relative is None else Cell("simulate", None, "relative", relative).number()
    if not 1e-14 <= value <= 1e-2:
        raise ValueError(f"simulate: relative: {value:g}: a tolerance lies between 1e-14 and 1e-2")
    return value


def _units(drug: Drug) -> dict[str, str]:
    delayed = drug.initial is not None and drug.driver > 0  # behind the driver stand effects, which are no amounts
    held = drug.compartments[: drug.driver] if delayed else drug.compartments
    amounts = {f"A_{name}": drug.amount_unit for name in held}
    level = {"level": drug.assay.unit, "dv": drug.assay.unit, "auc": f"{drug.assay.unit} {drug.time_unit}"}
    return {"time": drug.time_unit} | amounts | level


def _hourly(end: float) -> Floats:
    """Every hour until a day after the end of the last dose."""
    hours = math.ceil(min(end, 2.0 * _MOST_HOURS) + _AFTER) + 1
    if hours > _MOST_HOURS:
        raise ValueError(f"times: the last dose ends after {end:g} h: say at which times the patient is to be seen")
    return np.arange(float(hours))


def _ascending(times: Iterable[float] | None) -> Floats | None:
    if times is None:
        return None
    try:
        table = Table("times", [{"time": time} for time in times], ())
    except TypeError:
        raise ValueError(f"times: {times!r}: expected numbers in a list or array") from None
    values = table.numbers("time", least=0.0) if len(table) else np.empty(0)
    table.require(values <= LATEST, "time", f"must be at most {LATEST:,.0f}")
    table.require_order("time", values, np.zeros(len(values), dtype=np.intp), strictly=True)
    return values
