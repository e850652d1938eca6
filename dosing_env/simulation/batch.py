"""Many subjects at once: the compiled `subject.follow_all` in as many threads as pay, and what went wrong in words."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from dosing_env.pharmacology import Drug
from dosing_env.simulation import subject
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.compiling import interpreted, uncounted
from dosing_env.simulation.model import model_of
from dosing_env.simulation.solvers import workspace

_ROWS_PER_THREAD = 50_000  # of the result: with fewer, starting a thread costs more than it gains

_ROOM = 16  # doses of a subject that run or wait at once; more where that is not enough
_MOST_ROOM = 1_024  # time is spent on each of them at each of them

_WHY = {
    subject.NOT_SOLVED: "the solver failed",
    subject.NOT_FINITE: "an amount or output is not a finite number",
    subject.NO_DURATION: "an infusion has no duration: RATE -1 or -2 needs a positive modelled rate or duration",
    subject.NO_ROOM: f"more than {_MOST_ROOM:,} doses run or wait at once",
    subject.NO_STEADY_STATE: "no steady state was found (SS): nothing eliminates the drug as fast as it is given",
}


class How(NamedTuple):
    """How subjects are followed."""

    solver: str | None  # left out, the drug's own
    relative: float  # tolerance of one step of the solvers that make steps
    auc: bool  # whether those have to integrate the output


def follow(drug: Drug, plan: subject.Plan, seen: Floats, out: Floats, how: How, names: Sequence[Hashable]) -> None:
    """Fill in amounts, output, its integral and further outputs at every LOOK, (columns, rows); `seen`: their times.

    Raises:
        ValueError: covariates and random effects of which the drug makes no parameters; these are named.
        RuntimeError: a subject could not be followed; drug, subject, time, amounts, parameters and reason are named.
    """
    (model, rows), compiled = model_of(drug, how.solver), how.solver != "scipy"
    run = uncounted(subject.follow_all) if compiled else _one_by_one(interpreted(subject.follow_all))
    sizes = len(drug.compartments), len(drug.Parameters._fields)

    def block(low: int, high: int) -> tuple[int, int, Floats]:
        fault, why, room = np.zeros(sizes[0] + 3), subject.NO_ROOM, _ROOM
        with np.errstate(all="ignore"):
            while why == subject.NO_ROOM and room <= _MOST_ROOM:
                work = workspace(drug, how.solver, rows, relative=how.relative, exposed=how.auc)
                low, why = run(low, high, model, plan, subject.make_bench(*sizes, work, room, out), fault)
                room *= 4
        return low, why, fault

    for stopped, why, fault in _in_threads(block, len(names), out.shape[1] if compiled else 0):
        if why != subject.FINE:
            raise _complaint(drug, plan, stopped, names[stopped], why, fault)
    _require_finite(drug, plan, seen, out, names)


def _require_finite(drug: Drug, plan: subject.Plan, seen: Floats, out: Floats, names: Sequence[Hashable]) -> None:
    """An output may be no number where the amounts are."""
    bad = np.flatnonzero(~np.isfinite(out).all(axis=0))
    if len(bad):
        s = int(np.searchsorted(plan.first_row, bad[0], side="right")) - 1
        amounts = ", ".join(f"{amount:g}" for amount in out[: len(drug.compartments), bad[0]])
        when = f"at {seen[bad[0]]:g} {drug.time_unit}"
        raise RuntimeError(f"{drug.name}: {_WHY[subject.NOT_FINITE]} {when}{_of(names[s])}: amounts [{amounts}]")


def _of(name: Hashable) -> str:
    return "" if name is None else f" of subject {name!r}"


def _one_by_one(run: Callable[..., tuple[int, int]]) -> Callable[..., tuple[int, int]]:
    """The same in plain Python, where arithmetic may raise what compiled code notes as inf or nan."""

    def follow_all(low: int, high: int, model: Any, plan: subject.Plan, bench: Any, fault: Floats) -> tuple[int, int]:
        for s in range(low, high):
            try:
                _, why = run(s, s + 1, model, plan, bench, fault)
            except ArithmeticError:
                why = subject.NOT_SOLVED
            if why != subject.FINE:
                return s, why
        return high, subject.FINE

    return follow_all


def _in_threads(block: Any, subjects: int, rows: int) -> list[tuple[int, int, Floats]]:
    """What the blocks of subjects return, in their order."""
    threads = max(1, min(_most_threads(), rows // _ROWS_PER_THREAD, subjects))
    edges = np.linspace(0, subjects, threads + 1).astype(int).tolist()
    if threads == 1:
        return [block(0, subjects)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(block, edges[:-1], edges[1:]))


def _most_threads() -> int:
    """As many as numba would use: the environment variable NUMBA_NUM_THREADS, else what the machine has for us."""
    from numba.core import config

    return int(config.NUMBA_NUM_THREADS)


def _complaint(drug: Drug, plan: subject.Plan, s: int, name: Hashable, why: int, fault: Floats) -> Exception:
    begin, end, step = fault[-3], fault[-2], int(fault[-1])
    who = _of(name)
    x = drug.Covariates(*plan.covariates[step])
    eta = drug.Eta(*plan.etas[plan.first_eta[s] + (step - plan.first_step[s]) * plan.next_eta])
    with np.errstate(all="ignore"):
        try:
            p = drug.individual(x, eta)
        except ArithmeticError:
            p, why = None, subject.BAD_PARAMETERS
    if why == subject.BAD_PARAMETERS:
        made = "no parameters" if p is None else _in_words(p)
        return ValueError(
            f"covariates: {drug.name} makes {made} of {_in_words(x)} and {_in_words(eta)}{who}: parameters are finite, "
            "bioavailability and lag not negative"
        )
    when = f"between {begin:g} and {end:g}" if why == subject.NOT_SOLVED else f"at {end:g}"
    amounts = ", ".join(f"{amount:g}" for amount in fault[:-3])
    return RuntimeError(
        f"{drug.name}: {_WHY[why]} {when} {drug.time_unit}{who}: amounts [{amounts}] before, {_in_words(p)}"
    )


def _in_words(values: Any) -> str:
    """A named tuple of numbers, in plain numbers."""
    numbers = ", ".join(f"{name}={float(value):g}" for name, value in values._asdict().items())
    return f"{type(values).__name__}({numbers})"
