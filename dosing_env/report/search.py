"""What a search for hyperparameters tried: as a table on the terminal, and as a picture."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dosing_env.recipe import Range
from dosing_env.report.look import COLOUR, INK, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.table import Table

BEST = 5  # trials in the table
_ACROSS, _PANEL = 4, (3.0, 2.4)  # panels, inches


class TriedValues(NamedTuple):
    """A trial that was trained to its end, or pruned."""

    number: int
    values: dict[str, Any]
    value: float | None  # return on the tuning stream; of a pruned one when it was
    endpoint: float | None  # the primary one there, %
    pruned: bool
    excess: float = 0.0  # of its costs above the limits of the recipe


def best_table(tried: Sequence[TriedValues], within: str) -> Table:
    """The best trials side by side, best first. `within`: what the endpoint is, after its %."""
    from rich import box
    from rich.table import Table

    best = [one for one in tried if not one.pruned][:BEST]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("trial", *(str(one.number) for one in best)):
        table.add_column(heading, justify="left" if heading == "trial" else "right")
    table.add_row("return", *(f"{one.value:.3f}" for one in best))
    table.add_row(f"% {within}", *(f"{one.endpoint:.1f}" for one in best))
    if any(one.excess > 0.0 for one in tried):
        table.add_row("above limits", *(f"{one.excess:.4f}" for one in best))
    for key in best[0].values:
        table.add_row(key, *(_short(one.values[key]) for one in best))
    return table


def drawn(space: Mapping[str, Range], tried: Sequence[TriedValues]) -> bytes:
    """The return of each trial over each value, as PNG. The same trials give the same bytes."""
    from matplotlib.figure import Figure

    down = -(-len(space) // _ACROSS)
    size = (_PANEL[0] * min(_ACROSS, len(space)), _PANEL[1] * down)
    figure = Figure(figsize=size, dpi=120, facecolor="white", layout="constrained")
    panels = list(figure.subplots(down, min(_ACROSS, len(space)), squeeze=False, sharey=True).flat)
    for panel, (key, found) in zip(panels, space.items(), strict=False):
        _draw(panel, found, [one for one in tried if one.value is not None], key)
    for panel in panels[len(space) :]:
        panel.set_axis_off()
    figure.supylabel("return on the tuning stream", fontsize=8, color=INK)
    raw = io.BytesIO()
    figure.savefig(raw, format="png", metadata={"Software": None})
    return raw.getvalue()


def _draw(panel: Axes, found: Range, tried: Sequence[TriedValues], key: str) -> None:
    """One value: pruned trials as crosses, those above a limit hollow, the best one ringed."""
    from matplotlib.markers import MarkerStyle

    names = [] if found.among is None else [_short(value) for value in found.among]
    at = {one.number: names.index(_short(one.values[key])) if names else one.values[key] for one in tried}
    for one in tried:
        shape, colour = ("x", QUIET) if one.pruned else ("o", COLOUR["agent"])
        marker = MarkerStyle(shape, fillstyle="none" if one.excess else "full")
        panel.scatter(at[one.number], one.value or 0.0, s=16, lw=0.8, marker=marker, color=colour, clip_on=False)
    panel.scatter(at[tried[0].number], tried[0].value or 0.0, s=70, facecolors="none", edgecolors=INK, lw=1.0)
    if names:
        panel.set(xticks=range(len(names)), xticklabels=names, xlim=(-0.5, len(names) - 0.5))
    else:
        panel.set(xlim=(found.low, found.high), xscale="log" if found.log else "linear")
        if not found.log:
            panel.locator_params(axis="x", nbins=4)
    panel.xaxis.set_minor_formatter("")
    panel.tick_params(labelsize=7, colors=QUIET)
    panel.set_title(key, fontsize=8, color=INK)
    panel.spines[["top", "right"]].set_visible(False)


def _short(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
