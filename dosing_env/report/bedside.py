"""A bedside table as a page to print (Markdown), with what is lost by following it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dosing_env.bedside.chart import COLUMNS, LEAST
from dosing_env.bedside.table import Line, Lines, Part, Table, turns
from dosing_env.report.markdown import plain
from dosing_env.trial import Trial, sign

if TYPE_CHECKING:
    import pandas as pd


def page(table: Table, trial: Trial) -> str:
    """Markdown: the notice, what is lost, how to read it, and the table, a line for each answer.

    Args:
        table: it.
        trial: in which the policy (first) and the table (second) met the same patients.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dosing_env.report", "."),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        finalize=plain,
    )
    policy, own = trial.policies
    facts = {
        "table": table,
        "trial": trial,
        "policy": policy,
        "n": len(trial.patients(own.name)),
        "least": LEAST,
        "lost": lost(trial),
        "rows": list(_results(trial)),
        "sections": [(part.title, list(_trees(part))) for part in table.parts],
    }
    return environment.get_template("bedside.md.j2").render(facts) + "\n"


def lost(trial: Trial) -> str:
    """How many points of the primary endpoint the second policy loses to the first, with the paired interval."""
    row, way = _differences(trial).iloc[0], -sign(trial.primary)
    ends = sorted((way * row["low"], way * row["high"]))
    return f"{way * row['difference']:.1f} points{_interval(*ends)} of {trial.primary.title}"


def _results(trial: Trial) -> Iterator[dict[str, str]]:
    """Each endpoint of both, and the paired difference."""
    table, (policy, own) = _differences(trial), trial.policies
    for endpoint, row in zip(trial.endpoints, table.to_dict("records"), strict=True):
        first, second = (trial.patients(arm.name)[endpoint.name].mean() for arm in (policy, own))
        yield {
            "title": f"{endpoint.title}, {endpoint.unit}",
            "policy": f"{first:.2f}",
            "table": f"{second:.2f}",
            "difference": f"{row['difference']:+.2f}{_interval(row['low'], row['high'], '+.2f')}",
        }


def _differences(trial: Trial) -> pd.DataFrame:
    policy, own = trial.policies
    return trial.differences(own.name, policy.name)


def _interval(low: float, high: float, form: str = ".1f") -> str:
    """The interval in brackets; nothing of too few patients."""
    return f" ({low:{form}} to {high:{form}})" if low == low else ""


def _trees(part: Part) -> Iterator[tuple[str, list[str]]]:
    """Heading and lines of both trees of a part."""
    if part.unit == "mg":
        yield "Dose, mg a day", list(_list(part.dose, " mg"))
    else:
        yield "Dose, % of the mean daily dose of the last 7 days", list(_list(part.dose, " %"))
    yield "Days to the next INR", list(_list(part.next, " days"))


def _list(lines: Lines, unit: str) -> Iterator[str]:
    """A tree as a nested list."""
    above = turns(lines)

    def below(i: int, depth: int, words: str) -> Iterator[str]:
        line, dash = lines[i], f"{'  ' * depth}- {words}"
        if line.say is not None:
            yield f"{dash}: {line.say:g}{unit} ({line.patients})"
            return
        if words:
            yield dash
        for way, j in (("at most", i + 1), ("above", int(above[i]))):
            yield from below(j, depth + 1 if words else 0, _said(line, way))

    yield from below(0, 0, "" if lines[0].say is None else "everybody")


def _said(line: Line, way: str) -> str:
    """An answer to a question, in words."""
    column: Any = COLUMNS[str(line.ask)]
    if column.yes:
        return f"{column.words}: {'no' if way == 'at most' else 'yes'}"
    return f"{column.words} {way} {line.at_most:g}{f' {column.unit}' if column.unit else ''}"
