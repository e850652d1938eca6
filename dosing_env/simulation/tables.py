"""Event table in, table of amounts and levels out: the simulation without a task or a population."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dosing_env import catalogue
from dosing_env.pharmacology import Drug
from dosing_env.simulation import subject
from dosing_env.simulation.batch import follow
from dosing_env.simulation.cells import Floats, Table
from dosing_env.simulation.conditions import Steps, read_covariates
from dosing_env.simulation.events import LATEST, Events, Records, last_end, read_events, records_of

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
) -> pd.DataFrame:
    """What doses do in patients of known covariates and random effects.

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

    Returns:
        One row per subject and time: `ID` (where a table has it), `time` (h), `A_<compartment>` (mg), `level` (the
        drug's output, without assay error), `auc` (its integral since time 0), and the drug's further outputs. Units
        stand in `attrs["units"]`.

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
    who = _subjects({"events": doses.subjects, "covariates": steps.subjects, "eta": effects.subjects})
    records = records_of(doses, asked)
    seen = _look(model, who, doses, records, steps, effects, solver)
    seen.attrs["units"] = _units(model)
    return seen


class Effects(NamedTuple):
    """The random effects of every subject."""

    subjects: list[Hashable]
    values: Floats  # (subjects, etas)


def read_effects(drug: Drug, eta: Any) -> Effects:
    """The random effects by name (one for all), or of a table with ID.

    Raises:
        ValueError: an unknown name, or a value that is not a number.
    """
    names = drug.Eta._fields
    given = eta._asdict() if hasattr(eta, "_asdict") else {} if eta is None else eta
    table = (
        Table("eta", [dict(given)], ("ID",), row=None) if isinstance(given, Mapping) else Table("eta", given, ("ID",))
    )
    for name in table.columns:
        if name not in (*names, "ID"):
            raise ValueError(f"eta: {catalogue.unknown('random effect', name, list(names))}")
    subjects, codes = table.subjects()
    if len(subjects) != len(codes):
        raise ValueError("eta: ID: a subject has two rows")
    values = [table.numbers(name, 0.0) for name in names]
    return Effects(subjects, np.column_stack(values) if values else np.zeros((len(table), 0)))


def _the_steps(drug: Drug, events: Events, covariates: Any, carry: str) -> Steps:
    """The covariates, from the table that has them."""
    if events.steps is None:
        return read_covariates(drug, covariates, carry)
    if covariates is not None:
        raise ValueError("covariates: they stand in the event table too; give them once")
    return events.steps


def _subjects(tables: Mapping[str, list[Hashable]]) -> list[Hashable]:
    """Who is simulated: the subjects of the tables that have them; all of those name the same ones."""
    with_subjects = {name: who for name, who in tables.items() if who != [None]}
    for name, who in with_subjects.items():
        for other, others in with_subjects.items():
            missing = set(who) - set(others)
            if missing:
                raise ValueError(f"{other}: ID: {next(s for s in who if s in missing)!r} of {name} has no row")
    return next(iter(with_subjects.values()), [None])


def _rows_of(subjects: list[Hashable], who: list[Hashable]) -> NDArray[np.intp]:
    """Where each subject stands in a table; 0 where the table is for all."""
    if subjects == [None]:
        return np.zeros(len(who), dtype=np.intp)
    if subjects is who:
        return np.arange(len(who))
    place = {name: index for index, name in enumerate(subjects)}
    return np.array([place[name] for name in who], dtype=np.intp)


def _look(
    drug: Drug,
    who: list[Hashable],
    events: Events,
    records: Records,
    steps: Steps,
    effects: Effects,
    solver: str | None,
) -> pd.DataFrame:
    """The table of what is seen."""
    mine, conditions = _rows_of(events.subjects, who), _rows_of(steps.subjects, who)
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
        etas=effects.values,
        first_eta=_rows_of(effects.subjects, who),
        first_row=first_row[:-1],
        next_eta=0,
        late=steps.late,
    )
    out = follow(drug, plan, int(first_row[-1]), solver, who)
    columns: dict[str, Any] = {} if who == [None] else {"ID": pd.Series(who).repeat(looks.tolist()).array}
    columns["time"] = _times_seen(records, mine)
    names = [*(f"A_{name}" for name in drug.compartments), "level", "auc", *drug.outputs]
    return pd.DataFrame(columns | dict(zip(names, out, strict=True)))


def _times_seen(records: Records, mine: NDArray[np.intp]) -> Floats:
    times = records.rows[records.rows[:, subject.KIND] == subject.LOOK, subject.TIME]
    if len(records.first) == len(mine):
        return times
    return np.tile(times, len(mine))


def _units(drug: Drug) -> dict[str, str]:
    amounts = {f"A_{name}": drug.amount_unit for name in drug.compartments}
    level = {"level": drug.assay.unit, "auc": f"{drug.assay.unit} {drug.time_unit}"}
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
