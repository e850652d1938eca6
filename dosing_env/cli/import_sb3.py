"""`dosing-env import-sb3`: what Stable-Baselines3 saved as an agent."""

from __future__ import annotations

from pathlib import Path

import click

from dosing_env.cli.program import WRONG_INPUT, CommandError, require_writable, say
from dosing_env.cli.train import ending


@click.command("import-sb3")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("recipe")
@click.option("--trust", is_flag=True, help="The file may run code: you made it yourself.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Default: runs/<name>_imported.")
@click.option("--overwrite", is_flag=True, help="Even if DIR is not empty: an agent of that name is replaced.")
def import_sb3(model: Path, recipe: str, trust: bool, output: Path | None, overwrite: bool) -> None:
    """Make an agent of a zip that Stable-Baselines3 or sb3-contrib saved.

    RECIPE, a name from `dosing-env list agents` or a .toml file, says how the model sees and acts; it has to be the one
    it was trained by. Such a zip holds pickles, which may run code when they are read: without --trust it is refused.
    Needs the extra packages of pip install 'dosing-env[train]'.

    \b
    dosing-env import-sb3 model.zip my_recipe.toml --trust
    """  # noqa: D301  (click reads the character \b)
    try:
        from dosing_env import training
    except ImportError as error:
        raise CommandError(str(error), WRONG_INPUT) from error
    if output is not None:
        require_writable(output)
    agent = training.import_sb3(model, recipe, trust=trust, output=output, overwrite=overwrite)
    primary = agent.card["learning"][-1]
    score = next(value for name, value in primary.items() if name.endswith("_percent"))
    say(f"{model.name}: {score:.1f} %, return {primary['return']:.3f}, {primary['steps']:,} steps")
    say(*ending(agent, Path(agent.where).parent))
