"""Figures of the literature, and how a drug finds them again: `dosing-env verify` holds the two side by side."""

from __future__ import annotations

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
    """The half-life of a phase of a linear drug, counted from the fastest, 0; -1 is the terminal one."""

    def own(drug: Any, simulate: Callable[..., Any]) -> float:
        import numpy as np

        p, n = _typical(drug, covariates), len(drug.compartments)
        columns = [drug.rates(0.0, tuple(unit), p, (0.0,) * n) for unit in np.eye(n)]
        rates = np.sort(-np.linalg.eigvals(np.array(columns).T).real)[::-1]
        return float(np.log(2.0) / rates[phase])

    return own


def seen(column: str, events: list[dict[str, float]], time: float, **covariates: float) -> Own:
    """A column of the simulated table at a time."""
    return lambda drug, simulate: float(simulate(drug, events, covariates=covariates, times=[time])[column].iloc[0])


def _typical(drug: Any, covariates: dict[str, float]) -> Any:
    return drug.individual(drug.Covariates(**covariates), drug.no_eta)
