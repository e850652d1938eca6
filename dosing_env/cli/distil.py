"""`dosing-env distil`: a bedside table that says nearly what an agent says."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from dosing_env.cli.program import WRONG_INPUT, CommandError, require_writable, say
from dosing_env.cli.progress import progress


@click.command()
@click.argument("agent")
@click.option("--scenario", help="Where it is asked; default: the one an agent was trained on.")
@click.option("--depth", type=click.IntRange(1, 5), default=5, show_default=True, help="Questions before an answer.")
@click.option("--patients", type=click.IntRange(1), default=1000, show_default=True, help="To see what is lost.")
@click.option(
    "--seed", type=click.IntRange(0, 2**64 - 1), default=7, show_default=True, help="Of these patients and all noise."
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes; the result is the same.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Default: runs/<name>_bedside.")
@click.option("--overwrite", is_flag=True, help="Even if DIR holds another table, or files of yours.")
@click.option("--quiet", is_flag=True, help="No progress.")
def distil(
    agent: str,
    scenario: str | None,
    depth: int,
    patients: int,
    seed: int,
    jobs: int,
    output: Path | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Print an agent as a dosing table for the bedside, and what is lost by following it.

    AGENT is a name from `dosing-env list agents`, or any policy that `dosing-env evaluate` takes. Its decisions become
    decision trees of few questions. The folder gets the page (.md) and the table (.toml), which is the policy
    "bedside:FILE.toml". For scenarios with visits. Needs the extra packages of pip install 'dosing-env[train]'.

    \b
    dosing-env distil warfarin_initiation_ppo
    dosing-env distil warfarin_iwpc_genetic_aurora --scenario warfarin_initiation --depth 3
    """  # noqa: D301  (click reads the character \b)
    from dosing_env import catalogue
    from dosing_env import scenario as scenarios
    from dosing_env.bedside.table import text_of
    from dosing_env.io import folders
    from dosing_env.policies import TABLE, policy_of
    from dosing_env.report.bedside import page
    from dosing_env.virtual_trial import evaluate

    distilling = _distilling()
    name = catalogue.given(_policy_name(agent))
    policy = policy_of(name)
    case = scenarios.load(scenario or _own_scenario(policy, agent))
    folder = output or Path("runs") / f"{distilling.name_of(policy)}_bedside"
    file, command = folder / f"{distilling.name_of(policy)}.toml", _command(agent, scenario, depth, patients, seed)
    require_writable(folder)
    _check_folder(file, agent, command, overwrite)
    with progress(quiet) as shown:
        table = distilling.distil(policy, case, depth=depth, progress=shown)
        folders.write(folder, file.name, text_of(table).encode(), command)
        trial = evaluate(
            case,
            [name, f"{TABLE}{file}"],
            patients=patients,
            seed=seed,
            jobs=jobs,
            rivals=False,
            progress=shown,
            command=command,
        )
    if trial.partial:
        raise KeyboardInterrupt(f"stopped; the table is in {file}, what it loses is not known")
    text = page(table, trial)
    folders.write(folder, file.with_suffix(".md").name, text.encode(), command)
    say(*text.split("\n"), f"wrote {file}", f"wrote {file.with_suffix('.md')}")


def _check_folder(file: Path, agent: str, command: str, overwrite: bool) -> None:
    """Refuse a folder where the table and its page would replace anything but the same once more."""
    from dosing_env.io import folders

    folders.require_not_read(agent, file)
    if overwrite:
        return
    there = folders.read(file.parent)
    folders.require_free(file.parent, there, (file.name, file.with_suffix(".md").name))
    if there.files and there.of != command:
        raise ValueError(f"{file.parent}: holds what another command made ({there.of}). {folders.ANOTHER}")


def _distilling() -> Any:
    """The room that needs the extra packages."""
    try:
        from dosing_env import distil
    except ImportError as error:
        raise CommandError(str(error), WRONG_INPUT) from error
    return distil


def _policy_name(agent: str) -> str:
    """The name of a policy; an agent may stand without "agent:"."""
    from dosing_env import catalogue
    from dosing_env.policies import AGENT

    return f"{AGENT}{agent}" if agent in catalogue.names("agents") or _is_recipe(agent) else agent


def _is_recipe(name: str) -> bool:
    return name.endswith(".toml") and ":" not in name


def _own_scenario(policy: Any, agent: str) -> str:
    """Where an agent was trained.

    Raises:
        CommandError: it is no agent.
    """
    from dosing_env.agent import Agent

    if not isinstance(policy, Agent):
        raise CommandError(f"--scenario: is missing, {agent} has none of its own", WRONG_INPUT)
    return policy.recipe.scenario


def _command(agent: str, scenario: str | None, depth: int, patients: int, seed: int) -> str:
    """The command that gives the same page, without what belongs to this machine: of a file only its name stays."""
    kind, colon, path = agent.rpartition(":")
    words = ["dosing-env", "distil", f"{kind}{colon}{Path(path).name}"]
    words += ["--scenario", Path(scenario).name] if scenario else []
    return shlex.join([*words, "--depth", str(depth), "--patients", str(patients), "--seed", str(seed)])
