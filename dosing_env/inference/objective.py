"""What is made small, at many points of one patient at a time: compiled.

The random effects are written as z: independent standard normals, those between patients first (eta = root z), then
those of each occasion (kappa = spread z). The function is NONMEM's objective with interaction,

    F(z) = sum of `surprise` over the levels + z'z          z'z = eta' inv(Omega) eta + kappa' inv(Omega_occasion) kappa
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from dosing_env.inference.likelihood import surprise
from dosing_env.simulation.addresses import functions_at
from dosing_env.simulation.compiling import apart
from dosing_env.simulation.recorded import record
from dosing_env.simulation.subject import FINE, NO_ROOM, NOT_SOLVED, follow_all

AT_ONCE = 16  # points, at least


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


class Means(NamedTuple):
    """How levels are predicted."""

    model: Any  # the drug, as `subject` knows it
    plan: Any  # see `subject.Plan`
    bench: Any  # see `subject.Bench`; `out` holds the looks of one subject
    fault: Any  # of `subject.follow_all`
    recordable: Any  # whether subjects of this drug may be recorded
    recorder: Any  # see `recorded`
    steps: Any  # the plan with the numbers of the steps as covariates
    tape: Any  # a bench whose `out` is the tape
    replay: Any  # the drug's
    work: Any  # of its solver
    stepped: Any  # whether that makes steps: levels are then as good as its tolerance
    memory: Any  # of the replay


class Points(NamedTuple):
    """Where levels are wanted; with room for as many points as are wanted at once."""

    z: Any  # (points, m)
    failed: Any  # (points,) infinite where there is no prediction, else 0
    levels: Any  # (points, looks)
    etas: Any  # (points * rows, etas)


def begin(s, means):  # type: ignore[no-untyped-def]
    """Record the subject. Returns how it is to be predicted: FINE by replay, NOT_SOLVED by `subject`; or NO_ROOM."""
    if not means.recordable:
        return NOT_SOLVED
    why = record(s, means.recorder, means.steps, means.tape, means.fault)
    return why if why in (FINE, NO_ROOM) else NOT_SOLVED


def worth(s, i, seen, points):  # type: ignore[no-untyped-def]
    """F at point i of subject s, whose levels were predicted."""
    total, first = points.failed[i], seen.first_look[s]
    for k in range(seen.first_z[s + 1] - seen.first_z[s]):
        total += points.z[i, k] * points.z[i, k]
    for j in range(seen.first_look[s + 1] - first):
        total += surprise_of(first + j, points.levels[i, j], seen)
    return total if total == total else math.inf


def surprise_of(j, f, seen):  # type: ignore[no-untyped-def]
    """What look j adds to F where the level f is predicted; 0 where nothing was measured."""
    level = seen.level[j]
    if level == level:
        return surprise(seen.form, seen.proportional, seen.additive, f, level, seen.below[j])
    return 0.0


@apart
def predict(s, way, count, relative, together, means, seen, points):  # type: ignore[no-untyped-def]
    """The levels of subject s at the first `count` points.

    Args:
        way: what `begin` returned.
        relative: tolerance of a step, where the subject was recorded.
        together: see `recorded.replay`.

    Returns FINE, or why a point could not be followed.
    """
    plan, bench = means.plan, means.bench
    first = plan.first_eta[s]
    rows = seen.last_eta[s] - first
    if way == FINE:
        for i in range(count):
            for row in range(rows):
                _spell_out(points.etas, i * rows + row, points.z, i, seen, seen.occasion[first + row])
        functions_at(means.replay).levels(
            means.tape.out, plan.covariates, points.etas, rows, plan.next_eta, count, relative, together, points.levels,
            points.failed, means.work, means.memory, bench.a, bench.inflow,
        )  # fmt: skip
        return NOT_SOLVED if points.failed[0] > 0.0 else FINE
    why, n = FINE, len(bench.a)
    for i in range(count):
        for row in range(rows):
            _spell_out(plan.etas, first + row, points.z, i, seen, seen.occasion[first + row])
        _, failed = follow_all(s, s + 1, means.model, plan, bench, means.fault)
        why = max(why, failed)
        points.failed[i] = 0.0 if failed == FINE else math.inf
        for j in range(seen.first_look[s + 1] - seen.first_look[s]):
            points.levels[i, j] = bench.out[n, j]
    return why


def _spell_out(etas, row, z, i, seen, occasion):  # type: ignore[no-untyped-def]
    """The random effects at point i on an occasion, into a row of `etas`."""
    between, own = seen.root.shape[1], len(seen.kappas)
    for k in range(len(seen.root)):
        total = 0.0
        for m in range(between):
            total += seen.root[k, m] * z[i, m]
        etas[row, k] = total
    for k in range(own):
        etas[row, seen.kappas[k]] += seen.spread[k] * z[i, between + own * occasion + k]
