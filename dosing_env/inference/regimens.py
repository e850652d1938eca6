"""Regimens for the time to come: how they are written, which are tried, and what particles predict under them.

    750 q12h              750 mg every 12 h, given as the last dose was
    750 mg q12h over 2h   as infusions of 2 h (0h: as boluses)
    none                  no further dose

Of a stated day d, from 24 (d - 1) to 24 d hours after the next dose,

    AUC24     the integral of the level over it
    trough    the level before the dose that falls due as the day ends, or next after it
    peak      the highest level of the interval before that dose (of `none`: of the day); of an infusion its end
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from dosing_env.inference.goals import Goal
from dosing_env.inference.history import History
from dosing_env.inference.posterior import Posterior
from dosing_env.pharmacology import Drug
from dosing_env.simulation.cells import Floats

DAY = 24.0  # h
_NUMBER = r"(\d+(?:\.\d+)?)"
_MOST_DOSES = 1_000
_WITHIN = 49  # looks at an interval
_AFTER = 1e-6  # h  after a bolus
_STEPS = (5.0, 2.5, 1.0)  # round ones, times a power of ten
_DOUBLINGS = 12  # of the last dose, in search of the one that brings the median to the target


class Regimen(NamedTuple):
    """A dose again and again."""

    amount: float  # 0: none
    interval: float  # h
    hours: float | None = None  # of the infusion; None: as the last dose was given

    def named(self, unit: str) -> str:
        """The regimen as `parse` reads it."""
        if self.amount == 0.0:
            return "none"
        over = "" if self.hours is None else f" over {self.hours:g}h"
        return f"{self.amount:g} {unit} q{self.interval:g}h{over}"


class Exposure(NamedTuple):
    """What particles predict of the stated day, each (particles,)."""

    auc24: Floats
    trough: Floats
    peak: Floats


def parse(text: str, drug: Drug) -> Regimen:
    """A regimen as it is written.

    Raises:
        ValueError: something else.
    """
    words = " ".join(text.split())
    if words == "none":
        return Regimen(0.0, DAY)
    unit = re.escape(drug.amount_unit)
    found = re.fullmatch(rf"{_NUMBER} ?(?:{unit})? q{_NUMBER}h(?: over {_NUMBER}h)?", words)
    if found is None:
        example = f"'750 q12h', '750 {drug.amount_unit} q12h over 2h' or 'none'"
        raise ValueError(f"regimen: {text!r}: expected something like {example}")
    amount, interval = float(found[1]), float(found[2])
    hours = None if found[3] is None else float(found[3])
    if not (0.0 < amount < math.inf and 0.0 < interval < math.inf):
        raise ValueError(f"regimen: {text!r}: amount and interval are above 0; no further dose is 'none'")
    if hours is not None and hours > interval:
        raise ValueError(f"regimen: {text!r}: an infusion is over before the next begins")
    return Regimen(amount, interval, hours)


def records(history: History, regimen: Regimen, at: float, until: float) -> pd.DataFrame:
    """The doses so far, and those of the regimen from `at` to before `until`, as a table of events."""
    if regimen.amount == 0.0:
        return history.doses
    count = max(1, math.ceil((until - at) / regimen.interval - 1e-9))
    if count > _MOST_DOSES:
        raise ValueError(f"regimen: q{regimen.interval:g}h: more than {_MOST_DOSES:,} doses until the day is over")
    row: dict[str, Any] = {"TIME": at, "EVID": 1, "AMT": regimen.amount, "RATE": _rate(history, regimen)}
    row |= {"CMT": history.pattern.compartment}
    if count > 1:
        row |= {"II": regimen.interval, "ADDL": count - 1}
    if history.who is not None:
        row["ID"] = history.who
    past = history.doses.astype(object)
    return pd.concat([past, pd.DataFrame([row], dtype=object)], ignore_index=True)


def expose(known: Posterior, history: History, regimen: Regimen, at: float, day: int) -> Exposure:
    """What the particles predict under a regimen that begins at `at` h."""
    begin, end = at + DAY * (day - 1), at + DAY * day
    times = np.unique(np.round([begin, end, *_interval(history, regimen, at, end)], 9))
    low, high = _edges(regimen, at, end)
    doses = records(history, regimen, at, times[-1])
    forecast = known.predict(doses, times=times, covariates=history.covariates)
    level, auc = forecast.level[0], forecast.auc[0]
    within = (times >= low - 1e-9) & (times <= high + 1e-9)
    return Exposure(
        auc24=auc[:, times.searchsorted(end - 1e-9)] - auc[:, times.searchsorted(begin - 1e-9)],
        trough=level[:, times.searchsorted(high - 1e-9)],
        peak=level[:, within].max(axis=1),
    )


def candidates(known: Posterior, history: History, goal: Goal | None, at: float, day: int) -> list[Regimen]:
    """Five doses at the last interval: around the one whose median AUC24 is amid the target, else around the last one.

    Where even without a dose the median lies above that: none, and a quarter to the whole of the last dose.
    """
    interval, last = history.pattern.interval, float(history.given[-1, 1])
    if goal is None:
        return [Regimen(share * last, interval) for share in (0.5, 0.75, 1.0, 1.25, 1.5)]

    def miss(amount: float) -> float:
        exposure = expose(known, history, Regimen(amount, interval), at, day)
        return float(np.median(exposure.auc24)) - 0.5 * (goal.low + goal.high)

    if miss(0.0) >= 0.0:
        return [Regimen(share * last, interval) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    most = next((last * 2.0**k for k in range(_DOUBLINGS) if miss(last * 2.0**k) > 0.0), None)
    middle = last if most is None else float(brentq(miss, 0.0, most, rtol=1e-3, xtol=1e-3 * most))
    step = round_step(middle)
    return [Regimen(round(middle / step + k) * step, interval) for k in (-2, -1, 0, 1, 2)]


def round_step(amount: float) -> float:
    """The largest of 1, 2.5 and 5 times a power of ten that is at most a third of an amount."""
    power = 10.0 ** math.floor(math.log10(amount / 3.0))
    return next(step * power for step in _STEPS if step * power <= amount / 3.0 * (1.0 + 1e-12))


def _rate(history: History, regimen: Regimen) -> float:
    """RATE of the table."""
    pattern = history.pattern
    if regimen.hours is None and pattern.rate <= 0.0:
        return pattern.rate
    hours = pattern.hours if regimen.hours is None else regimen.hours
    return regimen.amount / hours if hours > 0.0 else 0.0


def _edges(regimen: Regimen, at: float, end: float) -> tuple[float, float]:
    """The interval that ends with the trough, h; without doses the day."""
    if regimen.amount == 0.0:
        return end - DAY, end
    trough = at + regimen.interval * math.ceil((end - at) / regimen.interval - 1e-9)
    return trough - regimen.interval, trough


def _interval(history: History, regimen: Regimen, at: float, end: float) -> list[float]:
    """When to look at the interval that ends with the trough: often, and at the end of the infusion."""
    low, high = _edges(regimen, at, end)
    hours = history.pattern.hours if regimen.hours is None else regimen.hours
    return [low + (hours or _AFTER), *np.linspace(low, high, _WITHIN)]
