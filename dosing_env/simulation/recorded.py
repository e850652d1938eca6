"""What happens to a subject, recorded once and replayed for other random effects.

Where no event depends on the parameters (no lag, bioavailability, modelled duration or rate, steady state or reset),
`subject` always goes through the same stretches of time, whatever the random effects. So it follows the subject once
with a drug that only writes down what it is asked for: from when, for how long, under which inflow, after which bolus.
The replay is compiled with the drug inside, and goes down that list, point after point.

A tape is a table. A row is a stretch of constant inflow, with the numbers of the columns below, then the inflow (mg/h)
of each compartment, then what is added (mg) to each at its start. The first row holds the number of rows behind it.
"""

from __future__ import annotations

import functools
import math
from typing import Any

from numba.np.unsafe.ndarray import to_fixed_tuple

from dosing_env.pharmacology import Drug
from dosing_env.simulation.compilable import compilable
from dosing_env.simulation.compiling import HOLE, address
from dosing_env.simulation.course import proceed
from dosing_env.simulation.model import Model, signatures
from dosing_env.simulation.solvers import entering, filling
from dosing_env.simulation.subject import DOSE, KIND, NO_ROOM, NOT_SOLVED, follow_all

TIME, HOURS, STEP, LOOKS = range(4)  # begin (h), length (h), step of the covariates, how often it is looked at the end
COLUMNS = 4
_COUNT, _FULL, _NOW = 0, 1, STEP  # of the first row: rows behind it, whether one found no room, the step in force

individual: Any = HOLE
initial: Any = HOLE
decompose: Any = HOLE
move: Any = HOLE
output: Any = HOLE
X: Any = HOLE
Eta: Any = HOLE
N: Any = HOLE
NX: Any = HOLE
NE: Any = HOLE
NP: Any = HOLE
LINEAR: Any = HOLE


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
    for i in range(N):
        tape[row, COLUMNS + i], tape[row, COLUMNS + N + i] = inflow[i], a[i]
        a[i] = 0.0
    return 0.0


def replay(tape, covariates, etas, rows, next_eta, count, levels, value, work, a, inflow):  # type: ignore[no-untyped-def]
    """The levels of a recorded subject at several points.

    Args:
        tape: see the module.
        covariates: (steps, NX) of all subjects.
        etas: random effects, the rows of one point after those of another.
        rows: of each point.
        next_eta: rows from those of a step to those of the next.
        count: of points.
        levels: (count, looks) filled in.
        value: (count,) filled with 0, or with infinity where the subject cannot be followed.
        work: of the solver.
        a: (N,) scratch space.
        inflow: (N,) scratch space.
    """
    last = int(tape[0, _COUNT])
    for i in range(count):
        _once(i, last, i * rows, tape, covariates, etas, next_eta, levels, value, work, a, inflow)


def _once(i, last, row, tape, covariates, etas, next_eta, levels, value, work, a, inflow):  # type: ignore[no-untyped-def]
    """The levels at point i, whose random effects begin in this row."""
    step = first = int(tape[1, STEP])
    p = individual(X(*to_fixed_tuple(covariates[step], NX)), Eta(*to_fixed_tuple(etas[row], NE)))
    modes = decompose(p, work)
    amounts = initial(p)
    for k in range(N):
        a[k] = amounts[k]
    j, good = 0, _finite(p)
    for r in range(1, last + 1):
        if tape[r, STEP] != step:
            step = int(tape[r, STEP])
            eta = etas[row + (step - first) * next_eta]
            p = individual(X(*to_fixed_tuple(covariates[step], NX)), Eta(*to_fixed_tuple(eta, NE)))
            modes = decompose(p, work)
            good = good and _finite(p)
        for k in range(N):
            a[k] += tape[r, COLUMNS + N + k]
            inflow[k] = tape[r, COLUMNS + k]
        if tape[r, HOURS] > 0.0:
            area = move(a, p, modes, inflow, tape[r, TIME], tape[r, HOURS], work)
            good = good and (LINEAR or math.isfinite(area))
        for _ in range(int(tape[r, LOOKS])):
            levels[i, j] = output(to_fixed_tuple(a, N), p)
            j += 1
    for k in range(N):
        good = good and math.isfinite(a[k])
    value[i] = 0.0 if good else math.inf


def _finite(p):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(NP):
        total += p[i]
    return math.isfinite(total)


def blank(tape, covariates, etas, rows, next_eta, count, levels, value, work, a, inflow):  # type: ignore[no-untyped-def]
    """Stands for the replay of a drug that has none."""


@functools.cache
def _replay_signature() -> Any:
    from numba import float64, int64, void

    row, table = float64[::1], float64[:, ::1]
    return void(table, table, table, int64, int64, int64, table, row, table, row, row)


def recorder_of(compartments: int) -> Model:
    """The functions that write down what they are asked for."""
    fill: dict[str, Any] = {"N": compartments, "move": write_down, "look": look}
    pairs = zip(Model(prepare, start, enter, stretch, write), signatures(), strict=True)
    return Model(*(address(template, signature, **fill) for template, signature in pairs))


def replay_of(drug: Drug) -> tuple[Any, int]:
    """The compiled `replay` of a drug, or `blank`, and the rows of workspace it needs.

    Raises:
        ValueError: the drug cannot be compiled; line and reason are named.
    """
    if not can_be_recorded(drug):
        return address(blank, _replay_signature()), 1
    fill = filling(drug) | entering(drug)
    with compilable(drug.name, drug.Covariates, drug.Eta, drug.Parameters):
        return address(replay, _replay_signature(), **fill), fill["ROWS"]
