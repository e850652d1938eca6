"""The care of an anticoagulation clinic, put together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.care import Care, Feature, Term
from dosing_env.clinic import chart, course, tables
from dosing_env.clinic.frames import frames
from dosing_env.clinic.oracle import OraclePlan
from dosing_env.clinic.orders import ClinicChart
from dosing_env.clinic.rules import ClinicRules, rules_record
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Drug
from dosing_env.task import Task

INTERVALS = (1, 2, 3, 5, 7, 14, 28)  # days to the next INR that a discrete action knows


def _actions(rules: ClinicRules) -> tuple[Feature, ...]:
    return Feature("dose", "mg", 0.0, rules.max_dose), Feature("next", "days", 1.0, float(rules.longest))


def _grids(rules: ClinicRules) -> tuple[tuple[float, ...], ...]:
    doses = tuple(i * rules.step for i in range(int(rules.max_dose // rules.step) + 1))
    return doses, tuple(float(days) for days in INTERVALS if days <= rules.longest)


def _masks(rules: ClinicRules, observation: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(n, doses + intervals): every one may always be chosen."""
    return np.ones((len(observation), sum(map(len, _grids(rules)))), dtype=bool)


def _most_probable(task: Task, drug: Drug, name: str) -> Any:
    from dosing_env.clinic.most_probable import MAPPlan  # inference is loaded only where it is needed

    return MAPPlan(task, drug, name)


CLINIC = Care(
    name="clinic",
    Patient=WarfarinPatient,
    Chart=ClinicChart,
    terms=(Term("in_range"), Term("unsafe", harm=True), Term("ineffective", harm=True), Term("visits")),
    limits=course.LIMITS,
    actions=_actions,
    grids=_grids,
    masks=_masks,
    features=chart.features,
    frames=frames,
    asked=lambda rules: np.arange(rules.first_day, rules.decisions),
    record=rules_record,
    fields=course.fields,
    fresh={},
    solving={"relative": 1e-6, "exposed": False},
    bench=course.bench,
    compiled={
        "admit": course.admit,
        "asks": course.asks,
        "prescribe": course.prescribe,
        "treat": course.treat,
        "close": course.close,
        "open_chart": chart.open_chart,
        "observe": chart.observe,
        "read": chart.read,
        "tell": course.tell,
    },
    nothing=course.no_order,
    curve=tables.curve,
    oracle=OraclePlan,
    most_probable=_most_probable,
    held=lambda rules: rules._replace(hold=1),
    tables=tables,
)
