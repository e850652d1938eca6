"""The search for the most probable patients: what it is given, and its result, as arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import NDArray

from dosing_env.inference import derivatives, objective, search
from dosing_env.inference.observations import Levels, read_levels
from dosing_env.pharmacology import Drug, DrugLike
from dosing_env.residual import FORMS
from dosing_env.simulation import recorded, subject
from dosing_env.simulation.batch import How
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.compiling import HOLE, specialise, uncounted
from dosing_env.simulation.effects import Drawn
from dosing_env.simulation.model import model_of
from dosing_env.simulation.solvers import workspace
from dosing_env.simulation.tables import Study, study_of

covariates: Any = HOLE
Patient: Any = HOLE
NX: Any = HOLE

Rows = NDArray[np.intp]

_ROOM, _MOST_ROOM = 16, 1_024  # doses of a subject that run or wait at once
_TRAIL = 16_384  # steps of a solver that neighbours can follow


class Problem(NamedTuple):
    """What happens to whom, what was seen, and which model is believed."""

    drug: Drug
    plan: subject.Plan
    seen: objective.Seen


def require_error(drug: Drug) -> None:
    """Refuse a drug whose levels are exact: nothing could be weighed."""
    if drug.assay.proportional == 0.0 and drug.assay.additive == 0.0:
        raise ValueError(f"{drug.name}: it has no residual error (assay): nothing can be learned from a level")


def require_one_occasion(drug: Drug) -> None:
    """Refuse a drug that varies between occasions where charts, which number none, are read."""
    if any(drug.occasion.values()):
        raise ValueError(f"{drug.name}: this model has between-occasion variability; charts do not support it yet")


def posed(drug: DrugLike, data: Any, covariates: Any, carry: str) -> tuple[Study, Levels, Problem]:
    """What tables say: who is meant, what was measured, and the problem. See `map_estimate`.

    Raises:
        ValueError: data that cannot be used exactly as they stand, or a drug without residual error.
    """
    study = study_of(drug, data, covariates, (), None, How(None, search.RELATIVE, auc=False), carry, None, None, None)
    require_error(study.drug)
    levels = read_levels(study.drug, data, study.events).of(study.mine)
    return study, levels, problem_of(study, levels)


def problem_of(study: Study, levels: Levels) -> Problem:
    """The problem that tables pose."""
    drug, n = study.drug, len(study.who)
    first, last = (edge[study.conditions] for edge in (study.steps.first, study.steps.last))
    kappas = _kappas(drug)
    rows = last - first if len(kappas) else np.ones(n, dtype=np.intp)
    edges = np.append(0, np.cumsum(rows))
    occasion = np.zeros(edges[-1], dtype=np.intp)
    for s in range(n if len(kappas) else 0):
        numbers = study.steps.occasions[first[s] : last[s]]
        occasion[edges[s] : edges[s + 1]] = np.unique(numbers, return_inverse=True)[1]
    drawn = Drawn(np.zeros((edges[-1], len(drug.Eta._fields))), edges[:-1], 1 if len(kappas) else 0)
    records, mine = study.records(0, n)
    plan = study.plan(0, n, records, mine, drawn, np.zeros(n, dtype=np.intp))
    return Problem(drug, plan, seen_of(drug, levels, edges, occasion))


def problem_of_patients(
    drug: Drug, patients: Floats, times: Floats, records: Floats, level: Floats, below: Floats
) -> Problem:
    """The problem of patients whose charts were kept at the same times.

    Args:
        drug: the model.
        patients: (n, steps, fields of `drug.Patient`) bedside values from each of the times on.
        times: (steps,) h.
        records: (n, records, WIDTH) of `subject`, in order of time.
        level: (n, looks) what was measured at the looks among the records; nan: nothing.
        below: (n, looks) 1: it is below what stands in `level`.
    """
    n, steps = patients.shape[:2]
    bedside = patients.reshape(n * steps, -1)
    values = np.empty((n * steps, len(drug.Covariates._fields)))
    specialise(_covariates, covariates=drug.covariates, Patient=drug.Patient, NX=bedside.shape[1])(bedside, values)
    everyone, edges = np.arange(n), np.arange(n + 1)
    plan = subject.Plan(
        records=records.reshape(-1, subject.WIDTH),
        first_record=everyone * records.shape[1],
        last_record=(everyone + 1) * records.shape[1],
        times=np.tile(times, n),
        covariates=values,
        first_step=everyone * steps,
        last_step=(everyone + 1) * steps,
        etas=np.zeros((n, len(drug.Eta._fields))),
        first_eta=everyone,
        first_row=np.zeros(n, dtype=np.intp),
        next_eta=0,
        late=False,
        linear=drug.linear,
    )
    when = records[records[:, :, subject.KIND] == subject.LOOK][:, subject.TIME]
    looks = Levels(when, level.ravel(), below.ravel(), edges * level.shape[1])
    return Problem(drug, plan, seen_of(drug, looks, edges, np.zeros(n, dtype=np.intp)))


def _covariates(patients, values):  # type: ignore[no-untyped-def]
    """The drug's covariates of every patient."""
    for i in range(len(patients)):
        x = covariates(Patient(*to_fixed_tuple(patients[i], NX)))
        for j in range(len(x)):
            values[i, j] = x[j]


def seen_of(drug: Drug, levels: Levels, edges: Rows, occasion: Rows) -> objective.Seen:
    """The levels, and what is believed before: the drug's variances and residual error.

    Args:
        drug: the model.
        levels: what was measured.
        edges: (subjects + 1,) rows of the plan's etas of each subject: from one edge to the next.
        occasion: (rows,) number of the occasion within the subject, from 0.
    """
    names, assay, kappas = drug.Eta._fields, drug.assay, _kappas(drug)
    root = root_of(drug)
    own = len(kappas) * (np.maximum.reduceat(occasion, edges[:-1]) + 1)
    return objective.Seen(
        level=levels.level,
        below=levels.below,
        first_look=levels.first,
        form=FORMS.index(assay.form),
        proportional=float(assay.proportional),
        additive=float(assay.additive),
        root=root,
        kappas=kappas,
        spread=np.sqrt([drug.occasion[names[i]] for i in kappas]),
        occasion=occasion,
        last_eta=edges[1:],
        first_z=np.append(0, np.cumsum(root.shape[1] + own)),
    )


def root_of(drug: Drug) -> Floats:
    """(etas, a) the root of omega, without columns of zeros: eta = root z."""
    names = drug.Eta._fields
    root = np.array(drug.omega_root()).reshape(len(names), len(names))
    return np.ascontiguousarray(root[:, root.any(axis=0)])


def _kappas(drug: Drug) -> Rows:
    return np.array([i for i, name in enumerate(drug.Eta._fields) if drug.occasion.get(name, 0.0) > 0.0], dtype=np.intp)


def solve(problem: Problem, start: Floats | None = None, *, spread: bool = True) -> search.Found:
    """The most probable random effects; searched from `start`, left out from 0.

    spread: whether the Hessian is wanted. If not, the estimates are found within some 0.01 SD.
    """
    seen = problem.seen
    n, most = len(seen.last_eta), int(np.diff(seen.first_z).max(initial=1))
    found = search.Found(
        z=np.zeros(seen.first_z[-1]) if start is None else start.copy(),
        hessian=np.zeros((seen.first_z[-1] if spread else 0, most)),
        objective=np.zeros(n),
        status=np.zeros(n, dtype=np.intp),
        predicted=np.zeros(seen.first_look[-1]),
    )
    _carry_out(problem, search.search_all, found)
    return found


def weigh(problem: Problem, z: Floats) -> Floats:
    """F of `search` at each particle, (subjects, particles), infinite where it is impossible or cannot be solved.

    z: (subjects, particles, most random effects).
    """
    particles = search.Particles(z, np.empty(z.shape[:2]))
    _carry_out(problem, search.weigh_all, particles)
    return particles.objective


def _carry_out(problem: Problem, kernel: Any, result: Any) -> None:
    """Run a kernel of `search` over all subjects, with as much room for doses and stretches as it turns out to need."""
    drug, _, seen = problem
    n, points = len(seen.last_eta), points_of(problem)
    low, room, means, desk = 0, _ROOM, means_of(problem, _ROOM), _desk(points.z.shape[1], points.levels.shape[1])
    while low < n and room <= _MOST_ROOM:
        low, _ = uncounted(kernel)(low, n, means, seen, points, result, desk)
        room *= 4
        means = means_of(problem, room) if low < n else means
    if low < n:
        raise ValueError(f"{drug.name}: more than {_MOST_ROOM:,} doses run or wait at once")


def means_of(problem: Problem, room: int) -> objective.Means:
    """How levels are predicted, with room for so many doses at once and 16 times as many stretches."""
    drug, plan, seen = problem
    n, parameters = len(drug.compartments), len(drug.Parameters._fields)
    looks = int(np.diff(seen.first_look).max(initial=1))
    (model, rows), (replay, own_rows) = model_of(drug, None), recorded.replay_of(drug)
    numbers = np.arange(float(len(plan.covariates)))[:, None]
    tape = np.zeros((16 * room, recorded.width(n)))
    out = np.zeros((n + 2 + len(drug.outputs), looks))
    work = workspace(drug, None, rows, relative=search.RELATIVE, exposed=False)
    return objective.Means(
        model=model,
        plan=plan,
        bench=subject.make_bench(n, parameters, work, room, out),
        fault=np.zeros(n + 3),
        recordable=recorded.can_be_recorded(drug),
        recorder=recorded.recorder_of(n),
        steps=plan._replace(covariates=numbers),
        tape=subject.make_bench(n, 1, tape, room, tape),
        replay=replay,
        work=workspace(drug, None, own_rows, exposed=False, trail=_TRAIL),
        stepped=not drug.linear,
        memory=recorded.memory_of(drug, len(tape)),
    )


def points_of(problem: Problem) -> objective.Points:
    """Room for the neighbours of a point that second differences need."""
    drug, plan, seen = problem
    most, looks = (int(np.diff(first).max(initial=1)) for first in (seen.first_z, seen.first_look))
    rows, count = int((seen.last_eta - plan.first_eta).max(initial=1)), max(objective.AT_ONCE, most * (most + 1) + 1)
    zeros = np.zeros
    return objective.Points(
        z=zeros((count, most)),
        failed=zeros(count),
        levels=zeros((count, looks)),
        etas=zeros((count * rows, len(drug.Eta._fields))),
    )


def etas_of(seen: objective.Seen, found: search.Found) -> Floats:
    """(subjects, etas) the random effects between patients."""
    between = seen.root.shape[1]
    z = np.array([found.z[first : first + between] for first in seen.first_z[:-1]])
    return spelt_out(seen.root, z.reshape(-1, between))


def laplace(root: Floats, hessian: Floats) -> Floats:
    """(..., etas, etas) covariance of the random effects between patients given the levels: Laplace's approximation.

    Twice the inverse of the full Hessian, (..., random effects, random effects), at the estimate.
    """
    between = root.shape[1]
    return np.asarray(2.0 * root @ np.linalg.inv(hessian)[..., :between, :between] @ root.T)


def spelt_out(root: Floats, z: Floats) -> Floats:
    """(..., etas) of z (..., random effects), those between patients first. BLAS would mix in what else is there."""
    etas: Any = (z[..., None, : root.shape[1]] * root).sum(axis=-1)
    return np.asarray(etas)


def _desk(most: int, looks: int) -> derivatives.Desk:
    z, home, step, slope = np.zeros((4, most))
    change, bend = np.zeros((most, looks)), np.zeros((most * (most + 1) // 2, looks))
    square = (most, most)
    return derivatives.Desk(z, home, step, slope, change, bend, matrix=np.zeros(square), factor=np.zeros(square))
