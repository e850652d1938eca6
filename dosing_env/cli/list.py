"""`dosing-env list`: everything in the catalogue."""

from __future__ import annotations

from typing import Any

import click

from dosing_env import catalogue
from dosing_env.cli.kinds import KINDS, kind_of_word
from dosing_env.cli.program import table_console
from dosing_env.io import printable


@click.command("list")
@click.argument("kind", required=False)
def list_(kind: str | None) -> None:
    """What there is: drugs, populations, protocols, planners, agents, scenarios.

    KIND is one of these words and shows only that kind.
    """
    chosen = KINDS if kind is None else (kind_of_word(kind),)
    console = table_console()
    for number, one in enumerate(chosen):
        if number:
            console.print()
        console.print(_table(one))


def _table(kind: str) -> Any:
    from rich.table import Table

    table = Table(title=kind, title_style="bold", title_justify="left", box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="cyan", min_width=24)
    table.add_column()
    for name in catalogue.names(kind):
        table.add_row(name, _title(kind, name))
    return table


def _title(kind: str, name: str) -> Any:
    """The title, or why the file is broken: a broken file must not hide the others."""
    from rich.text import Text

    try:
        return Text(_load(kind, name).title + _note(kind, name))
    except Exception as error:
        reason = printable.one_line(str(error)) or type(error).__name__
        return Text(f"broken: {reason}", "red")


def _load(kind: str, name: str) -> Any:
    from dosing_env import recipe, scenario

    if kind == "agents":
        return recipe.load(name)
    return scenario.load(name) if kind == "scenarios" else catalogue.load(kind, name)


def _note(kind: str, name: str) -> str:
    trained = kind != "agents" or catalogue.find(kind, name).with_suffix(".safetensors").is_file()
    return "" if trained else f" (no weights yet: dosing-env train {name})"
