"""How the levels of a patient change with the random effects, by differences, and what follows for F: compiled."""

from __future__ import annotations

from typing import Any, NamedTuple

from dosing_env.inference.likelihood import slopes
from dosing_env.inference.objective import predict, worth
from dosing_env.simulation.compiling import apart

_SHORT, _LONG = 1e-5, 1e-3  # how far away neighbours are whose first and second differences are wanted


class Desk(NamedTuple):
    """Scratch space for the subject with most random effects."""

    z: Any  # (m,) where levels are asked for
    home: Any  # where the step begins
    step: Any
    slope: Any
    change: Any  # (m, looks) first derivatives of the levels
    bend: Any  # (pairs of m, looks) second ones
    matrix: Any  # (m, m) its lower half
    factor: Any


@apart
def changes(s, d, known, relative, way, means, seen, points, desk):  # type: ignore[no-untyped-def]
    """The levels at desk.z and their first derivatives by forward differences, corrected where the second are known.

    Returns F at desk.z, and whether the subject could be followed.
    """
    put(0, d, points, desk)
    for k in range(d):
        put(1 + k, d, points, desk)
        points.z[1 + k, k] += _SHORT
    why = predict(s, way, 1 + d, relative, 1, means, seen, points)
    for j in range(seen.first_look[s + 1] - seen.first_look[s]):
        for k in range(d):
            desk.change[k, j] = (points.levels[1 + k, j] - points.levels[0, j]) / _SHORT
            if known:
                desk.change[k, j] -= 0.5 * _SHORT * desk.bend[_pair(k, k), j]
    return worth(s, 0, seen, points), why


@apart
def bends(s, d, relative, way, means, seen, points, desk):  # type: ignore[no-untyped-def]
    """The levels at desk.z, their first and second derivatives by central differences. Returns F at desk.z."""
    put(0, d, points, desk)
    for k in range(d):
        for m in range(k + 1):
            for side in range(2):
                i, by = 1 + 2 * _pair(k, m) + side, _LONG if side == 0 else -_LONG
                put(i, d, points, desk)
                points.z[i, k] += by
                if m < k:
                    points.z[i, m] += by
    predict(s, way, 1 + d * (d + 1), relative, 1, means, seen, points)
    for j in range(seen.first_look[s + 1] - seen.first_look[s]):
        for k in range(d):
            for m in range(k, -1, -1):
                i = _pair(k, m)
                up, down = points.levels[1 + 2 * i, j], points.levels[2 + 2 * i, j]
                desk.bend[i, j] = (up - 2.0 * points.levels[0, j] + down) / (_LONG * _LONG)
                if m == k:
                    desk.change[k, j] = (up - down) / (2.0 * _LONG)
                else:
                    desk.bend[i, j] = 0.5 * (desk.bend[i, j] - desk.bend[_pair(k, k), j] - desk.bend[_pair(m, m), j])
    return worth(s, 0, seen, points)


def carry(s, d, seen, points, desk):  # type: ignore[no-untyped-def]
    """Make the levels of point 0 those after the short step in desk.step: without another prediction."""
    for j in range(seen.first_look[s + 1] - seen.first_look[s]):
        for k in range(d):
            change = desk.change[k, j] + 0.5 * desk.step[k] * desk.bend[_pair(k, k), j]
            for m in range(k):
                change += desk.step[m] * desk.bend[_pair(k, m), j]
            points.levels[0, j] += desk.step[k] * change


def put(i, d, points, desk):  # type: ignore[no-untyped-def]
    """Make desk.z the point i."""
    for k in range(d):
        points.z[i, k] = desk.z[k]


def _pair(k, m):  # type: ignore[no-untyped-def]
    """The number of a pair of random effects, m <= k."""
    return k * (k + 1) // 2 + m


@apart
def assemble(s, d, known, seen, points, desk):  # type: ignore[no-untyped-def]
    """Slope and Hessian of F at desk.z from the derivatives of the levels.

    Where the second ones are not known, as if z changed the logarithm of a level evenly, and never negative.
    """
    first = seen.first_look[s]
    for k in range(d):
        desk.slope[k] = 2.0 * desk.z[k]
        for m in range(k + 1):
            desk.matrix[k, m] = 2.0 if m == k else 0.0
    for j in range(seen.first_look[s + 1] - first):
        slope, second, f = _slopes(first + j, points.levels[0, j], seen)
        if not known:
            second = max(0.0, second + slope / f if f != 0.0 else second)
        for k in range(d):
            desk.slope[k] += slope * desk.change[k, j]
            for m in range(k + 1):
                desk.matrix[k, m] += second * desk.change[k, j] * desk.change[m, j]
                if known:
                    desk.matrix[k, m] += slope * desk.bend[_pair(k, m), j]


def _slopes(j, f, seen):  # type: ignore[no-untyped-def]
    """Derivatives of what look j adds to F in the level f, 0 where nothing was measured; and f."""
    level = seen.level[j]
    if level == level:
        slope, second = slopes(seen.form, seen.proportional, seen.additive, f, level, seen.below[j])
        return slope, second, f
    return 0.0, 0.0, f
