"""Whether a patient can be one of the model at all: what does not fit, each thing in one line.

A level is doubted where it lies outside the middle 99 % of what the model's population has at that time (measured, with
residual error), or more than 3 SD of the residual error from the patient's own curve. It looks like another unit where
it is at least 100 times (or at most 1/100 of) the population's median, and 1,000 times less (or more) would be in that
middle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dosing_env.inference.history import History
from dosing_env.inference.posterior import LEAST, Posterior
from dosing_env.pharmacology import Drug
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.tables import simulate

MOST_SD = 3.0  # of the residual error, and of a random effect
FEW = 0.1  # of the particles: an effective sample size below that
FARTHEST = 6.0  # SD of a random effect: nobody of the model's is further (2 in 10^9)
POPULATION = 2_000  # patients behind the population's intervals
MIDDLE = 0.99
_FAR, _KILO = 100.0, 1_000.0
_SAME = {"mg/L": "ug/mL", "ug/L": "ng/mL", "ug/mL": "mg/L", "ng/mL": "ug/L"}  # the same by another name


def expected(drug: Drug, history: History, levels: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The measured levels (rows of `levels`) with what the population has there: low, median, high of 99 %."""
    if levels["dv"].isna().all():
        return levels.assign(low=np.nan, median=np.nan, high=np.nan).iloc[:0]
    exact = replace(drug, assay=replace(drug.assay, lloq=0.0))
    everybody = history.rows.drop(columns="ID", errors="ignore")
    table = simulate(exact, everybody, covariates=history.covariates, times=[], seed=seed, subjects=POPULATION)
    tail = 0.5 * (1.0 - MIDDLE)
    drawn = table["dv"].to_numpy().reshape(POPULATION, -1)
    low, median, high = np.quantile(drawn, [tail, 0.5, 1.0 - tail], axis=0)
    found = levels.assign(low=low, median=median, high=high)
    return found[found["dv"].notna()].reset_index(drop=True)


def doubts(drug: Drug, known: Posterior, levels: pd.DataFrame) -> Iterator[str]:
    """What does not fit.

    Args:
        drug: the model.
        known: of one patient.
        levels: as `expected` has them.
    """
    for level in levels.to_dict("records"):
        yield from _of_level(drug, level)
    yield from _of_effects(drug, known)
    yield from _of_search(known)


def _of_level(drug: Drug, level: dict[Any, Any]) -> Iterator[str]:
    unit, below = drug.assay.unit, level["blq"] == 1
    here = f"{'below ' if below else ''}{digits(level['dv'], 4)} {unit} at {level['time']:g} h"
    factor = 0.0 if below else _factor(level)
    if factor:
        also = f" (the same as {_SAME[unit]})" if unit in _SAME else ""
        more = "1,000 times" if factor > 1.0 else "a thousandth of"
        yield (
            f"{here} looks like another unit: it is about {more} what is expected, {digits(level['median'])}; levels "
            f"are in {unit}{also} here"
        )
        return
    if level["dv"] < level["low"] or (level["dv"] > level["high"] and not below):
        middle = f"{digits(max(level['low'], 0.0))} to {digits(level['high'])}"
        yield (
            f"{here} lies outside what {100 * MIDDLE:.0f} % of the model's patients have then, {middle}: is the unit, "
            "time or dose right?"
        )
    off = level["iwres"]
    if off < -MOST_SD or (off > MOST_SD and not below):
        yield (
            f"{here} does not fit this patient: {digits(level['ipred'])} is expected (iwres {off:+.1f}): is the unit, "
            "time or dose right?"
        )


def _factor(level: dict[Any, Any]) -> float:
    """1000 or 1/1000 where the level is about so many times what is expected, else 0."""
    dv, low, median, high = (level[name] for name in ("dv", "low", "median", "high"))
    far = dv >= _FAR * median if dv > median else dv <= median / _FAR
    return next((f for f in (_KILO, 1.0 / _KILO) if far and low <= dv / f <= high and (dv > median) == (f > 1.0)), 0.0)


def _of_effects(drug: Drug, known: Posterior) -> Iterator[str]:
    for name, eta in known.estimates.eta[[*drug.Eta._fields]].iloc[0].items():
        sd = float(np.sqrt(drug.omega[str(name)]))
        if abs(eta) > MOST_SD * sd > 0.0:
            yield (
                f"the random effect of {name} is {eta:+.2f}, {eta / sd:+.1f} SD of the model's patients: is this "
                "patient one of them?"
            )


def _of_search(known: Posterior) -> Iterator[str]:
    why, size, particles = known.estimates.why[0], known.size[0], known.z.shape[1]
    if not known.estimates.converged[0]:
        yield f"the search for the most probable patient: {why}"
    if size == 0.0:
        yield "no particle explains the levels: nothing can be said of this patient"
    elif _farthest(known) > FARTHEST:
        yield f"the most probable patient lies over {FARTHEST:g} SD away: nothing can be said of this patient"
    elif not says_something(known):
        yield f"effective sample size {size:.0f} of {particles:,} particles: too few to say anything of this patient"
    elif size < FEW * particles:
        yield f"effective sample size {size:.0f} of {particles:,} particles: intervals and probabilities are rough"


def learned(drug: Drug, eta: Floats) -> Floats:
    """How much the levels told of each random effect, (etas,): 1 - SD of the particles/SD of the model's patients.

    0: nothing; 1: all there is to know. nan for an effect that has no variance. eta: (particles, etas).
    """
    spread = np.sqrt([drug.omega[name] for name in drug.Eta._fields])
    own = eta.std(axis=0)
    return 1.0 - np.divide(own, spread, out=np.full(len(spread), np.nan), where=spread > 0.0)


def says_something(known: Posterior) -> bool:
    """Whether enough particles explain the levels for a word about this patient, and he can be one of the model's."""
    return bool(known.size[0] >= min(LEAST, known.z.shape[1] / 2)) and _farthest(known) <= FARTHEST


def _farthest(known: Posterior) -> float:
    """The largest random effect of the most probable patient, in SD."""
    return float(np.abs(known.estimates.z).max(initial=0.0))


def digits(value: float, n: int = 3) -> str:
    """A number with n digits, or all of those before its point."""
    return f"{value:,.0f}" if 1_000.0 <= abs(value) < 1e7 else f"{value:.{n}g}"
