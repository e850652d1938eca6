"""The result of a trial on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dosing_env.report.headline import headline
from dosing_env.report.look import COLOUR, KNOWS
from dosing_env.report.numbers import Cell, Numbers, difference_unit, subject
from dosing_env.trial import Arm, Endpoint, Trial

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

CAPTION = "Below each mean: 95 % interval over patients. Research and education; not for the care of real patients."
Triple = tuple[Cell, Cell, Cell]


def terminal_report(trial: Trial) -> RenderableType:
    """The headline and the table, for `rich.print`."""
    from rich.console import Group
    from rich.text import Text

    numbers = Numbers(trial)
    words = headline(trial, numbers)
    return Group(
        result_table(trial, numbers),
        Text(CAPTION, "dim"),
        Text(),
        Text(words.answer.striptags()),
        Text(words.bad_news.striptags(), "bold"),
    )


def result_table(trial: Trial, numbers: Numbers | None = None) -> Table:
    """One row per policy of the scenario's own drug.

    Primary endpoint and paired difference to the best clinical protocol with 95 % intervals, every endpoint of which
    less is better, the dose, and the range over training seeds.
    """
    from rich import box
    from rich.table import Table

    numbers = numbers or Numbers(trial)
    table = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        title=_title(trial, numbers),
        title_justify="left",
    )
    table.add_column("policy")
    for heading in _headings(trial):
        table.add_column(heading, justify="right", no_wrap=True)
    for endpoint in _secondary(trial):
        table.add_column(_heading(endpoint), justify="right")
    table.add_column("training seeds", justify="right", no_wrap=True)
    for arm in trial.arms():
        table.add_row(*_row(trial, numbers, arm), style="bold" if arm == subject(trial) else "")
    return table


def _secondary(trial: Trial) -> list[Endpoint]:
    """Harm (of each unit the first endpoint of which less is better) and the total dose."""
    harm = {e.unit: e for e in reversed(trial.endpoints[1:]) if e.better == "lower"}
    return [e for e in trial.endpoints[1:] if e in harm.values() or e.unit == "mg"]


def _headings(trial: Trial) -> tuple[str, str]:
    reference = trial.arm(trial.reference).title if trial.reference else "none"
    return f"primary\nendpoint\n({trial.primary.unit})", f"against\n{reference}\n({difference_unit(trial.primary)})"


def _heading(endpoint: Endpoint) -> str:
    return f"{_escaped(endpoint.title)}\n({endpoint.unit})"


def _row(trial: Trial, numbers: Numbers, arm: Arm) -> list[str]:
    mark = f"[{COLOUR[arm.kind]}]●[/] {_escaped(arm.title)}" + (f"\n  {KNOWS}" if arm.kind == "oracle" else "")
    difference = numbers.difference(arm.name, trial.primary)
    against = "reference" if arm.name == trial.reference else _with_interval(difference)
    seeds = numbers.seeds(arm.name)
    spread = f"{seeds[1]}–{seeds[2]}\n{seeds[0]} seeds" if seeds else "–"
    secondary = [str(numbers.outcome(arm.name, endpoint)[0]) for endpoint in _secondary(trial)]
    return [mark, _with_interval(numbers.outcome(arm.name, trial.primary)), against, *secondary, spread]


def _with_interval(numbers: Triple) -> str:
    mean, low, high = numbers
    return str(mean) if low.text in ("–", high.text) else f"{mean}\n{low} to {high}"


def _title(trial: Trial, numbers: Numbers) -> str:
    name = trial.provenance.get("scenario", "virtual trial")
    state = ", interrupted" if trial.partial else ""
    return _escaped(
        f"{name}: {numbers.size(subject(trial).name)} virtual patients, the same for each policy{state}\nprimary endpoint: {trial.primary.title}"
    )


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
