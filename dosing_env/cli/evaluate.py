"""`dosing-env evaluate`: a virtual trial."""

from __future__ import annotations

import importlib.util
import shlex
from pathlib import Path
from typing import Any

import click

from dosing_env.cli.program import WRONG_INPUT, CommandError, require_file_writable, require_writable
from dosing_env.cli.progress import progress


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
@click.option("--overwrite", is_flag=True, help="Even if -o DIR holds another finished trial, or files of yours.")
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
    overwrite: bool,
    quiet: bool,
) -> None:
    """Treat the same virtual patients with every policy and compare.

    SCENARIO is a name from `dosing-env list scenarios` or a .toml file. A policy is a protocol, "agent:NAME",
    "oracle", a protocol file (.py), "agent:FILE.toml", or "bedside:FILE.toml" (see `dosing-env distil`). -o leaves
    trial.csv (one row per drug model, policy and patient), summary.csv and report.html in a folder that is empty, or
    holds the same trial or one that was interrupted. After Ctrl-C the finished policies are written, to -o or to a
    folder under runs/.

    \b
    dosing-env evaluate vancomycin_ward -o runs/first
    dosing-env evaluate vancomycin_ward --policies guideline_2020,oracle --patients 200
    """  # noqa: D301  (click reads the character \b)
    chosen = None if policies is None else [name for item in policies.split(",") if (name := item.strip())]
    asked: dict[str, Any] = {"patients": patients, "seed": seed, "rivals": not no_rivals}
    _check_outputs(output, report, parquet)
    _check_folder(output, scenario, chosen, asked, overwrite)
    from dosing_env.cli.results import Results
    from dosing_env.virtual_trial import evaluate as run

    command = command_line(scenario, chosen, patients, seed, no_rivals)
    with progress(quiet) as shown:
        trial = run(scenario, chosen, **asked, jobs=jobs, progress=shown, command=command)
        results = Results(trial, output, parquet, overwrite)
        with results.kept_after_ctrl_c():
            shown(0, 1, "summary")
            trial.summary()
    with results.kept_after_ctrl_c():
        results.print()
        with progress(quiet) as shown:
            results.write(report, shown)
    results.end()


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


def _check_folder(
    output: Path | None, scenario: str, policies: list[str] | None, asked: dict[str, Any], overwrite: bool
) -> None:
    """Refuse a folder where the trial that is asked for would replace what is not its own."""
    if output is None:
        return
    from dosing_env.trial_files import INDEX, require_free

    same = None
    if (output / INDEX).exists():
        from dosing_env.virtual_trial import identity

        same = identity(scenario, policies, **asked)
    require_free(output, same, overwrite)
