"""Random effects of subjects, given by name or drawn, and the residual error of what is measured.

What is drawn is a function of the stream "simulate", the seed, what it is for, the subject's number, and

    eta       nothing else
    kappa     the number of the occasion
    residual  the time (in steps of 1e-5, so of 36 ms where it counts in h), and which look at that time it is

So a subject is the same alone, in any company, in any order, and whatever else is asked. The environments draw from
other streams and for other purposes: no subject shares a draw with a patient an agent was trained or judged on.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env import catalogue
from dosing_env.pharmacology import Drug
from dosing_env.residual import FORMS, measured, reported
from dosing_env.simulation.cells import Floats, Table
from dosing_env.simulation.chance import OCCASION, RESIDUAL, SUBJECT, ZERO, Key, fill_normals, normal_quantile, uniforms
from dosing_env.simulation.compiling import specialise
from dosing_env.simulation.conditions import Steps
from dosing_env.simulation.subjects import Numbers, rows_of

Rows = NDArray[np.intp]

_TICKS = 1e5  # per unit of time
_LOW, _BYTE = 0xFFFFFFFF, 0xFF


class Effects(NamedTuple):
    """The random effects of every subject."""

    subjects: list[Hashable]
    values: Floats  # (subjects, etas)
    given: NDArray[np.bool_]  # (etas,) whether they were named; the others are 0 or to be drawn


def read_effects(drug: Drug, eta: Any) -> Effects:
    """The random effects by name (one for all), or of a table with ID.

    Raises:
        ValueError: an unknown name, or a value that is not a number.
    """
    names = drug.Eta._fields
    given = eta._asdict() if hasattr(eta, "_asdict") else {} if eta is None else eta
    table = (
        Table("eta", [dict(given)], ("ID",), row=None) if isinstance(given, Mapping) else Table("eta", given, ("ID",))
    )
    for name in table.columns:
        if name not in (*names, "ID"):
            raise ValueError(f"eta: {catalogue.unknown('random effect', name, list(names))}")
    subjects, codes = table.subjects()
    if len(subjects) != len(codes):
        raise ValueError("eta: ID: a subject has two rows")
    columns = [table.numbers(name, 0.0) for name in names]
    values = np.column_stack(columns) if columns else np.zeros((len(table), 0))
    return Effects(subjects, values, np.array([name in table.columns for name in names], dtype=bool))


class Drawn(NamedTuple):
    """Random effects as `subject.Plan` takes them."""

    values: Floats  # (rows, etas)
    first: Rows  # (subjects,) row of each subject's first step
    next: int  # rows from a step to the next


def as_given(effects: Effects, who: list[Hashable]) -> Drawn:
    """The effects of the table; nothing is drawn."""
    return Drawn(effects.values, rows_of(effects.subjects, who), 0)


def draw(drug: Drug, key: Key, numbers: Numbers, effects: Effects, who: list[Hashable], steps: Steps) -> Drawn:
    """Between subjects the effects given as they are and the others drawn, and to all the effects of occasions added.

    Args:
        drug: whose variances.
        key: the random world.
        numbers: (subjects,)
        effects: those given.
        who: (subjects,)
        steps: with the occasions.
    """
    given = as_given(effects, who)
    etas = given.values[given.first]
    root = np.array(drug.omega_root()).reshape(2 * etas.shape[1:])
    specialise(_draw_etas)(etas, effects.given, root, numbers, key)
    spread = np.sqrt([drug.occasion.get(eta, 0.0) for eta in drug.Eta._fields])
    if not spread.any():
        return Drawn(etas, np.arange(len(who)), 0)
    mine = rows_of(steps.subjects, who)
    edges = np.append(0, np.cumsum(steps.last[mine] - steps.first[mine]))
    values = np.repeat(etas, np.diff(edges), axis=0)
    specialise(_add_kappas)(values, spread, numbers, edges, steps.occasions, steps.first[mine], key)
    return Drawn(values, edges[:-1], 1)


def _draw_etas(etas, given, root, numbers, key):  # type: ignore[no-untyped-def]
    n = len(given)
    z = np.zeros(n + n % 2)  # normals come in pairs
    for s in range(len(numbers)):
        fill_normals(z, key, SUBJECT, numbers[s], ZERO)
        for j in range(n):
            if not given[j]:
                total = 0.0
                for m in range(j + 1):
                    total += root[j, m] * z[m]
                etas[s, j] = total


def _add_kappas(values, spread, numbers, edges, occasions, first, key):  # type: ignore[no-untyped-def]
    n = len(spread)
    z = np.zeros(n + n % 2)
    for s in range(len(numbers)):
        for row in range(edges[s], edges[s + 1]):
            occasion = np.int64(occasions[first[s] + row - edges[s]])
            fill_normals(z, key, OCCASION, numbers[s], occasion)
            for j in range(n):
                values[row, j] += spread[j] * z[j]


class Measured(NamedTuple):
    """What the assay says of each level."""

    dv: Floats
    blq: NDArray[np.int64]  # 1: below the limit of quantification, which stands in `dv`


def measure(drug: Drug, key: Key, numbers: Numbers, edges: Rows, times: Floats, levels: Floats) -> Measured:
    """Measure the levels. Without a limit (LLOQ 0) nothing is cut off: the error may make a low level negative.

    Args:
        drug: whose assay.
        key: the random world.
        numbers: (subjects,)
        edges: (subjects + 1,) rows of each subject: from one edge to the next.
        times: (rows,)
        levels: (rows,) true ones
    """
    assay = drug.assay
    result = Measured(np.empty(len(levels)), np.empty(len(levels), dtype=np.int64))
    error = (FORMS.index(assay.form), float(assay.proportional), float(assay.additive), float(assay.lloq))
    specialise(_measure)(result.dv, result.blq, levels, times, edges, numbers, key, error)
    return result


def _measure(dv, blq, levels, times, edges, numbers, key, error):  # type: ignore[no-untyped-def]
    form, proportional, additive, lloq = error
    for s in range(len(numbers)):
        before = again = np.int64(-1)
        for row in range(edges[s], edges[s + 1]):
            tick: Any = np.int64(times[row] * _TICKS + 0.5)
            again = again + 1 if tick == before else ZERO
            before = tick
            block = (((tick >> 32) & _BYTE) << 8) | (again & _BYTE)
            z = normal_quantile(uniforms(key, RESIDUAL, numbers[s], tick & _LOW, block)[0])
            dv[row], blq[row] = measured(form, proportional, additive, levels[row], z), 0
            if lloq > 0.0:
                dv[row], below = reported(dv[row], lloq)
                blq[row] = np.int64(below)
