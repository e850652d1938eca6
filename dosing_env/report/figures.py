"""The figures of the report; each returns a Matplotlib `Figure`, so that notebooks can show them too.

Panels of one kind share their scales, whatever the policy, so that they can be compared side by side.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from dosing_env.report.look import COLOUR, HARM, INK, MARKER, QUIET, TARGET
from dosing_env.report.numbers import difference_unit
from dosing_env.report.shown import scale_of, shown_of, ticks
from dosing_env.statistics import Array
from dosing_env.trial import ALL, Trial

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL = (3.1, 2.2)  # inches
LEFT, BOTTOM, RIGHT, TOP = 0.125, 0.175, 0.985, 0.89  # of the axes, as shares of the figure
BANDS = ((5, 95), (25, 75))  # percentiles: 90 % and 50 % of the patients


def auc24_by_day(trial: Trial, policy: str) -> Figure:
    """AUC24 of each day over the patients: median, 50 % and 90 %, with the target band."""
    figure, ax = _panel("AUC24, mg·h/L")
    colour = COLOUR[trial.arm(policy).kind]
    daily = trial.patients(policy)[list(trial.auc24_columns)].to_numpy(dtype=np.float64)
    days = np.arange(1, daily.shape[1] + 1)
    _target(ax, trial.provenance.get("auc24_target_mg_h_L"))
    for (low, high), width in zip(BANDS, (2.2, 8.0), strict=True):
        ax.vlines(days, *np.percentile(daily, (low, high), axis=0), color=colour, lw=width, zorder=2)
    ax.plot(days, np.median(daily, axis=0), ls="", marker="o", ms=4.5, mfc="white", mec=INK, mew=1.2, zorder=3)
    limit = _auc24_limit(trial)
    beyond = days[np.percentile(daily, BANDS[0][1], axis=0) > limit]
    ax.plot(beyond, np.full(len(beyond), limit), ls="", marker="^", ms=5, color=colour, clip_on=False)
    ax.set(xlabel="day", xticks=days, ylim=(0, limit))
    return figure


def course_bands(trial: Trial, policy: str) -> Figure:
    """What is measured, over time in the sampled patients: median, 50 % and 90 % band."""
    shown = shown_of(trial)
    figure, ax = _panel(shown.unit)
    colour = COLOUR[trial.arm(policy).kind]
    curves = _curves(trial, policy)
    time = curves.index.to_numpy() / shown.time_h
    _target(ax, shown.band)
    for (low, high), alpha in zip(BANDS, (0.25, 0.5), strict=True):
        ax.fill_between(time, *np.percentile(curves, (low, high), axis=1), color=colour, alpha=alpha, lw=0)
    ax.plot(time, np.median(curves, axis=1), color=INK, lw=0.9)
    ax.set(xlabel=shown.time, xlim=(0, time.max()), ylim=(0, _curve_limit(trial)))
    ax.set_xticks(ticks(shown, time.max()))
    return figure


def patient_course(trial: Trial, policy: str, patient: int) -> Figure:
    """One patient under one policy: the true course, what was measured, and the doses below."""
    shown = shown_of(trial)
    unit, of = scale_of(shown, trial.doses) if trial.doses is not None else (shown.dose_unit, 1.0)
    figure, ax = _panel(f"{shown.unit}; doses in {unit}", bottom=0.36)
    below = figure.add_axes((LEFT, BOTTOM, RIGHT - LEFT, 0.12), sharex=ax)
    colour = COLOUR[trial.arm(policy).kind]
    curve = _curves(trial, policy)[patient]
    time = curve.index.to_numpy() / shown.time_h
    _target(ax, shown.band)
    ax.plot(time, curve, color=colour, lw=1.5)
    _levels(ax, trial, policy, patient)
    ax.set(xlim=(0, time.max()), ylim=(0, _patient_limit(trial, patient)))
    ax.tick_params(labelbottom=False)
    if trial.doses is not None:
        doses = trial.doses[(trial.doses["policy"] == policy) & (trial.doses["patient"] == patient)]
        start = doses["time_h"] / shown.time_h
        width = 0.8 * start.diff().min() if len(start) > 1 else 0.8
        width = min(width, 0.14) if unit == "g" else width  # infusions of a ward
        below.bar(start, doses[shown.dose] / of, width=width, align="edge", color=colour)
        highest = trial.doses[shown.dose].max() / of
        below.set(xlabel=shown.time, ylim=(0, max(highest, 1e-9)), yticks=[0, _few_digits(highest)])
    _bare(below)
    below.set_xticks(ticks(shown, time.max()))
    return figure


def _few_digits(value: float) -> float:
    """A round number not above a value: what is written at the end of an axis."""
    if value >= 1.0:
        return float(math.floor(value))
    return math.floor(value * 100.0) / 100.0


def dose_shares(trial: Trial, policy: str) -> Figure:
    """Share of patients given each dose, decision by decision. Colours as in `dose_classes`."""
    figure, ax = _panel("% of patients")
    doses, shown = _doses(trial), shown_of(trial)
    given = doses[doses["policy"] == policy].pivot(index="time_h", columns="patient", values=shown.dose)
    start = given.index.to_numpy() / shown.time_h
    edges = np.append(start, 2 * start[-1] - start[-2] if len(start) > 1 else start[-1] + 1)
    bottom = np.zeros(len(start))
    for _, low, high, colour in dose_classes(trial):
        top = bottom + 100 * ((given >= low) & (given <= high)).mean(axis=1).to_numpy()
        ends = (np.append(bottom, bottom[-1]), np.append(top, top[-1]))
        ax.fill_between(edges, *ends, step="post", color=colour, lw=0)
        bottom = top
    ax.set(xlabel=shown.time, xlim=(edges[0], edges[-1]), ylim=(0, 100))
    ax.set_xticks(ticks(shown, edges[-1]))
    return figure


def learning_curve(trial: Trial, policy: str) -> Figure:
    """Primary endpoint during training, one line per seed, the shipped one heavy; the best protocol dashed."""
    figure, ax = _panel(f"primary endpoint, {trial.primary.unit}", size=(6.4, 2.6), left=0.06, bottom=0.16)
    table, colour = trial.learning, COLOUR[trial.arm(policy).kind]
    if table is None:
        raise ValueError("Trial.learning: this trial holds no learning curve")
    shipped = _shipped(trial, policy)
    for seed, rows in table[table["policy"] == policy].groupby("seed"):
        width, shade, order = (2.4, colour, 3) if seed == shipped else (0.9, QUIET, 2)
        ax.plot(rows["steps"] / 1e6, rows[trial.primary.name], lw=width, color=shade, zorder=order)
    if trial.reference is not None:
        reference = trial.patients(trial.reference)[trial.primary.name].mean()
        ax.axhline(reference, color=COLOUR[trial.arm(trial.reference).kind], lw=1.6, ls=(0, (5, 3)))
    ax.set(xlabel="training steps, millions", xlim=(0, None), ylim=_bounds(trial, ax))
    return figure


def attainment(trial: Trial) -> Figure:
    """The primary endpoint of each policy with its 95 % interval (for notebooks; the page draws it as a table)."""
    table = trial.summary().query("drug == @trial.drugs[0]")
    figure, ax = _panel(size=(6.4, 0.8 + 0.32 * len(table)), left=0.32, bottom=0.62 / (0.8 + 0.32 * len(table)))
    name = trial.primary.name
    for y, row in enumerate(table.to_dict("records")):
        arm = trial.arm(row["policy"])
        colour = COLOUR[arm.kind]
        ax.hlines(y, row[f"{name}_low"], row[f"{name}_high"], color=colour, lw=2.5)
        face = "white" if arm.kind == "oracle" else colour
        ax.plot(row[name], y, marker=MARKER[arm.kind], ms=8, mec=colour, mfc=face, mew=2, clip_on=False)
    ax.set_yticks(range(len(table)), [trial.arm(policy).title for policy in table["policy"]])
    ax.set(xlabel=f"{trial.primary.title} ({trial.primary.unit})", ylim=(len(table) - 0.4, -0.6))
    ax.set_xlim(_bounds(trial, ax, axis="x"))
    return figure


def forest(trial: Trial, policy: str) -> Figure:
    """Difference to the best protocol in each subgroup (for notebooks; the page draws it as a table).

    The interval of "All patients" is the ordinary one, those of the subgroups hold for all of them at once.
    """
    table = trial.subgroup_table()
    table = table[table["policy"] == policy]
    figure, ax = _panel(size=(6.4, 0.8 + 0.32 * len(table)), left=0.32, bottom=0.62 / (0.8 + 0.32 * len(table)))
    ax.axvline(0, color=QUIET, lw=1)
    for y, row in enumerate(table.to_dict("records")):
        whole = row["subgroup"] == ALL
        ends = (row["difference_low"], row["difference_high"]) if whole else (row["all_low"], row["all_high"])
        worse = ends[1] < 0 if trial.primary.better == "higher" else ends[0] > 0
        ax.hlines(y, *ends, color=HARM if worse else INK, lw=1.8)
        ax.plot(row["difference"], y, marker="D" if whole else "s", ms=7, color=HARM if worse else INK)
    ax.set_yticks(range(len(table)), [f"{t} ({n})" for t, n in zip(table["subgroup"], table["n"], strict=True)])
    reference = trial.arm(trial.reference).title if trial.reference else "none"
    ax.set(xlabel=f"{trial.arm(policy).title} − {reference} ({difference_unit(trial.primary)})")
    ax.set_ylim(len(table) - 0.4, -0.6)
    return figure


def dose_classes(trial: Trial) -> list[tuple[str, float, float, Any]]:
    """Up to seven classes of dose, from none to the highest: label, lowest, highest, colour (dark is more)."""
    import matplotlib

    amounts, counts = np.unique(_doses(trial)[shown_of(trial).dose], return_counts=True)
    above, weight = amounts[amounts > 0], counts[amounts > 0]
    share = (np.cumsum(weight) - weight / 2) / weight.sum()
    classes = np.minimum((share * 6).astype(int), 5) if len(above) > 6 else np.arange(len(above))
    groups = [np.array([0.0])] if (amounts == 0).any() else []
    groups += [above[classes == c] for c in np.unique(classes)]
    shades = matplotlib.colormaps["YlGnBu"](np.linspace(0.08, 1.0, len(groups)))
    return [
        (_range(group), float(group.min()), float(group.max()), matplotlib.colors.to_hex(shade))
        for group, shade in zip(groups, shades, strict=True)
    ]


def _range(group: Array) -> str:
    ends = [f"{value:,.0f}" if value == round(value) else f"{value:g}" for value in (group.min(), group.max())]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}"


def _panel(
    unit: str = "", size: tuple[float, float] = PANEL, left: float = LEFT, bottom: float = BOTTOM
) -> tuple[Figure, Axes]:
    """A figure with one pair of axes; what stands on the vertical one is written above it, upright."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size)
    ax = figure.add_axes((left, bottom, RIGHT - left, TOP - bottom))
    _bare(ax)
    ax.set_title(unit, loc="left", x=-left / (RIGHT - left), fontsize=8, color=INK, pad=5)
    return figure, ax


def _bare(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(QUIET)
    ax.tick_params(labelsize=8, colors=INK, width=0.6, length=3, color=QUIET)
    ax.xaxis.label.set(fontsize=8, color=INK)
    ax.yaxis.label.set(fontsize=8, color=INK)


def _target(ax: Axes, band: Any) -> None:
    if band is not None:
        ax.axhspan(*band, color=TARGET, alpha=0.16, lw=0, zorder=0)
        for edge in band:
            ax.axhline(edge, color=TARGET, lw=0.7, zorder=1)


def _levels(ax: Axes, trial: Trial, policy: str, patient: int) -> None:
    if trial.levels is not None:
        shown = shown_of(trial)
        mine = trial.levels[(trial.levels["policy"] == policy) & (trial.levels["patient"] == patient)]
        ax.plot(
            mine["drawn_h"] / shown.time_h,
            mine[shown.measured],
            ls="",
            marker="o",
            ms=4.5,
            mfc="white",
            mec=HARM,
            mew=1.4,
        )


def _curves(trial: Trial, policy: str) -> pd.DataFrame:
    """True courses, one row per time (h) and one column per sampled patient."""
    if trial.courses is None:
        raise ValueError("Trial.courses: this trial holds no courses")
    mine = trial.courses[trial.courses["policy"] == policy]
    return mine.pivot(index="time_h", columns="patient", values=shown_of(trial).curve)


def _doses(trial: Trial) -> pd.DataFrame:
    if trial.doses is None:
        raise ValueError("Trial.doses: this trial holds no doses")
    return trial.doses


def _shipped(trial: Trial, policy: str) -> int | None:
    if trial.seeds is None:
        return None
    mine = trial.seeds[(trial.seeds["policy"] == policy) & trial.seeds["shipped"].astype(bool)]
    return None if mine.empty else int(mine["seed"].iloc[0])


def _once(limit: Callable[[Trial], float]) -> Callable[[Trial], float]:
    """Computed once for each trial: every panel of a figure asks for it."""
    known: WeakKeyDictionary[Trial, float] = WeakKeyDictionary()
    return lambda trial: known[trial] if trial in known else known.setdefault(trial, limit(trial))


@_once
def _auc24_limit(trial: Trial) -> float:
    """The highest 95th percentile, but not beyond twice the target: what lies higher gets an arrowhead."""
    highest = [
        np.percentile(trial.patients(arm.name)[list(trial.auc24_columns)], BANDS[0][1], axis=0).max()
        for arm in trial.arms()
    ]
    band = trial.provenance.get("auc24_target_mg_h_L")
    return min(_round_up(max(highest), 200), 2.0 * band[1] if band else math.inf)


@_once
def _curve_limit(trial: Trial) -> float:
    highest = [np.percentile(_curves(trial, arm.name), BANDS[0][1], axis=1).max() for arm in trial.arms()]
    return _round_up(max(highest), shown_of(trial).round_to)


def _patient_limit(trial: Trial, patient: int) -> float:
    highest = [_curves(trial, arm.name)[patient].max() for arm in trial.arms()]
    if trial.levels is not None:
        highest.append(trial.levels.loc[trial.levels["patient"] == patient, shown_of(trial).measured].max())
    return _round_up(np.nanmax(highest), shown_of(trial).round_to)


def _bounds(trial: Trial, ax: Axes, axis: str = "y") -> tuple[float, float]:
    """The limits of the axis, kept inside what the primary endpoint can be (plus room for a marker)."""
    low, high = ax.get_ylim() if axis == "y" else ax.get_xlim()
    least, most = trial.primary.low, trial.primary.high
    return (low if least is None else max(low, least), high if most is None else min(high, most))


def _round_up(value: float, step: float) -> float:
    return float(math.ceil(value / step) * step)
