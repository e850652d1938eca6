"""What a model makes of charts: the patient who most probably stands behind each, and others who may.

An imagined patient has the bedside values of the chart and goes through the task's own course with the doses of the
chart; what was measured is held against what is true of him. With z his random effects as standard normals,

    F(z) = sum of what each result says, see `likelihood.surprise` + z'z

is made small by Newton's method on differences. What nobody knows does not happen to him: drift, missed doses.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.inference.particles import proposals_of, weights
from dosing_env.inference.problem import require_error, root_of
from dosing_env.inference.search import CONVERGED, IMPOSSIBLE, NO_MINIMUM, NOT_CONVERGED, lifted, longest_part
from dosing_env.pharmacology import Drug
from dosing_env.simulation.chance import Key
from dosing_env.simulation.compiling import HOLE, uncounted
from dosing_env.tasks.compose import Composition
from dosing_env.tasks.follow import Courses, here, settle, treat
from dosing_env.tasks.records import admission

recalled: Any = HOLE
NE: Any = HOLE
WIDTH: Any = HOLE  # of a difference, in SD of the random effects

Floats = NDArray[np.float64]

_STEPS = 40
_THERE = 1e-4  # largest part of the last step
_NEAR = 1e-3  # of a step after which the second differences still hold
_NOISE = 1e-6
_LEAST = 1e-4  # share of a step


class Desk(NamedTuple):
    """Scratch space of a search over d random effects."""

    z: Any  # (d,)
    tried: Any
    step: Any
    slope: Any
    matrix: Any  # (d, d)
    factor: Any


class Found(NamedTuple):
    """What the search found of each patient, and the F of particles."""

    z: Any  # (n, d) in the beginning where to start
    hessian: Any  # (n, d, d) of F
    status: Any  # (n,) see `inference.search`


class Believed(NamedTuple):
    """Imagined patients of charts: as they were admitted, with what the charts say of them, and their random effects.

    Their decision is that of the chart.
    """

    courses: Courses
    found: Found


class Believer:
    """A model that reads the charts of a task made of parts.

    Args:
        made: the task.
        drug: the model that is believed.
        name: of who believes it, for messages.

    Raises:
        ValueError: the model has no residual error, needs other bedside values than the patients have, or the chart
            does not say what is needed.
    """

    def __init__(self, made: Composition, drug: Drug, name: str) -> None:
        require_error(drug)
        self.made = replace(made, drug=drug, imagined=True)
        _require_told(self.made, name)
        # Of solvers that make steps the noise stays small against the wider one.
        self.holes = self.made.holes(quiet=1) | {"WIDTH": 1e-3 if drug.linear else 1e-2}
        self._rows = self.holes.pop("ROWS")
        self.bench = self.made.bench(self._rows)
        self.rules, self.root = self.made.memory.all, root_of(drug)
        self.key = Key(np.uint64(0), np.uint64(0))  # nothing is drawn
        self._admission = admission(self.made.course_type, self.made.parts)
        self._admission["patient"] = _typical(made)
        self._believe = uncounted(believe_all, **self.holes)
        self._weigh = uncounted(weigh_all, **self.holes)
        d = self.root.shape[1]
        z, tried, step, slope = (np.zeros(d) for _ in range(4))
        self._desk = Desk(z, tried, step, slope, np.zeros((d, d)), np.zeros((d, d)))

    def memory(self, size: int, found: Any = None) -> Floats:
        """(size, random effects) where searches begin: a copy of what was found before, or the typical patient."""
        d = self.root.shape[1]
        return np.array(found, dtype=np.float64) if np.shape(found) == (size, d) else np.zeros((size, d))

    def room(self, count: int) -> Courses:
        """Records of so many patients."""
        return Courses(self._admission.repeat(count), np.zeros((count, self.made.memory.width)))

    def meet(self, observation: NDArray[np.float32], memory: Floats) -> Believed:
        """Who most probably stands behind each chart.

        Args:
            observation: (n, features) charts.
            memory: (n, random effects) what the searches of the decision before found; filled with what they find now.
        """
        n, d = len(observation), self.root.shape[1]
        rows = observation.astype(np.float64)
        courses = self.room(n)
        courses.records["decision"] = self.decisions(rows)
        memory[courses.records["decision"] == self._first()] = 0.0
        found = Found(memory.copy(), np.zeros((n, d, d)), np.zeros(n, np.int64))
        self._believe(courses, rows, self.rules, self.key, self.bench, self.room(1), self.root, self._desk, found)
        memory[:] = found.z
        return Believed(courses, found)

    def _first(self) -> int:
        return int(np.argmax(self.made.asked))

    def decisions(self, rows: Floats) -> NDArray[np.int64]:
        """(n,) at which decision point each chart stands."""
        if self.made.counted:
            return np.rint(rows[:, 0]).astype(np.int64) - 1
        return np.abs(rows[:, :1] - self.made.at).argmin(axis=1)

    def particles(self, believed: Believed, count: int) -> tuple[Floats, Floats]:
        """Random effects (n, count, d) of patients who may stand behind each chart, and their probabilities."""
        found = believed.found
        z, q = proposals_of(found.z, found.hessian, found.status == CONVERGED).even(count)
        doubt = np.zeros(q.shape)
        self._weigh(believed.courses, self.rules, self.key, self.bench, self.room(1), self.root, z, doubt)
        return z, weights(-0.5 * doubt - q)


def _typical(made: Composition) -> Floats:
    """The bedside values of the typical patient: of what no chart says."""
    population = made.population
    return np.array(population.sample(population.Draws(*np.zeros(len(population.Draws._fields)))), dtype=np.float64)


def _require_told(made: Composition, name: str) -> None:
    """Refuse a task whose charts do not say what has to be known."""
    own = made.population.Patient._fields
    for missing in (value for value in made.wanted if value not in own):
        what = f"reads {missing}, which the patients of {made.title!r} do not have"
        raise ValueError(f"{name}: {made.drug.name} {what}: {', '.join(own)}")
    for p in made.given:
        charted = p.part.columns(p.section, made.settings[p.path])
        if charted and not (p.has("recall") and p.key("keeps") in (None, True)):
            raise ValueError(f"{name}: believes no model: the chart does not keep all that was given ({p.path})")
    if not any(p.has("misfit") for p in made.parts):
        raise ValueError(f"{name}: believes no model: nothing is measured that it can use in {made.title!r}")


def believe_all(told, rows, rules, key, bench, tried, root, desk, found):  # type: ignore[no-untyped-def]
    """Fill in what each chart says, and find the random effects that most probably stand behind it."""
    for i in range(len(told.records)):
        recalled(here(told, i, rules), rows[i])
        for k in range(len(desk.z)):
            desk.z[k] = found.z[i, k]
        found.status[i] = _search(told, i, rules, key, bench, tried, root, desk)
        for k in range(len(desk.z)):
            found.z[i, k] = desk.z[k]
            for m in range(len(desk.z)):
                found.hessian[i, k, m] = desk.matrix[max(k, m), min(k, m)]


def weigh_all(told, rules, key, bench, tried, root, z, doubt):  # type: ignore[no-untyped-def]
    """F of each particle, (n, m)."""
    for i in range(len(z)):
        for j in range(z.shape[1]):
            doubt[i, j] = _doubt(told, i, rules, key, bench, tried, root, z[i, j])


def imagine(told, i, rules, key, bench, into, at, root, z):  # type: ignore[no-untyped-def]
    """Write into slot `at` who may stand behind chart i, by his random effects, as he is now. False: a solve failed."""
    into.records[at] = told.records[i]
    for j in range(into.memory.shape[1]):
        into.memory[at, j] = told.memory[i, j]
    patient = here(into, at, rules)
    course = patient.course
    for j in range(NE):
        course.eta[j] = 0.0
        for m in range(len(z)):
            course.eta[j] += root[j, m] * z[m]
    now, course.decision = course.decision, 0
    settle(patient, key, bench)
    while course.decision < now:
        if not treat(patient, key, bench, bench.gained):
            return False
    return True


def _doubt(told, i, rules, key, bench, tried, root, z):  # type: ignore[no-untyped-def]
    if not imagine(told, i, rules, key, bench, tried, 0, root, z):
        return math.inf
    total = tried.records[0].misfit[0]
    for k in range(len(z)):
        total += z[k] * z[k]
    return total


def _search(told, i, rules, key, bench, tried, root, desk):  # type: ignore[no-untyped-def]
    """From desk.z to where F is least. Returns the status; the Hessian stays in desk.matrix."""
    d = len(desk.z)
    value = _doubt(told, i, rules, key, bench, tried, root, desk.z)
    if not value < math.inf:
        desk.z[:] = 0.0
        value = _doubt(told, i, rules, key, bench, tried, root, desk.z)
    if not value < math.inf:
        return IMPOSSIBLE
    afar = True
    for _ in range(_STEPS):
        _differences(told, i, rules, key, bench, tried, root, desk, value, afar)
        lift = lifted(d, desk)
        if not lift < math.inf:
            return NO_MINIMUM
        longest, share = longest_part(d, desk), 2.0
        new = math.inf
        while not new <= value + _NOISE and share > _LEAST:
            share *= 0.5
            for k in range(d):
                desk.tried[k] = desk.z[k] + share * desk.step[k]
            new = _doubt(told, i, rules, key, bench, tried, root, desk.tried)
        if not new <= value + _NOISE:
            return NOT_CONVERGED
        value = new
        for k in range(d):
            desk.z[k] = desk.tried[k]
        if longest < _THERE:
            return CONVERGED if lift == 0.0 else NO_MINIMUM
        afar = longest > _NEAR or share < 1.0
    return NOT_CONVERGED


def _differences(told, i, rules, key, bench, tried, root, desk, value, second):  # type: ignore[no-untyped-def]
    """The slope of F and, where wanted, its second derivatives."""
    d, h = len(desk.z), WIDTH
    for k in range(d):
        desk.tried[k] = desk.z[k]
    for k in range(d):
        desk.tried[k] = desk.z[k] + h
        above = _doubt(told, i, rules, key, bench, tried, root, desk.tried)
        for m in range(k if second else 0):  # with the others above, from before
            desk.tried[m] = desk.z[m] + h
            desk.matrix[k, m] = _doubt(told, i, rules, key, bench, tried, root, desk.tried) - above
            desk.tried[m] = desk.z[m]
        desk.tried[k] = desk.z[k] - h
        below = _doubt(told, i, rules, key, bench, tried, root, desk.tried)
        for m in range(k if second else 0):
            desk.tried[m] = desk.z[m] - h
            corner = _doubt(told, i, rules, key, bench, tried, root, desk.tried) - below
            desk.matrix[k, m] += corner
            desk.tried[m] = desk.z[m]
        desk.tried[k] = desk.z[k]
        desk.slope[k] = (above - below) / (2.0 * h)
        if second:
            desk.matrix[k, k] = (above - 2.0 * value + below) / (h * h)
    if second:
        # F(+,+) + F(-,-) - F(+,0) - F(-,0) = h^2 (F_mm + 2 F_km), with what goes first taken off
        for k in range(d):
            for m in range(k):
                desk.matrix[k, m] = 0.5 * (desk.matrix[k, m] / (h * h) - desk.matrix[m, m])
