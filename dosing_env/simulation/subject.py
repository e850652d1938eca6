"""One subject from time 0 through its records: the meaning of NONMEM's events, compiled for many subjects.

The drug comes in as a `Model`: functions called by address. All this is compiled once, whatever the drug.

A record is a row of floats (see the column numbers below) of one of five kinds. What people write is broken down into
these in `events`: EVID 4 is a RESET and a DOSE, a dose with SS 1 is a STEADY and a DOSE.

At one time, new covariates come first (or last, where a covariate carries backward), then the further doses (ADDL) that
fall due, then the records in their order. A LOOK sees the doses of records before it, not the further or late doses
that fall due at its own time: it is a trough.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from dosing_env.simulation.chance import ZERO
from dosing_env.simulation.compiling import apart
from dosing_env.simulation.course import SAME_TIME
from dosing_env.simulation.model import DURATION, LAG, MODELLED_RATE, MODES, F, called
from dosing_env.simulation.steady import copy, settle

TIME, KIND, AMT, RATE, II, ADDL, CMT = range(7)  # columns of a record
WIDTH = 7
LOOK, DOSE, RESET, STEADY, STEADY_TOO = range(5)  # kinds; STEADY_TOO is added to what is there (SS 2)

# Why a subject could not be followed.
FINE, NOT_SOLVED, NOT_FINITE, BAD_PARAMETERS, NO_DURATION, NO_STEADY_STATE, NO_ROOM = range(7)
_MOST_AT_ONCE = 1e5  # doses of a steady state that run or wait at once
_UNENDING = 24.0  # h: the interval by which the steady state of an infusion without end is looked for


class Bench(NamedTuple):
    """Scratch space."""

    a: Any  # (N,) mg  amounts
    p: Any  # parameters
    modes: Any  # what the solver derives from them
    how: Any  # (4,) what `model.enter` gives
    doses: Any  # (n, 4)  those not over, as `course` has them
    series: Any  # (n, WIDTH)  dose records with ADDL left; KIND counts the doses given
    newton: Any  # (N + 4, N)  of `steady`
    work: Any  # of the solver
    inflow: Any  # (N,) mg/h
    none: Any  # (0,): no sample times
    out: Any  # (N + 2 + outputs, rows)  the result: at each LOOK amounts, output, its integral and further outputs


def make_bench(n: int, parameters: int, work: Any, room: int, out: Any) -> Bench:
    """Scratch space for n compartments, so many parameters, a solver's workspace, and so many doses at once."""
    zeros = np.zeros
    series = zeros((room, WIDTH))
    return Bench(
        a=zeros(n),
        p=zeros(parameters),
        modes=zeros(MODES),
        how=zeros(4),
        doses=zeros((room, 4)),
        series=series,
        newton=zeros((n + 4, n)),
        work=work,
        inflow=zeros(n),
        none=series[:0, TIME],
        out=out,
    )


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
    linear: bool  # whether the drug is


def follow_all(low, high, model, plan, bench, fault):  # type: ignore[no-untyped-def]
    """Follow the subjects `low` to `high`.

    Args:
        model: the drug, see `Model`.
        plan: see `Plan`.
        bench: see `Bench`; its `out` is filled.
        fault: (N + 3,) filled with the amounts before a subject could not be followed, the time then, the time that
            could not be reached or dealt with (h), and the step of the covariates.

    Returns the subject that could not be followed and why, or (high, FINE).
    """
    functions = called(model)
    for s in range(low, high):
        why = _follow(s, functions, plan, bench, fault)
        if why != FINE:
            return s, why
    return high, FINE


def _follow(s, model, plan, bench, fault):  # type: ignore[no-untyped-def]
    """One subject from time 0 to the last record."""
    a, record, step, row = bench.a, plan.first_record[s], plan.first_step[s], plan.first_row[s]
    _prepare(model, plan, bench, s, step)
    model.start(bench.p, a)
    n = m = ZERO  # doses not over, and series not at their end
    t = auc = 0.0
    why = FINE if _finite(bench.p) else BAD_PARAMETERS
    fault[len(a) + 1], fault[len(a) + 2] = t, step
    while why == FINE and record < plan.last_record[s]:
        fault[len(a)] = t
        copy(fault, a)
        stop, until = _next_stop(plan, s, record, step, bench.series, m)
        if stop > t + SAME_TIME:
            n, stop = _begin(a, bench.doses, n, t, stop)
            while until > record and plan.records[until - 1, TIME] >= stop - SAME_TIME:
                until -= 1
            fault[len(a) + 1] = stop
            looks = plan.records[record:until, TIME]
            auc += model.stretch(
                a, bench.p, bench.modes, t, stop, bench.doses, ZERO, n, looks, bench.out, row, auc,
                bench.work, bench.inflow,
            )  # fmt: skip
            row, record = row + until - record, until
            if not (math.isfinite(auc) and _finite(a)):
                return NOT_SOLVED
            t = stop
        coming = _latest_step(plan, s, step, t)
        if coming > step and not plan.late:
            step = coming
            _prepare(model, plan, bench, s, step)
        if m > 0:
            n, m, why = _give_due(model, bench, n, m, t)
        while why == FINE and record < plan.last_record[s] and plan.records[record, TIME] <= t + SAME_TIME:
            if plan.records[record, KIND] == LOOK:
                model.write(a, bench.p, auc, bench.out, row)
                row += 1
            else:
                n, m, why = _carry_out(plan.records[record], model, bench, n, m, plan.linear)
            record += 1
        if coming > step:
            step = coming
            _prepare(model, plan, bench, s, step)
        if why == FINE and not _finite(bench.p):
            why = BAD_PARAMETERS
        fault[len(a) + 2] = step
    return why


def _prepare(model, plan, bench, s, step):  # type: ignore[no-untyped-def]
    """The subject's parameters under the covariates of a step."""
    eta = plan.etas[plan.first_eta[s] + (step - plan.first_step[s]) * plan.next_eta]
    model.prepare(plan.covariates[step], eta, bench.p, bench.modes, bench.work)


def _next_stop(plan, s, record, step, series, m):  # type: ignore[no-untyped-def]
    """When a record other than a LOOK, a further dose or new covariates come next; the first record not before."""
    stop = math.inf
    if step + 1 < plan.last_step[s]:
        stop = plan.times[step + 1]
    for i in range(m):
        stop = min(stop, _due(series[i]))
    until, last = record, plan.last_record[s] - 1
    while until < last and plan.records[until, KIND] == LOOK and plan.records[until, TIME] < stop - SAME_TIME:
        until += 1
    return min(stop, plan.records[until, TIME]), until


def _due(row):  # type: ignore[no-untyped-def]
    """When the next dose of a series comes. Adding II again and again would add up its rounding."""
    return row[TIME] + row[KIND] * row[II]


def _begin(a, doses, n, t, stop):  # type: ignore[no-untyped-def]
    """Before time goes on from t towards `stop`: give the boluses that are due, forget what is over.

    A bolus leaves the list when it is given, so that it cannot be given twice however close the events are.

    Returns the number of doses left, and the time of the next bolus if that comes before `stop`.
    """
    kept = 0
    for i in range(n):
        start, hours = doses[i, 0], doses[i, 1]
        if hours == 0.0 and start <= t + SAME_TIME:
            a[int(doses[i, 3])] += doses[i, 2]
        elif hours == 0.0 or start + hours > t + SAME_TIME:
            if hours == 0.0:
                stop = min(stop, start)
            copy(doses[kept], doses[i])
            kept += 1
    return kept, stop


def _latest_step(plan, s, step, t):  # type: ignore[no-untyped-def]
    """The last step of the covariates up to t."""
    while step + 1 < plan.last_step[s] and plan.times[step + 1] <= t + SAME_TIME:
        step += 1
    return step


def _give_due(model, bench, n, m, t):  # type: ignore[no-untyped-def]
    """Give the further doses that fall due at t."""
    series, left, why = bench.series, 0, FINE
    for i in range(m):
        due = _due(series[i])
        if due <= t + SAME_TIME:
            n, given = _give(model.enter, bench.p, bench.how, bench.doses, n, series[i], due)
            why = max(why, given)
            series[i, KIND] += 1.0
            series[i, ADDL] -= 1.0
        if series[i, ADDL] > 0.0:
            copy(series[left], series[i])
            left += 1
    return n, left, why


@apart
def _carry_out(record, model, bench, n, m, linear):  # type: ignore[no-untyped-def]
    """What a record other than a LOOK does."""
    kind = record[KIND]
    if kind == RESET:
        model.start(bench.p, bench.a)
        return _drop_started(bench.doses, n, record[TIME]), m, FINE
    if kind == STEADY:
        n = m = ZERO
    if kind >= STEADY:
        n, why = _steady(model, bench, n, record, linear)
        return n, m, why
    before = n
    n, why = _give(model.enter, bench.p, bench.how, bench.doses, n, record, record[TIME])
    if n > before and bench.doses[before, 1] == 0.0 and bench.doses[before, 0] <= record[TIME] + SAME_TIME:
        bench.a[int(record[CMT])] += bench.doses[before, 2]  # in the body for the next record
        n = before
    if record[ADDL] > 0.0:
        if m == len(bench.series):
            return n, m, NO_ROOM
        copy(bench.series[m], record)
        bench.series[m, KIND] = 1.0
        m += 1
    return n, m, why


def _finite(values):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(len(values)):
        total += values[i]
    return math.isfinite(total)


@apart
def _give(enter, p, how, doses, n, record, time):  # type: ignore[no-untyped-def]
    """Append the dose of a record, given at this time.

    Every array that is handed to a function compiled apart is counted by reference, so this gets none but those it
    needs: a whole bench costs more than what is done here.
    """
    amount, hours, delay, why = _enters(enter, p, how, record)
    if n == len(doses):
        why = NO_ROOM
    elif amount > 0.0:
        _note(doses[n], time + delay, hours, amount, record[CMT])
        n += 1
    return n, why


def _note(row, start, hours, amount, compartment):  # type: ignore[no-untyped-def]
    row[0], row[1], row[2], row[3] = start, hours, amount, compartment


def _enters(enter, p, how, record):  # type: ignore[no-untyped-def]
    """What enters (F scales the amount, and with a given rate the duration), for how long, after which lag."""
    enter(p, int(record[CMT]), how)
    amount, delay = how[F] * record[AMT], how[LAG]
    if not (amount >= 0.0 and 0.0 <= delay < math.inf):
        return 0.0, 0.0, 0.0, BAD_PARAMETERS
    hours, why = _hours(record[RATE], amount, how)
    return amount, hours, delay, why


def _hours(rate, amount, how):  # type: ignore[no-untyped-def]
    """How long a dose runs, h; 0 for a bolus."""
    if rate == 0.0:
        return 0.0, FINE
    if rate == -2.0:
        hours = how[DURATION]
    else:
        hours = amount / (how[MODELLED_RATE] if rate == -1.0 else rate)
    if amount > 0.0 and not 0.0 < hours < math.inf:
        return 0.0, NO_DURATION
    return (hours if hours > SAME_TIME else 0.0), FINE


def _drop_started(doses, n, t):  # type: ignore[no-untyped-def]
    """A reset cancels what has started; a dose that waits for its lag comes yet."""
    kept = 0
    for i in range(n):
        if doses[i, 0] > t + SAME_TIME:
            copy(doses[kept], doses[i])
            kept += 1
    return kept


@apart
def _steady(model, bench, n, record, linear):  # type: ignore[no-untyped-def]
    """Set (or add) the steady state of a record's dose, and its earlier infusions that have not ended."""
    interval, doses, compartment = record[II], bench.doses, record[CMT]
    amount, hours, delay, why = _enters(model.enter, bench.p, bench.how, record)
    count = 1
    if n == len(doses):
        return n, NO_ROOM
    if record[AMT] == 0.0:  # an infusion without end, up to now
        rate = record[RATE] if record[RATE] >= 0.0 else bench.how[MODELLED_RATE]
        if not rate >= 0.0:
            why = NO_DURATION
        interval = _UNENDING
        _note(doses[n], -interval, 3.0 * interval, 3.0 * interval * rate, compartment)
    else:
        first = delay - interval * math.floor((delay + SAME_TIME) / interval)
        count += math.ceil(min(hours / interval, _MOST_AT_ONCE))
        if n + count + (delay + hours) / interval > len(doses):
            return n, NO_ROOM
        for k in range(count):
            _note(doses[n + k], first - k * interval, hours, amount, compartment)
    if why == FINE and not settle(model, n, n + count, interval, bench, linear):
        why = NO_STEADY_STATE
    for i in range(len(bench.a)):
        bench.a[i] = bench.newton[0, i] + (bench.a[i] if record[KIND] == STEADY_TOO else 0.0)
    k = 1
    while amount > 0.0 and _still_to_come(delay - k * interval, hours):
        _note(doses[n], record[TIME] + delay - k * interval, hours, amount, compartment)
        n, k = n + 1, k + 1
    return n, why


def _still_to_come(start, hours):  # type: ignore[no-untyped-def]
    """Whether an earlier dose, `start` h after the record (negative: before), is not over at the record."""
    return start + hours > SAME_TIME if hours > 0.0 else start > -SAME_TIME
