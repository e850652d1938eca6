"""`dosing-env evaluate`: a virtual trial."""

from __future__ import annotations

import importlib.util
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dosing_env.cli.program import (
    STOPPED,
    WRONG_INPUT,
    CommandError,
    console,
    require_file_writable,
    require_writable,
    say,
)
from dosing_env.cli.progress import Report, progress

if TYPE_CHECKING:
    from dosing_env.trial import Trial


@click.command()
@click.argument("scenario")
@click.option("--policies", metavar="A,B,...", help="Names or files; default: those of the scenario.")
@click.option("--patients", type=click.IntRange(1), default=1000, show_default=True, help="How many virtual patients.")
@click.option(
    "--seed", type=click.IntRange(0, 2**64 - 1), default=7, show_default=True, help="Of the patients and all noise."
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes; the result is the same.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Write tables and report there.")
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE", help="Write the HTML report there.")
@click.option("--parquet", is_flag=True, help="trial.parquet instead of trial.csv.")
@click.option("--no-rivals", is_flag=True, help="Leave out patients of the rival drug models.")
@click.option("--quiet", is_flag=True, help="No progress.")
def evaluate(
    scenario: str,
    policies: str | None,
    patients: int,
    seed: int,
    jobs: int,
    output: Path | None,
    report: Path | None,
    parquet: bool,
    no_rivals: bool,
    quiet: bool,
) -> None:
    """Treat the same virtual patients with every policy and compare.

    SCENARIO is a name from `dosing-env list scenarios` or a .toml file. A policy is a protocol, "agent:NAME",
    "oracle", a protocol file (.py), "agent:FILE.toml", or "bedside:FILE.toml" (see `dosing-env distil`). -o leaves
    trial.csv (one row per drug model, policy and patient), summary.csv and report.html. After Ctrl-C the finished
    policies are written, to -o or to a folder under runs/.

    \b
    dosing-env evaluate vancomycin_ward -o runs/first
    dosing-env evaluate vancomycin_ward --policies guideline_2020,oracle --patients 200
    """  # noqa: D301  (click reads the character \b)
    _check_outputs(output, report, parquet)
    from dosing_env.virtual_trial import evaluate as run

    chosen = None if policies is None else [name for item in policies.split(",") if (name := item.strip())]
    command = command_line(scenario, chosen, patients, seed, no_rivals)
    with progress(quiet) as shown:
        trial = run(
            scenario,
            chosen,
            patients=patients,
            seed=seed,
            jobs=jobs,
            rivals=not no_rivals,
            progress=shown,
            command=command,
        )
        if trial.partial and output is None:
            output = _folder_of_stopped(trial)
        written = _write(trial, output, report, parquet, shown)
    _print(trial)
    if trial.partial:
        raise _stopped(trial, output)
    say(*([""] if written else []), *(f"wrote {path}" for path in written))


def command_line(scenario: str, policies: list[str] | None, patients: int, seed: int, no_rivals: bool) -> str:
    """The command that gives the same trial, without what belongs to this machine: of a file only its name stays."""
    from dosing_env.virtual_trial import portable

    words = ["dosing-env", "evaluate", portable(scenario)]
    if policies is not None:
        words += ["--policies", ",".join(map(portable, policies))]
    words += ["--patients", str(patients), "--seed", str(seed), *(["--no-rivals"] if no_rivals else [])]
    return shlex.join(words)


def _check_outputs(output: Path | None, report: Path | None, parquet: bool) -> None:
    if parquet and output is None:
        raise CommandError("--parquet: needs -o DIR", WRONG_INPUT)
    if parquet and importlib.util.find_spec("pyarrow") is None:
        raise CommandError("--parquet: needs the extra package pyarrow: pip install 'dosing-env[parquet]'", WRONG_INPUT)
    if output is not None:
        require_writable(output)
    if report is not None:
        require_file_writable(report)


def _print(trial: Trial) -> None:
    from dosing_env.report.table import TerminalReport

    console().print(TerminalReport(trial))


def _write(trial: Trial, output: Path | None, report: Path | None, parquet: bool, shown: Report) -> list[Path]:
    """Write what was asked for. Ctrl-C meanwhile ends the program, but not without the tables."""
    try:
        return list(_written(trial, output, report, parquet, shown))
    except KeyboardInterrupt:
        folder = trial.save(output or _folder_of_stopped(trial), parquet=parquet)
        raise _stopped(trial, folder) from None


def _written(trial: Trial, output: Path | None, report: Path | None, parquet: bool, shown: Report) -> Iterator[Path]:
    """Write the files; those a reader opens first are named."""
    shown(0, 3, "summary")
    trial.summary()
    shown(1, 3, "tables")
    if output is not None:
        trial.save(output, parquet=parquet)
        yield from (output / ("trial.parquet" if parquet else "trial.csv"), output / "summary.csv")
    shown(2, 3, "report")
    for path in (output and output / "report.html", report):
        if path is not None:
            yield trial.report(path)
    shown(3, 3, "results")


def _folder_of_stopped(trial: Trial) -> Path:
    return Path("runs") / f"{trial.provenance['scenario']}_seed{trial.provenance['seed']}_stopped"


def _stopped(trial: Trial, folder: Path | None) -> CommandError:
    finished, all_ = len(trial.arms()), len(trial.policies)
    return CommandError(f"stopped; {finished} of {all_} policies were finished and are in {folder}", STOPPED)
