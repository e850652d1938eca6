"""The result of a trial on the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dosing_env.report.findings import found
from dosing_env.report.headline import headline
from dosing_env.report.look import COLOUR, KNOWS
from dosing_env.report.numbers import Cell, Numbers, difference_unit, harm_endpoint, subject
from dosing_env.trial import Arm, Endpoint, Trial

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table

CAPTION = "Below each mean: 95 % interval over patients. Research and education; not for the care of real patients."
ROOMY = 90  # characters
Triple = tuple[Cell, Cell, Cell]


@dataclass(frozen=True)
class TerminalReport:
    """The table and the headline, for `rich.print`. Fits 80 columns; with more it breathes."""

    trial: Trial

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """What Rich prints."""
        from rich.text import Text

        numbers = Numbers(self.trial)
        words = headline(self.trial, numbers)
        yield Text(_title(self.trial, numbers), "bold")
        yield Text()
        yield result_table(self.trial, numbers, tight=options.max_width < ROOMY)
        yield Text(CAPTION, "dim")
        yield Text()
        yield Text(words.answer.striptags())
        yield Text(words.bad_news.striptags(), "bold")
        for finding in found(self.trial, numbers):
            yield Text(finding.plain, "bold")


def result_table(trial: Trial, numbers: Numbers | None = None, *, tight: bool = False) -> Table:
    """One row per policy of the scenario's own drug.

    Primary endpoint and paired difference to the best clinical protocol with 95 % intervals, harm, the dose, and the
    range over training seeds.
    """
    from rich import box
    from rich.table import Table

    numbers = numbers or Numbers(trial)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 0 if tight else 1, 0, 0))
    table.add_column("policy", min_width=17)
    for heading in _headings(trial):
        table.add_column(heading, justify="right", no_wrap=True)
    for endpoint in _secondary(trial):
        width = max(map(len, (*endpoint.title.split(), f"({endpoint.unit})", "00,000")))
        table.add_column(_heading(endpoint), justify="right", width=width)
    trained = any(numbers.seeds(arm.name) for arm in trial.arms())
    if trained:
        table.add_column("training\nseeds", justify="right", no_wrap=True, min_width=9)
    for arm in trial.arms():
        row = _row(trial, numbers, arm)
        table.add_row(*(row if trained else row[:-1]), style="bold" if arm == subject(trial) else "")
    return table


def _secondary(trial: Trial) -> list[Endpoint]:
    """Harm, the first endpoint besides of which less is better, and the total dose."""
    harm = harm_endpoint(trial)
    worse = [e for e in trial.endpoints[1:] if e.better == "lower" and e != harm][:1]
    return [*([harm] if harm else []), *worse, *(e for e in trial.endpoints[1:] if e.unit in ("mg", "mg/day"))]


def _headings(trial: Trial) -> tuple[str, str]:
    title = trial.arm(trial.reference).title if trial.reference else "none"
    reference = _escaped("\n".join(textwrap.wrap(title, 14)))
    return f"primary\nendpoint\n({trial.primary.unit})", f"against\n{reference}\n({difference_unit(trial.primary)})"


def _heading(endpoint: Endpoint) -> str:
    return f"{_escaped(endpoint.title)}\n({endpoint.unit})"


def _row(trial: Trial, numbers: Numbers, arm: Arm) -> list[str]:
    mark = f"[{COLOUR[arm.kind]}]●[/] {_escaped(arm.title)}" + (f"\n[dim]{KNOWS}[/]" if arm.kind == "oracle" else "")
    difference = numbers.difference(arm.name, trial.primary)
    against = "reference" if arm.name == trial.reference else _with_interval(difference)
    seeds = numbers.seeds(arm.name)
    spread = f"{seeds[1]}–{seeds[2]}\n[dim]{seeds[0]} seed{'' if seeds[0].value == 1 else 's'}[/]" if seeds else "–"
    secondary = [str(numbers.outcome(arm.name, endpoint)[0]) for endpoint in _secondary(trial)]
    return [mark, _with_interval(numbers.outcome(arm.name, trial.primary)), against, *secondary, spread]


def _with_interval(numbers: Triple) -> str:
    mean, low, high = numbers
    return str(mean) if low.text in ("–", high.text) else f"{mean}\n[dim]{low} to {high}[/]"


def _title(trial: Trial, numbers: Numbers) -> str:
    name = trial.provenance.get("scenario", "virtual trial")
    state = ", interrupted" if trial.partial else ""
    count = numbers.size(subject(trial).name)
    first = f"{name}: {count} virtual patients, the same for each policy{state}"
    return f"{first}\nprimary endpoint: {trial.primary.title}"


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
