"""`dosing-env card`: the model card of an agent."""

from __future__ import annotations

from pathlib import Path

import click

from dosing_env.cli.program import require_file_writable
from dosing_env.cli.progress import progress
from dosing_env.io import printable


@click.command()
@click.argument("agent")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Default: on the terminal.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--quiet", is_flag=True, help="No progress.")
def card(agent: str, output: Path | None, jobs: int, quiet: bool) -> None:
    """Evaluate an agent on 2,000 patients and write its model card.

    AGENT is a name from `dosing-env list agents` or the .toml file of a recipe with its weights beside it.
    """
    from dosing_env.io.writing import write_whole
    from dosing_env.report.card import describe

    if output is not None:
        require_file_writable(output)
    with progress(quiet) as shown:
        text = describe(agent, shown, jobs)
    if output is None:
        click.echo(printable.visible(text, keep="\n"), nl=False)
    else:
        write_whole(output, text.encode())
