"""The most probable random effects of a patient, given what was measured: compiled, for many patients.

F of `objective` is made small by Newton's method. Far away its Hessian is made of the first derivatives of the levels
alone and the step is damped (Levenberg and Marquardt): that needs one neighbour per random effect, and goes down from
anywhere. Near the minimum the second derivatives are found once, and again only after a step too long for the old ones
to be right; the last Hessian gives the standard errors. Where these are not wanted it goes down until a step is short.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from dosing_env.inference.derivatives import assemble, bends, carry, changes, put
from dosing_env.inference.objective import begin, predict, worth
from dosing_env.simulation.compiling import apart
from dosing_env.simulation.subject import FINE, NO_ROOM

CONVERGED, NOT_CONVERGED, NO_MINIMUM, NOT_SOLVED, IMPOSSIBLE = range(5)

_SCORING, _NEWTON = 60, 30  # steps at most
_NEAR, _THERE = 1e-1, 3e-5  # largest part of a step, in SD of the random effect: enough of the first, and of the second
_NEAR_ENOUGH = 1e-2  # where nobody wants the Hessian: all by the first derivatives
_NOISE = 1e-6  # of F, from the steps of a solver
_TRUST = 5.0  # a longer step comes from a Hessian that is next to none in its direction
_FAR = 1e-3  # of a step after which second derivatives are looked for anew
_MOST_DAMPING = 1e12

RELATIVE = 1e-12  # tolerance of a solver's step for levels that are told, and wherever neighbours make their own steps
_ROUGH, _FAIR, _FINE = 1e-4, 1e-6, 1e-11  # far away, for second derivatives, for the last slope


class Found(NamedTuple):
    """The result; of each subject's random effects one after the other, as `first_z` has it."""

    z: Any  # (n,) the start before, the estimate afterwards
    hessian: Any  # (n, most)  of F at the estimate; a row per random effect. (0, most): not wanted
    objective: Any  # (subjects,)
    status: Any  # (subjects,)
    predicted: Any  # (looks,) levels


class Particles(NamedTuple):
    """Points at which F is wanted."""

    z: Any  # (subjects, particles, most random effects)
    objective: Any  # (subjects, particles) filled in


def search_all(low, high, means, seen, points, found, desk):  # type: ignore[no-untyped-def]
    """Estimate the subjects `low` to `high`. Returns where it stopped, and why.

    It stops before `high` only where there is not enough room: see `subject.Bench` and `recorded`.
    """
    for s in range(low, high):
        way = begin(s, means)
        if way != NO_ROOM:
            found.status[s] = _search(s, way, means, seen, points, found, desk)
        if way == NO_ROOM or found.status[s] == -NO_ROOM:
            return s, NO_ROOM
    return high, FINE


def weigh_all(low, high, means, seen, points, values, desk):  # type: ignore[no-untyped-def]
    """F at the particles of the subjects `low` to `high`, see `Particles`; as `search_all`."""
    particles = values.z.shape[1]
    for s in range(low, high):
        way, d = begin(s, means), seen.first_z[s + 1] - seen.first_z[s]
        for first in range(0, particles, len(points.z)):
            count = min(len(points.z), particles - first)
            for i in range(count):
                for k in range(d):
                    points.z[i, k] = values.z[s, first + i, k]
            if way == NO_ROOM or predict(s, way, count, RELATIVE, 0, means, seen, points) == NO_ROOM:
                return s, NO_ROOM
            for i in range(count):
                values.objective[s, first + i] = worth(s, i, seen, points)
    return high, FINE


def _search(s, way, means, seen, points, found, desk):  # type: ignore[no-untyped-def]
    first, last = seen.first_z[s], seen.first_z[s + 1]
    d, spread = last - first, len(found.hessian) > 0
    for k in range(d):
        desk.z[k] = found.z[first + k]
    value, why = changes(s, d, False, _ROUGH, way, means, seen, points, desk)
    if not value < math.inf:
        for k in range(d):
            desk.z[k] = 0.0
        value, why = changes(s, d, False, _ROUGH, way, means, seen, points, desk)
    if why == NO_ROOM:
        return -NO_ROOM
    status = IMPOSSIBLE if why == FINE else NOT_SOLVED
    if value < math.inf:
        value, longest = _score(s, d, way, value, _NEAR if spread else _NEAR_ENOUGH, means, seen, points, desk)
        status = CONVERGED if longest >= 0.0 else NOT_CONVERGED
        if spread:
            status = _polish(s, d, way, value, longest, means, seen, points, desk)
    put(0, d, points, desk)
    if status == CONVERGED and spread:
        carry(s, d, seen, points, desk)
    else:
        predict(s, way, 1, RELATIVE, 0, means, seen, points)
    found.objective[s] = worth(s, 0, seen, points)
    for k in range(d):
        found.z[first + k] = desk.z[k]
        for m in range(d if spread else 0):
            found.hessian[first + k, m] = desk.matrix[max(k, m), min(k, m)]
    for j in range(seen.first_look[s + 1] - seen.first_look[s]):
        found.predicted[seen.first_look[s] + j] = points.levels[0, j]
    return status


def _score(s, d, way, value, near, means, seen, points, desk):  # type: ignore[no-untyped-def]
    """Go down until a step is short. Returns F before the last step, and its largest part; -1: none was short."""
    damping = longest = 0.0
    for _ in range(_SCORING):
        _set_out(d, desk)
        assemble(s, d, False, seen, points, desk)
        new = math.inf
        while not new <= value:
            if not _solve(d, damping, 0.0, desk):
                return value, -1.0
            longest = _move(d, 1.0, desk)
            if longest < near:
                return value, longest
            new, _ = changes(s, d, False, _ROUGH, way, means, seen, points, desk)
            if new <= value:
                damping *= 0.1
            else:
                _move(d, 0.0, desk)
                damping = max(10.0 * damping, 1e-2)
            if damping > _MOST_DAMPING:
                return value, -1.0
        value = new
    return value, -1.0


def _polish(s, d, way, value, longest, means, seen, points, desk):  # type: ignore[no-untyped-def]
    """Newton's steps to the minimum, after a step to where F has not been looked at. Returns the status.

    The Hessian stays in desk.matrix.
    """
    afar = True
    for _ in range(_NEWTON):
        new = _observe(afar, s, d, way, means, seen, points, desk)
        share = 1.0
        while not new <= value + _NOISE and longest > _THERE:
            share = 0.5 * share
            longest = _move(d, share, desk)
            new = _observe(afar, s, d, way, means, seen, points, desk)
        value = new
        _set_out(d, desk)
        assemble(s, d, True, seen, points, desk)
        lift = lifted(d, desk)
        if not lift < math.inf:
            return NO_MINIMUM
        minimum, longest = lift == 0.0, _move(d, 1.0, desk)
        if not (longest > _THERE or (minimum and afar and means.stepped)):
            return CONVERGED if minimum else NO_MINIMUM
        afar = longest > _FAR or not minimum
    _move(d, 0.0, desk)  # nobody has looked at where the last step led
    return NOT_CONVERGED


def lifted(d, desk):  # type: ignore[no-untyped-def]
    """Newton's step; where the Hessian has no minimum, or one too far away to be believed, its diagonal is lifted.

    Returns by how much.
    """
    lift = 0.0
    while lift < math.inf and not (_solve(d, 0.0, lift, desk) and longest_part(d, desk) < _TRUST):
        lift = max(2.0 * lift, 0.1)
    return lift


def _observe(afar, s, d, way, means, seen, points, desk):  # type: ignore[no-untyped-def]
    """The levels at desk.z and their derivatives, the second ones only where they are not known. Returns F there."""
    if afar:
        return bends(s, d, _FAIR, way, means, seen, points, desk)
    value, _ = changes(s, d, True, _FINE, way, means, seen, points, desk)
    return value


def _set_out(d, desk):  # type: ignore[no-untyped-def]
    """The next step begins at desk.z."""
    for k in range(d):
        desk.home[k] = desk.z[k]


def _move(d, share, desk):  # type: ignore[no-untyped-def]
    """Go from where the step begins a share of it. Returns its largest part."""
    for k in range(d):
        desk.z[k] = desk.home[k] + share * desk.step[k]
    return share * longest_part(d, desk)


def longest_part(d, desk):  # type: ignore[no-untyped-def]
    """The largest part of the step."""
    longest = 0.0
    for k in range(d):
        longest = max(longest, abs(desk.step[k]))
    return longest


@apart
def _solve(d, damping, lift, desk):  # type: ignore[no-untyped-def]
    """The step -inv(M + damping diag M + lift) slope by Cholesky's method; False where that matrix has no minimum."""
    w, x = desk.factor, desk.step
    for k in range(d):
        x[k] = -desk.slope[k]
        for m in range(k + 1):
            total = desk.matrix[k, m] * (1.0 + damping) + lift if m == k else desk.matrix[k, m]
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
