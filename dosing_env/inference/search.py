"""The most probable random effects of a patient, given what was measured: compiled, for many patients.

The random effects are written as z: independent standard normals, those between patients first (eta = root z), then
those of each occasion (kappa = spread z). To be made small is NONMEM's objective with interaction,

    F(z) = sum of `surprise` over the levels + z'z          z'z = eta' inv(Omega) eta + kappa' inv(Omega_occasion) kappa

First by Fisher scoring with a damped step (Levenberg and Marquardt), which needs one prediction per random effect and
goes down from anywhere; then by Newton's method on differences of F, whose Hessian gives the standard errors.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from dosing_env.inference.likelihood import slope_and_weight, surprise
from dosing_env.simulation.compiling import apart
from dosing_env.simulation.subject import FINE, NO_ROOM, follow_all

CONVERGED, NOT_CONVERGED, NO_MINIMUM, NOT_SOLVED, IMPOSSIBLE = range(5)

_SCORING, _NEWTON = 60, 12  # steps at most
_NEAR, _THERE = 1e-4, 3e-5  # largest part of a step, in SD of the random effect: enough of the first, and of the second
_SHORT, _LONG = 1e-6, 1e-3  # differences of levels, and of F whose second differences are wanted
_MOST_DAMPING = 1e12


class Seen(NamedTuple):
    """What was measured, and what is believed before."""

    level: Any  # (looks,) measured level or limit; nan where nothing was measured
    below: Any  # (looks,) 1: below that limit
    first_look: Any  # (subjects + 1,) looks of each subject: from one edge to the next
    form: Any  # of the residual error
    proportional: Any
    additive: Any
    root: Any  # (etas, a): eta = root z
    kappas: Any  # (b,) the etas with a part of their own on each occasion
    spread: Any  # (b,) its SD
    occasion: Any  # (rows of plan.etas,) number of the occasion within the subject, from 0
    last_eta: Any  # (subjects,) one after the subject's last row of plan.etas
    first_z: Any  # (subjects + 1,) random effects of each subject


class Found(NamedTuple):
    """The result; of each subject's random effects one after the other, as `first_z` has it."""

    z: Any  # (n,) the start before, the estimate afterwards
    hessian: Any  # (n, most)  of F at the estimate; a row per random effect
    objective: Any  # (subjects,)
    status: Any  # (subjects,)
    predicted: Any  # (looks,) levels


class Particles(NamedTuple):
    """Points at which F is wanted."""

    z: Any  # (subjects, particles, most random effects)
    objective: Any  # (subjects, particles) filled in


class Desk(NamedTuple):
    """Scratch space for the subject with most random effects and most looks."""

    z: Any  # (m,)
    step: Any
    slope: Any
    matrix: Any  # (m, m)
    factor: Any
    base: Any  # (looks,) levels
    change: Any  # (m, looks)


def search_all(low, high, model, plan, bench, seen, found, desk, fault):  # type: ignore[no-untyped-def]
    """Estimate the subjects `low` to `high`. Returns where it stopped, and why.

    It stops before `high` only where more doses run at once than the bench has room for. `bench.out` holds the looks of
    one subject.
    """
    for s in range(low, high):
        found.status[s] = _search(s, model, plan, bench, seen, found, desk, fault)
        if found.status[s] == -NO_ROOM:
            return s, NO_ROOM
    return high, FINE


def weigh_all(low, high, model, plan, bench, seen, values, desk, fault):  # type: ignore[no-untyped-def]
    """F at the particles of the subjects `low` to `high`, see `Particles`; as `search_all`."""
    for s in range(low, high):
        d = seen.first_z[s + 1] - seen.first_z[s]
        for i in range(values.z.shape[1]):
            for k in range(d):
                desk.z[k] = values.z[s, i, k]
            values.objective[s, i], why = _objective(s, d, model, plan, bench, seen, desk, fault)
            if why == NO_ROOM:
                return s, NO_ROOM
    return high, FINE


def _search(s, model, plan, bench, seen, found, desk, fault):  # type: ignore[no-untyped-def]
    first, last = seen.first_z[s], seen.first_z[s + 1]
    d = last - first
    for k in range(d):
        desk.z[k] = found.z[first + k]
    value, why = _objective(s, d, model, plan, bench, seen, desk, fault)
    if not value < math.inf:
        for k in range(d):
            desk.z[k] = 0.0
        value, why = _objective(s, d, model, plan, bench, seen, desk, fault)
    if why == NO_ROOM:
        return -NO_ROOM
    status = IMPOSSIBLE if why == FINE else NOT_SOLVED
    if value < math.inf:
        value = _score(s, d, value, model, plan, bench, seen, desk, fault)
        value, status = _polish(s, d, value, model, plan, bench, seen, desk, fault)
    _objective(s, d, model, plan, bench, seen, desk, fault)
    found.objective[s] = value
    for k in range(d):
        found.z[first + k] = desk.z[k]
        for m in range(d):
            found.hessian[first + k, m] = desk.matrix[k, m]
    for j in range(seen.first_look[s + 1] - seen.first_look[s]):
        found.predicted[seen.first_look[s] + j] = bench.out[len(bench.a), j]
    return status


@apart
def _objective(s, d, model, plan, bench, seen, desk, fault):  # type: ignore[no-untyped-def]
    """F at desk.z (infinite where there is no prediction), and whether the subject could be followed."""
    _, why = _predict(s, d, model, plan, bench, seen, desk, fault)
    if why != FINE:
        return math.inf, why
    total = 0.0
    for k in range(d):
        total += desk.z[k] * desk.z[k]
    first, n = seen.first_look[s], len(bench.a)
    for j in range(seen.first_look[s + 1] - first):
        level, below = seen.level[first + j], seen.below[first + j]
        if level == level:
            total += surprise(seen.form, seen.proportional, seen.additive, bench.out[n, j], level, below)
    return (total if total == total else math.inf), FINE


@apart
def _predict(s, d, model, plan, bench, seen, desk, fault):  # type: ignore[no-untyped-def]
    """The levels at desk.z, into `bench.out`."""
    between, own = seen.root.shape[1], len(seen.kappas)
    for row in range(plan.first_eta[s], seen.last_eta[s]):
        for i in range(len(seen.root)):
            total = 0.0
            for k in range(between):
                total += seen.root[i, k] * desk.z[k]
            plan.etas[row, i] = total
        for k in range(own):
            plan.etas[row, seen.kappas[k]] += seen.spread[k] * desk.z[between + own * seen.occasion[row] + k]
    return follow_all(s, s + 1, model, plan, bench, fault)


def _score(s, d, value, model, plan, bench, seen, desk, fault):  # type: ignore[no-untyped-def]
    """Go down until the steps are short. Returns F."""
    damping = 0.0
    for _ in range(_SCORING):
        _information(s, d, model, plan, bench, seen, desk, fault)
        longest, new = math.inf, math.inf
        while not new <= value and damping < _MOST_DAMPING:
            _solve(d, damping, desk)
            longest = _move(d, 1.0, desk)
            new, _ = _objective(s, d, model, plan, bench, seen, desk, fault)
            if new <= value:
                damping *= 0.1
            else:
                _move(d, -1.0, desk)
                damping = max(10.0 * damping, 1e-2)
        if not new <= value:
            return value
        value = new
        if longest < _NEAR:
            return value
    return value


def _polish(s, d, value, model, plan, bench, seen, desk, fault):  # type: ignore[no-untyped-def]
    """Newton's steps to the minimum. Returns F and the status; the Hessian stays in desk.matrix."""
    for _ in range(_NEWTON):
        _differences(s, d, value, model, plan, bench, seen, desk, fault)
        if not _solve(d, 0.0, desk):
            return value, NO_MINIMUM
        longest, share = _move(d, 1.0, desk), 1.0
        new, _ = _objective(s, d, model, plan, bench, seen, desk, fault)
        while not new <= value + 1e-9 and share * longest > _THERE:
            _move(d, -0.5 * share, desk)
            share *= 0.5
            new, _ = _objective(s, d, model, plan, bench, seen, desk, fault)
        value = new
        if longest <= _THERE:
            return value, CONVERGED
    return value, NOT_CONVERGED


@apart
def _information(s, d, model, plan, bench, seen, desk, fault):  # type: ignore[no-untyped-def]
    """Slope of F and its expected Hessian at desk.z, by differences of the levels; those there stand in `bench.out`."""
    first, n = seen.first_look[s], len(bench.a)
    looks = seen.first_look[s + 1] - first
    for j in range(looks):
        desk.base[j] = bench.out[n, j]
    for k in range(d):
        desk.z[k] += _SHORT
        _predict(s, d, model, plan, bench, seen, desk, fault)
        desk.z[k] -= _SHORT
        desk.slope[k] = 2.0 * desk.z[k]
        for j in range(looks):
            desk.change[k, j] = (bench.out[n, j] - desk.base[j]) / _SHORT
        for m in range(d):
            desk.matrix[k, m] = 2.0 if m == k else 0.0
    for j in range(looks):
        level, below = seen.level[first + j], seen.below[first + j]
        if level == level:
            slope, weight = slope_and_weight(seen.form, seen.proportional, seen.additive, desk.base[j], level, below)
            for k in range(d):
                desk.slope[k] += slope * desk.change[k, j]
                for m in range(d):
                    desk.matrix[k, m] += weight * desk.change[k, j] * desk.change[m, j]


@apart
def _differences(s, d, value, model, plan, bench, seen, desk, fault):  # type: ignore[no-untyped-def]
    """Slope and Hessian of F at desk.z, by central differences of F."""
    for k in range(d):
        up = _shifted(s, d, k, _LONG, k, 0.0, model, plan, bench, seen, desk, fault)
        down = _shifted(s, d, k, -_LONG, k, 0.0, model, plan, bench, seen, desk, fault)
        desk.slope[k] = (up - down) / (2.0 * _LONG)
        desk.matrix[k, k] = (up - 2.0 * value + down) / (_LONG * _LONG)
        for m in range(k):
            same = _shifted(s, d, k, _LONG, m, _LONG, model, plan, bench, seen, desk, fault)
            same += _shifted(s, d, k, -_LONG, m, -_LONG, model, plan, bench, seen, desk, fault)
            mixed = 0.5 * ((same - 2.0 * value) / (_LONG * _LONG) - desk.matrix[k, k] - desk.matrix[m, m])
            desk.matrix[k, m] = desk.matrix[m, k] = mixed


def _shifted(s, d, k, by, m, and_by, model, plan, bench, seen, desk, fault):  # type: ignore[no-untyped-def]
    """F where z[k] and z[m] are moved."""
    a, b = desk.z[k], desk.z[m]
    desk.z[k] += by
    desk.z[m] += and_by
    value, _ = _objective(s, d, model, plan, bench, seen, desk, fault)
    desk.z[m] = b
    desk.z[k] = a
    return value


def _move(d, share, desk):  # type: ignore[no-untyped-def]
    """Go a share of the step. Returns its largest part."""
    longest = 0.0
    for k in range(d):
        desk.z[k] += share * desk.step[k]
        longest = max(longest, abs(share * desk.step[k]))
    return longest


@apart
def _solve(d, damping, desk):  # type: ignore[no-untyped-def]
    """The step -inv(M + damping diag M) slope by Cholesky's method; False where that matrix has no minimum."""
    w, x = desk.factor, desk.step
    for k in range(d):
        x[k] = -desk.slope[k]
        for m in range(k + 1):
            total = desk.matrix[k, m] * (1.0 + damping if m == k else 1.0)
            for i in range(m):
                total -= w[k, i] * w[m, i]
            if m < k:
                w[k, m] = total / w[m, m]
            elif total > 0.0:
                w[k, k] = math.sqrt(total)
            else:
                return False
    for k in range(d):
        for i in range(k):
            x[k] -= w[k, i] * x[i]
        x[k] /= w[k, k]
    for k in range(d - 1, -1, -1):
        for i in range(k + 1, d):
            x[k] -= w[i, k] * x[i]
        x[k] /= w[k, k]
    return True
