"""What charts tell a model: for each patient of an environment the most probable one, and where he stands now.

A chart has doses, levels and daily creatinine, no more: of what it does not hold (dialysis, haematological malignancy)
the model is told that there is none.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.inference import search
from dosing_env.inference.particles import replicated, weighted
from dosing_env.inference.problem import Problem, etas_of, problem_of_patients, solve, spelt_out
from dosing_env.pharmacology import Drug, Patient, require_patients
from dosing_env.simulation import subject
from dosing_env.simulation.batch import How, follow
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.control import USUAL
from dosing_env.ward.dosing import infusion_hours
from dosing_env.ward.rules import Rules


class Belief(NamedTuple):
    """The most probable patients, and what they would have been through."""

    patients: Floats  # (n, fields of Patient) bedside values as charted, with the newest creatinine
    etas: Floats  # (n, etas)
    amounts: Floats  # (n, compartments) mg  now
    auc: Floats  # (n, days) integral of the level over each day so far
    z: Floats  # (n, a) the random effects as the search has them: where the next search may begin
    status: NDArray[np.intp]  # (n,) how the search ended, see `search`
    problem: Problem
    found: search.Found
    times: Floats  # (looks,) h  at each patient


class Imagined(NamedTuple):
    """Patients who may stand behind each chart, and what they would have been through."""

    weight: Floats  # (n, particles) the probability of each; adds up to 1
    etas: Floats  # (n, particles, etas)
    amounts: Floats  # (n, particles, compartments) mg  now
    auc: Floats  # (n, particles, days) integral of the level over each day so far


def believe(
    drug: Drug, rules: Rules, chart: Any, start: Floats | None = None, levels: tuple[int, ...] | None = None
) -> Belief:
    """The most probable patient behind each chart.

    Args:
        drug: the model that is believed.
        rules: of the task.
        chart: `chart.read` of observations (features, n), all of one decision: each of its fields for n patients.
        start: (n, a) the `z` of the decision before; without it the search begins with the typical patient.
        levels: numbers of the levels that are looked at, from 0; left out, all of them.

    Raises:
        ValueError: a model of other patients than those of an environment.
    """
    require_patients(drug, Patient, "the chart of a ward")
    day = int((chart.time[0] + 1e-9) // 24.0)
    known = rules.drawn[: int(chart.resulted.sum(axis=0)[0])]
    times = np.sort(np.concatenate([known, 24.0 * np.arange(day + 1), chart.time[:1]]))
    problem, bedside = _posed(drug, rules, chart, day, times)
    if levels is not None:
        _forget(problem, times.searchsorted(known), levels)
    found = solve(problem, None if start is None else np.ravel(start))
    etas = etas_of(problem.seen, found)
    amounts, auc = _until_now(problem, etas[:, None], times, rules.days)
    z = found.z.reshape(len(etas), -1)
    return Belief(bedside, etas, amounts[:, 0], auc[:, 0], z, found.status, problem, found, times)


def imagine(belief: Belief, rules: Rules, particles: int) -> Imagined:
    """Patients who may stand behind each chart, with their probabilities."""
    z, weight = weighted(belief.problem, belief.found, particles)
    etas = spelt_out(belief.problem.seen.root, z)
    return Imagined(weight, etas, *_until_now(belief.problem, etas, belief.times, rules.days))


def _forget(problem: Problem, at: NDArray[np.intp], levels: tuple[int, ...]) -> None:
    """Leave only these levels in every patient's problem; `at`: where the levels stand among his looks."""
    seen = problem.seen
    mine = seen.level.reshape(len(seen.last_eta), -1)
    mine[:, [look for number, look in enumerate(at) if number not in levels]] = np.nan


def _until_now(problem: Problem, etas: Floats, times: Floats, days: int) -> tuple[Floats, Floats]:
    """Amounts now (n, particles, compartments) and the exposure of each day (n, particles, days).

    etas: (n, particles, etas).
    """
    drug, (n, particles, _) = problem.drug, etas.shape
    looks, each = len(times), n * particles
    plan = replicated(problem.plan._replace(etas=np.ascontiguousarray(etas.reshape(each, -1))), n, particles, looks)
    out = np.empty((len(drug.compartments) + 2 + len(drug.outputs), each * looks))
    follow(drug, plan, np.tile(times, each), out, How(None, USUAL, auc=True), range(each))
    whole = out.reshape(len(out), n, particles, looks)
    edges = np.append(24.0 * np.arange(days), times[-1]).clip(max=times[-1])
    auc = np.diff(whole[len(drug.compartments) + 1][:, :, times.searchsorted(edges)], axis=2)
    return np.moveaxis(whole[: len(drug.compartments), :, :, -1], 0, -1), auc


def _posed(drug: Drug, rules: Rules, chart: Any, day: int, times: Floats) -> tuple[Problem, Floats]:
    """The problem, with looks at these times, and the bedside values of every patient today."""
    n, days = len(chart.time), min(day + 1, rules.days)
    bedside = np.zeros((n, days, len(Patient._fields)))
    for j, name in enumerate(("AGE", "WT", "HT", "SEX")):
        bedside[:, :, j] = getattr(chart, name)[:, None]
    bedside[:, :, Patient._fields.index("SCR")] = chart.creatinine[:days].T
    records, level, below = _records(drug, rules, chart, times)
    problem = problem_of_patients(drug, bedside, 24.0 * np.arange(float(days)), records, level, below)
    return problem, bedside[:, -1]


def _records(drug: Drug, rules: Rules, chart: Any, times: Floats) -> tuple[Floats, Floats, Floats]:
    """Every patient's doses and looks in order of time (a look comes before a dose), and what was measured."""
    n, known, given = len(chart.time), int(chart.resulted.sum(axis=0)[0]), round(chart.time[0] / rules.interval)
    when = np.concatenate([times, rules.interval * np.arange(given)])
    order = np.lexsort((np.arange(len(when)), when))
    records = np.zeros((n, len(when), subject.WIDTH))
    records[:, :, subject.TIME] = when
    records[:, :, subject.CMT] = drug.dosed
    records[:, : len(times), subject.KIND], records[:, len(times) :, subject.KIND] = subject.LOOK, subject.DOSE
    doses = chart.doses[:given].T
    products, which = np.unique(doses, return_inverse=True)  # few
    hours = np.array([infusion_hours(rules, dose) for dose in products])[which].reshape(doses.shape)
    records[:, len(times) :, subject.AMT], records[:, len(times) :, subject.RATE] = doses, doses / hours
    level, below = np.full((n, len(times)), np.nan), np.zeros((n, len(times)))
    at = times.searchsorted(rules.drawn[:known])
    level[:, at], below[:, at] = chart.levels[:known].T, chart.below[:known].T
    return records[:, order], level, below
