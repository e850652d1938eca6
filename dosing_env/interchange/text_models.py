"""Models as tables of text expressions (models.csv and outputs.csv, see tests/reference/README.md) -> `Drug`.

A row of the first table is a state, one of the second an output. Every name that is no state is a parameter or a
covariate; the table does not say which, so the drug takes them all as covariates, and one drug serves every case.
Neither does it say which output is measured: the first, but where the amounts are linear and that is not (a logarithm,
an effect), the amount in the first compartment, so that the exact solver and its steady states apply.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from dosing_env.catalogue import unknown
from dosing_env.interchange.equations import ETA, HOW_DOSES_ENTER, MOST, Compartment, Equations, drug
from dosing_env.interchange.expressions import Call, Chain, Name, Number, Tree, checked_name, names, parse
from dosing_env.io import printable, reading
from dosing_env.pharmacology import Assay, Drug

_COLUMNS = ("initial", "bioavailability", "lag", "duration")  # an empty cell: nothing special
NO_ERROR = Assay(proportional=0.0)
LEVEL = "level"  # the column of `simulate` that shows what is measured; an output may have its name, the first


class Table(NamedTuple):
    """Rows of text and where they come from."""

    name: str
    rows: list[Mapping[str, Any]]

    def place(self, row: int, column: str) -> str:
        """For an error; rows are counted from 1, without the heading."""
        return f"{self.name}: row {row + 1}, {column}"

    def text(self, row: int, column: str) -> str:
        """A cell.

        Raises:
            ValueError: the row lacks it.
        """
        value = self.rows[row].get(column)
        if not isinstance(value, str):
            raise ValueError(f"{self.place(row, column)}: the cell is missing")
        return value.strip()


def read_models(models: Path, outputs: Path, covariates: Collection[str] = ()) -> dict[str, Drug]:
    """The drug of each model in two CSV files.

    Raises:
        ValueError: one line with file, row, column, value and rule.
    """
    return drugs_of_tables(_read(models), _read(outputs), covariates)


def _read(path: Path) -> Table:
    try:
        text = reading.read_bytes(path, reading.WRITTEN).decode("utf-8-sig")  # as spreadsheets write it
        return Table(str(path), list(csv.DictReader(io.StringIO(text, newline=""))))
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}") from None


@printable.refusals()
def drugs_of_tables(
    models: Iterable[Mapping[str, Any]] | Table,
    outputs: Iterable[Mapping[str, Any]] | Table,
    covariates: Collection[str] = (),
) -> dict[str, Drug]:
    """The drug of each model, by name.

    Args:
        models: rows with model, cmt, name, derivative, initial, bioavailability, lag and duration.
        outputs: rows with model, output and expression.
        covariates: names that are no parameters. Every other name that is no state has a log-normal random effect of
            its own name; its variance is 0 as long as nobody replaces `omega`.

    Raises:
        ValueError: one line with table, row, column, value and rule.
    """
    states = models if isinstance(models, Table) else Table("models", list(models))
    seen = outputs if isinstance(outputs, Table) else Table("outputs", list(outputs))
    rows, shown = _by_model(states), _by_model(seen)
    for model in shown:
        if model not in rows:
            raise ValueError(f"{seen.place(shown[model][0], 'model')}: {unknown('model', model, list(rows))}")
    return {model: _drug(model, states, rows[model], seen, shown.get(model, []), covariates) for model in rows}


def _by_model(table: Table) -> dict[str, list[int]]:
    """The rows of each model."""
    rows: dict[str, list[int]] = {}
    for row in range(len(table.rows)):
        model = table.text(row, "model")
        if not (model and model.isprintable()):
            raise ValueError(f"{table.place(row, 'model')}: {model!r} is no name of a model")
        rows.setdefault(model, []).append(row)
    return rows


def _drug(
    model: str, states: Table, rows: list[int], seen: Table, outputs: list[int], covariates: Collection[str]
) -> Drug:
    rows = _in_order(states, rows)
    own = _different(states, rows, "name")
    different = _different(seen, outputs[: MOST + 1], "output")
    if len(different) > MOST:
        raise ValueError(f"{seen.place(outputs[MOST], 'output')}: a model has at most {MOST} outputs")
    compartments = tuple(_compartment(states, row, own) for row in rows)
    expressions = [_parsed(seen, row, "expression") for row in outputs]
    trees = [getattr(one, field) for one in compartments for field in ("derivative", *HOW_DOSES_ENTER)]
    inputs = tuple(dict.fromkeys(name for tree in (*trees, *expressions) for name in names(tree) if name not in own))
    _check_inputs(f"{states.name}: {model}", inputs)
    etas = tuple(name for name in inputs if name not in covariates)
    equations = Equations(
        covariates=inputs,
        etas=etas,
        parameters=tuple((name, _log_normal(name)) for name in etas),
        compartments=compartments,
        outputs=tuple(zip(different, expressions, strict=True)),
    )
    if equations.has_linear_amounts and not equations.linear and different[0] != LEVEL:
        equations = replace(equations, level=Name(own[0]))
    return drug(equations, name=model, title=f"{model} of {Path(states.name).name}", assay=NO_ERROR)


def _check_inputs(where: str, inputs: tuple[str, ...]) -> None:
    if len(inputs) > MOST:
        raise ValueError(f"{where}: more than {MOST} parameters and covariates")
    for name in inputs:
        if name.startswith(ETA):
            raise ValueError(f"{where}: {name!r}: names that begin with {ETA} are random effects")


def _log_normal(name: str) -> Tree:
    return Chain(Name(name), (("*", Call("exp", (Name(f"{ETA}{name}"),))),))


def _in_order(states: Table, rows: list[int]) -> list[int]:
    """The rows of a model by compartment number, which counts from 1 without a gap."""
    if len(rows) > MOST:
        raise ValueError(f"{states.place(rows[MOST], 'cmt')}: a model has at most {MOST} compartments")
    numbers = {}
    for row in rows:
        text = states.text(row, "cmt")
        known = [str(number) for number in range(1, len(rows) + 1)]
        if text not in known or int(text) in numbers:
            raise ValueError(
                f"{states.place(row, 'cmt')}: {text!r}: the compartments of a model count from 1, each once"
            )
        numbers[int(text)] = row
    return [numbers[number] for number in sorted(numbers)]


def _different(table: Table, rows: list[int], column: str) -> list[str]:
    """The names in a column, checked."""
    found: list[str] = []
    for row in rows:
        name = checked_name(table.text(row, column), table.place(row, column))
        if name in found:
            raise ValueError(f"{table.place(row, column)}: {name!r} stands there twice")
        found.append(name)
    return found


def _compartment(states: Table, row: int, own: list[str]) -> Compartment:
    def of_parameters(name: str) -> str | None:
        return "a compartment cannot stand here, only numbers, parameters and covariates" if name in own else None

    enter: dict[str, Tree] = {field: Number(plain) for field, plain in HOW_DOSES_ENTER.items()}
    for field in _COLUMNS:
        if states.text(row, field):
            enter[field] = _parsed(states, row, field, of_parameters)
    return Compartment(name=states.text(row, "name"), derivative=_parsed(states, row, "derivative"), **enter)


def _parsed(table: Table, row: int, column: str, check: Any = lambda name: None) -> Tree:
    return parse(table.text(row, column), table.place(row, column), check)
