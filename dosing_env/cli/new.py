"""`dosing-env new`: a scenario file to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from dosing_env import catalogue
from dosing_env.cli.program import require_file_writable, say


@click.command()
@click.argument("name")
@click.option("--drug", required=True, help="Name of a drug, or a model file (.toml).")
@click.option("--population", default="adult_ward", show_default=True, help="Name of a population.")
@click.option("--dose", required=True, type=click.FloatRange(0, min_open=True), help="A usual dose, twice a day.")
def new(name: str, drug: str, population: str, dose: float) -> None:
    """Write NAME.toml, a commented scenario of a drug to begin with.

    The target in it is what the usual dose does in most patients of the population: replace it by the one you want.
    """
    from dosing_env.io.writing import write_whole
    from dosing_env.tasks.starter import starter

    path = Path(name if name.endswith(".toml") else f"{name}.toml")
    if path.exists():
        raise ValueError(f"{path}: is there already. Nearest: another name")
    require_file_writable(path)
    found = catalogue.load("drugs", drug)
    bedside = catalogue.load("populations", population).Patient._fields
    write_whole(path, starter(path.stem, found, drug, population, bedside, dose).encode())
    say(f"{path}: look at it with `dosing-env show {path}`, try it with `dosing-env evaluate {path} --patients 100`")
