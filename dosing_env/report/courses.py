"""One patient's course so far, as text and as a picture: what the environments render.

Both show the truth beside what is known: the true concentration or INR as a curve, what was measured of it so far as
points, and the doses. On a ward each finished day has its AUC24, with an arrow where it lies outside the target; the
band is the target AUC24 as an average concentration over the day. In a clinic the band is the range of the INR.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.clinic.chart import read as read_clinic
from dosing_env.clinic.orders import ClinicChart
from dosing_env.cohort import Cohort
from dosing_env.report.look import HARM, INK, QUIET, RULE, TARGET
from dosing_env.ward.chart import Chart, read

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SAMPLES = 24  # of the curve between two decisions
_WIDTH, _HEIGHT = 6, 16  # characters of the text: of a decision on a ward, and of the curve
_SIZE, _DPI = (8.0, 4.5), 120  # inches, and pixels of one
_LOWEST_TOP, _LOWEST_TOP_INR = 40.0, 4.0  # mg/L, INR  the scale ends there, or above if need be
_WEEK = 7

Floats = NDArray[np.float64]


class View(NamedTuple):
    """What there is to draw."""

    headline: str
    unit: str  # of the curve
    said: str  # above the picture
    days: int
    interval: float  # h     between two decisions
    width: int  # characters of a decision
    tick: int  # days  between two that are named
    times: Floats  # h
    curve: Floats  # nan: not come to yet
    band: tuple[float, float]
    aim: str  # what the band is
    drawn: Floats  # h     of what is known to have been measured
    levels: Floats
    doses: Floats  # mg    given so far
    dose_unit: tuple[str, float]  # of the picture: name, mg
    each: tuple[tuple[str, tuple[str, ...]], ...]  # lines of the text below the curve, from tick to tick
    judged: tuple[str, ...]  # of the finished days
    top: float  # upper end of the scale


def as_text(cohort: Cohort, slot: int) -> str:
    """The course of the patient in a slot in characters: curve `*`, levels `o`, target band `:`."""
    view = _view(cohort, slot)
    columns = round(view.width * 24.0 / view.interval)  # of a day
    lines = [view.headline, view.unit, *_plot(view), f"{' ' * 6}+{'-' * (columns * view.days)}"]
    lines.append(f"day   {_cells([str(day) for day in range(1, view.days + 1, view.tick)], columns * view.tick)}")
    if view.tick == 1:
        lines.append(f"mg    {_cells([f'{dose:.0f}' for dose in view.doses], view.width)}")
    lines += [f"{name:6}{_cells(list(texts), columns * view.tick)}" for name, texts in view.each]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def as_picture(cohort: Cohort, slot: int) -> NDArray[np.uint8]:
    """The course of the patient in a slot as a picture, (height, width, 3)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    view = _view(cohort, slot)
    figure = Figure(figsize=_SIZE, dpi=_DPI, facecolor="white")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    figure.subplots_adjust(left=0.07, right=0.985, top=0.89, bottom=0.11, hspace=0.12)
    figure.suptitle(view.headline, x=0.01, ha="left", fontsize=9, color=INK)
    _draw_curve(above, view)
    _draw_doses(below, view)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba(), dtype=np.uint8)[:, :, :3].copy()


def _view(cohort: Cohort, slot: int) -> View:
    return {"ward": _ward, "clinic": _clinic}[cohort.task.kind](cohort, slot)


def _ward(cohort: Cohort, slot: int) -> View:
    rules, course = cohort.task.rules, cohort.courses[slot]
    chart = read(cohort.observation[slot].astype(np.float64), rules)
    known = chart.resulted > 0.5
    times, curves = cohort.curve(slot, _SAMPLES)
    band = (rules.low / 24.0, rules.high / 24.0)
    finished = course["decision"] // round(24.0 / rules.interval)
    auc24 = tuple(_judged(auc, rules) for auc in course["auc"][:finished])
    highest = max(np.nanmax(curves[0]), chart.levels[known].max(initial=0.0), band[1], _LOWEST_TOP)
    return View(
        headline=_headline(course, chart),
        unit="mg/L",
        said="concentration, mg/L; above each day its AUC24, mg·h/L",
        days=rules.days,
        interval=rules.interval,
        width=_WIDTH,
        tick=1,
        times=times,
        curve=curves[0],
        band=band,
        aim="target on average",
        drawn=chart.drawn[known],
        levels=chart.levels[known],
        doses=course["doses"][: course["decision"]],
        dose_unit=("g", 1000.0),
        each=(("AUC24", auc24),),
        judged=auc24,
        top=20.0 * math.ceil(highest / 20.0),
    )


def _clinic(cohort: Cohort, slot: int) -> View:
    rules, course = cohort.task.rules, cohort.courses[slot]
    chart = read_clinic(cohort.observation[slot].astype(np.float64), rules)
    known = np.flatnonzero(chart.inrs > 0.0)
    times, curves = cohort.curve(slot, 1)
    doses = course["doses"][: course["decision"]]
    highest = max(np.nanmax(curves[0]), chart.inrs.max(), chart.INR_HIGH, _LOWEST_TOP_INR)
    weekly = tuple(f"{doses[day : day + _WEEK].mean():.1f}" for day in range(0, len(doses), _WEEK))
    return View(
        headline=_clinic_headline(course, chart, rules),
        unit="INR",
        said="INR",
        days=rules.decisions,
        interval=rules.interval,
        width=1,
        tick=_WEEK,
        times=times,
        curve=curves[0],
        band=(chart.INR_LOW, chart.INR_HIGH),
        aim="range",
        drawn=24.0 * known.astype(np.float64),
        levels=chart.inrs[known],
        doses=doses,
        dose_unit=("mg", 1.0),
        each=(("mg/day", weekly),),
        judged=(),
        top=4.0 * math.ceil(highest / 4.0),
    )


def _headline(course: Any, chart: Chart) -> str:
    sex = "man" if chart.SEX > 0.5 else "woman"
    injury = f", kidney injury since hour {course['onset']:g}" if course["onset"] <= chart.time else ""
    return (
        f"Patient {course['number']}: {sex}, {chart.AGE:.0f} years, {chart.WT:.0f} kg, {chart.HT:.0f} cm, creatinine "
        f"{chart.SCR:.1f} mg/dL{injury}; hour {chart.time:g} of {chart.time + chart.time_left:g}"
    )


def _clinic_headline(course: Any, chart: ClinicChart, rules: Any) -> str:
    sex = "man" if chart.SEX > 0.5 else "woman"
    stars = ["*2"] * int(chart.CYP2C9_2) + ["*3"] * int(chart.CYP2C9_3)
    cyp2c9 = "/".join(["*1"] * (2 - len(stars)) + stars) if chart.CYP2C9_KNOWN > 0.5 else "unknown"
    vkorc1 = ("GG", "GA", "AA")[int(chart.VKORC1_A)] if chart.VKORC1_KNOWN > 0.5 else "unknown"
    return (
        f"Patient {course['number']}: {sex}, {chart.AGE:.0f} years, {chart.WT:.0f} kg, {chart.HT:.0f} cm, "
        f"CYP2C9 {cyp2c9}, VKORC1 {vkorc1}; day {course['decision']} of {rules.decisions}"
    )


def _judged(auc24: float, rules: Any) -> str:
    arrow = "↓" if auc24 < rules.low else "↑" if auc24 > rules.high else ""
    return f"{auc24:.0f}{arrow}"


def _plot(view: View) -> list[str]:
    """The curve in lines of characters, the highest first; every sample of a column leaves its mark."""
    columns = round(view.width * view.days * 24.0 / view.interval)
    canvas = np.full((_HEIGHT, columns), " ")
    rows = (np.arange(_HEIGHT) + 0.5) * view.top / _HEIGHT
    canvas[(rows >= view.band[0]) & (rows <= view.band[1])] = ":"
    come = ~np.isnan(view.curve)
    _mark(canvas, view, view.times[come], view.curve[come], "*")
    _mark(canvas, view, view.drawn, view.levels, "o")
    labels = [f"{view.top * row / _HEIGHT:5.0f} " if row % 4 == 0 else " " * 6 for row in range(_HEIGHT)]
    return [f"{label}|{''.join(line)}" for label, line in zip(labels[::-1], canvas[::-1], strict=True)]


def _mark(canvas: Any, view: View, times: Floats, values: Floats, mark: str) -> None:
    rows = np.minimum(np.floor(values / view.top * _HEIGHT), _HEIGHT - 1).astype(int)
    columns = np.ceil(times / view.interval * view.width - 1e-9).astype(int) - 1  # a column ends with its time
    canvas[rows, np.maximum(columns, 0)] = mark


def _cells(texts: list[str], width: int) -> str:
    """Texts one after the other, each of so many characters."""
    return " " + "".join(text.ljust(width) for text in texts)


def _draw_curve(ax: Axes, view: View) -> None:
    ax.axhspan(*view.band, color=TARGET, alpha=0.16, lw=0, label=view.aim)
    ax.plot(view.times / 24.0, view.curve, color=INK, lw=1.4, label="true")
    ax.plot(view.drawn / 24.0, view.levels, ls="", marker="o", ms=5, mfc="white", mec=HARM, mew=1.6, label="measured")
    for day, text in enumerate(view.judged):
        outside = text.endswith(("↓", "↑"))
        ax.text(
            day + 0.5, 0.985, text, transform=ax.get_xaxis_transform(), ha="center", va="top", fontsize=8,
            color=HARM if outside else TARGET, weight="bold",
        )  # fmt: skip
    ax.set(xlim=(0, view.days), ylim=(0, view.top))
    ax.set_title(view.said, loc="left", fontsize=8, color=QUIET)
    ax.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.02), ncols=3, fontsize=8, labelcolor=QUIET, frameon=False,
        borderpad=0.0, borderaxespad=0.0, columnspacing=1.5, handletextpad=0.5,
    )  # fmt: skip
    _plain(ax)


def _draw_doses(ax: Axes, view: View) -> None:
    name, mg = view.dose_unit
    starts = np.arange(len(view.doses)) * view.interval / 24.0
    ax.bar(starts, view.doses / mg, width=0.25 * view.interval / 24.0, align="edge", color=QUIET)
    ax.set(xticks=range(0, view.days + 1, view.tick), ylim=(0, max(1.0, view.doses.max(initial=0.0) / mg)))
    ax.set_xlabel(f"day; doses in {name}", fontsize=8, color=QUIET)
    _plain(ax)


def _plain(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(RULE)
    ax.tick_params(labelsize=8, colors=QUIET, color=RULE)
