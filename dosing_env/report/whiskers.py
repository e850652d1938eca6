"""Points with intervals as positions in percent of a table cell: the page draws them, the text stays a table."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dosing_env.report import look
from dosing_env.report.numbers import Cell, shown
from dosing_env.trial import Endpoint, Kind

MARGIN = 3.0  # % of the cell kept free on each side, for the markers


@dataclass(frozen=True)
class Scale:
    """A linear axis with its ticks: (position in percent, text)."""

    low: float
    high: float
    ticks: tuple[tuple[str, str], ...] = ()

    def at(self, value: float) -> str:
        """Where a value stands, e.g. "37.25%"."""
        share = (value - self.low) / (self.high - self.low)
        return f"{MARGIN + (100 - 2 * MARGIN) * share:.2f}%"


@dataclass(frozen=True)
class Whisker:
    """A point, its interval (None: too few patients) and its marker."""

    at: str
    low: str | None
    high: str | None
    shape: str
    colour: str
    hollow: bool
    size: float


def scale(values: list[float], least: float | None, most: float | None) -> Scale:
    """An axis with round ends around the values, never beyond what is possible."""
    finite = [value for value in values if not math.isnan(value)] or [0.0]
    low, high = min(finite), max(finite)
    step = _step(max(high - low, 1e-9 + 0.01 * abs(high)))
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    low = low if least is None else max(low, least)
    high = high if most is None else min(high, most)
    if high <= low:
        low, high = (low - step, high) if most is not None and high >= most else (low, low + step)
    plain = Scale(low, high)
    return Scale(low, high, tuple((plain.at(value), _tick(value, step)) for value in _ticks(low, high, step)))


def dot(
    axis: Scale, numbers: tuple[Cell, Cell, Cell], kind: Kind | None, size: float = 1.0, bad: bool = False
) -> Whisker:
    """The drawing of one estimate. Without a kind: a dark square, in the colour of harm where it is bad news."""
    mean, low, high = numbers
    known = not math.isnan(low.value)
    return Whisker(
        at=axis.at(mean.value),
        low=axis.at(low.value) if known else None,
        high=axis.at(high.value) if known else None,
        shape=look.SHAPE[kind or "guideline"],
        colour=look.COLOUR[kind] if kind else look.HARM if bad else look.INK,
        hollow=kind == "oracle",
        size=round(size, 2),
    )


def _step(span: float) -> float:
    """A round step that cuts the span into two to four."""
    power = 10.0 ** math.floor(math.log10(span / 8))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10, 20) if span / (power * factor) <= 4)


def _ticks(low: float, high: float, step: float) -> list[float]:
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _tick(value: float, step: float) -> str:
    whole = step == round(step)
    return shown(value, Endpoint("", "", "count" if whole else "", "neither"))
