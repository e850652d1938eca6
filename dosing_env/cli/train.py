"""`dosing-env train`: a trained agent from a recipe."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dosing_env.cli.program import WRONG_INPUT, CommandError, require_writable, say, seeds_asked
from dosing_env.cli.progress import progress

if TYPE_CHECKING:
    from dosing_env.agent import Agent
    from dosing_env.recipe import Recipe


@click.command()
@click.argument("recipe", required=False)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="One training seed; default: all of the recipe.")
@click.option("--seeds", type=click.IntRange(1), metavar="N", help="The training seeds 0 to N-1.")
@click.option("--steps", type=click.IntRange(1), help="Instead of the recipe's.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Default: runs/<name>, runs/<name>_seed<seed> or runs/<name>_<N>_seeds.",
)
@click.option(
    "--resume", type=click.Path(path_type=Path), metavar="RUN", help="Go on with a training that was stopped."
)
@click.option("--jobs", type=click.IntRange(1), help="Processes, a seed each. Default: as many as there are cores.")
@click.option("--no-card", is_flag=True, help="No model card; `dosing-env card` can write it later.")
@click.option("--overwrite", is_flag=True, help="Even if DIR is not empty: replaces a training, and files of yours.")
@click.option("--quiet", is_flag=True, help="No progress.")
def train(
    recipe: str | None,
    seed: int | None,
    seeds: int | None,
    steps: int | None,
    output: Path | None,
    resume: Path | None,
    jobs: int | None,
    no_card: bool,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Train the agent of a recipe, or go on with a training that was stopped.

    RECIPE is a name from `dosing-env list agents` or a .toml file. Needs the extra packages of
    pip install 'dosing-env[train]'. After Ctrl-C, a crash or a kill, --resume RUN goes on from the last checkpoint, and
    ends with the same agent.
    """
    if (recipe is None) == (resume is None):
        raise click.UsageError("Either RECIPE or --resume RUN.")
    asked = seeds_asked(seed, seeds)
    if resume is not None and (asked, steps, output, overwrite) != (None, None, None, False):
        raise click.UsageError("--resume RUN goes on with the seeds and steps of the run, in its folder.")
    try:
        from dosing_env import training

        prepared = (str(recipe), asked, output, steps, overwrite)
        rules, folder = training.reopen(resume) if resume else training.prepare(*prepared)
    except ImportError as error:
        raise CommandError(str(error), WRONG_INPUT) from error
    require_writable(folder)
    if not quiet:
        say(*_where(folder).split("\n"), err=True)
    with progress(quiet) as shown:
        cores = jobs or os.cpu_count() or 1
        agent = training.finish(rules, folder, jobs=cores, progress=shown, card=not no_card, overwrite=overwrite)
    say(*_result(agent, folder).split("\n"))


def _where(folder: Path) -> str:
    return f"""checkpoints:  {folder}/seed*/checkpoint-*.safetensors  (dosing-env train --resume {folder})
logs:         {folder}/seed*/log*.csv and tensorboard  (tensorboard --logdir {folder})"""


def _result(agent: Agent, folder: Path) -> str:
    """Each seed at its end, all of them together, where the bundle is, and what to do next."""
    from dosing_env import scenario as scenarios

    rules = agent.recipe
    case = scenarios.load(rules.scenario)
    tables = case.tables
    last = {row["seed"]: row for row in agent.card["learning"]}
    lines = [
        f"seed {seed}: {row[tables.primary]:.1f} % {tables.within}, return {row['return']:.3f}{_costs(rules, row)}"
        f", {row['steps']:,} steps, {agent.card['seconds'][str(seed)]:.0f} s"
        f"{', chosen' if seed == agent.seed and len(last) > 1 else ''}"
        for seed, row in last.items()
    ]
    lines.append(_together([row[tables.primary] for row in last.values()], tables.within))
    lines += [f"went on: seed {seed} {how}" for seed, ways in agent.card["resumed"].items() for how in ways]
    return "\n".join([*lines, *ending(agent, folder)])


def _costs(rules: Recipe, row: dict[str, float]) -> str:
    """The costs with a limit, at the last look."""
    return "".join(f", {limit.cost} {row[limit.column]:.4f} (limit {limit.most:g})" for limit in rules.limits)


def ending(agent: Agent, folder: Path) -> list[str]:
    """On whom the agent was seen, where its bundle is, and what to do next."""
    from dosing_env import scenario as scenarios

    rules, own = agent.recipe, folder / agent.recipe.name
    asked = dict.fromkeys((scenarios.load(rules.scenario).policies[0], f"agent:{own}.toml", "oracle"))  # each once
    return [
        f"(on {rules.training.evaluate_patients} patients of the tuning stream)",
        f"bundle:  {own}.safetensors",
        f"next:    dosing-env evaluate {rules.scenario} --policies {','.join(asked)}",
    ]


def _together(scores: list[float], within: str) -> str:
    """The interquartile mean over seeds with its interval; of one seed no more than that it is one."""
    from dosing_env.statistics import interquartile_mean

    if len(scores) == 1:
        return "exploratory: one seed says nothing about chance in training; --seeds 5 does"
    mean, low, high = interquartile_mean([scores])
    return f"{len(scores)} seeds: interquartile mean {mean:.1f} % {within} (95 % interval {low:.1f} to {high:.1f})"
