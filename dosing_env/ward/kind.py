"""The care of a ward, put together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.care import Care, Feature, Term
from dosing_env.pharmacology import Drug, Patient
from dosing_env.task import Task
from dosing_env.ward import chart, course, dosing, tables
from dosing_env.ward.oracle import OraclePlan
from dosing_env.ward.replay import curve
from dosing_env.ward.rules import Rules, rules_record


def _actions(rules: Rules) -> tuple[Feature, ...]:
    return (Feature("dose", "mg", 0.0, rules.max_dose),)


def _grids(rules: Rules) -> tuple[tuple[float, ...], ...]:
    return (tuple(i * rules.step for i in range(int(rules.max_dose // rules.step) + 1)),)


def _masks(rules: Rules, courses: Any) -> NDArray[np.bool_]:
    """(n, doses): what the daily limit leaves."""
    decided = courses["decision"]
    per_day = round(24.0 / rules.interval)
    earlier = np.arange(rules.decisions)
    today = (earlier >= (decided - decided % per_day)[:, None]) & (earlier < decided[:, None])
    left = rules.max_daily - (courses["doses"] * today).sum(axis=1)
    return np.asarray(np.array(_grids(rules)[0]) <= np.maximum(left, 0.0)[:, None] + 1e-9)


def _most_probable(task: Task, drug: Drug, name: str) -> Any:
    from dosing_env.ward.most_probable import MAPPlan  # inference is loaded only where it is needed

    return MAPPlan(task, drug, name)


WARD = Care(
    name="ward",
    Patient=Patient,
    Chart=chart.Chart,
    terms=(Term("attainment"), Term("aki", harm=True)),
    limits=dosing.LIMITS,
    actions=_actions,
    grids=_grids,
    masks=_masks,
    features=chart.features,
    asked=lambda rules: np.flatnonzero(rules.asked),
    record=rules_record,
    fields=course.fields,
    fresh=course.FRESH,
    solving={},
    bench=course.bench,
    compiled={
        "admit": course.admit,
        "asks": course.asks,
        "prescribe": dosing.prescribe,
        "treat": course.treat,
        "close": course.close,
        "open_chart": chart.open_chart,
        "observe": chart.observe,
        "read": chart.read,
        "tell": course.tell,
    },
    nothing=course.no_dose,
    curve=curve,
    oracle=OraclePlan,
    most_probable=_most_probable,
    held=None,
    tables=tables,
)
