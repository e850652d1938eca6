"""One subject from time 0 through its records: the meaning of NONMEM's events, compiled for many subjects.

A record is a row of floats (see the column numbers below) of one of five kinds. What people write is broken down into
these in `events`: EVID 4 is a RESET and a DOSE, a dose with SS 1 is a STEADY and a DOSE.

At one time, new covariates come first (or last, where a covariate carries backward), then the further doses (ADDL) that
fall due, then the records in their order. A LOOK sees the doses of records before it, not the further doses that fall
due at its own time: it is a trough.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba.np.unsafe.ndarray import to_fixed_tuple

from dosing_env.simulation.chance import ZERO
from dosing_env.simulation.compiling import HOLE, apart
from dosing_env.simulation.course import SAME_TIME, proceed
from dosing_env.simulation.steady import copy, settle

individual: Any = HOLE
initial: Any = HOLE
bioavailability: Any = HOLE
lag: Any = HOLE
duration: Any = HOLE
infusion_rate: Any = HOLE
decompose: Any = HOLE
output: Any = HOLE
outputs: Any = HOLE
X: Any = HOLE  # named tuple of covariates
Eta: Any = HOLE
NX: Any = HOLE
NE: Any = HOLE
NO: Any = HOLE  # further outputs
N: Any = HOLE

TIME, KIND, AMT, RATE, II, ADDL, CMT = range(7)  # columns of a record
WIDTH = 7
LOOK, DOSE, RESET, STEADY, STEADY_TOO = range(5)  # kinds; STEADY_TOO is added to what is there (SS 2)

# Why a subject could not be followed.
FINE, NOT_SOLVED, BAD_PARAMETERS, NO_DURATION, NO_STEADY_STATE, NO_ROOM = range(6)
_MOST_AT_ONCE = 1e5  # doses of a steady state that run or wait at once
_UNENDING = 24.0  # h: the interval by which the steady state of an infusion without end is looked for


class Bench(NamedTuple):
    """Scratch space."""

    a: Any  # (N,) mg  amounts
    doses: Any  # (n, 4)  those not over, as `course` has them
    series: Any  # (n, WIDTH)  doses with ADDL left, TIME that of the next
    newton: Any  # (N + 4, N)  of `steady`
    work: Any  # of the solver
    inflow: Any  # (N,) mg/h
    none: Any  # (0,): no sample times
    out: Any  # (N + 2 + NO, rows)  the result: at each LOOK amounts, output, its integral and further outputs


def make_bench(n: int, rows: int, room: int, out: Any) -> Bench:
    """Scratch space for n compartments, a solver with so many rows, and so many doses at once."""
    zeros = np.zeros
    series = zeros((room, WIDTH))
    none = series[:0, TIME]
    return Bench(zeros(n), zeros((room, 4)), series, zeros((n + 4, n)), zeros((rows, n + 1)), zeros(n), none, out)


class Plan(NamedTuple):
    """What happens to the subjects. Per subject: ranges of records and steps, first rows of etas and of the result."""

    records: Any  # (n, WIDTH)  in order of time within a subject
    first_record: Any
    last_record: Any
    times: Any  # (n,) h  of the steps of the covariates
    covariates: Any  # (n, NX)
    first_step: Any
    last_step: Any
    etas: Any  # (n, NE)  random effects
    first_eta: Any
    first_row: Any
    next_eta: int  # rows from the random effects of a step to those of the next
    late: bool  # whether a step counts only after what happens at its time


def follow_all(low, high, plan, bench, fault):  # type: ignore[no-untyped-def]
    """Follow the subjects `low` to `high`.

    Args:
        plan: see `Plan`.
        bench: see `Bench`; its `out` is filled.
        fault: (N + 1,) filled with the amounts before a subject could not be followed, and the time (h).

    Returns the subject that could not be followed and why, or (high, FINE).
    """
    for s in range(low, high):
        why = _follow(s, plan, bench, fault)
        if why != FINE:
            return s, why
    return high, FINE


def _follow(s, plan, bench, fault):  # type: ignore[no-untyped-def]
    """One subject from time 0 to the last record."""
    a, record, step, row = bench.a, plan.first_record[s], plan.first_step[s], plan.first_row[s]
    p = _parameters(plan, s, step)
    modes = decompose(p, bench.work)
    _start(a, p)
    n = m = ZERO  # doses not over, and series not at their end
    t = auc = 0.0
    why = FINE if _finite(p) else BAD_PARAMETERS
    while why == FINE and record < plan.last_record[s]:
        fault[N] = t
        copy(fault, a)
        stop, until = _next_stop(plan, s, record, step, bench.series, m)
        if stop > t + SAME_TIME:
            looks, seen = plan.records[record:until, TIME], (bench.out, row, auc)
            auc += proceed(a, p, modes, t, stop, bench.doses, ZERO, n, looks, seen, bench.work, bench.inflow)
            row, record = row + until - record, until
            if not (math.isfinite(auc) and _finite(a)):
                return NOT_SOLVED
            n, t = _drop_finished(bench.doses, n, stop), stop
        coming = _latest_step(plan, s, step, t)
        if coming > step and not plan.late:
            step, p = coming, _parameters(plan, s, coming)
            modes = decompose(p, bench.work)
        if m > 0:
            n, m, why = _give_due(bench, n, m, t, p)
        while why == FINE and record < plan.last_record[s] and plan.records[record, TIME] <= t + SAME_TIME:
            if plan.records[record, KIND] == LOOK:
                _write(bench.out, row, a, p, auc)
                row += 1
            else:
                n, m, why = _carry_out(plan.records[record], a, bench, n, m, p, modes)
            record += 1
        if coming > step:
            step, p = coming, _parameters(plan, s, coming)
            modes = decompose(p, bench.work)
        if why == FINE and not _finite(p):
            why = BAD_PARAMETERS
    return why


def _next_stop(plan, s, record, step, series, m):  # type: ignore[no-untyped-def]
    """When a record other than a LOOK, a further dose or new covariates come next; the first record not before."""
    stop = math.inf
    if step + 1 < plan.last_step[s]:
        stop = plan.times[step + 1]
    for i in range(m):
        stop = min(stop, series[i, TIME])
    until, last = record, plan.last_record[s] - 1
    while until < last and plan.records[until, KIND] == LOOK and plan.records[until, TIME] < stop - SAME_TIME:
        until += 1
    return min(stop, plan.records[until, TIME]), until


def _latest_step(plan, s, step, t):  # type: ignore[no-untyped-def]
    """The last step of the covariates up to t."""
    while step + 1 < plan.last_step[s] and plan.times[step + 1] <= t + SAME_TIME:
        step += 1
    return step


def _give_due(bench, n, m, t, p):  # type: ignore[no-untyped-def]
    """Give the further doses that fall due at t."""
    series, left, why = bench.series, 0, FINE
    for i in range(m):
        if series[i, TIME] <= t + SAME_TIME:
            n, given = _give(bench.doses, n, series[i], p)
            why = max(why, given)
            series[i, TIME] += series[i, II]
            series[i, ADDL] -= 1.0
        if series[i, ADDL] > 0.0:
            copy(series[left], series[i])
            left += 1
    return n, left, why


@apart
def _carry_out(record, a, bench, n, m, p, modes):  # type: ignore[no-untyped-def]
    """What a record other than a LOOK does."""
    kind = record[KIND]
    if kind == RESET:
        _start(a, p)
        return _drop_started(bench.doses, n, record[TIME]), m, FINE
    if kind == STEADY:
        n = m = ZERO
    if kind >= STEADY:
        n, why = _steady(a, bench, n, record, p, modes)
        return n, m, why
    before = n
    n, why = _give(bench.doses, n, record, p)
    if n > before and bench.doses[before, 1] == 0.0 and bench.doses[before, 0] <= record[TIME] + SAME_TIME:
        a[int(record[CMT])] += bench.doses[before, 2]  # in the body for the next record
        n = before
    if record[ADDL] > 0.0:
        if m == len(bench.series):
            return n, m, NO_ROOM
        copy(bench.series[m], record)
        bench.series[m, TIME] += record[II]
        m += 1
    return n, m, why


def _parameters(plan, s, step):  # type: ignore[no-untyped-def]
    """The subject's parameters under the covariates of a step."""
    eta = plan.etas[plan.first_eta[s] + (step - plan.first_step[s]) * plan.next_eta]
    return individual(X(*to_fixed_tuple(plan.covariates[step], NX)), Eta(*to_fixed_tuple(eta, NE)))


def _finite(values):  # type: ignore[no-untyped-def]
    total = 0.0
    for value in values:
        total += value
    return math.isfinite(total)


def _start(a, p):  # type: ignore[no-untyped-def]
    """The amounts of a patient without drug."""
    values = initial(p)
    for i in range(N):
        a[i] = values[i]


def see(seen, j, a, p, exposure):  # type: ignore[no-untyped-def]
    """Write LOOK j of a stretch."""
    out, row, auc = seen
    _write(out, row + j, a, p, auc + exposure)


def _write(out, row, a, p, auc):  # type: ignore[no-untyped-def]
    A = to_fixed_tuple(a, N)
    for i in range(N):
        out[i, row] = a[i]
    out[N, row], out[N + 1, row] = output(A, p), auc
    further = outputs(A, p)
    for i in range(NO):
        out[N + 2 + i, row] = further[i]


@apart
def _give(doses, n, record, p):  # type: ignore[no-untyped-def]
    """Append the dose of a record."""
    amount, hours, delay, why = _enters(record, p)
    if n == len(doses):
        why = NO_ROOM
    elif amount > 0.0:
        _note(doses[n], record[TIME] + delay, hours, amount, record[CMT])
        n += 1
    return n, why


def _note(row, start, hours, amount, compartment):  # type: ignore[no-untyped-def]
    row[0], row[1], row[2], row[3] = start, hours, amount, compartment


@apart
def _enters(record, p):  # type: ignore[no-untyped-def]
    """What enters (F scales the amount, and with a given rate the duration), for how long, after which lag."""
    compartment = int(record[CMT])
    amount, delay = bioavailability(p)[compartment] * record[AMT], lag(p)[compartment]
    if not (amount >= 0.0 and 0.0 <= delay < math.inf):
        return 0.0, 0.0, 0.0, BAD_PARAMETERS
    hours, why = _hours(record[RATE], amount, compartment, p)
    return amount, hours, delay, why


def _hours(rate, amount, compartment, p):  # type: ignore[no-untyped-def]
    """How long a dose runs, h; 0 for a bolus."""
    if rate == 0.0:
        return 0.0, FINE
    if rate == -2.0:
        hours = duration(p)[compartment]
    elif rate == -1.0:
        hours = amount / infusion_rate(p)[compartment]
    else:
        hours = amount / rate
    if amount > 0.0 and not 0.0 < hours < math.inf:
        return 0.0, NO_DURATION
    return (hours if hours > SAME_TIME else 0.0), FINE


def _drop_finished(doses, n, t):  # type: ignore[no-untyped-def]
    """Forget the doses that are over at t; a bolus due at t is still to be injected."""
    kept = 0
    for i in range(n):
        over = doses[i, 0] + doses[i, 1] <= t + SAME_TIME if doses[i, 1] > 0.0 else doses[i, 0] < t - SAME_TIME
        if not over:
            copy(doses[kept], doses[i])
            kept += 1
    return kept


def _drop_started(doses, n, t):  # type: ignore[no-untyped-def]
    """A reset cancels what has started; a dose that waits for its lag comes yet."""
    kept = 0
    for i in range(n):
        if doses[i, 0] > t + SAME_TIME:
            copy(doses[kept], doses[i])
            kept += 1
    return kept


@apart
def _steady(a, bench, n, record, p, modes):  # type: ignore[no-untyped-def]
    """Set (or add) the steady state of a record's dose, and its earlier infusions that have not ended."""
    interval, doses, compartment = record[II], bench.doses, record[CMT]
    amount, hours, delay, why = _enters(record, p)
    count = 1
    if n == len(doses):
        return n, NO_ROOM
    if record[AMT] == 0.0:  # an infusion without end, up to now
        rate = record[RATE] if record[RATE] >= 0.0 else infusion_rate(p)[int(compartment)]
        interval = _UNENDING
        _note(doses[n], -interval, 3.0 * interval, 3.0 * interval * rate, compartment)
    else:
        first = delay - interval * math.floor((delay + SAME_TIME) / interval)
        count += math.ceil(min(hours / interval, _MOST_AT_ONCE))
        if n + count + (delay + hours) / interval > len(doses):
            return n, NO_ROOM
        for k in range(count):
            _note(doses[n + k], first - k * interval, hours, amount, compartment)
    if why == FINE and not settle(p, modes, n, n + count, interval, bench):
        why = NO_STEADY_STATE
    for i in range(N):
        a[i] = bench.newton[0, i] + (a[i] if record[KIND] == STEADY_TOO else 0.0)
    k = 1
    while amount > 0.0 and _still_to_come(delay - k * interval, hours):
        _note(doses[n], record[TIME] + delay - k * interval, hours, amount, compartment)
        n, k = n + 1, k + 1
    return n, why


def _still_to_come(start, hours):  # type: ignore[no-untyped-def]
    """Whether an earlier dose, `start` h after the record (negative: before), is not over at the record."""
    return start + hours > SAME_TIME if hours > 0.0 else start > -SAME_TIME
