"""From one decision to the next, for every patient. Compiled for one care, drug and population.

No patient reads another's row and everything random is keyed by the patient's number, so the result does not depend on
the batch. The patients' records (`course_type`) are the only thing that changes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.simulation.compiling import HOLE
from dosing_env.task import Task
from dosing_env.tasks import records
from dosing_env.tasks.follow import ATTEMPTS as ATTEMPTS
from dosing_env.tasks.follow import DONE, NOBODY, draw
from dosing_env.tasks.task import PartsTask

# The care; see `care.Care`.
admit: Any = HOLE
asks: Any = HOLE
prescribe: Any = HOLE
treat: Any = HOLE
close: Any = HOLE
open_chart: Any = HOLE
observe: Any = HOLE
read: Any = HOLE
tell: Any = HOLE
lead_in: Any = HOLE  # of a chart what is done before a policy is first asked


class Paid(NamedTuple):
    """What a step returns besides the observation; the patient axis first."""

    reward: Any  # (n,)
    terms: Any  # (n, terms) what adds to the reward, before its price
    dose: Any  # (n,) mg given now
    limit: Any  # (n,)  number of the limit that lowered the dose
    over: Any  # (n,)  whether the course has come to its end, now or before


def nothing_paid(size: int, terms: int) -> Paid:
    """Room for what a step of so many patients returns."""
    zeros = np.zeros
    return Paid(zeros(size), zeros((size, terms)), zeros(size), zeros(size, np.int64), zeros(size, np.bool_))


def course_type(task: Task) -> np.dtype[np.void]:
    """One patient's record: everything that changes during treatment, true state and chart."""
    drug = task.drug
    return np.dtype(
        [
            ("number", "i8"),  # the patient
            ("decision", "i8"),  # decisions taken
            ("patient", "f8", len(task.care.Patient._fields)),  # true bedside values at the start
            ("eta", "f8", len(drug.Eta._fields)),  # true random effects
            ("parameters", "f8", (len(drug.Parameters._fields),)),
            ("amounts", "f8", (len(drug.compartments),)),  # mg
            *task.care.fields(task.rules, drug),
        ]
    )


def admission(task: Any) -> NDArray[np.void]:
    """The record of a patient at admission, shape (1,): nothing given, nothing measured, no harm."""
    if isinstance(task, PartsTask):
        return records.admission(task.made.course_type, task.made.parts)
    course = np.zeros(1, course_type(task))
    for name, value in task.care.fresh.items():
        course[name] = value
    return course


def bench_type(task: Task, rows: int, draws: int) -> np.dtype[np.void]:
    """Scratch space of the compiled loop."""
    n = len(task.drug.compartments)
    return np.dtype(
        [
            ("work", "f8", (rows, n + 1)),
            ("inflow", "f8", (n,)),
            ("z", "f8", (draws + draws % 2,)),  # normals come in pairs
            ("gained", "f8", (len(task.care.terms),)),
            ("action", "f8", (len(task.actions),)),
            *task.care.bench(task.rules, task.drug),
        ]
    )


def begin(courses, rules, key, bench, root, slots, rows):  # type: ignore[no-untyped-def]
    """Admit the patients whose numbers stand in the records, and treat them until a policy is asked.

    Returns DONE, NOBODY, or the slot of a patient who could not be treated.
    """
    for i in slots:
        course, rule = courses[i], rules[0]
        if not draw(course, key, bench[0], root):
            return NOBODY
        if not admit(course, rule, key, bench[0]):
            return i
        open_chart(course, rule, rows[i])
        while not asks(course, rule):
            tell(lead_in(read(rows[i].astype(np.float64), rule)), bench[0].action)
            if not treat(course, rule, key, bench[0], bench[0].action):
                return i
            close(course, rule, key, bench[0].gained)
            observe(course, rule, rows[i])
    return DONE


def step(courses, rules, key, bench, wanted, running, rows, paid):  # type: ignore[no-untyped-def]
    """Treat every running patient whose course is not over until a policy is asked again.

    Returns DONE, or the slot of a failed solve.
    """
    for i in range(len(courses)):
        course, rule = courses[i], rules[0]
        if running[i] and course.decision < rule.decisions:
            paid.dose[i], paid.limit[i] = prescribe(rule, course, wanted[i])
            while True:
                if not treat(course, rule, key, bench[0], wanted[i]):
                    return i
                close(course, rule, key, paid.terms[i])
                observe(course, rule, rows[i])
                if asks(course, rule):
                    break
            for term in range(len(rule.prices)):
                paid.reward[i] += rule.prices[term] * paid.terms[i, term]
        paid.over[i] = course.decision == rule.decisions
    return DONE
