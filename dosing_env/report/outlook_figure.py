"""A patient's forecast as a picture: levels so far and to come, against those of the model's population."""

from __future__ import annotations

import io
import math
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import numpy as np

from dosing_env.inference.doubts import digits
from dosing_env.inference.forecast import DAY, DISCLAIMER, Curves, Outlook
from dosing_env.report.look import COLOUR, HARM, INK, QUIET, RULE, TARGET
from dosing_env.report.outlook import DRAWN, NOTHING, about, auc_unit, percent, require_ending
from dosing_env.residual import FORMS, error_sd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OWN, OTHERS = COLOUR["bayes"], QUIET
_SIZE, _DPI = (9.0, 5.4), 150  # inches
_LONGEST = 130  # characters of a line
_FAR = 2.0  # times the highest curve: a level beyond is not drawn where it is
_MOST_TICKS, _MOST_AMOUNTS = 12, 20  # of time; beside the doses
_TICKS = (1.0, 2.0, 4.0, 6.0, 12.0, 24.0, 48.0, 72.0, 168.0)  # h between them


def drawn(outlook: Outlook, path: Path) -> bytes:
    """The picture in the form that the file's name says. The same forecast gives the same bytes.

    Raises:
        ValueError: another form than .png, .svg or .pdf.
    """
    import matplotlib

    require_ending(path, DRAWN)
    raw = io.BytesIO()
    nothing = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    with matplotlib.rc_context({"svg.hashsalt": "forecast", "svg.fonttype": "none"}):
        figure(outlook).savefig(raw, format=path.suffix[1:], metadata=nothing[path.suffix])
    return raw.getvalue()


def figure(outlook: Outlook) -> Figure:
    """The picture as a Matplotlib figure, for notebooks."""
    from matplotlib.figure import Figure

    made = Figure(figsize=_SIZE, dpi=_DPI, facecolor="white")
    above, below = made.subplots(2, 1, sharex=True, height_ratios=(6, 1))
    made.subplots_adjust(left=0.07, right=0.985, top=0.80, bottom=0.135, hspace=0.08)
    curves = outlook.curves()
    _draw_curves(above, outlook, curves)
    _draw_levels(above, outlook)
    _draw_doses(below, outlook)
    _draw_time(above, below, outlook)
    made.text(0.012, 0.965, outlook.drug.title, fontsize=11, weight="bold", color=INK, va="center")
    made.text(0.012, 0.925, shorten(about(outlook), _LONGEST, placeholder=" ..."), fontsize=8.5, color=INK, va="center")
    made.text(0.012, 0.888, _said(outlook), fontsize=8.5, color=HARM if outlook.warnings else INK, va="center")
    made.text(0.012, 0.02, DISCLAIMER, fontsize=8.5, weight="bold", color=HARM, va="center")
    return made


def _said(outlook: Outlook) -> str:
    """The regimen that is drawn, or that something is doubted."""
    n = len(outlook.warnings)
    doubt = f"{n} warning{'s' if n > 1 else ''}: see the text.  " if n else ""
    if outlook.best is None:
        return doubt + NOTHING
    row = outlook.regimens.iloc[outlook.best]
    begin, end = outlook.at + DAY * (outlook.day - 1), outlook.at + DAY * outlook.day
    dosing = "no dose" if row["regimen"] == "none" else row["regimen"]
    auc24 = f"{row['auc24']:.0f} ({row['auc24_low']:.0f}-{row['auc24_high']:.0f}) {auc_unit(outlook)}"
    words = f"{doubt}From {outlook.at:g} h on {dosing}: AUC24 of {begin:g}-{end:g} h {auc24}"
    goal = outlook.goal
    return f"{words}, in {goal.low:g}-{goal.high:g} with {percent(row['p_target'])}" if goal else words


def _draw_curves(ax: Axes, outlook: Outlook, curves: Curves) -> None:
    times, others = curves.times, curves.population
    goal, begin, end = outlook.goal, outlook.at + DAY * (outlook.day - 1), outlook.at + DAY * outlook.day
    if goal is not None:
        low, high = goal.low / DAY, goal.high / DAY
        ax.fill_between([begin, end], low, high, color=TARGET, alpha=0.22, lw=0, zorder=1, label="target on average")
        ax.hlines([low, high], begin, end, color=TARGET, lw=1.4, zorder=6)
    ax.fill_between(times, others[0], others[-1], color=OTHERS, alpha=0.13, lw=0, zorder=0)
    for edge in (others[0], others[-1]):
        ax.plot(times, edge, color=OTHERS, lw=0.6, ls=(0, (1, 2)), zorder=1)
    ax.plot(times, others[2], color=OTHERS, lw=1.2, ls=(0, (5, 3)), zorder=2, label="such patients, 90 %")
    own, top = curves.own, [others[-1].max()]
    if own is not None:
        ax.fill_between(times, own[0], own[-1], color=OWN, alpha=0.18, lw=0, zorder=3)
        ax.fill_between(times, own[1], own[-2], color=OWN, alpha=0.30, lw=0, zorder=4)
        ax.plot(times, own[2], color=OWN, lw=1.8, zorder=5, label="this patient, 50 and 90 %")
        top.append(own[-1].max())
    seen = outlook.levels["dv"] + _sd(outlook)
    top += seen[seen < _FAR * max(top)].tolist()
    ax.set(ylim=(0, 1.06 * max(top)), xlim=(0, end))
    ax.set_ylabel(f"level, {outlook.drug.assay.unit}", fontsize=8.5, color=INK)
    _plain(ax)


def _draw_levels(ax: Axes, outlook: Outlook) -> None:
    """Measured levels with one SD of the residual error, and limits as arrows."""
    levels, top = outlook.levels.assign(sd=_sd(outlook)), ax.get_ylim()[1]
    inside = levels["dv"] <= top
    seen, below, beyond = levels[inside & (levels["blq"] == 0)], levels[inside & (levels["blq"] == 1)], levels[~inside]
    style: dict[str, Any] = {"color": HARM, "zorder": 7, "ls": ""}
    if len(seen):
        ax.errorbar(
            seen["time"], seen["dv"], seen["sd"], marker="o", ms=5.5, mfc="white", mew=1.6, elinewidth=1.2, capsize=3,
            label="measured, ± 1 SD", **style,
        )  # fmt: skip
    if len(below):
        ax.plot(below["time"], below["dv"], marker="v", ms=7, label="below this limit", **style)
    if len(beyond):
        ax.plot(beyond["time"], [0.97 * top] * len(beyond), marker="^", ms=7, **style)
    for level in beyond.to_dict("records"):
        ax.text(
            level["time"],
            0.93 * top,
            f"measured\n{digits(level['dv'], 4)}",
            color=HARM,
            fontsize=8,
            ha="center",
            va="top",
        )


def _sd(outlook: Outlook) -> Any:
    """One SD of the residual error of each measured level, in its unit."""
    assay, f = outlook.drug.assay, outlook.levels["ipred"]
    sd = np.array([error_sd(FORMS.index(assay.form), assay.proportional, assay.additive, x) for x in f])
    return sd * f if assay.form == "log" else sd


def _draw_doses(ax: Axes, outlook: Outlook) -> None:
    """Doses given and to be given, as ticks with their amounts where there is room."""
    given, regimen, end = outlook.history.given, outlook.drawn, outlook.at + DAY * outlook.day
    new = np.arange(outlook.at, end - 1e-9, regimen.interval) if regimen.amount > 0.0 else np.empty(0)
    doses = [(time, regimen.amount, OWN) for time in new] + [(time, amount, INK) for time, amount, _ in given]
    told: list[float] = []  # the first of the new ones before all others
    for time, amount, colour in doses:
        ax.plot([time, time], [0.0, 0.42], color=colour, lw=2.2, solid_capstyle="butt")
        if all(abs(time - other) >= end / _MOST_AMOUNTS for other in told):
            told.append(time)
            ax.text(
                time, 0.5, f"{amount:g}", ha="left" if time == 0.0 else "center", fontsize=7.5, color=colour,
                bbox={"facecolor": "white", "lw": 0, "pad": 1.0}, zorder=8,
            )  # fmt: skip
    ax.set(ylim=(0, 1), yticks=[])
    ax.set_ylabel(outlook.drug.amount_unit, fontsize=8.5, color=INK, rotation=0, ha="right", va="center", labelpad=12)
    ax.set_xlabel(f"time, {outlook.drug.time_unit}", fontsize=8.5, color=INK)
    _plain(ax)
    ax.spines["left"].set_visible(False)


def _draw_time(above: Axes, below: Axes, outlook: Outlook) -> None:
    """Now, and a round axis of time."""
    end = outlook.at + DAY * outlook.day
    for ax in (above, below):
        ax.axvline(outlook.at, color=INK, lw=1.0, zorder=6 if ax is above else 0)
    above.text(
        outlook.at, 1.01, "next dose ▸", transform=above.get_xaxis_transform(), ha="left", va="bottom", fontsize=8,
        color=INK,
    )  # fmt: skip
    step = next((step for step in _TICKS if end / step <= _MOST_TICKS), DAY * math.ceil(end / DAY / _MOST_TICKS))
    below.set_xticks(np.arange(0.0, end + 1e-9, step))
    above.tick_params(labelbottom=False)
    above.legend(
        loc="lower left", bbox_to_anchor=(-0.01, 1.05), ncols=5, fontsize=8, labelcolor=INK, frameon=False,
        borderpad=0.2, columnspacing=1.4, handletextpad=0.6,
    )  # fmt: skip


def _plain(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(RULE)
    ax.tick_params(labelsize=8, colors=QUIET, color=RULE)
