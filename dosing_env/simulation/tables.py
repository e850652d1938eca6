"""Event table in, table of amounts and levels out: the simulation without a task, a population or chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dosing_env import catalogue
from dosing_env.pharmacology import Drug
from dosing_env.simulation.cells import Cell
from dosing_env.simulation.conditions import Step, read_covariates
from dosing_env.simulation.events import Schedule, read_events
from dosing_env.simulation.solvers import advancer, filling

_AFTER = 24.0  # h: how long a patient is followed after the last dose where no times are given
_NONE = np.empty(0)  # sample times: the amounts are read between the calls


def simulate(
    drug: str | Path | Drug,
    events: Any,
    *,
    covariates: Any = None,
    times: Iterable[float] | None = None,
    eta: Mapping[str, float] | None = None,
    solver: str | None = None,
) -> pd.DataFrame:
    """What doses do in patients of known covariates and random effects.

    Everybody starts at time 0 h without drug. A bolus, or the start of an infusion, counts after its time: the row at
    that time is the state just before. New covariates count from their time on, that row included.

    Args:
        drug: a catalogue name, the path of a .py file, or a `Drug`.
        events: DataFrame or list of dicts, one row per dose or observation, in order of time within a subject. Columns,
            whatever their case: TIME (h, from 0), AMT (mg), RATE (mg/h; 0 or empty: bolus), ADDL further doses every II
            hours, CMT (number from 1, or name; 0 or empty: where the drug is usually given), EVID (1 dose,
            0 observation; empty: a dose if it has an amount), ID (subject). What else NONMEM knows is refused.
        covariates: the drug's own (`drug.Covariates`) or bedside values (all of `Patient`): a dict of constants, or a
            DataFrame or list of dicts of steps with TIME (h, from 0; not needed for constants), one column per
            covariate and, where they differ, ID. An empty cell carries the last value forward.
        times: h, ascending, from 0; joined with the times of observation rows. With neither: every hour until at least
            24 h after the end of the last dose of all subjects.
        eta: random effects by name; those not named are 0.
        solver: "exact", "compiled" or "scipy"; by default chosen by the drug.

    Returns:
        One row per subject and time: `ID` (where a table has it), `time` (h), `A_<compartment>` (mg), `level` (the
        drug's output, without assay error), `auc` (its integral since time 0). Units stand in `attrs["units"]`.

    Raises:
        ValueError: input that cannot be simulated exactly as given; rows are counted from 1.
        RuntimeError: a solve failed; drug, time, amounts and parameters are named.
    """
    model: Drug = drug if isinstance(drug, Drug) else catalogue.load("drugs", str(drug))
    schedules, conditions = read_events(model, events), read_covariates(model, covariates)
    effects, asked = _effects(model, eta), _ascending(times)
    if asked is None and not any(schedule.observed for schedule in schedules.values()):
        asked = _hourly(list(schedules.values()))
    run = _runner(model, solver)
    frames = []
    for subject in _subjects(schedules, conditions):
        schedule, steps = _of(schedules, subject), _of(conditions, subject)
        seen = np.union1d(schedule.observed, () if asked is None else asked)
        frame = _frame(model, seen, run(schedule.doses, steps, effects, seen))
        if subject is not None:
            frame.insert(0, "ID", [subject] * len(frame))
        frames.append(frame)
    table = pd.concat(frames, ignore_index=True)
    table.attrs["units"] = _units(model)
    return table


Run = Callable[[NDArray[np.float64], list[Step], Any, NDArray[np.float64]], NDArray[np.float64]]


def _runner(drug: Drug, solver: str | None) -> Run:
    """A function that follows one subject: doses, covariates, etas, times -> (times, compartments + 2)."""
    n, rows = len(drug.compartments), filling(drug, solver)["ROWS"]
    advance = advancer(drug, solver)

    def run(doses: NDArray[np.float64], steps: list[Step], eta: Any, times: NDArray[np.float64]) -> NDArray[np.float64]:
        amounts, exposure, now = np.zeros(n), 0.0, 0.0
        work, inflow = np.zeros((rows, n + 1)), np.zeros(n)
        p = _parameters(drug, steps[0].x, eta)
        seen = np.empty((len(times), n + 2))
        for time, step, row in _stops(steps, times):
            before = amounts.tolist()
            try:
                if time > now:
                    exposure += advance(amounts, p, now, time, doses, 0, len(doses), _NONE, _NONE, work, inflow)
                if step is not None:
                    p = _parameters(drug, step.x, eta)
                if row is not None:
                    seen[row] = *amounts, drug.output(tuple(amounts.tolist()), p), exposure
            except ZeroDivisionError:  # plain Python's word for what compiled code calls nan
                exposure = math.nan
            if not (math.isfinite(exposure) and np.isfinite(amounts).all()):
                raise RuntimeError(
                    f"{drug.name}: the solver failed between {now:g} and {time:g} h: amounts {before} mg, {p}"
                )
            now = time
        return seen

    return run


def _stops(steps: list[Step], times: NDArray[np.float64]) -> list[tuple[float, Step | None, int | None]]:
    """Where a course is interrupted: time, new covariates or None, output row or None. New covariates come first."""
    changes = [(step.time, step, None) for step in steps]
    outputs = [(float(time), None, row) for row, time in enumerate(times)]
    return sorted([*changes, *outputs], key=lambda stop: (stop[0], stop[1] is None))


def _parameters(drug: Drug, x: Any, eta: Any) -> Any:
    """The individual parameters as plain floats: one compilation for all."""
    try:
        p = drug.individual(x, eta)
    except ArithmeticError as error:
        raise ValueError(f"covariates: {drug.name} cannot use {x} and {eta}: {error}") from None
    if not all(map(math.isfinite, p)):
        raise ValueError(f"covariates: {drug.name} makes {p} of {x} and {eta}")
    return type(p)(*map(float, p))


def _frame(drug: Drug, times: NDArray[np.float64], seen: NDArray[np.float64]) -> pd.DataFrame:
    frame = pd.DataFrame(seen, columns=[*(f"A_{name}" for name in drug.compartments), "level", "auc"])
    frame.insert(0, "time", times)
    return frame


def _units(drug: Drug) -> dict[str, str]:
    amounts = {f"A_{name}": "mg" for name in drug.compartments}
    return {"time": "h"} | amounts | {"level": drug.assay.unit, "auc": f"{drug.assay.unit} h"}


def _subjects(schedules: dict[Hashable, Any], conditions: dict[Hashable, Any]) -> list[Hashable]:
    """Who is simulated: the subjects of the table that has them; both tables name the same ones."""
    if set(schedules) == {None} or set(conditions) == {None}:
        return [*(conditions if set(schedules) == {None} else schedules)]
    for subject in [*schedules, *conditions]:
        if subject not in schedules or subject not in conditions:
            where = "covariates" if subject in schedules else "events"
            raise ValueError(f"{where}: ID: {subject!r} has no row")
    return [*schedules]


def _of(table: dict[Hashable, Any], subject: Hashable) -> Any:
    return table[subject] if subject in table else table[None]


def _hourly(schedules: list[Schedule]) -> NDArray[np.float64]:
    ends = [float(start + duration) for schedule in schedules for start, duration, _, _ in schedule.doses]
    return np.arange(math.ceil(max(ends, default=0.0) + _AFTER) + 1.0)


def _ascending(times: Iterable[float] | None) -> NDArray[np.float64] | None:
    if times is None:
        return None
    ascending: list[float] = []
    for number, value in enumerate(times, start=1):
        cell = Cell("times", number, "time", value)
        if ascending and cell.number() <= ascending[-1]:
            raise cell.wrong(f"times ascend, and the one before is {ascending[-1]:g} h")
        ascending.append(cell.number(least=0.0))
    return np.array(ascending)


def _effects(drug: Drug, eta: Any) -> Any:
    """The drug's named tuple of random effects."""
    given = eta._asdict() if hasattr(eta, "_asdict") else dict(eta or {})
    for name in given:
        if name not in drug.Eta._fields:
            raise ValueError(f"eta: {catalogue.unknown('random effect', name, list(drug.Eta._fields))}")
    values = {name: Cell("eta", None, name, value).number() for name, value in given.items()}
    return drug.Eta(*(values.get(name, 0.0) for name in drug.Eta._fields))
