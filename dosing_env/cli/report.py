"""`dosing-env report`: the report of a saved trial."""

from __future__ import annotations

from pathlib import Path

import click

from dosing_env.cli.program import require_file_writable, say


@click.command()
@click.argument("trial_dir", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Default: TRIAL_DIR/report.html.")
@click.option("--overwrite", is_flag=True, help="Replace TRIAL_DIR/report.html even if it was changed.")
def report(trial_dir: Path, output: Path | None, overwrite: bool) -> None:
    """Make the HTML report of a saved trial again.

    TRIAL_DIR is what `dosing-env evaluate -o` wrote.
    """
    from dosing_env.trial import Trial
    from dosing_env.trial_files import REPORT, require_own_report

    path = output or trial_dir / REPORT
    require_file_writable(path)
    if output is None:
        require_own_report(trial_dir, overwrite)
    say(f"wrote {Trial.load(trial_dir).report(path)}")
