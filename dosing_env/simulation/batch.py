"""Many subjects at once: the compiled `subject.follow_all` in as many threads as pay, and what went wrong in words."""

from __future__ import annotations

import os
from collections.abc import Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from dosing_env.pharmacology import Drug
from dosing_env.simulation import subject
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.compiling import interpreted, specialise
from dosing_env.simulation.solvers import entering, filling

_ROWS_PER_THREAD = 50_000  # of the result: with fewer, starting a thread costs more than it gains

_ROOM = 16  # doses of a subject that run or wait at once; more where that is not enough
_MOST_ROOM = 200_000

_WHY = {
    subject.NOT_SOLVED: "the solver failed",
    subject.BAD_PARAMETERS: "the parameters are not finite, or a bioavailability or lag is negative,",
    subject.NO_DURATION: "an infusion has no duration: RATE -1 or -2 needs a positive modelled rate or duration",
    subject.NO_ROOM: "too many doses run or wait at once",
    subject.NO_STEADY_STATE: "no steady state was found (SS): nothing eliminates the drug as fast as it is given",
}


def follow(drug: Drug, plan: subject.Plan, out: Floats, solver: str | None, names: Sequence[Hashable]) -> None:
    """Fill in amounts, output, its integral and further outputs at every LOOK, (columns, rows).

    Raises:
        RuntimeError: a subject could not be followed; drug, subject, time and reason are named.
    """
    fill = filling(drug, solver, repeated=True, look=subject.see)
    make = interpreted if solver == "scipy" else specialise
    run = make(subject.follow_all, **fill, **entering(drug))
    n = len(drug.compartments)

    def block(low: int, high: int) -> tuple[int, int, Floats]:
        fault, why, room = np.zeros(1 + n), subject.NO_ROOM, _ROOM
        with np.errstate(all="ignore"):
            while why == subject.NO_ROOM and room <= _MOST_ROOM:
                low, why = run(low, high, plan, subject.make_bench(n, fill["ROWS"], room, out), fault)
                room *= 8
        return low, why, fault

    rows = out.shape[1]
    for stopped, why, fault in _in_threads(block, len(names), rows if make is specialise else 0):
        if why != subject.FINE:
            raise RuntimeError(_complaint(drug, names[stopped], why, fault[-1]))


def _in_threads(block: Any, subjects: int, rows: int) -> list[tuple[int, int, Floats]]:
    """What the blocks of subjects return, in their order."""
    threads = max(1, min(os.cpu_count() or 1, rows // _ROWS_PER_THREAD, subjects))
    edges = np.linspace(0, subjects, threads + 1).astype(int).tolist()
    if threads == 1:
        return [block(0, subjects)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(block, edges[:-1], edges[1:]))


def _complaint(drug: Drug, name: Hashable, why: int, time: float) -> str:
    who = "" if name is None else f" of subject {name}"
    return f"{drug.name}: {_WHY[why]} after {time:g} {drug.time_unit}{who}"
