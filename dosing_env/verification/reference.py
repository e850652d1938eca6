"""Cases solved by another engine: a directory of tables with models as text (tests/reference/README.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dosing_env.catalogue import unknown
from dosing_env.interchange.text_models import read_models
from dosing_env.pharmacology import Drug
from dosing_env.simulation.cells import Table
from dosing_env.simulation.solvers import SOLVERS
from dosing_env.simulation.tables import simulate
from dosing_env.verification.check import Check, failed

KIND = "reference"
LIMIT = 1e-6  # relative, see `worst`
AGREEMENT = 1e-9  # of the exact solver with SciPy
EVENT = ("time", "evid", "amt", "rate", "ii", "addl", "ss", "cmt")
COLUMNS = {
    "cases": ("case_id", "family", "model"),
    "params": ("case_id", "name", "value"),
    "events": ("case_id", *EVENT),
    "covariates": ("case_id", "time", "name", "value"),
    "expected": ("case_id", "time", "kind", "name", "value"),
}
NUMBERS = {
    "params": ("value",),
    "covariates": ("time", "value"),
    "expected": ("time", "value"),
}  # `simulate` reads the others


class Case(NamedTuple):
    """One course of one model, and what the other engine found."""

    name: str
    family: str
    model: str
    events: list[dict[str, Any]]
    covariates: list[dict[str, Any]]  # steps; the parameters of the case are among them
    expected: Mapping[tuple[str, str], Mapping[float, float]]  # (state or output, name) -> time -> value

    @property
    def times(self) -> list[float]:
        """When the model was looked at."""
        return sorted({time for values in self.expected.values() for time in values})


def solvers_of(drug: Drug) -> tuple[str, ...]:
    """The solvers that apply to a drug."""
    return tuple(solver for solver in SOLVERS if drug.linear or solver != "exact")


def read_cases(folder: Path) -> tuple[dict[str, Drug], list[Case]]:
    """The models and cases of a directory.

    Raises:
        ValueError: a table is missing or not what it should be; file, row, column and value are named.
    """
    tables = {name: _rows(folder, name) for name in COLUMNS}
    varying = {row["name"] for row in tables["covariates"]}
    drugs = read_models(folder / "models.csv", folder / "outputs.csv", varying)
    known = [row["case_id"] for row in tables["cases"]]
    of = {name: _by_case(rows, known, folder / f"{name}.csv") for name, rows in tables.items()}
    cases = []
    for row in tables["cases"]:
        if row["model"] not in drugs:
            raise ValueError(f"{folder / 'cases.csv'}: model: {unknown('model', row['model'], list(drugs))}")
        cases.append(_case(row, drugs[row["model"]], {name: of[name][row["case_id"]] for name in of}, folder))
    return drugs, cases


def check(drug: Drug, case: Case, solver: str) -> Iterator[Check]:
    """How far a solver is from the other engine; and the exact one from SciPy."""
    try:
        own = solved(drug, case, solver)
        yield Check(KIND, case.name, solver, *worst(case, own), case.family)
        if solver == "exact":
            yield Check("exact and SciPy", case.name, solver, apart(own, solved(drug, case, "scipy")), AGREEMENT)
    except (ValueError, RuntimeError) as error:
        yield failed(KIND, case.name, solver, LIMIT, error)


def solved(drug: Drug, case: Case, solver: str, relative: float | None = None) -> pd.DataFrame:
    """The project's own solution: a row for every time, a column for every state and output, named as in `expected`."""
    table = simulate(
        drug, case.events, covariates=case.covariates, times=case.times, solver=solver, relative=relative, auc=False
    ).set_index("time")
    states = {("state", name): table[f"A_{name}"] for name in drug.compartments}
    return pd.DataFrame(states | {("output", name): table[name] for name in drug.outputs})


def worst(case: Case, own: pd.DataFrame) -> tuple[float, float]:
    """The largest error of all values, and the limit.

    The measure is that of the README: abs(own - value) / (abs(value) + 1e-6 M), M the variable's largest abs(value).
    Where M is 0 the own value has to be 0.
    """
    errors = [0.0]
    for variable, values in case.expected.items():
        value, found = np.array(list(values.values())), own[variable].loc[list(values)].to_numpy()
        errors.append(_largest(found, value))
    return max(errors), LIMIT


def apart(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """The largest difference of two solutions in the same measure."""
    return max(_largest(one[name].to_numpy(), other[name].to_numpy()) for name in other)


def _largest(own: NDArray[np.float64], value: NDArray[np.float64]) -> float:
    """The largest error of one variable; infinite where one of the two is no number, or should be 0 and is not."""
    most = np.abs(value[np.isfinite(value)]).max(initial=0.0)
    differ = own != value  # two that are infinite are the same
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(own - value, where=differ, out=np.zeros_like(value))
        relative = np.where(differ, error / (np.abs(value) + 1e-6 * most), 0.0)
    return float(np.max(np.where(np.isfinite(relative), relative, np.inf), initial=0.0))


def _case(row: dict[str, Any], drug: Drug, tables: Mapping[str, list[dict[str, Any]]], folder: Path) -> Case:
    name = row["case_id"]
    steps: dict[float, dict[str, Any]] = {0.0: {param["name"]: param["value"] for param in tables["params"]}}
    for change in tables["covariates"]:
        steps.setdefault(change["time"], {})[change["name"]] = change["value"]
    fields = drug.Covariates._fields
    missing = [field for field in fields if field not in steps[0.0]]
    if missing:
        raise ValueError(f"{folder / 'params.csv'}: {name}: {missing[0]}: the parameter has no value at time 0")
    expected: dict[tuple[str, str], dict[float, float]] = defaultdict(dict)
    where = folder / "expected.csv"
    known = {"state": drug.compartments, "output": tuple(drug.outputs)}
    for value in tables["expected"]:
        kind, variable = value["kind"], value["name"]
        if variable not in known.get(kind, ()):
            raise ValueError(f"{where}: {name}: {unknown(kind, variable, list(known.get(kind, ())))}")
        expected[kind, variable][value["time"]] = value["value"]
    if not expected:
        raise ValueError(f"{where}: {name}: the case has no expected values")
    covariates = [{"TIME": time} | {field: step.get(field) for field in fields} for time, step in sorted(steps.items())]
    events = [{column: event[column] for column in EVENT} for event in tables["events"]]
    return Case(name, row["family"], row["model"], events, covariates, dict(expected))


def table_of(path: Path, columns: tuple[str, ...]) -> Table:
    """A table of a directory, which has these columns."""
    table = Table(str(path), path, (), may_be_empty=True)
    for heading in columns:
        if heading not in table.frame:
            raise ValueError(f"{path}: {unknown('column', heading, [str(c) for c in table.frame.columns])}")
    return table


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    table = table_of(folder / f"{name}.csv", COLUMNS[name])
    numbers = NUMBERS.get(name, ())
    columns = [table.numbers(h).tolist() if h in numbers else table.frame[h].tolist() for h in COLUMNS[name]]
    return [dict(zip(COLUMNS[name], row, strict=True)) for row in zip(*columns, strict=True)]


def _by_case(rows: list[dict[str, Any]], known: list[str], path: Path) -> Mapping[str, list[dict[str, Any]]]:
    cases: dict[str, list[dict[str, Any]]] = {name: [] for name in known}
    for row in rows:
        if row["case_id"] not in cases:
            raise ValueError(f"{path}: case_id: {unknown('case', row['case_id'], known)}")
        cases[row["case_id"]].append(row)
    return cases
