"""The reliability plot: how often came what was said with some probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dosing_env.report.look import COLOUR, INK, QUIET, RULE
from dosing_env.statistics import wilson_interval
from dosing_env.verification.calibration import Forecasts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SHADES = (COLOUR["bayes"], COLOUR["guideline"], COLOUR["agent"])


def reliability(found: dict[str, Forecasts], bins: int = 10) -> Figure:
    """Share of patients that reached the target against its stated probability, with 95 % intervals, by drug."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.4, 5.0), layout="constrained")
    ax = figure.subplots()
    ax.plot([0, 1], [0, 1], color=QUIET, lw=1.0, ls=(0, (4, 3)), zorder=1)
    for number, (drug, forecasts) in enumerate(found.items()):
        table, colour = forecasts.table(bins), _SHADES[number % len(_SHADES)]
        sizes = table["patients"].to_numpy(dtype=np.int64)
        came = np.rint(table["reached"].to_numpy() * sizes).astype(np.int64)
        low, high = np.array([wilson_interval(*pair) for pair in zip(came.tolist(), sizes.tolist(), strict=True)]).T
        x = table["stated"] + 0.008 * number  # beside one another
        ax.vlines(x, low, high, color=colour, lw=1.6, zorder=2)
        label = f"{drug}, slope {forecasts.slope:.2f}"
        ax.plot(x, table["reached"], "osD"[number % 3], ms=7, color=colour, label=label)
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="stated probability of AUC24 400-600 mg·h/L")
    ax.set_ylabel("share of patients that reached it", color=INK)
    ax.grid(color=RULE, lw=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="upper left", fontsize=9)
    return figure
