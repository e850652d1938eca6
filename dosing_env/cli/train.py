"""`dosing-env train`: a trained agent from a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dosing_env.cli.program import WRONG_INPUT, CommandError, require_writable
from dosing_env.cli.progress import progress

if TYPE_CHECKING:
    from dosing_env.agent import Agent
    from dosing_env.scenario import Scenario


@click.command()
@click.argument("recipe")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="One training seed; default: all of the recipe.")
@click.option("--steps", type=click.IntRange(1), help="Instead of the recipe's.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Default: runs/<name>, or runs/<name>_seed<seed>.",
)
@click.option("--no-card", is_flag=True, help="No model card; `dosing-env card` can write it later.")
@click.option("--quiet", is_flag=True, help="No progress.")
def train(recipe: str, seed: int | None, steps: int | None, output: Path | None, no_card: bool, quiet: bool) -> None:
    """Train the agent of a recipe.

    RECIPE is a name from `dosing-env list agents` or a .toml file. Needs the extra packages of
    pip install 'dosing-env[train]'. Ctrl-C keeps what was trained so far.
    """
    from dosing_env import recipe as recipes
    from dosing_env import scenario as scenarios

    rules = recipes.load(recipe)
    case = scenarios.load(rules.scenario)
    try:
        from dosing_env import training

        training.check(rules, case)
    except ImportError as error:
        raise CommandError(str(error), WRONG_INPUT) from error
    folder = output or training.folder_of(rules, seed)
    require_writable(folder)
    if not quiet:
        click.echo(_where(folder), err=True)
    with progress(quiet) as shown:
        agent = training.train(rules, seed, output=folder, steps=steps, progress=shown, card=not no_card)
    click.echo(_result(agent, case, folder))


def _where(folder: Path) -> str:
    return f"""checkpoints:  {folder}/seed*/step*.safetensors
TensorBoard:  {folder}/seed*/tensorboard  (tensorboard --logdir {folder})"""


def _result(agent: Agent, case: Scenario, folder: Path) -> str:
    """Each seed at its end, where the weights are, and what to do next."""
    rules, tables = agent.recipe, case.kind.tables
    last = {row["seed"]: row for row in agent.card["learning"]}
    lines = [
        f"seed {seed}: {row[tables.PRIMARY]:.1f} % {tables.WITHIN}, return {row['return']:.3f}, "
        f"{row['steps']:,} steps{', chosen' if seed == agent.seed and len(last) > 1 else ''}"
        for seed, row in last.items()
    ]
    lines.append(f"(on {rules.training.evaluate_patients} patients of the tuning stream)")
    lines.append(f"weights: {folder / rules.name}.safetensors")
    own = f"agent:{folder / rules.name}.toml"
    lines.append(f"next:    dosing-env evaluate {rules.scenario} --policies {case.policies[0]},{own},oracle")
    return "\n".join(lines)
