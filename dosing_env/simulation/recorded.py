"""What happens to a subject, recorded once and replayed for other random effects.

Where no event depends on the parameters (no lag, bioavailability, modelled duration or rate, steady state or reset),
`subject` always goes through the same stretches of time, whatever the random effects. So it follows the subject once
with a drug that only writes down what it is asked for: from when, for how long, under which inflow, after which bolus.
The replay is compiled with the drug inside, and goes down that list, point after point. Where the effect of a drug is
driven, stretches of a day without inflow are those of `daily`.

A tape is a table. A row is a stretch of constant inflow, with the numbers of the columns below, then the inflow (mg/h)
of each compartment, then what is added (mg) to each at its start. The first row holds the number of rows behind it.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np
from numba.cpython.unsafe.tuple import tuple_setitem
from numpy.typing import NDArray

from dosing_env.pharmacology import Drug
from dosing_env.simulation import daily
from dosing_env.simulation.adaptive import retrace
from dosing_env.simulation.compilable import compilable
from dosing_env.simulation.compiling import HOLE, addresses
from dosing_env.simulation.control import FOLLOWING, set_out
from dosing_env.simulation.course import proceed
from dosing_env.simulation.daily import DAY, scratch_in
from dosing_env.simulation.exact import Weights, expand, propagate, separate, values, weighted, weights
from dosing_env.simulation.model import Model
from dosing_env.simulation.solvers import entering, filling, solver_for
from dosing_env.simulation.subject import DOSE, KIND, NO_ROOM, NOT_SOLVED, follow_all

TIME, HOURS, STEP, LOOKS, LIKE = range(5)  # begin (h), length (h), step of the covariates, looks at the end,
COLUMNS = 5  # and the first row of the same length, as far as rounding goes
_COUNT, _FULL, _NOW = 0, 1, STEP  # of the first row: rows behind it, whether one found no room, the step in force

_LOOK_BACK, _ROUNDING = 32, 4.5e-16

individual: Any = HOLE
initial: Any = HOLE
decompose: Any = HOLE
move: Any = HOLE
output: Any = HOLE
X: Any = HOLE
Eta: Any = HOLE
N: Any = HOLE
NP: Any = HOLE
NO_X: Any = HOLE  # zeros, as many as there are covariates
NO_ETA: Any = HOLE
NOTHING: Any = HOLE
go: Any = HOLE
forget: Any = HOLE
prepare_solver: Any = HOLE
prepare_step: Any = HOLE
prepare_days: Any = HOLE
pass_day: Any = HOLE
row_x: Any = HOLE
row_eta: Any = HOLE

WEIGHTS = 1 + len(Weights._fields)  # columns of the memory: a stamp, then what is remembered
NO_WEIGHTS = (0.0,) * len(Weights._fields)


def width(compartments: int) -> int:
    """Columns of a tape."""
    return COLUMNS + 2 * compartments


def can_be_recorded(drug: Drug) -> bool:
    """Whether no event depends on the drug's parameters."""
    return not (drug.bioavailability or drug.lag or drug.duration or drug.infusion_rate)


def record(s, recorder, plan, bench, fault):  # type: ignore[no-untyped-def]
    """Record subject s on `bench.out`. Returns FINE, NO_ROOM, or NOT_SOLVED where it cannot be recorded.

    The covariates of `plan` are the numbers of the steps. `bench.work` is the tape too.
    """
    for i in range(plan.first_record[s], plan.last_record[s]):
        if plan.records[i, KIND] > DOSE:
            return NOT_SOLVED
    tape = bench.out
    tape[0, _COUNT] = tape[0, _FULL] = 0.0
    _, why = follow_all(s, s + 1, recorder, plan, bench, fault)
    if tape[0, _FULL] > 0.0:
        return NO_ROOM
    return why if tape[0, _COUNT] > 0.0 else NOT_SOLVED


def prepare(x, eta, p, modes, tape):  # type: ignore[no-untyped-def]
    """Note the step of the covariates."""
    tape[0, _NOW] = x[0]


def start(p, a):  # type: ignore[no-untyped-def]
    """Amounts are what was added since the last stretch."""
    for i in range(N):
        a[i] = 0.0


def enter(p, compartment, how):  # type: ignore[no-untyped-def]
    """All of a dose, at once."""
    how[0], how[1], how[2], how[3] = 1.0, 0.0, 0.0, 0.0


def stretch(a, p, modes, begin, end, doses, first, last, times, tape, row, auc, work, inflow):  # type: ignore[no-untyped-def]
    """See `model.stretch`."""
    return proceed(a, p, 0.0, begin, end, doses, first, last, times, tape, tape, inflow)


def write(a, p, auc, tape, row):  # type: ignore[no-untyped-def]
    """A look between two stretches."""
    look(tape, 0, a, p, auc)


def look(tape, j, a, p, exposure):  # type: ignore[no-untyped-def]
    """Note a look, at the end of the last row unless something came since."""
    row = int(tape[0, _COUNT])
    since = row == 0 or tape[row, STEP] != tape[0, _NOW]
    for i in range(N):
        since = since or a[i] != 0.0
    if since:
        write_down(a, p, 0.0, a, 0.0, 0.0, tape)
        row = int(tape[0, _COUNT])
        for i in range(N):
            tape[row, COLUMNS + i] = 0.0
    tape[row, LOOKS] += 1.0


def write_down(a, p, modes, inflow, t, h, tape):  # type: ignore[no-untyped-def]
    """Note a stretch, in place of a solver's `move`."""
    row = int(tape[0, _COUNT])
    if row + 1 == len(tape):
        tape[0, _FULL] = 1.0
    else:
        row += 1
    tape[0, _COUNT] = row
    tape[row, TIME], tape[row, HOURS], tape[row, STEP], tape[row, LOOKS] = t, h, tape[0, _NOW], 0.0
    tape[row, LIKE] = row
    for other in range(max(1, row - _LOOK_BACK), row):
        if abs(tape[other, HOURS] - h) <= _ROUNDING * (t + h) and tape[row, LIKE] == row:
            tape[row, LIKE] = tape[other, LIKE]
    for i in range(N):
        tape[row, COLUMNS + i], tape[row, COLUMNS + N + i] = inflow[i], a[i]
        a[i] = 0.0
    return 0.0


def replay(tape, covariates, etas, rows, next_eta, count, relative, together, levels, failed, work, memory, a, inflow):  # type: ignore[no-untyped-def]
    """The levels of a recorded subject at several points.

    Args:
        tape: see the module.
        covariates: (steps, NX) of all subjects.
        etas: random effects, the rows of one point after those of another.
        rows: of each point.
        next_eta: rows from those of a step to those of the next.
        count: of points.
        relative: tolerance of one step of the solvers that make steps.
        together: whether all points take the steps of the first, so that their differences have no error of their own.
        levels: (count, looks) filled in.
        failed: (count,) filled with 0, or with infinity where the subject cannot be followed.
        work: of the solver.
        memory: see `memory_of`.
        a: (N,) scratch space.
        inflow: (N,) scratch space.
    """
    last, stamp = int(tape[0, _COUNT]), 0.0
    forget(last, memory)
    x = row_x(covariates, int(tape[1, STEP]), NO_X)
    for i in range(count):
        prepare_solver(i, relative, together, work)
        p = individual(X(*x), Eta(*row_eta(etas, i * rows, NO_ETA)))
        amounts = initial(p)
        for k in range(N):
            a[k] = amounts[k]
        r, j, good = 1, 0, True
        while r <= last:
            step = tape[r, STEP]
            if r > 1:
                row = i * rows + int(step - tape[1, STEP]) * next_eta
                p = individual(X(*row_x(covariates, int(step), NO_X)), Eta(*row_eta(etas, row, NO_ETA)))
            modes = decompose(p, work)
            prepare_step(p, memory)
            stamp += 1.0
            good = good and _finite(p)
            while r <= last and tape[r, STEP] == step:
                for k in range(N):
                    a[k] += tape[r, COLUMNS + N + k]
                    inflow[k] = tape[r, COLUMNS + k]
                if tape[r, HOURS] > 0.0:
                    good = go(a, p, modes, inflow, r, tape, stamp, memory, work) and good
                for _ in range(int(tape[r, LOOKS])):
                    levels[i, j] = output(_amounts(a), p)
                    j += 1
                r += 1
        for k in range(N):
            good = good and math.isfinite(a[k])
        failed[i] = 0.0 if good else math.inf


def by_solver(a, p, modes, inflow, r, tape, stamp, memory, work):  # type: ignore[no-untyped-def]
    """Advance the amounts over a stretch. Returns whether that was possible."""
    t, h = tape[r, TIME], tape[r, HOURS]
    if work[FOLLOWING, 0] != 0.0:
        return math.isfinite(retrace(a, p, modes, inflow, t, h, work))
    return math.isfinite(move(a, p, modes, inflow, t, h, work))


def by_days(a, p, modes, inflow, r, tape, stamp, memory, work):  # type: ignore[no-untyped-def]
    """The same for a driven drug: a day of which all is known but an integral, where the stretch is one."""
    whole = abs(tape[r, HOURS] - DAY) <= _ROUNDING * (tape[r, TIME] + DAY)
    for k in range(N):
        whole = whole and inflow[k] == 0.0
    if whole:
        return pass_day(a, p, memory[0], scratch_in(memory), 0, 0.0)
    return by_solver(a, p, modes, inflow, r, tape, stamp, memory, work)


def forget_weights(last, memory):  # type: ignore[no-untyped-def]
    """No stamp of the rows up to the last one is in force."""
    for r in range(last + 1):
        memory[r, 0] = 0.0


def forget_nothing(last, memory):  # type: ignore[no-untyped-def]
    """Nothing is stamped; the matrices of days are told from others by themselves."""


def prepare_for_days(p, memory):  # type: ignore[no-untyped-def]
    """Find the matrices of the days that follow."""
    prepare_days(p, memory[0], scratch_in(memory))


def no_days(p, memory):  # type: ignore[no-untyped-def]
    """A drug that is not driven has none."""


def unprepared(i, relative, together, work):  # type: ignore[no-untyped-def]
    """A solver that makes no steps needs no preparation."""


def exactly(a, p, modes, inflow, r, tape, stamp, memory, work):  # type: ignore[no-untyped-def]
    """The same by the closed form; what depends on the length alone is remembered while the stamp is the same."""
    like = int(tape[r, LIKE])
    h = tape[like, HOURS]
    if separate(modes, h):
        if memory[like, 0] != stamp:
            memory[like, 0] = stamp
            kept = weights(modes, h)
            for k in range(WEIGHTS - 1):
                memory[like, 1 + k] = kept[k]
        new, _ = weighted(expand(values(a), p, modes, values(inflow)), _kept(memory, like))
    else:
        new, _ = propagate(values(a), p, modes, values(inflow), h)
    for k in range(N):
        a[k] = new[k]
    return True


def _kept(memory, row):  # type: ignore[no-untyped-def]
    kept = NO_WEIGHTS
    for k in range(WEIGHTS - 1):
        kept = tuple_setitem(kept, k, memory[row, 1 + k])
    return Weights(*kept)


def _row(table, row, empty):  # type: ignore[no-untyped-def]
    """A row of a table as a tuple like `empty`, number by number: `to_fixed_tuple` compiles to slower code."""
    out = empty
    for k in range(len(empty)):
        out = tuple_setitem(out, k, table[row, k])
    return out


def _none(table, row, empty):  # type: ignore[no-untyped-def]
    """The row of a table without columns: numba cannot go through an empty tuple."""
    return empty


def _amounts(a):  # type: ignore[no-untyped-def]
    out = NOTHING
    for k in range(N):
        out = tuple_setitem(out, k, a[k])
    return out


def _finite(p):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(NP):
        total += p[i]
    return math.isfinite(total)


def blank(tape, covariates, etas, rows, next_eta, count, relative, together, levels, failed, work, memory, a, inflow):  # type: ignore[no-untyped-def]
    """Stands for the replay of a drug that has none."""


class Replay(NamedTuple):
    """The compiled `replay` of a drug, or its address."""

    levels: Any

    @staticmethod
    @functools.cache
    def signatures() -> Replay:
        """The type of the function."""
        from numba import float64, int64, void

        row, table = float64[::1], float64[:, ::1]
        return Replay(
            void(table, table, table, int64, int64, int64, float64, int64, table, row, table, table, row, row)
        )


_RECORDER = Model(prepare, start, enter, stretch, write)


def recorder_of(compartments: int) -> Model:
    """The functions that write down what they are asked for."""
    made: Model = addresses(_RECORDER, N=compartments, move=write_down, look=look)
    return made


def replay_of(drug: Drug) -> tuple[Replay, int]:
    """The compiled `replay` of a drug, or `blank`, and the rows of workspace it needs.

    Raises:
        ValueError: the drug cannot be compiled; line and reason are named.
    """
    if not can_be_recorded(drug):
        return addresses(Replay(blank)), 1
    fill = holes(drug)
    with compilable(drug.name, drug.Covariates, drug.Eta, drug.Parameters):
        return addresses(Replay(replay), **fill), fill["ROWS"]


def memory_of(drug: Drug, rows: int) -> NDArray[np.float64]:
    """What is remembered while a tape of so many rows is replayed: of each row its weights, or the drug's days."""
    return daily.room(drug) if daily.is_driven(drug) else np.zeros((rows, WEIGHTS))


def holes(drug: Drug) -> dict[str, Any]:
    """What the holes of `replay` hold for this drug."""
    exact, driven = solver_for(drug) == "exact", daily.is_driven(drug)
    more = {
        "go": exactly if exact else by_days if driven else by_solver,
        "forget": forget_weights if exact else forget_nothing,
        "prepare_solver": unprepared if exact else set_out,
        "prepare_step": prepare_for_days if driven else no_days,
        **daily.holes(drug),
        "DOSED": drug.dosed,
        "row_x": _row if drug.Covariates._fields else _none,
        "row_eta": _row if drug.Eta._fields else _none,
        "NO_X": (0.0,) * len(drug.Covariates._fields),
        "NO_ETA": (0.0,) * len(drug.Eta._fields),
    }
    return filling(drug) | entering(drug) | more
