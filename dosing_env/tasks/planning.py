"""How is planned in any task: its own step is run ahead on copies of patients, with nothing by chance.

A plan is an action for each of the next few decisions at which a policy is asked; the last one is repeated. First every
action of a coarse grid is tried now, with every one of them afterwards; then the actions go up and down, all together
and one by one, as long as that pays, by ever smaller steps down to one product. What a plan is worth is what is paid on
the way, on average over everybody the patient may be, and a little for how near it comes to what is sought. So the
planner knows no goal of its own. It does not foresee what happens by chance (drifts, missed doses), and counts an
injury by its hazard.

The oracle plans for the true patient, Bayesian policies for those behind the chart (`believing`).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.simulation.compiling import HOLE, uncounted
from dosing_env.tasks.believing import Believed, Believer, imagine
from dosing_env.tasks.compose import Composition
from dosing_env.tasks.follow import Courses, here, treat

asks: Any = HOLE
clock_of: Any = HOLE
prescribed: Any = HOLE
valued: Any = HOLE  # what is gained, as the planner counts it
nearness: Any = HOLE

Floats = NDArray[np.float64]

TRIED = 7  # actions tried at first, of all numbers together
MOST = 24  # decisions that a plan reaches, where windows have no length
FREE = 4  # actions that are sought one by one
WINDOWS = 2  # that a plan reaches
_SWEEPS = 3
# What nearness counts: it decides between plans worth as much, and keeps off edges that drift crosses. DERIVED: of 1e-4
# to 3e-2 the oracle of a ward reaches most with it (400 patients).
_LITTLE = 1e-2
_NOTHING = 1e-7  # probability of a patient who is left out
_FAILED = -1e300


class Plan(NamedTuple):
    """A plan and what it is chosen from; scratch space of one patient."""

    now: Any  # (free, numbers) which value of each grid is tried
    best: Any
    grid: Any  # the usual values of all numbers of an action, one grid behind the other
    first: Any  # (numbers + 1,) where each begins
    coarse: Any  # (numbers,) of how many values one is tried at first
    stride: Any  # (numbers,) the present step
    action: Any  # (numbers,)


class Horizon(NamedTuple):
    """How far is planned."""

    ahead: int  # decisions
    free: int


def horizon(made: Composition, free: int = FREE, windows: int = WINDOWS) -> Horizon:
    """So many of the longest windows that something is judged by, or `MOST` decisions."""
    interval, longest = float(np.diff(made.at).min()), 0.0
    for term in made.judging:
        source = made.source(term)
        if source.part.every is None:
            return Horizon(MOST, free)
        longest = max(longest, source.part.every(source.section, made.settings[source.path]))
    ahead = min(max(MOST, free), math.ceil(windows * longest / interval))
    return Horizon(ahead, min(free, ahead))


def plan_of(grids: tuple[tuple[float, ...], ...], free: int) -> Plan:
    """Room for a plan of actions with these grids."""
    sizes = np.array([len(grid) for grid in grids])
    few = max(2, round(TRIED ** (1.0 / len(sizes))))
    coarse = np.maximum(1, -(-(sizes - 1) // (few - 1)))
    none = np.zeros((free, len(sizes)), np.int64)
    first = np.append(0, np.cumsum(sizes))
    return Plan(none, none.copy(), np.concatenate(grids), first, coarse, coarse.copy(), np.zeros(len(sizes)))


class Oracle:
    """The plan for the patients of a cohort of a task made of parts."""

    def __init__(self, cohort: Any) -> None:
        task = cohort.task
        holes = task.holes(quiet=1)
        rows = holes.pop("ROWS")
        self._cohort, self._rules, self._bench = cohort, task.numbers, task.made.bench(rows)
        self._cloud, self._tried = (Courses(cohort.courses[:1].copy(), cohort.memory[:1].copy()) for _ in range(2))
        self._horizon = horizon(task.made)
        self._plan = plan_of(task.grids, self._horizon.free)
        self._decide = uncounted(plan_known, **holes, valued=holes["paid_for"])

    def __call__(self) -> Floats:
        """What to do now for each patient, (n, numbers)."""
        cohort, wanted = self._cohort, np.zeros((self._cohort.size, len(self._plan.action)))
        known = Courses(cohort.courses, cohort.memory)
        self._decide(
            known, np.ones(1), self._rules, cohort.key, self._bench, self._cloud, self._tried, self._plan,
            self._horizon, wanted,
        )  # fmt: skip
        return wanted


class Bayesian:
    """The plan for the patients behind charts.

    Args:
        task: made of parts.
        believer: the model that is believed.
        particles: how many patients may stand behind a chart; 1: the most probable one.
        free, windows: see `horizon`.

    The most probable patient is planned for without the prices of harm, for what is sought alone: a plan for one
    patient that goes to the edge of what is sought, to save a little harm, is beyond it for the next.
    """

    def __init__(self, task: Any, believer: Believer, particles: int = 1, free: int = FREE, windows: int = WINDOWS):
        self._believer, self._particles = believer, particles
        self._horizon = horizon(task.made, free, windows)
        self._plan = plan_of(task.grids, self._horizon.free)
        self._cloud, self._tried = believer.room(particles), believer.room(1)
        own = believer.holes
        self._decide = uncounted(plan_believed, **own, valued=own["paid_for" if particles > 1 else "sought_for"])

    def __call__(self, observation: NDArray[np.float32], state: Any) -> tuple[Floats, Any]:
        """What to do now, (n, numbers); and where the searches of the next decision begin."""
        memory = self._believer.memory(len(observation), state)
        believed = self._believer.meet(observation, memory)
        z, weight = self._who(believed)
        wanted, own = np.zeros((len(observation), len(self._plan.action))), self._believer
        self._decide(
            believed.courses, z, weight, own.root, own.rules, own.key, own.bench, self._cloud, self._tried, self._plan,
            self._horizon, wanted,
        )  # fmt: skip
        return wanted, memory

    def _who(self, believed: Believed) -> tuple[Floats, Floats]:
        if self._particles > 1:
            return self._believer.particles(believed, self._particles)
        z = believed.found.z[:, None].copy()
        return z, np.ones(z.shape[:2])


def plan_known(known, weight, rules, key, bench, cloud, tried, plan, horizon, wanted):  # type: ignore[no-untyped-def]
    """What to do now for every patient whose course is not over. weight: (1,) of ones."""
    for i in range(len(known.records)):
        if known.records[i].decision < len(clock_of(here(known, i, rules)).asked):
            _copy(known, i, cloud, 0)
            _decide(weight, rules, key, bench, cloud, tried, plan, horizon, wanted[i])


def plan_believed(told, z, weight, root, rules, key, bench, cloud, tried, plan, horizon, wanted):  # type: ignore[no-untyped-def]
    """What to do now for the patient behind every chart: z, weight (charts, particles)."""
    for i in range(len(told.records)):
        if told.records[i].decision < len(clock_of(here(told, i, rules)).asked):
            for j in range(len(cloud.records)):
                if weight[i, j] >= _NOTHING and not imagine(told, i, rules, key, bench, cloud, j, root, z[i, j]):
                    weight[i, j] = 0.0
            _decide(weight[i], rules, key, bench, cloud, tried, plan, horizon, wanted[i])


def _decide(weight, rules, key, bench, cloud, tried, plan, horizon, wanted):  # type: ignore[no-untyped-def]
    """The first action of the best plan for a patient who may be any of the cloud."""
    numbers, free = len(plan.action), horizon.free
    value, combinations = 2.0 * _FAILED, 1
    for n in range(numbers):
        plan.stride[n] = plan.coarse[n]
        combinations *= _coarse(plan, n)
    for first in range(combinations):
        for then in range(combinations if free > 1 else 1):
            _lay_out(plan, 0, 1, first)
            _lay_out(plan, 1, free, then)
            value = _better(value, weight, rules, key, bench, cloud, tried, plan, horizon)
    while True:
        finest = True
        for n in range(numbers):
            plan.stride[n] = (plan.stride[n] + 1) // 2
            finest = finest and plan.stride[n] == 1
        value = _sweep(value, weight, rules, key, bench, cloud, tried, plan, horizon)
        if finest:
            break
    for n in range(numbers):
        wanted[n] = plan.grid[plan.first[n] + plan.best[0, n]]


def _lay_out(plan, begin, end, combination):  # type: ignore[no-untyped-def]
    """A combination of values of the coarse grids, by its number, for some actions of the plan."""
    for n in range(len(plan.action)):
        at = min(combination % _coarse(plan, n) * plan.coarse[n], _most(plan, n))
        combination //= _coarse(plan, n)
        for k in range(begin, end):
            plan.now[k, n] = at


def _coarse(plan, n):  # type: ignore[no-untyped-def]
    """How many values of number n are tried at first."""
    return (_most(plan, n) + plan.coarse[n] - 1) // plan.coarse[n] + 1


def _most(plan, n):  # type: ignore[no-untyped-def]
    """The largest value of number n, by its place in the grid."""
    return plan.first[n + 1] - plan.first[n] - 1


def _sweep(value, weight, rules, key, bench, cloud, tried, plan, horizon):  # type: ignore[no-untyped-def]
    """All actions together, then one after the other, up and down by the present step as long as that pays."""
    for _ in range(_SWEEPS):
        before = value
        for at in range(-1, horizon.free if horizon.free > 1 else 0):
            for n in range(len(plan.action)):
                for way in (1, -1):
                    last = _FAILED * 4.0
                    while value > last:
                        last = value
                        if not _shift(plan, at, n, way * plan.stride[n]):
                            break
                        value = _better(value, weight, rules, key, bench, cloud, tried, plan, horizon)
        if value == before:
            break
    return value


def _shift(plan, at, n, by):  # type: ignore[no-untyped-def]
    """The best plan with number n of action `at` (-1: of all) another one, to be tried. False: there is none."""
    moved = False
    for k in range(len(plan.now)):
        for m in range(len(plan.action)):
            plan.now[k, m] = plan.best[k, m]
        if at in (-1, k):
            plan.now[k, n] = min(max(plan.best[k, n] + by, 0), _most(plan, n))
            moved = moved or plan.now[k, n] != plan.best[k, n]
    return moved


def _better(value, weight, rules, key, bench, cloud, tried, plan, horizon):  # type: ignore[no-untyped-def]
    """The larger of `value` and what the plan is worth; keeps the plan if that is it."""
    worth = 0.0
    for j in range(len(cloud.records)):
        if weight[j] >= _NOTHING:
            worth += weight[j] * _worth(j, rules, key, bench, cloud, tried, plan, horizon)
    if worth > value:
        for k in range(len(plan.now)):
            for n in range(len(plan.action)):
                plan.best[k, n] = plan.now[k, n]
        return worth
    return value


def _worth(j, rules, key, bench, cloud, tried, plan, horizon):  # type: ignore[no-untyped-def]
    """What the plan is worth for patient j of the cloud."""
    _copy(cloud, j, tried, 0)
    patient = here(tried, 0, rules)
    value, at, first = 0.0, 0, 1.0
    end = min(patient.course.decision + horizon.ahead, len(clock_of(patient).asked))
    while patient.course.decision < end:
        k = patient.course.decision
        for n in range(len(plan.action)):
            plan.action[n] = plan.grid[plan.first[n] + plan.now[min(at, horizon.free - 1), n]]
        bench.gained[:] = 0.0
        prescribed(patient, plan.action, first)
        first = 0.0
        if not treat(patient, key, bench, bench.gained):
            return _FAILED
        value += valued(patient, bench.gained)
        clock = clock_of(patient)
        for piece in range(clock.first_piece[k], clock.first_piece[k + 1]):
            value += _LITTLE * nearness(patient, piece)
        if asks(patient):
            at, first = at + 1, 1.0
    return value


def _copy(source, i, target, at):  # type: ignore[no-untyped-def]
    target.records[at] = source.records[i]
    for j in range(target.memory.shape[1]):
        target.memory[at, j] = source.memory[i, j]
