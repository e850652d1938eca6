"""`dosing-env report`: the report of a saved trial."""

from __future__ import annotations

from pathlib import Path

import click

from dosing_env.cli.program import require_file_writable, say


@click.command()
@click.argument("trial_dir", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Default: TRIAL_DIR/report.html.")
def report(trial_dir: Path, output: Path | None) -> None:
    """Make the HTML report of a saved trial again.

    TRIAL_DIR is what `dosing-env evaluate -o` wrote.
    """
    path = output or trial_dir / "report.html"
    require_file_writable(path)
    from dosing_env.trial import Trial

    say(f"wrote {Trial.load(trial_dir).report(path)}")
