"""What charts tell a model: for each patient of an environment the most probable one, and where he stands now.

A chart has doses, levels and daily creatinine, no more: of what it does not hold (dialysis, haematological malignancy)
the model is told that there is none.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import NDArray

from dosing_env.inference.observations import Levels
from dosing_env.inference.problem import Problem, etas_of, seen_of, solve
from dosing_env.pharmacology import Drug, Patient
from dosing_env.rules import Rules
from dosing_env.simulation import subject
from dosing_env.simulation.batch import How, follow
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.compiling import HOLE, specialise
from dosing_env.simulation.control import USUAL
from dosing_env.task import infusion_hours

covariates: Any = HOLE
NX: Any = HOLE


class Belief(NamedTuple):
    """The most probable patients, and what they would have been through."""

    day: int  # of the present decision, counted from 0
    patients: Floats  # (n, fields of Patient) bedside values as charted, with the newest creatinine
    etas: Floats  # (n, etas)
    amounts: Floats  # (n, compartments) mg  now
    auc_today: Floats  # (n,) integral of the level since the day began
    z: Floats  # (n, a) the random effects as the search has them: where the next search may begin
    status: NDArray[np.intp]  # (n,) how the search ended, see `search`


def believe(drug: Drug, rules: Rules, chart: Any, start: Floats | None = None) -> Belief:
    """The most probable patient behind each chart.

    Args:
        drug: the model that is believed.
        rules: of the task.
        chart: `chart.read` of observations (features, n), all of one decision: each of its fields for n patients.
        start: (n, a) the `z` of the decision before; without it the search begins with the typical patient.
    """
    day = int((chart.time[0] + 1e-9) // 24.0)
    known = rules.drawn[: int(chart.resulted.sum(axis=0)[0])]
    times = np.sort(np.append(known, [24.0 * day, chart.time[0]]))
    problem, bedside = _posed(drug, rules, chart, day, times)
    found = solve(problem, None if start is None else np.ravel(start))
    etas = etas_of(problem.seen, found)
    problem.plan.etas[:] = etas
    n, looks = len(etas), len(times)
    plan = problem.plan._replace(first_row=np.arange(n) * looks)
    out = np.empty((len(drug.compartments) + 2 + len(drug.outputs), n * looks))
    follow(drug, plan, np.tile(times, n), out, How(None, USUAL, auc=True), range(n))
    whole = out.reshape(len(out), n, looks)
    amounts, auc = whole[: len(drug.compartments), :, -1], whole[len(drug.compartments) + 1]
    return Belief(
        day=day,
        patients=bedside,
        etas=etas,
        amounts=np.ascontiguousarray(amounts.T),
        auc_today=auc[:, -1] - auc[:, times.searchsorted(24.0 * day)],
        z=found.z.reshape(n, -1),
        status=found.status,
    )


def _posed(drug: Drug, rules: Rules, chart: Any, day: int, times: Floats) -> tuple[Problem, Floats]:
    """The problem, with looks at these times, and the bedside values of every patient today."""
    n, days = len(chart.time), min(day + 1, rules.days)
    bedside = np.zeros((n, days, len(Patient._fields)))
    for j, name in enumerate(("AGE", "WT", "HT", "SEX")):
        bedside[:, :, j] = getattr(chart, name)[:, None]
    bedside[:, :, Patient._fields.index("SCR")] = chart.creatinine[:days].T
    values = np.empty((n * days, len(drug.Covariates._fields)))
    fields = len(Patient._fields)
    specialise(_covariates, covariates=drug.covariates, NX=fields)(bedside.reshape(-1, fields), values)
    records, looks = _records(drug, rules, chart, times)
    everyone = np.arange(n)
    plan = subject.Plan(
        records=records.reshape(-1, subject.WIDTH),
        first_record=everyone * records.shape[1],
        last_record=(everyone + 1) * records.shape[1],
        times=np.tile(24.0 * np.arange(days), n),
        covariates=values,
        first_step=everyone * days,
        last_step=(everyone + 1) * days,
        etas=np.zeros((n, len(drug.Eta._fields))),
        first_eta=everyone,
        first_row=np.zeros(n, dtype=np.intp),
        next_eta=0,
        late=False,
        linear=drug.linear,
    )
    edges = np.arange(n + 1)
    return Problem(drug, plan, seen_of(drug, looks, edges, np.zeros(n, dtype=np.intp))), bedside[:, -1]


def _covariates(patients, values):  # type: ignore[no-untyped-def]
    """The drug's covariates of every patient."""
    for i in range(len(patients)):
        x = covariates(Patient(*to_fixed_tuple(patients[i], NX)))
        for j in range(len(x)):
            values[i, j] = x[j]


def _records(drug: Drug, rules: Rules, chart: Any, times: Floats) -> tuple[Floats, Levels]:
    """Every patient's doses and looks in order of time (a look comes before a dose), and what was measured."""
    n, known, given = len(chart.time), len(times) - 2, round(chart.time[0] / rules.interval)
    when = np.concatenate([times, rules.interval * np.arange(given)])
    order = np.lexsort((np.arange(len(when)), when))
    records = np.zeros((n, len(when), subject.WIDTH))
    records[:, :, subject.TIME] = when
    records[:, :, subject.CMT] = drug.dosed
    records[:, : len(times), subject.KIND], records[:, len(times) :, subject.KIND] = subject.LOOK, subject.DOSE
    doses = chart.doses[:given].T
    hours = np.vectorize(lambda dose: infusion_hours(rules, dose), otypes=[float])(doses)
    records[:, len(times) :, subject.AMT], records[:, len(times) :, subject.RATE] = doses, doses / hours
    level, below = np.full((n, len(times)), np.nan), np.zeros((n, len(times)))
    at = times.searchsorted(rules.drawn[:known])
    level[:, at], below[:, at] = chart.levels[:known].T, chart.below[:known].T
    first = np.arange(n + 1) * len(times)
    return records[:, order], Levels(np.tile(times, n), level.ravel(), below.ravel(), first)
