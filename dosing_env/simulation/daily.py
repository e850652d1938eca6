"""A day of a patient who takes his dose as it begins, for drugs whose effect is driven.

Of a driven drug the leading compartments (the driver, d) are a linear system of their own, dd/dt = K d, and the others
change linearly in themselves once the driver is known (`Drug.driven`), dy/dt = L y + g(d). So a day is, exactly,

    d(24) = e^(24 K) d(0),     y(24) = e^(24 L) y(0) + integral from 0 to 24 of e^((24 - s) L) g(e^(s K) d(0)) ds

and the integral is Gauss and Legendre's sum over 24 times: twelve in the first half of the day, the denser the
nearer they are to the dose, twelve in the second, where fast stages forget what came before. All matrices depend on the
patient alone: they are found once and remembered, and a day is then some hundred multiplications and 24 looks at g.
Against 160 times the INRs change by some 1e-8, also of patients whose stages last half an hour.

Other drugs go through the day with the solver that they have.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import NDArray

from dosing_env.pharmacology import Drug
from dosing_env.simulation.compiling import HOLE, apart
from dosing_env.simulation.course import advance
from dosing_env.simulation.solvers import solver_for

rates: Any = HOLE
M: Any = HOLE  # compartments of the driver
N: Any = HOLE
DOSED: Any = HOLE  # compartment that receives the drug
NOTHING: Any = HOLE  # N zeros
PUSHED: Any = HOLE  # compartments whose g is not always 0, counted from the first behind the driver

DAY = 24.0  # h
_HALF = 12  # times of each half of the day: HALF x^3 in the first, HALF + HALF x in the second, x Gauss and Legendre's
_NODES = 2 * _HALF
_X, _W = (0.5 * (part + shift) for part, shift in zip(np.polynomial.legendre.leggauss(_HALF), (1.0, 0.0), strict=True))
_TIMES = (*(0.5 * DAY * _X**3).tolist(), *(0.5 * DAY * (1.0 + _X)).tolist(), DAY)
_WEIGHTS = (*(0.5 * DAY * 3.0 * _X**2 * _W).tolist(), *(0.5 * DAY * _W).tolist())
_ENOUGH = 1e-17  # a term of the exponential series, relative to the first, is not needed


def is_driven(drug: Drug, solver: str | None = None) -> bool:
    """Whether days of the drug are known but for an integral; not where another solver is asked for."""
    return drug.driven and solver_for(drug, solver) == "compiled" and solver != "compiled"


def holes(drug: Drug, solver: str | None = None) -> dict[str, Any]:
    """What the holes of a clinic's days hold for the drug."""
    if not is_driven(drug, solver):
        return {"prepare_days": _prepare_nothing, "pass_day": pass_day_by_steps}
    return {"prepare_days": prepare_days, "pass_day": pass_day, "PUSHED": _pushed(drug)}


def memory(drug: Drug, solver: str | None = None) -> int:
    """How many numbers are remembered of a patient."""
    if not is_driven(drug, solver):
        return 1
    m, n = drug.driver, len(drug.compartments) - drug.driver
    return (_NODES + 1) * m * m + _NODES * len(_pushed(drug)) * n + n * n + (1 + m * m) + (1 + n * n)


def scratch(drug: Drug) -> list[Any]:
    """Scratch space: two matrices, three vectors, and today's dose (start h, duration h, mg, compartment)."""
    n = len(drug.compartments)
    matrix = (n, n)
    return [
        ("matrix", "f8", matrix),
        ("vector", "f8", (n,)),
        ("term", "f8", (n,)),
        ("next", "f8", (n,)),
        ("bolus", "f8", (1, 4)),
        ("nothing", "f8", (1,)),
    ]


class Scratch(NamedTuple):
    """Scratch space as views of a table."""

    matrix: Any
    vector: Any
    term: Any
    next: Any


def room(drug: Drug) -> NDArray[np.float64]:
    """A table with what is remembered of a patient in its first row, and scratch space below."""
    n = len(drug.compartments)
    return np.zeros((4 + n, max(memory(drug), n)))


def scratch_in(table):  # type: ignore[no-untyped-def]
    """The scratch space of a table made by `room`."""
    return Scratch(table[4:], table[1], table[2], table[3])


def _pushed(drug: Drug) -> tuple[int, ...]:
    """Where g is not 0 of a driver with this or that in it, in the typical patient of no covariates in particular."""
    p = drug.Parameters(*[1.25] * len(drug.Parameters._fields))
    m, n = drug.driver, len(drug.compartments)
    none, found = (0.0,) * n, set()
    for amount in (0.0, 0.7, 3.0):
        change = drug.rates(0.0, (amount,) * m + (0.0,) * (n - m), p, none)
        found |= {i - m for i in range(m, n) if change[i] != 0.0}
    return tuple(sorted(found))


@apart
def prepare_days(p, memory, bench):  # type: ignore[no-untyped-def]
    """Find the matrices of a patient's days, those that are not yet there from other parameters."""
    pushes, n, each = (_NODES + 1) * M * M, N - M, len(PUSHED) * (N - M)
    kept = pushes + _NODES * each + n * n
    _matrix_of_driver(p, bench)
    if not _is_kept(memory, kept, bench.matrix, M):
        _prepare_driver(memory, bench)
    _matrix_of_others(p, bench)
    if not _is_kept(memory, kept + 1 + M * M, bench.matrix, n):
        _prepare_others(memory, bench, pushes, n, each)


def _is_kept(memory, at, matrix, n):  # type: ignore[no-untyped-def]
    """Whether the leading n rows and columns of the matrix are those kept in the memory; they are from now on."""
    same = memory[at] == 1.0  # of a new patient nothing is kept
    memory[at] = 1.0
    for i in range(n):
        for j in range(n):
            same = same and memory[at + 1 + i * n + j] == matrix[i, j]
            memory[at + 1 + i * n + j] = matrix[i, j]
    return same


def _prepare_driver(memory, bench):  # type: ignore[no-untyped-def]
    """e^(t K) at all times of the day."""
    for column in range(M):
        _unit(bench.vector, column)
        for node in range(_NODES + 1):
            _propagate(bench, M, _TIMES[node] - (_TIMES[node - 1] if node > 0 else 0.0))
            for i in range(M):
                memory[node * M * M + i * M + column] = bench.vector[i]


def _prepare_others(memory, bench, pushes, n, each):  # type: ignore[no-untyped-def]
    """What a push at each time of the day leaves at its end, and what is left of what was there."""
    for number in range(len(PUSHED)):
        _unit(bench.vector, PUSHED[number])
        for node in range(_NODES - 1, -1, -1):
            _propagate(bench, n, _TIMES[node + 1] - _TIMES[node])
            for i in range(n):
                memory[pushes + node * each + number * n + i] = _WEIGHTS[node] * bench.vector[i]
    for column in range(n):
        _unit(bench.vector, column)
        _propagate(bench, n, DAY)
        for i in range(n):
            memory[pushes + _NODES * each + i * n + column] = bench.vector[i]


@apart
def pass_day(a, p, memory, bench, k, dose):  # type: ignore[no-untyped-def]
    """Give the dose and advance the amounts `a` by a day. Whether that was possible."""
    a[DOSED] += dose
    n = N - M
    pushes = (_NODES + 1) * M * M
    others = pushes + _NODES * len(PUSHED) * n
    for i in range(n):
        bench.next[M + i] = 0.0
        for j in range(n):
            bench.next[M + i] += memory[others + i * n + j] * a[M + j]
    at = pushes
    for node in range(_NODES + 1):
        _drive(bench.vector, a, memory, node * M * M)
        if node < _NODES:
            change = rates(0.0, to_fixed_tuple(bench.vector, N), p, NOTHING)
            for row in PUSHED:
                for i in range(n):
                    bench.next[M + i] += memory[at + i] * change[M + row]
                at += n
    for i in range(M):
        a[i] = bench.vector[i]
    for i in range(M, N):
        a[i] = bench.next[i]
    return True


def pass_day_by_steps(a, p, memory, bench, k, dose):  # type: ignore[no-untyped-def]
    """The same for a drug of any kind, day k, by its solver."""
    row = bench.bolus[0]
    row[0], row[1], row[2], row[3] = k * DAY, 0.0, dose, DOSED
    passed = advance(
        a, p, k * DAY, (k + 1) * DAY, bench.bolus, 0, 1, bench.nothing[:0], bench.nothing, bench.work, bench.inflow
    )
    return passed >= 0.0


def _prepare_nothing(p, memory, bench):  # type: ignore[no-untyped-def]
    """A solver that makes steps needs no preparation."""


def _drive(vector, a, memory, at):  # type: ignore[no-untyped-def]
    """The driver at a time of the day; of the other compartments nothing, so that rates are g."""
    for i in range(M):
        total = 0.0
        for j in range(M):
            total += memory[at + i * M + j] * a[j]
        vector[i] = total
    for i in range(M, N):
        vector[i] = 0.0


def _unit(vector, at):  # type: ignore[no-untyped-def]
    for i in range(N):
        vector[i] = 0.0
    vector[at] = 1.0


def _matrix_of_driver(p, bench):  # type: ignore[no-untyped-def]
    """K, column by column: the rates of the driver at unit vectors."""
    for column in range(M):
        _unit(bench.vector, column)
        change = rates(0.0, to_fixed_tuple(bench.vector, N), p, NOTHING)
        for i in range(M):
            bench.matrix[i, column] = change[i]


def _matrix_of_others(p, bench):  # type: ignore[no-untyped-def]
    """L, column by column: what a unit of a compartment adds to the rates."""
    without = rates(0.0, NOTHING, p, NOTHING)
    for column in range(N - M):
        _unit(bench.vector, M + column)
        change = rates(0.0, to_fixed_tuple(bench.vector, N), p, NOTHING)
        for i in range(N - M):
            bench.matrix[i, column] = change[M + i] - without[M + i]


def _propagate(bench, n, hours):  # type: ignore[no-untyped-def]
    """The vector becomes e^(hours matrix) vector, of the leading n rows and columns."""
    norm = 0.0
    for i in range(n):
        total = 0.0
        for j in range(n):
            total += abs(bench.matrix[i, j])
        norm = max(norm, total)
    steps = int(norm * hours) + 1
    h = hours / steps
    for _ in range(steps):
        for i in range(n):
            bench.term[i] = bench.vector[i]
        left, power = 1.0, 0.0  # what the next term may add, relative to the vector
        while left > _ENOUGH:
            power += 1.0
            left *= norm * h / power
            for i in range(n):
                total = 0.0
                for j in range(n):
                    total += bench.matrix[i, j] * bench.term[j]
                bench.next[i] = total * h / power
            for i in range(n):
                bench.term[i] = bench.next[i]
                bench.vector[i] += bench.term[i]
