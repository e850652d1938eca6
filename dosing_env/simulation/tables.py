"""Event table in, table of amounts and levels out: the simulation without a task or a population."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dosing_env import catalogue
from dosing_env.pharmacology import Drug
from dosing_env.simulation import subject
from dosing_env.simulation.adherence import Adherence, take
from dosing_env.simulation.batch import follow
from dosing_env.simulation.cells import Floats, Table
from dosing_env.simulation.chance import Key, world
from dosing_env.simulation.conditions import Steps, read_covariates, with_occasions
from dosing_env.simulation.effects import Effects, as_given, draw, measure, read_effects
from dosing_env.simulation.events import LATEST, Events, Records, last_end, read_events, records_of
from dosing_env.simulation.subjects import common, numbers_of, rows_of

_AFTER = 24.0  # h: how long a patient is followed after the last dose where no times are given
_MOST_HOURS = 100_000  # rows of a subject where no times are given


def simulate(
    drug: str | Path | Drug,
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
) -> pd.DataFrame:
    """What doses do in patients of known covariates, and of known or drawn random effects.

    Everybody starts at time 0 h with the amounts of a patient without drug. Rows of one time are carried out in their
    order. What is asked for by `times` is seen before the doses of that time (a trough), but after a reset or a steady
    state is set, and with the covariates of that time.

    Args:
        drug: a catalogue name, the path of a .py or .toml file, or a `Drug`.
        events: DataFrame, list of dicts or CSV file: a NONMEM-style table, see `dosing_env.simulation.events`.
        covariates: the drug's own (`drug.Covariates`) or bedside values (all of `Patient`): a dict of constants, or a
            table of steps with TIME (h, from 0; not needed for constants), one column per covariate and, where they
            differ, ID. They may stand in the event table instead.
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

    Returns:
        One row per subject and time: `ID` (where a table has it), `time` (h), `A_<compartment>` (mg), `level` (the
        drug's output, without assay error), with a seed `dv` (as measured) and `blq` (1: below the limit of
        quantification, which then stands in `dv`), `auc` (the level's integral since time 0), and the drug's further
        outputs. Units stand in `attrs["units"]`.

    Raises:
        ValueError: input that cannot be simulated exactly as given; rows are counted from 1.
        RuntimeError: a solve failed; drug, subject, time, amounts and parameters are named.
    """
    model: Drug = drug if isinstance(drug, Drug) else catalogue.load("drugs", str(drug))
    doses, asked = read_events(model, events, carry), _ascending(times)
    steps = _the_steps(model, doses, covariates, carry)
    effects = read_effects(model, eta)
    if asked is None:
        asked = np.empty(0) if np.isin(doses.kind, (0, 2)).any() else _hourly(last_end(doses))
    tables = {"events": doses.subjects, "covariates": steps.subjects, "eta": effects.subjects}
    who = common(tables, subjects)
    if doses.occasions is not None:
        steps = with_occasions(steps, doses.occasions, who)
    key = None if seed is None else world(seed)
    if adherence is not None:
        doses = take(doses, adherence, key, who)
    records = records_of(doses, asked)
    seen = _look(model, who, doses, records, steps, effects, solver, key)
    seen.attrs["units"] = {column: unit for column, unit in _units(model).items() if column in seen}
    return seen


def _the_steps(drug: Drug, events: Events, covariates: Any, carry: str) -> Steps:
    """The covariates, from the table that has them."""
    if events.steps is None:
        return read_covariates(drug, covariates, carry)
    if covariates is not None:
        raise ValueError("covariates: they stand in the event table too; give them once")
    return events.steps


def _look(
    drug: Drug,
    who: list[Hashable],
    events: Events,
    records: Records,
    steps: Steps,
    effects: Effects,
    solver: str | None,
    key: Key | None,
) -> pd.DataFrame:
    """The table of what is seen."""
    mine, conditions = rows_of(events.subjects, who), rows_of(steps.subjects, who)
    numbers = np.zeros(0, np.uint64) if key is None else numbers_of(who)
    drawn = as_given(effects, who) if key is None else draw(drug, key, numbers, effects, who, steps)
    looks = records.looks[mine]
    first_row = np.concatenate([[0], np.cumsum(looks)])
    plan = subject.Plan(
        records=records.rows,
        first_record=records.first[mine],
        last_record=records.last[mine],
        times=steps.times,
        covariates=steps.values,
        first_step=steps.first[conditions],
        last_step=steps.last[conditions],
        etas=drawn.values,
        first_eta=drawn.first,
        first_row=first_row[:-1],
        next_eta=drawn.next,
        late=steps.late,
        linear=drug.linear,
    )
    names = ["time", *(f"A_{name}" for name in drug.compartments), "level", "auc", *drug.outputs]
    columns = np.empty((len(names), int(first_row[-1])))
    columns[0] = _times_seen(records, mine)
    follow(drug, plan, columns[1:], solver, who)
    table = pd.DataFrame(columns.T, columns=names, copy=False)
    if key is not None:
        level = names.index("level")
        measured = measure(drug, key, numbers, first_row, columns[0], columns[level])
        table.insert(level + 1, "dv", measured.dv)
        table.insert(level + 2, "blq", measured.blq)
    if who != [None]:
        table.insert(0, "ID", pd.Series(who).repeat(looks.tolist()).array)
    return table


def _times_seen(records: Records, mine: NDArray[np.intp]) -> Floats:
    times = records.rows[records.rows[:, subject.KIND] == subject.LOOK, subject.TIME]
    if len(records.first) == len(mine):
        return times
    return np.tile(times, len(mine))


def _units(drug: Drug) -> dict[str, str]:
    amounts = {f"A_{name}": drug.amount_unit for name in drug.compartments}
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
    table = Table("times", [{"time": time} for time in times], ())
    values = table.numbers("time", least=0.0) if len(table) else np.empty(0)
    table.require(values <= LATEST, "time", f"must be at most {LATEST:,.0f}")
    table.require_order("time", values, np.zeros(len(values), dtype=np.intp), strictly=True)
    return values
