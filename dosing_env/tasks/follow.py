"""From one decision to the next, for every patient: the template that a scenario's parts are compiled into.

No patient reads another's row and everything random is keyed by the patient's number, so the result does not depend on
the batch. The records and rows of the patients are the only thing that changes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numba.np.unsafe.ndarray import to_fixed_tuple

from dosing_env.simulation.chance import ETA, POPULATION, ZERO, fill_normals
from dosing_env.simulation.compiling import HOLE, merged
from dosing_env.simulation.course import SAME_TIME, advance

# The population and the drug.
Draws: Any = HOLE
sample: Any = HOLE
keep: Any = HOLE
NZ: Any = HOLE  # standard normals of a patient
NX: Any = HOLE  # bedside values
NE: Any = HOLE  # random effects
N: Any = HOLE  # compartments
initial: Any = HOLE
pass_day: Any = HOLE
lag: Any = HOLE
bioavailability: Any = HOLE
outputs: Any = HOLE  # of amounts and parameters, a tuple
go: Any = HOLE  # through a piece: `by_events`, or `by_days`
# What is done between the parts, see `story`.
clock_of: Any = HOLE
parameters: Any = HOLE
admitted: Any = HOLE
started: Any = HOLE
asks: Any = HOLE
prescribed: Any = HOLE
wanted_before: Any = HOLE
entering: Any = HOLE
seen: Any = HOLE
visible: Any = HOLE
passed: Any = HOLE
ended: Any = HOLE
closed: Any = HOLE
opened: Any = HOLE
observed: Any = HOLE
paid_for: Any = HOLE
read: Any = HOLE
tell: Any = HOLE
lead_in: Any = HOLE  # of a chart what is done before a policy is first asked
LEADS: Any = HOLE  # 1: something is

DONE, NOBODY = -1, -2  # no patient failed; the population's ranges admit none
ATTEMPTS = 10_000  # draws of one patient before the population is called impossible


class Courses(NamedTuple):
    """All patients: their records (n,), and their rows of series (n, width)."""

    records: Any
    memory: Any


class Bench(NamedTuple):
    """Scratch space."""

    record: Any  # (1,) of the solvers
    events: Any  # doses that go on: start, duration, amount, compartment
    seen: Any  # (looks of a piece, outputs)
    chart: Any  # of one patient
    action: Any
    gained: Any  # (terms,)
    looked: Any  # of looks that are no part's
    ended: Any  # (1,) the first output as the newest decision point was reached


class Here(NamedTuple):
    """One patient, in his task."""

    course: Any
    memory: Any
    rules: Any
    plan: Any
    counts: Any


@merged  # a record cannot be given back by a compiled function
def here(courses, i, rules):  # type: ignore[no-untyped-def]
    """Patient number i of the courses."""
    return Here(courses.records[i], courses.memory[i], rules.record[0], rules.plan, rules.counts)


def begin(courses, rules, key, bench, root, slots, rows):  # type: ignore[no-untyped-def]
    """Admit the patients whose numbers stand in the records, and treat them until a policy is asked.

    Returns DONE, NOBODY, or the slot of a patient who could not be treated.
    """
    for i in slots:
        patient = here(courses, i, rules)
        if not draw(patient.course, key, bench.record[0], root):
            return NOBODY
        _admit(patient, key, bench, rows[i])
        if LEADS:  # noqa: SIM102  only by itself it keeps what follows from being compiled
            if not _led(patient, key, bench, rows[i]):
                return i
    return DONE


def _led(patient, key, bench, row):  # type: ignore[no-untyped-def]
    """Treat him as the protocol says that doses before a policy is asked. False: a solve failed."""
    while not asks(patient):
        for j in range(len(bench.chart)):
            bench.chart[j] = row[j]
        tell(lead_in(read(bench.chart, patient.rules)), bench.action)
        bench.gained[:] = 0.0
        prescribed(patient, bench.action, 1.0)
        if not treat(patient, key, bench, bench.gained):
            return False
        observed(patient, row)
    return True


def step(courses, rules, key, bench, wanted, running, rows, paid):  # type: ignore[no-untyped-def]
    """Treat every running patient whose course is not over until a policy is asked again.

    Returns DONE, or the slot of a failed solve.
    """
    for i in range(len(courses.records)):
        patient = here(courses, i, rules)
        last = len(clock_of(patient).at) - 1
        if running[i] and patient.course.decision < last:
            first = 1.0
            while True:
                dose, limit = prescribed(patient, wanted[i], first)
                if first == 1.0:
                    paid.dose[i], paid.limit[i] = dose, limit
                first = 0.0
                if not treat(patient, key, bench, paid.terms[i]):
                    return i
                observed(patient, rows[i])
                if asks(patient):
                    break
            paid.reward[i] = paid_for(patient, paid.terms[i])
            for term in range(len(patient.course.gained)):
                patient.course.gained[term] += paid.terms[i, term]
        paid.over[i] = patient.course.decision == last
    return DONE


def _admit(patient, key, bench, row):  # type: ignore[no-untyped-def]
    """Chart what is known at admission; nothing has been given."""
    settle(patient, key, bench)
    row[:] = 0.0
    opened(patient, row)
    observed(patient, row)


def settle(patient, key, bench):  # type: ignore[no-untyped-def]
    """What is in the patient before treatment, and what is settled at admission."""
    course = patient.course
    admitted(patient, key)
    p = parameters(patient, key, bench.record[0], 0.0)
    baseline = initial(p)
    for j in range(N):
        course.amounts[j] = baseline[j]
    started(patient, key, outputs(to_fixed_tuple(course.amounts, N), p))


def treat(patient, key, bench, gained):  # type: ignore[no-untyped-def]
    """What was prescribed enters; he is followed piece by piece to the next decision. False: a solve failed."""
    course, clock = patient.course, clock_of(patient)
    k = course.decision
    events = _all_events(patient, key, bench, clock.at[k])
    if events < 0:
        return False
    for piece in range(clock.first_piece[k], clock.first_piece[k + 1]):
        first, last = clock.first_look[piece], clock.first_look[piece + 1]
        begin, end = clock.begin[piece], clock.end[piece]
        p = parameters(patient, key, bench.record[0], begin)
        exposure = go(course, p, bench, begin, end, events, clock.look_at[first:last])
        if not exposure >= 0.0:
            return False
        for j in range(first, last):
            number = clock.look_number[j]
            seen(patient, key, clock.look_of[j], number, clock.look_at[j], bench.seen[j - first])
            if clock.look_of[j] < 0:
                bench.looked[number] = visible(patient, clock.look_at[j], bench.seen[j - first])
        passed(patient, piece, exposure)
        if clock.decided[piece] > 0:
            values = outputs(to_fixed_tuple(course.amounts, N), p)
            ended(patient, key, k + 1, end, values)
            bench.ended[0] = visible(patient, end, values)
        closed(patient, key, piece, gained)
    _keep_events(patient, bench.events, events, clock.at[k + 1])
    course.decision = k + 1
    return True


def _all_events(patient, key, bench, now):  # type: ignore[no-untyped-def]
    """Write the doses that go on from before and those of this decision. How many there are; -1: more than fit."""
    where, going = patient.rules.where, int(patient.course.going)
    for n in range(going):
        for j in range(4):
            bench.events[n, j] = patient.memory[where.course_events_first + 4 * n + j]
    events = entering(patient, key, bench.events, going)
    if events > len(bench.events) - 1:  # one row is spare: a part may have written into it
        return -1
    p = parameters(patient, key, bench.record[0], now)
    later, share = lag(p), bioavailability(p)
    for n in range(going, events):
        into = int(bench.events[n, 3])
        bench.events[n, 0] += later[into]
        bench.events[n, 2] *= share[into]
    return events


def _keep_events(patient, events, count, end):  # type: ignore[no-untyped-def]
    """Keep the doses that go on after this decision interval, or come then."""
    where, kept = patient.rules.where, 0
    for n in range(count):
        if events[n, 0] + events[n, 1] > end + SAME_TIME or events[n, 0] > end - SAME_TIME:
            for j in range(4):
                patient.memory[where.course_events_first + 4 * kept + j] = events[n, j]
            kept += 1
    patient.course.going = kept


def by_events(course, p, bench, begin, end, events, times):  # type: ignore[no-untyped-def]
    """Through a piece with a solver. Returns the exposure, nan: failed."""
    work = bench.record[0]
    return advance(course.amounts, p, begin, end, bench.events, 0, events, times, bench.seen, work.work, work.inflow)


def by_days(course, p, bench, begin, end, events, times):  # type: ignore[no-untyped-def]
    """Through a day that begins with the dose, where the effect is driven."""
    dose = bench.events[0, 2] if events > 0 else 0.0
    return 0.0 if pass_day(course.amounts, p, course.days, bench.record[0], 0, dose) else -1.0


def look(seen, j, a, p, exposure):  # type: ignore[no-untyped-def]
    """Note all outputs at look j of a piece."""
    values = outputs(to_fixed_tuple(a, N), p)
    for n in range(seen.shape[1]):
        seen[j, n] = values[n]


def draw(course, key, bench, root):  # type: ignore[no-untyped-def]
    """Draw the patient and his random effects. False where the population's ranges admit nobody."""
    for attempt in range(ATTEMPTS):
        fill_normals(bench.z, key, POPULATION, course.number, attempt)
        patient = sample(Draws(*to_fixed_tuple(bench.z, NZ)))
        if keep(patient):
            break
    else:
        return False
    for j in range(NX):
        course.patient[j] = patient[j]
    fill_normals(bench.z, key, ETA, course.number, ZERO)
    for j in range(NE):
        total = 0.0
        for m in range(j + 1):
            total += root[j, m] * bench.z[m]
        course.eta[j] = total
    return True


def trace(courses, given, rules, key, bench, looked, ended_at):  # type: ignore[no-untyped-def]
    """Treat patients again from admission with what was wanted, by a plan that has looks of nobody's own.

    Args:
        courses: the patients, with the records of their admission; afterwards where they stand in `given`.
        given: the same patients under treatment; only read.
        looked: (patients, looks of nobody) filled with the true first output.
        ended_at: (patients, decisions + 1) the same at the decision points.

    Returns DONE, or the number of a course whose solve failed.
    """
    for i in range(len(courses.records)):
        patient = here(courses, i, rules)
        before = here(given, i, rules)
        settle(patient, key, bench)
        p = parameters(patient, key, bench.record[0], 0.0)
        ended_at[i, 0] = visible(patient, 0.0, outputs(to_fixed_tuple(patient.course.amounts, N), p))
        while patient.course.decision < before.course.decision:
            wanted_before(before, patient.course.decision, bench.action)
            prescribed(patient, bench.action, 1.0)
            if not treat(patient, key, bench, bench.gained):
                return i
            k = patient.course.decision
            for look in range(len(bench.looked)):
                if bench.looked[look] == bench.looked[look]:  # no nan
                    looked[i, look] = bench.looked[look]
            ended_at[i, k] = bench.ended[0]
    return DONE
