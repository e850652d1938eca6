"""The care of a ward, put together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.care import Care, Feature, Term
from dosing_env.pharmacology import Drug, Patient
from dosing_env.task import Task
from dosing_env.ward import chart, course, dosing, tables
from dosing_env.ward.frames import frames
from dosing_env.ward.oracle import OraclePlan
from dosing_env.ward.replay import curve
from dosing_env.ward.rules import Rules, rules_record


def _actions(rules: Rules) -> tuple[Feature, ...]:
    return (Feature("dose", "mg", 0.0, rules.max_dose),)


def _grids(rules: Rules) -> tuple[tuple[float, ...], ...]:
    return (tuple(i * rules.step for i in range(int(rules.max_dose // rules.step) + 1)),)


def _masks(rules: Rules, observation: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(n, doses): what today's doses, by the chart, leave of the daily limit. To give nothing is always allowed."""
    now = chart.read(observation.T.astype(np.float64), rules)
    decided, per_day = np.rint(now.time / rules.interval).astype(np.int64), round(24.0 / rules.interval)
    today = np.arange(rules.decisions)[:, None] >= decided - decided % per_day  # doses to come are 0
    given = np.rint(now.doses / rules.step * today).sum(axis=0)  # products: whole numbers, whatever float32 made of mg
    left = np.floor(rules.max_daily / rules.step - given + 1e-9)
    return np.asarray(np.arange(len(_grids(rules)[0])) <= np.maximum(left, 0.0)[:, None])


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
    frames=frames,
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
