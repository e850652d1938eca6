"""A batch of patients under treatment: the compiled decision, its arrays, and nothing of Gymnasium."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env import decision
from dosing_env.decision import Paid, admission, bench_type, nothing_paid
from dosing_env.io.arguments import whole
from dosing_env.simulation import daily
from dosing_env.simulation.chance import key_of
from dosing_env.simulation.compilable import HINT, compilable
from dosing_env.simulation.compiling import specialise, uncounted
from dosing_env.simulation.solvers import filling, workspace
from dosing_env.task import Task
from dosing_env.tasks import follow
from dosing_env.tasks.follow import Courses
from dosing_env.tasks.replay import replayed
from dosing_env.tasks.task import PartsTask

Floats = NDArray[np.float64]

LARGEST_BATCH = 4 * 2**30  # bytes of the records and observations of patients treated at once


def require_room(task: Any, size: int) -> None:
    """Refuse more patients at once than a batch has room for.

    Raises:
        ValueError: `size` of them need more than `LARGEST_BATCH`.
    """
    most = LARGEST_BATCH // task.each
    whole("num_envs", size, 1, most, f": {task.each} bytes for each, {LARGEST_BATCH // 2**30} GiB for all")


class Cohort:
    """`size` patients of one task, each in a slot.

    Args:
        task: what is done with whom.
        size: number of slots.
        stream, seed: the random world the patients come from.
        solver: "exact", "compiled"; by default chosen by the drug.

    Raises:
        ValueError: drug or population cannot be compiled; line and reason are named.

    Attributes:
        courses: true state and chart of every patient (one record each, see `decision.course_type`).
        rules, bench, root, holes: what compiled code takes: the numbers of the task, scratch space, the root of omega;
            and what its holes hold.
        observation: (size, features) float32, what is known at the present decision.
    """

    holes: dict[str, Any]
    rules: Any
    bench: Any
    memory: Floats
    _begin: Any
    _step: Any

    def __init__(self, task: Any, size: int, stream: str, seed: int, solver: str | None = None) -> None:
        self.task: Any = task  # a `Task`, or a `PartsTask`
        self.size = size
        self.key = key_of(stream, seed)
        self._admission = admission(task)
        self.courses = self._admission.repeat(size)
        self.observation = np.zeros((size, len(task.features)), dtype=np.float32)
        self._compiled(solver)
        self.root = np.array(task.drug.omega_root()).reshape(self.holes["NE"], self.holes["NE"])
        self._everyone = np.arange(size)
        self._compile()

    def _compiled(self, solver: str | None) -> None:
        """Numbers, scratch space, and the functions to be compiled."""
        task = self.task
        if isinstance(task, PartsTask):
            self.holes = task.holes(solver)
            draws, rows = max(self.holes["NZ"], self.holes["NE"]), self.holes.pop("ROWS")
            self.rules = task.numbers
            self.bench = task.made.bench(rows, draws, solver=solver)
            self.memory = np.zeros((self.size, task.made.memory.width))
            self._begin = uncounted(follow.begin, **self.holes)
            self._step = uncounted(follow.step, **self.holes)
            return
        self.holes = holes(task, solver)
        draws = max(self.holes["NZ"], self.holes["NE"])
        self.rules, self.memory = task.care.record(task.rules), np.zeros((self.size, 0))
        self.bench = bench_for(task, self.holes, draws, solver)
        self._begin = specialise(decision.begin, **self.holes)
        self._step = specialise(decision.step, **self.holes)

    def _all(self) -> Any:
        """The patients as compiled code takes them."""
        return Courses(self.courses, self.memory) if isinstance(self.task, PartsTask) else self.courses

    def _compile(self) -> None:
        """Compile now, where a complaint can be told in a line: nobody is admitted, and nobody treated."""
        drug, population = self.task.drug, self.task.population
        records = (drug.Patient, population.Draws, drug.Eta, drug.Parameters)
        with compilable(f"{drug.name} or {population.name}", *records, hint=HINT):
            self.admit(self._everyone[:0], self._everyone[:0])
            self.treat(np.zeros((self.size, len(self.task.actions))), np.zeros(self.size, dtype=np.bool_))

    def admit(self, numbers: Any, slots: Any = None) -> None:
        """Give patients of these numbers a slot each and start their courses.

        Raises:
            ValueError: the population's published ranges admit no patient.
            RuntimeError: a solve failed before a policy was asked.
        """
        slots = self._everyone if slots is None else np.asarray(slots)
        as_bytes = f"V{self.courses.itemsize}"  # field by field it would take ten times as long
        self.courses.view(as_bytes)[slots] = self._admission.view(as_bytes)
        self.courses["number"][slots] = numbers
        self.memory[slots] = 0.0
        failed = self._begin(self._all(), self.rules, self.key, self.bench, self.root, slots, self.observation)
        if failed == decision.NOBODY:
            raise ValueError(f"population {self.task.population.name}: `keep` rejects all of {decision.ATTEMPTS} draws")
        if failed != decision.DONE:
            raise RuntimeError(self.failure(self.courses[failed]))

    def treat(self, wanted: Floats, running: NDArray[np.bool_]) -> Paid:
        """Take one decision for each running patient, and treat him until the next.

        Args:
            wanted: (size, numbers of an action), (size,) where it is one.
            running: (size,); the others, and who has finished, stay as they are and earn nothing.

        Raises:
            RuntimeError: a solve failed; drug, time and parameters are named.
        """
        wanted = wanted.reshape(self.size, len(self.task.actions))
        paid = nothing_paid(self.size, len(self.task.terms))
        failed = self._step(self._all(), self.rules, self.key, self.bench, wanted, running, self.observation, paid)
        if failed != decision.DONE:
            raise RuntimeError(self.failure(self.courses[failed]))
        return paid

    def curve(self, slots: Any, per_interval: int) -> tuple[Floats, Floats]:
        """True concentrations from admission to the present decision: the patients treated again with the same doses.

        Args:
            slots: whose.
            per_interval: number of times in each interval between two decisions, the last one at its end.

        Returns:
            times (decisions * per_interval + 1,) h of the whole course, from 0; concentrations (slots, times) mg/L, nan
            where a patient has not come to yet. A concentration at a decision is the one before its dose.

        Raises:
            RuntimeError: a solve failed; drug, time and parameters are named.
        """
        if isinstance(self.task, PartsTask):
            return replayed(self, np.atleast_1d(slots), per_interval)
        times, outputs = self.task.care.curve(self, slots, per_interval)
        return times, outputs

    def failure(self, course: Any) -> str:
        """What is said of a patient whose solve failed."""
        task, drug = self.task, self.task.drug
        when, p = task.hours[course["decision"]], drug.Parameters(*course["parameters"].tolist())
        return (
            f"{drug.name}: the solver failed at {when:g} h for patient {course['number']}: "
            f"amounts {course['amounts'].tolist()} {drug.amount_unit}, {p}"
        )


def bench_for(task: Task, filled: dict[str, Any], draws: int = 1, solver: str | None = None) -> NDArray[np.void]:
    """Scratch space of compiled code, shape (1,), with the settings of the solver.

    Args:
        task: the task.
        filled: its `holes`; "ROWS", which no code has a hole for, is taken out.
        draws: standard normals at once, at most.
        solver: as for `Cohort`.
    """
    rows = filled.pop("ROWS")
    bench = np.zeros(1, dtype=bench_type(task, rows, draws))
    bench["work"] = workspace(task.drug, solver, rows, **task.care.solving)
    return bench


def holes(task: Task, solver: str | None = None) -> dict[str, Any]:
    """What the holes of the compiled decision hold for a task."""
    drug, population = task.drug, task.population
    return {
        **filling(drug, solver),
        "Draws": population.Draws,
        "sample": population.sample,
        "keep": population.keep,
        "covariates": drug.covariates,
        "individual": drug.individual,
        "Eta": drug.Eta,
        "NZ": len(population.Draws._fields),
        "NE": len(drug.Eta._fields),
        "Parameters": drug.Parameters,
        "Patient": drug.Patient,
        "NX": len(drug.Patient._fields),
        "NP": len(drug.Parameters._fields),
        "DOSED": drug.dosed,
        **daily.holes(drug, solver),
        "lead_in": task.lead_in or task.care.nothing,
        **task.care.compiled,
    }
