"""One patient's course so far in any task made of parts, as text and as a picture: what the environments render.

Both show the truth beside what is known: the true course as a curve, what was measured of it so far as points, the
target where it is a band of the curve, and what was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.cohort import Cohort
from dosing_env.report.look import HARM, INK, QUIET, RULE, TARGET
from dosing_env.tasks.tables import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS = 600  # of a whole curve
_WIDTH, _HEIGHT = 72, 16  # characters
_MANY = 60  # doses, between which no gaps are seen
_NEWEST = 8  # doses that the text tells
_SIZE, _DPI = (8.0, 4.5), 120  # inches, and pixels of one

Floats = NDArray[np.float64]


class View(NamedTuple):
    """What there is to draw; times in the unit of the axis."""

    headline: str
    unit: str  # of the curve
    time: str
    length: float
    times: Floats
    curve: Floats  # nan: not come to yet
    band: list[float] | None
    drawn: Floats
    measured: Floats
    starts: Floats  # of what was given
    given: tuple[tuple[str, Floats], ...]  # name and unit, values


def as_text(cohort: Cohort, slot: int) -> str:
    """The course of the patient in a slot in characters: curve `*`, measured `o`, target `:`."""
    view = view_of(cohort, slot)
    low, high = _range(view)
    canvas = np.full((_HEIGHT, _WIDTH), " ")
    if view.band is not None:
        rows = low + (np.arange(_HEIGHT) + 0.5) * (high - low) / _HEIGHT
        canvas[(rows >= view.band[0]) & (rows <= view.band[1])] = ":"
    for times, values, mark in ((view.times, view.curve, "*"), (view.drawn, view.measured, "o")):
        there = np.isfinite(values)
        row = np.clip(np.floor((values[there] - low) / (high - low) * _HEIGHT), 0, _HEIGHT - 1).astype(int)
        column = np.clip(np.floor(times[there] / view.length * _WIDTH), 0, _WIDTH - 1).astype(int)
        canvas[row, column] = mark
    labels = [f"{low + (high - low) * row / _HEIGHT:9.4g} " if row % 4 == 0 else " " * 10 for row in range(_HEIGHT)]
    lines = [f"{label}|{''.join(line)}" for label, line in zip(labels[::-1], canvas[::-1], strict=True)]
    lines += [f"{' ' * 10}+{'-' * _WIDTH}", f"{view.time:>10} 0{view.length:>{_WIDTH - 1}g}"]
    for name, values in view.given:
        told = " ".join(f"{value:g}" for value in values[-_NEWEST:]) or "nothing yet"
        lines.append(f"{name}: {'... ' if len(values) > _NEWEST else ''}{told}")
    return "\n".join(line.rstrip() for line in (view.headline, view.unit, *lines)) + "\n"


def as_picture(cohort: Cohort, slot: int) -> NDArray[np.uint8]:
    """The course of the patient in a slot as a picture, (height, width, 3)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    view = view_of(cohort, slot)
    figure = Figure(figsize=_SIZE, dpi=_DPI, facecolor="white")
    heights = (4, *[1] * len(view.given))
    above, *below = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    figure.subplots_adjust(left=0.08, right=0.985, top=0.89, bottom=0.11, hspace=0.25)
    figure.suptitle(view.headline, x=0.01, ha="left", fontsize=9, color=INK)
    _draw_curve(above, view)
    for ax, (name, values) in zip(below, view.given, strict=True):
        width = float(np.diff(view.starts).min(initial=view.length)) * (0.8 if len(values) < _MANY else 1.0)
        ax.bar(view.starts[: len(values)], values, width=width, align="edge", color=QUIET)
        ax.set_ylim(0, max(float(values.max(initial=0.0)), 1e-9))
        ax.set_title(name, loc="left", fontsize=8, color=QUIET)
        _plain(ax)
    below[-1].set_xlabel(view.time, fontsize=8, color=QUIET)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba(), dtype=np.uint8)[:, :, :3].copy()


def view_of(cohort: Cohort, slot: int) -> View:
    """What there is to draw of the patient in a slot."""
    task, course = cohort.task, cohort.courses[slot]
    said, k = task.tables.said_of_target()["shown"], int(course["decision"])
    hours, unit = task.hours, said["time_h"]
    times, curves = cohort.curve(np.array([slot]), max(1, _POINTS // task.decisions))
    measured = task.tables.measured(cohort, np.array([slot]), said["measured"])
    known = measured[measured["drawn_h"] <= hours[k] + 1e-9]
    given = task.tables.doses(cohort, np.array([slot])).drop(columns=["patient", "decision", "time_h"])
    names = {f"{a.name}_{plain(a.unit)}": f"{a.name}, {a.unit}" for a in task.actions}
    number = f"Patient {course['number']}; {said['time']} {hours[k] / unit:.4g} of {hours[-1] / unit:.4g}"
    return View(
        headline=f"{number}: {task.made.title}",
        unit=said["unit"],
        time=said["time"],
        length=hours[-1] / unit,
        times=times / unit,
        curve=curves[0],
        band=said["band"],
        drawn=known["drawn_h"].to_numpy() / unit,
        measured=known[said["measured"]].to_numpy(),
        starts=hours[:k] / unit,
        given=tuple((names[column], values.to_numpy()[:k]) for column, values in given.items()),
    )


def _range(view: View) -> tuple[float, float]:
    """What the vertical axis shows: everything, from 0 where nothing is negative."""
    everything = np.concatenate([view.curve, view.measured, view.band or []])
    low, high = min(0.0, float(np.nanmin(everything))), float(np.nanmax(everything))
    return low, high if high > low else low + 1.0


def _draw_curve(ax: Axes, view: View) -> None:
    if view.band is not None:
        ax.axhspan(*view.band, color=TARGET, alpha=0.16, lw=0, label="target")
    ax.plot(view.times, view.curve, color=INK, lw=1.4, label="true")
    ax.plot(view.drawn, view.measured, ls="", marker="o", ms=4, mfc="white", mec=HARM, mew=1.4, label="measured")
    ax.set(xlim=(0, view.length), ylim=_range(view))
    ax.set_title(view.unit, loc="left", fontsize=8, color=QUIET)
    ax.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.02), ncols=3, fontsize=8, labelcolor=QUIET, frameon=False,
        borderpad=0.0, borderaxespad=0.0, columnspacing=1.5, handletextpad=0.5,
    )  # fmt: skip
    _plain(ax)


def _plain(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(RULE)
    ax.tick_params(labelsize=8, colors=QUIET, color=RULE)
