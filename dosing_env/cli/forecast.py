"""`dosing-env forecast`: one patient's doses and levels in, what they tell and what regimens would do out."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dosing_env.cli.program import FAILED, CommandError, require_file_writable, say, table_console
from dosing_env.cli.progress import late_progress
from dosing_env.cli.simulate import given_covariates

if TYPE_CHECKING:
    from dosing_env.inference.forecast import Outlook


@click.command()
@click.argument("patient")
@click.option(
    "--drug", required=True, metavar="NAME", help="The model: a name from `dosing-env list drugs`, or a file."
)
@click.option("--id", "who", metavar="ID", help="The patient, where PATIENT has several.")
@click.option(
    "--covariates",
    multiple=True,
    metavar="FILE|NAME=VALUE",
    help="As for `dosing-env simulate`. Not needed where they are columns of PATIENT.",
)
@click.option(
    "--regimen",
    "regimens",
    multiple=True,
    metavar="TEXT",
    help="'750 q12h', '750 mg q12h over 2h' or 'none': once for each. Default: five doses, see below.",
)
@click.option("--target-auc24", "target", metavar="LOW-HIGH", help="Level unit x h. Default: of vancomycin 400-600.")
@click.option("--at", type=float, metavar="HOURS", help="When the next dose is given. Default: when it falls due.")
@click.option(
    "--day", type=click.IntRange(1), default=2, show_default=True, help="Day looked at, from the next dose on (1: its)."
)
@click.option(
    "--particles", type=click.IntRange(20, 100_000), default=1000, show_default=True, help="How many are drawn."
)
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), default=0, show_default=True, help="Of all draws.")
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE", help="Draw it: FILE.png, .svg or .pdf.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Regimens to FILE.csv, all to FILE.json.")
@click.option("--anonymous", is_flag=True, help="Name no patient and no file; ages in whole years, at most 90.")
@click.option("--quiet", is_flag=True, help="No progress.")
def forecast(
    patient: str,
    drug: str,
    who: str | None,
    covariates: tuple[str, ...],
    regimens: tuple[str, ...],
    target: str | None,
    at: float | None,
    day: int,
    particles: int,
    seed: int,
    plot: Path | None,
    out: Path | None,
    anonymous: bool,
    quiet: bool,
) -> None:
    """Say what one patient's levels tell a model, whether they fit it, and what regimens would do.

    PATIENT is a NONMEM-style table (.csv, .parquet) of doses and levels: TIME, AMT, DV, and where wanted EVID, RATE,
    II, ADDL, SS, CMT, BLQ or CENS, MDV and covariates; see docs/forecasting.md.

    Without --regimen five doses are tried at the last interval, around the one whose median AUC24 is amid the target;
    without a target around the last dose. They are given as the last dose was. The next dose falls due at a multiple
    of the last interval (24 h where there was one dose), at or after the last record.

    Research and education only; not for the care of real patients.

    \b
    dosing-env forecast patient.csv --drug vancomycin_goti2018 --plot forecast.png
    dosing-env forecast patient.csv --drug vancomycin_goti2018 --regimen "750 q12h" --regimen "1000 q24h over 2h"
    """  # noqa: D301  (click reads the character \b)
    _check_files(plot, out)
    from dosing_env.inference.forecast import forecast as run

    aimed = None if target is None else auc24_range(target)
    try:
        with late_progress(quiet) as shown:
            outlook = run(
                drug,
                patient,
                id=who,
                covariates=given_covariates(covariates),
                regimens=regimens or None,
                target_auc24=aimed,
                at=at,
                day=day,
                particles=particles,
                seed=seed,
                progress=shown,
            )
            outlook = replace(outlook, anonymous=anonymous)
            files = _rendered(outlook, plot, out)
    except RuntimeError as error:  # a solve failed: that is said in the user's words
        raise CommandError(" ".join(str(error).split()), FAILED) from error
    _write(files)
    _print(outlook, files)


def auc24_range(text: str) -> tuple[float, float]:
    """The numbers of --target-auc24.

    Raises:
        ValueError: something else.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)\s*", text)
    if found is None:
        raise ValueError(f"--target-auc24: {text!r}: expected LOW-HIGH, such as 400-600")
    return float(found[1]), float(found[2])


def _check_files(plot: Path | None, out: Path | None) -> None:
    from dosing_env.report.outlook import DRAWN, WRITTEN, require_ending

    for path, endings in ((plot, DRAWN), (out, WRITTEN)):
        if path is not None:
            require_ending(path, endings)
            require_file_writable(path)


def _rendered(outlook: Outlook, plot: Path | None, out: Path | None) -> dict[Path, bytes]:
    """What is to be written: all of it is made before the first file is."""
    from dosing_env.report.outlook import written

    files = {} if out is None else {out: written(outlook, out)}
    if plot is not None:
        from dosing_env.report.outlook_figure import drawn

        files[plot] = drawn(outlook, plot)
    return files


def _write(files: dict[Path, bytes]) -> None:
    from dosing_env.io.writing import write_whole

    for path, content in files.items():
        write_whole(path, content)


def _print(outlook: Outlook, files: dict[Path, bytes]) -> None:
    from dosing_env.report.outlook import TerminalOutlook

    table_console().print(TerminalOutlook(outlook))
    for path in files:
        say(f"wrote {path}")
