"""`dosing-env dataset`: what a policy did to patients, for offline reinforcement learning."""

from __future__ import annotations

from typing import Any

import click

from dosing_env.cli.program import WRONG_INPUT, CommandError, say


@click.command()
@click.argument("scenario")
@click.argument("policy")
@click.option("-o", "--output", required=True, metavar="ID", help="Name of the data set, with a version: ward/ucsf-v0.")
@click.option("--patients", type=click.IntRange(1), default=100, show_default=True, help="One course of each.")
@click.option(
    "--seed", type=click.IntRange(0, 2**64 - 1), default=0, show_default=True, help="Of these patients and all noise."
)
@click.option(
    "--stream",
    type=click.Choice(["train", "tune", "evaluate"]),
    default="train",
    show_default=True,
    help="Whose patients: those of evaluate are for comparisons.",
)
def dataset(scenario: str, policy: str, output: str, patients: int, seed: int, stream: str) -> None:
    """Write the courses of patients under a policy as a Minari data set.

    SCENARIO is a name from `dosing-env list scenarios` or a .toml file, POLICY any policy that `dosing-env evaluate`
    takes. The data set goes where Minari looks for it: the folder that the environment variable MINARI_DATASETS_PATH
    names, or else ~/.minari/datasets. Needs the extra packages of pip install 'dosing-env[minari]'.

    \b
    dosing-env dataset vancomycin_ward guideline_2020 -o vancomycin_ward/guideline-v0 --patients 1000
    """  # noqa: D301  (click reads the character \b)
    written = _datasets().write_dataset(scenario, policy, output, patients=patients, seed=seed, stream=stream)
    say(
        f"wrote {written.total_episodes} courses of {written.total_steps} decisions to {written.storage.data_path}",
        f'read it with minari.load_dataset("{output}")',
    )


def _datasets() -> Any:
    """The room that needs the extra packages."""
    try:
        from dosing_env import datasets
    except ImportError as error:
        raise CommandError(str(error), WRONG_INPUT) from error
    return datasets
