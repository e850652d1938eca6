"""The numbers of a task, as named values and as the record that compiled code takes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Rules(NamedTuple):
    """The numbers of a task, as the scenario file states them."""

    interval: float  # h     between decisions
    decisions: int  # times of a dose
    asked: Any  # (decisions,) 1: a policy is asked then; 0: the dose before is given again
    days: int
    step: float  # mg    between two products
    max_dose: float  # mg
    max_daily: float  # mg    per calendar day
    max_rate: float  # mg/h
    min_infusion: float  # h
    drawn: Any  # (levels,) h   when blood is drawn
    turnaround: float  # h     from the draw to the result
    form: int  # number in `residual.FORMS` of the residual error of a level
    proportional: float  # fraction
    additive: float  # mg/L
    lloq: float  # mg/L
    low: float  # mg h/L  target of the daily AUC
    high: float  # mg h/L
    first_day: int  # first day that counts, 0-based
    weight_cv: float  # charting error of the weight
    creatinine_cv: float  # error of a charted creatinine
    drift: float  # SD of the daily step of ln creatinine
    aki_intercept: float
    aki_slope: float  # per mg h/L
    aki_factor: float  # creatinine multiplies by this
    aki_ramp: float  # h     within this time
    pay_attainment: float  # reward for the whole primary endpoint
    pay_aki: float  # cost of one case of AKI


def rules_record(rules: Rules) -> NDArray[np.void]:
    """The same numbers as one record, as the compiled loop takes them: shape (1,).

    With `prices` of what adds to the reward. With `drawn_by` and `known_by`, (decisions + 1,): how many levels have
    been drawn, and how many results have arrived, by each decision; what happens at its hour counts. With `until`,
    (decisions,): the decision at which a policy is asked next, or `decisions`.
    """
    decided = rules.interval * np.arange(rules.decisions + 1) + 1e-9
    values = rules._asdict() | {
        "drawn_by": np.searchsorted(rules.drawn, decided, side="right"),
        "prices": np.array([rules.pay_attainment, -rules.pay_aki]),
        "until": _until(rules.asked),
        "known_by": np.searchsorted(rules.drawn + rules.turnaround, decided, side="right"),
    }
    kinds = [(name, np.asarray(value).dtype, np.shape(value)) for name, value in values.items()]
    return np.array([tuple(values.values())], dtype=kinds)


def _until(asked: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first decision behind each at which a policy is asked."""
    here = np.append(np.flatnonzero(asked), len(asked))
    return here[np.searchsorted(here, np.arange(len(asked)), side="right")]
