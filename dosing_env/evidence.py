"""Figures of the literature, and how a drug finds them again: `dosing-env verify` holds the two side by side."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

EVIDENCE = ("VERIFIED", "REPRODUCED", "SINGLE", "MEMORY", "DERIVED")

Own = Callable[[Any, Callable[..., Any]], float]  # (drug, simulate) -> the drug's own figure


@dataclass(frozen=True, kw_only=True)
class Published:
    """A figure, in whom, and what the drug makes of it."""

    what: str
    value: float
    unit: str
    within: float  # relative difference that is allowed
    own: Own
    source: str  # where it is printed, or how it follows from what is printed, with its label of evidence

    def __post_init__(self) -> None:
        if not any(label in self.source for label in EVIDENCE):
            raise ValueError(f"Published.source of {self.what!r}: {self.source!r} has none of {', '.join(EVIDENCE)}")


def parameter(name: str, **covariates: float) -> Own:
    """An individual parameter of the typical patient with these covariates."""
    return lambda drug, simulate: getattr(_typical(drug, covariates), name)


def half_life(phase: int, **covariates: float) -> Own:
    """The half-life of a phase of a linear drug or a linear driver, counted from the fastest, 0; -1 is the terminal."""

    def own(drug: Any, simulate: Callable[..., Any]) -> float:
        import numpy as np

        p, none = _typical(drug, covariates), (0.0,) * len(drug.compartments)
        n = len(none) if drug.linear else drug.driver
        others = (drug.initial(p) if drug.initial else none)[n:]
        columns = [drug.rates(0.0, (*unit, *others), p, none)[:n] for unit in np.eye(n)]
        rates = np.sort(-np.linalg.eigvals(np.array(columns).T).real)[::-1]
        return float(np.log(2.0) / rates[phase])

    return own


def effective_half_life(clearance: str, volume: str, **covariates: float) -> Own:
    """ln 2 V/CL of the typical patient with these covariates, of the parameters with these names."""

    def own(drug: Any, simulate: Callable[..., Any]) -> float:
        p = _typical(drug, covariates)
        return math.log(2.0) * float(getattr(p, volume) / getattr(p, clearance))

    return own


def daily(amount: float, days: int) -> list[dict[str, float]]:
    """The events of a dose every 24 h, the first at 0 h; `days` later the next one would come."""
    return [{"TIME": 0.0, "AMT": amount, "II": 24.0, "ADDL": days - 1.0}]


def seen(column: str, events: list[dict[str, float]], time: float, **covariates: float) -> Own:
    """A column of the simulated table at a time."""
    return lambda drug, simulate: float(simulate(drug, events, covariates=covariates, times=[time])[column].iloc[0])


def _typical(drug: Any, covariates: dict[str, float]) -> Any:
    return drug.individual(drug.Covariates(**covariates), drug.no_eta)
