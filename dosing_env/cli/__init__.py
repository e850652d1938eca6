"""The command line. Results go to stdout; progress and errors to stderr, an error in one line.

Heavy imports wait inside the commands, so that `dosing-env --help` is quick.
"""

from __future__ import annotations

import click

from dosing_env import __version__
from dosing_env.cli.card import card
from dosing_env.cli.dataset import dataset
from dosing_env.cli.distil import distil
from dosing_env.cli.evaluate import evaluate
from dosing_env.cli.forecast import forecast
from dosing_env.cli.import_sb3 import import_sb3
from dosing_env.cli.list import list_
from dosing_env.cli.new import new
from dosing_env.cli.program import DEBUG, Program
from dosing_env.cli.report import report
from dosing_env.cli.search import search
from dosing_env.cli.show import show
from dosing_env.cli.simulate import simulate
from dosing_env.cli.train import train
from dosing_env.cli.verify import verify

EPILOG = f"""Exit codes: 0 done, 1 the run failed, 2 the input was wrong; 130 stopped by Ctrl-C, 143 by SIGTERM, 129
because the terminal was closed (what was done is kept).

For an error's traceback: --debug before the command, or {DEBUG}=1 in the environment.

Research and education only; not for the care of patients."""


HELP = """Drug dosing as reinforcement learning, on published pharmacokinetic models.

\b
dosing-env list                                    what there is
dosing-env show vancomycin_thomson2009             equations, sources, numbers
dosing-env new mine --drug my_drug.toml --dose 100  a scenario to begin with
dosing-env evaluate vancomycin_ward -o runs/first  compare dosing policies
dosing-env train vancomycin_ward_ppo               train an agent
dosing-env search vancomycin_ward_ppo              hyperparameters for a recipe
dosing-env distil warfarin_initiation_ppo          an agent as a dosing table for the bedside
dosing-env dataset vancomycin_ward ucsf -o ward/ucsf-v0   courses for offline learning (Minari)
dosing-env simulate vancomycin_thomson2009 doses.csv --covariates WT=70 --covariates CRCL=90
dosing-env forecast patient.csv --drug vancomycin_goti2018 --plot forecast.png
dosing-env verify                                  check the simulation
"""


@click.group(
    cls=Program,
    help=HELP,
    epilog=EPILOG,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--debug", is_flag=True, envvar=DEBUG, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name="dosing-env", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context, debug: bool) -> None:
    """Show the help where no command is given."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for command in (
    list_,
    show,
    new,
    evaluate,
    report,
    train,
    search,
    import_sb3,
    card,
    distil,
    dataset,
    simulate,
    forecast,
    verify,
):
    main.add_command(command)
