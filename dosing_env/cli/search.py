"""`dosing-env search`: hyperparameters for a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dosing_env.cli.program import (
    WRONG_INPUT,
    CommandError,
    require_file_writable,
    require_writable,
    say,
    seeds_asked,
    table_console,
)
from dosing_env.cli.progress import progress

if TYPE_CHECKING:
    from dosing_env.training.search import Searched


@click.command()
@click.argument("recipe")
@click.option("--trials", type=click.IntRange(1), default=50, show_default=True, help="That are there at the end.")
@click.option("--storage", metavar="URL", help="Of Optuna, or journal:FILE; default: runs/<study>_search/study.db.")
@click.option("--study", metavar="NAME", help="Default: the recipe's name.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Of training and search; default: the recipe's first.")
@click.option("--seeds", type=click.IntRange(1), metavar="N", help="Training seeds 0 to N-1 in each trial, averaged.")
@click.option("--steps", type=click.IntRange(1), help="Of each training, instead of the recipe's.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes that make trials.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The recipe found; default: runs/<study>_search/<study>_found.toml.",
)
@click.option("--overwrite", is_flag=True, help="Even if the picture beside FILE, or the default FILE, is yours.")
@click.option("--quiet", is_flag=True, help="No progress.")
def search(
    recipe: str,
    trials: int,
    storage: str | None,
    study: str | None,
    seed: int | None,
    seeds: int | None,
    steps: int | None,
    jobs: int,
    output: Path | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Search for hyperparameters with a better return on the tuning stream.

    RECIPE is a name from `dosing-env list agents` or a .toml file; its section [search] says where to look, by default
    each algorithm has ranges of its own. The first trial is the recipe as it is. Trials that fall behind are pruned.
    The same command goes on with the study, after Ctrl-C too, until so many trials are there; on another machine with
    the same --storage it works on them as well. Needs the extra packages of pip install 'dosing-env[train,search]'.

    \b
    [search]
    learning_rate = { low = 1e-4, high = 3e-3, log = true }
    n_epochs = { low = 2, high = 10 }
    layers = { among = [[32, 32], [64, 64]] }
    """  # noqa: D301  (click reads the character \b)
    asked = seeds_asked(seed, seeds)
    try:
        from dosing_env.training import search as searching
    except ImportError as error:
        raise CommandError(str(error), WRONG_INPUT) from error
    plan, file = searching.prepare(recipe, trials, storage, study, asked, steps, output)
    require_writable(plan.folder)
    require_file_writable(file)
    with progress(quiet) as shown:
        _show(searching.finish(plan, file, jobs=jobs, progress=shown, overwrite=overwrite))


def _show(searched: Searched) -> None:
    """The best trials, what there was besides, and what to do next."""
    from dosing_env import scenario as scenarios
    from dosing_env.report.search import best_table

    found, rules = searched.recipe.found, searched.recipe
    assert found is not None
    table_console().print(best_table(searched.tried, scenarios.load(rules.scenario).tables.within))
    seeds = f"seed {found.seeds[0]}" if len(found.seeds) == 1 else f"{len(found.seeds)} seeds"
    say(
        *f"""{found.complete} trials complete, {found.pruned} pruned, {searched.failed} failed
(on {rules.training.evaluate_patients} patients of the tuning stream; {seeds}, {found.steps:,} steps)
picture: {searched.picture}
recipe:  {searched.file}
next:    dosing-env train {searched.file}""".split("\n")
    )
