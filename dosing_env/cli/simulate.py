"""`dosing-env simulate`: an event table in, a table of amounts and levels out."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dosing_env.cli.program import FAILED, WRONG_INPUT, CommandError, require_file_writable, say, table_console
from dosing_env.cli.progress import progress

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from dosing_env.simulation.adherence import Adherence

SHOWN = 20  # rows on the terminal
MOST_TIMES = 1_000_000  # of --times
PER_SHARE = click.FloatRange(0.0, 1.0)


@click.command()
@click.argument("model")
@click.argument("events")
@click.option(
    "--covariates",
    multiple=True,
    metavar="FILE|NAME=VALUE",
    help="A table (ID, TIME, one column each), or constants for everybody: once for each. Not needed where they are "
    "columns of EVENTS.",
)
@click.option(
    "--times", metavar="T,...", help="When to look, h: 0,1,2.5 or 0:168:1 (from:to:step). Default: hourly, see below."
)
@click.option("--solver", metavar="NAME", help="exact (linear models), compiled, explicit, stiff or scipy.")
@click.option("--carry", type=click.Choice(["locf", "nocb"]), default="locf", show_default=True, help="See below.")
@click.option("--eta", multiple=True, metavar="NAME=VALUE", help="A random effect; others are 0, or drawn with --seed.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**64 - 1),
    help="Draw what is random: effects between subjects and occasions, the error of levels (dv, blq).",
)
@click.option("--subjects", type=click.IntRange(1), help="How many, where no table has an ID. Default: 1.")
@click.option("--missed", type=PER_SHARE, default=0.0, help="Share of the doses that are missed; needs --seed.")
@click.option("--missed-again", type=PER_SHARE, help="The same of doses after a missed one. Default: as any.")
@click.option("--late-sd", type=click.FloatRange(0.0), default=0.0, help="How late doses are, h: half-normal, its SD.")
@click.option("--early", is_flag=True, help="Doses are as often early as late.")
@click.option("--dose-cv", type=click.FloatRange(0.0), default=0.0, help="How inaccurate amounts are: log-normal CV.")
@click.option("--nonmem", is_flag=True, help="Write a NONMEM data set: doses really taken and observations.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="FILE.csv or FILE.parquet.")
@click.option("--quiet", is_flag=True, help="No progress.")
def simulate(
    model: str,
    events: str,
    covariates: tuple[str, ...],
    times: str | None,
    solver: str | None,
    carry: str,
    eta: tuple[str, ...],
    seed: int | None,
    subjects: int | None,
    missed: float,
    missed_again: float | None,
    late_sd: float,
    early: bool,
    dose_cv: float,
    nonmem: bool,
    output: Path | None,
    quiet: bool,
) -> None:
    """Simulate doses in patients of known covariates.

    MODEL is a name from `dosing-env list drugs`, a model file (.toml) or a Python file (.py). EVENTS is a NONMEM-style
    table (.csv, .parquet): TIME, AMT and, where wanted, ID, EVID, RATE, II, ADDL, SS, CMT, OCC and covariates; see
    docs/simulation.md.

    Without -o the first rows and the units are shown. Levels are seen at --times and at the observations of EVENTS
    (EVID 0); with neither, every hour until a day after the last dose. A covariate holds from its time on (locf), or
    until its time, as NONMEM has it (nocb). Any number of subjects can be written: they are simulated in parts.

    \b
    dosing-env simulate vancomycin_thomson2009 doses.csv --covariates WT=70 --covariates CRCL=90
    dosing-env simulate my_model.toml doses.csv --subjects 1000 --seed 1 --times 0:168:24 -o levels.parquet
    """  # noqa: D301  (click reads the character \b)
    _check_output(output)
    from dosing_env.simulation.tables import simulate_in_parts

    adherence = _adherence(missed=missed, missed_again=missed_again, late_sd=late_sd, early=early, dose_cv=dose_cv)
    shared: dict[str, Any] = {"covariates": given_covariates(covariates), "carry": carry, "seed": seed}
    shared["adherence"] = adherence
    looks = None if times is None else grid(times)
    with progress(quiet) as shown:
        shown(0, 1, "reading (compiles on first use)")
        parts = simulate_in_parts(
            model,
            events,
            times=looks,
            eta=_constants("--eta", eta),
            solver=solver,
            subjects=subjects,
            progress=shown,
            **shared,
        )
        if nonmem:
            from dosing_env.interchange.nonmem import data_sets

            parts = data_sets(model, events, parts, **shared)
        watched = _Watched(parts)
        _run(watched, output)
    _print(watched, output)


def grid(text: str) -> list[float]:
    """The times of --times: numbers and from:to:step, with commas in between.

    Raises:
        ValueError: not that, or more than a million.
    """
    found: list[float] = []
    for item in text.split(","):
        bounds = [_number(text, part) for part in item.split(":")]
        if len(bounds) not in (1, 3) or (len(bounds) == 3 and not (bounds[2] > 0.0 and bounds[1] >= bounds[0])):
            raise ValueError(f"--times: {text!r}: {item!r} is neither a time nor from:to:step with a positive step")
        begin, end, step = bounds if len(bounds) == 3 else (bounds[0], bounds[0], 1.0)
        count = (end - begin) / step * (1.0 + 1e-12) + 1.0  # the end belongs to it, whatever the rounding
        if len(found) + count > MOST_TIMES:
            raise ValueError(f"--times: {text!r}: more than {MOST_TIMES:,} times")
        found += [begin + k * step for k in range(int(count))]
    return found


def _number(text: str, part: str) -> float:
    try:
        number = float(part)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"--times: {text!r}: {part!r} is not a number")
    return number


def given_covariates(words: tuple[str, ...]) -> Any:
    """What --covariates means: a file, or constants by name.

    Raises:
        ValueError: both, or something else.
    """
    files = [word for word in words if "=" not in word or word.endswith((".csv", ".parquet"))]
    if files and len(words) > 1:
        raise ValueError(f"--covariates: {files[0]!r}: give one file, or constants as NAME=VALUE")
    return files[0] if files else _constants("--covariates", words)


def _constants(option: str, words: tuple[str, ...]) -> dict[str, str] | None:
    """NAME=VALUE, each name once; None where there are none."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = (part.strip() for part in word.partition("="))
        if not (name and equals and value):
            raise ValueError(f"{option}: {word!r}: expected NAME=VALUE")
        if name in found:
            raise ValueError(f"{option}: {word!r}: {name} is given twice")
        found[name] = value
    return found or None


def _adherence(**given: Any) -> Adherence | None:
    """How doses are taken; None where nothing was said of it."""
    if not any(value not in (None, 0.0, False) for value in given.values()):
        return None
    from dosing_env.simulation.adherence import Adherence

    return Adherence(**given)


def _check_output(output: Path | None) -> None:
    if output is None:
        return
    if output.suffix not in (".csv", ".parquet"):
        raise CommandError(f"-o: {str(output)!r}: must end in .csv or .parquet", WRONG_INPUT)
    if output.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise CommandError(
            f"{output}: needs the extra package pyarrow: pip install 'dosing-env[parquet]'; .csv does not", WRONG_INPUT
        )
    require_file_writable(output)


class _Watched:
    """Parts of a table that are counted, and the first rows kept, while somebody else takes them."""

    def __init__(self, parts: Iterable[pd.DataFrame]) -> None:
        self.parts, self.rows = parts, 0
        self.head: pd.DataFrame | None = None

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Each part once."""
        for part in self.parts:
            if self.head is None:
                self.head = part.head(SHOWN)
            self.rows += len(part)
            yield part


def _run(watched: _Watched, output: Path | None) -> None:
    """Simulate, and write if there is a file to write."""
    from dosing_env.interchange.table_files import write_parts

    try:
        if output is not None:
            write_parts(output, watched)
        else:
            for _ in watched:
                pass
    except RuntimeError as error:  # a solve failed: that is said in the user's words
        raise CommandError(" ".join(str(error).split()), FAILED) from error


def _print(watched: _Watched, output: Path | None) -> None:
    head: Any = watched.head
    if output is not None:
        units = head.attrs["units"]
        columns = ", ".join(f"{name} ({units[name]})" if name in units else name for name in head)
        say(f"columns: {columns}", f"wrote {output}: {watched.rows:,} rows")
        return
    table_console().print(_table(head))
    more = f"{len(head)} of {watched.rows:,} rows; -o FILE.csv or FILE.parquet writes all"
    click.echo(more if watched.rows > len(head) else f"{watched.rows} rows")


def _table(head: pd.DataFrame) -> Table:
    """The rows, with the units below the names."""
    from rich.table import Table
    from rich.text import Text

    table, units = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0)), head.attrs["units"]
    for name in head:
        table.add_column(Text(f"{name}\n{units.get(name, '')}"), justify="right", no_wrap=True)
    for row in head.itertuples(index=False):
        table.add_row(*(f"{value:.6g}" if isinstance(value, float) else str(value) for value in row))
    return table
