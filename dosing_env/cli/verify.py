"""`dosing-env verify`: the checks of the simulation as a table of PASS and FAIL."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dosing_env.cli.program import FAILED, CommandError, require_file_writable, table_console
from dosing_env.cli.progress import progress
from dosing_env.io.spreadsheet import quoted

if TYPE_CHECKING:
    from dosing_env.verification import Check


@click.command()
@click.option(
    "--reference",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Tables of another engine's solutions (models.csv, cases.csv, ...); default: the project's own copy.",
)
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="Processes.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write every check as CSV.")
@click.option("--quiet", is_flag=True, help="No progress.")
def verify(reference: Path | None, jobs: int, output: Path | None, quiet: bool) -> None:
    """Check the simulation against other engines, published figures and itself.

    Every case of the reference with every solver that applies, a population against its percentiles, every drug's
    published figures, the solvers against each other, mass balance, and errors that shrink with the steps. Exit code 1
    if anything fails. The first run compiles every model and takes some minutes.
    """
    from dosing_env.verification import verify as run

    if output is not None:
        require_file_writable(output)
    with progress(quiet) as shown:
        checks = run(reference, jobs=jobs, progress=shown)
    if output is not None:
        _write(output, checks)
    _print(checks)
    failures = sum(not check.passed for check in checks)
    if failures:
        raise CommandError(f"{failures} of {len(checks)} checks failed", FAILED)


def _print(checks: list[Check]) -> None:
    """A table with a line per subject; every failed check stands below it on a line of its own."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "held against", "what", "checks", "worst", "limit", "by"):
        table.add_column(column, justify="right" if column in ("checks", "worst", "limit") else "left")
    for (kind, subject), mine in _by_subject(checks).items():
        verdict = "[green]PASS[/]" if all(check.passed for check in mine) else "[bold red]FAIL[/]"
        worst = max(mine, key=_share)
        figures = str(len(mine)), f"{worst.figure:.1e}", _limit(worst)
        table.add_row(verdict, kind, escape(subject), *figures, escape(worst.way))
    console = table_console()
    console.print(table)
    for check in checks:
        if not check.passed:
            line = f"FAIL {check.kind}, {check.subject}, {check.way}: {check.figure:.2e}  {check.note}"
            console.print(line, markup=False, soft_wrap=True, highlight=True)
    console.print(f"{sum(check.passed for check in checks)} of {len(checks)} checks passed")


def _limit(check: Check) -> str:
    """The limit, with a second digit where it has one: 0.12 is not 0.1."""
    short = f"{check.limit:.0e}"
    return short if math.isclose(float(short), check.limit) else f"{check.limit:.1e}"


def _share(check: Check) -> float:
    """How much of its limit the figure is; what could not be computed is the worst."""
    return math.inf if math.isnan(check.figure) else check.figure / check.limit


def _by_subject(checks: list[Check]) -> dict[tuple[str, str], list[Check]]:
    groups: dict[tuple[str, str], list[Check]] = {}
    for check in checks:
        groups.setdefault((check.kind, check.subject), []).append(check)
    return groups


def _write(path: Path, checks: list[Check]) -> None:
    import pandas as pd

    from dosing_env.io.writing import write_whole

    table = pd.DataFrame(checks).assign(passed=[check.passed for check in checks])
    write_whole(path, quoted(table).to_csv(index=False).encode())
