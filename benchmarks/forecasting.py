"""MAP estimation against SciPy's `minimize`, patient by patient, on the same compiled objective.

Both are handed the same problem (doses, levels and covariates as arrays: no table is read) and search from the typical
patient. SciPy's L-BFGS-B takes its own numerical gradient, and the loosest tolerance at which the random effects of
both agree. Every line names the largest difference between them, in units of the random effects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.measure import Figure, best, main
from benchmarks.simulation import timed
from dosing_env import catalogue, simulate
from dosing_env.inference import search
from dosing_env.inference.likelihood import surprise
from dosing_env.inference.objective import begin
from dosing_env.inference.problem import Problem, etas_of, means_of, posed, solve, spelt_out
from dosing_env.pharmacology import Drug
from dosing_env.simulation.compiling import specialise
from dosing_env.simulation.recorded import holes, replay
from dosing_env.simulation.subject import FINE
from tests.models.michaelis_menten import DRUG as MICHAELIS_MENTEN

Floats = NDArray[np.float64]

TOLERANCES = {"ftol": 1e-11}
SEEN = (2.5, 23.5, 35.5)  # h: a peak and two troughs


def figures(small: bool = False) -> Iterator[Figure]:
    many, some, repeats = (20, 5, 1) if small else (10_000, 400, 7)
    yield compared("two compartments", vancomycin(many), some, 1_000.0, repeats)
    yield compared("Michaelis-Menten", saturable(many // 10), some // 4, 50.0, repeats)


def vancomycin(patients: int) -> Problem:
    """Vancomycin (Goti 2018), infusions of 750 to 1,750 mg."""
    chance = np.random.default_rng(0)
    weight, clearance = chance.normal(79.0, 15.0, patients).clip(45.0, 130.0), chance.uniform(20.0, 140.0, patients)
    covariates = pd.DataFrame({"WT": weight, "CRCL": clearance, "DIAL": 0.0})
    doses = chance.choice(np.arange(750.0, 2000.0, 250.0), patients)
    return posed_of(catalogue.load("drugs", "vancomycin_goti2018"), covariates, doses)


def saturable(patients: int) -> Problem:
    """Two compartments and saturable elimination, infusions of 200 to 600 mg."""
    chance = np.random.default_rng(1)
    covariates = pd.DataFrame({"WT": chance.normal(79.0, 15.0, patients).clip(45.0, 130.0)})
    return posed_of(MICHAELIS_MENTEN, covariates, chance.choice(np.arange(200.0, 650.0, 50.0), patients))


def posed_of(drug: Drug, covariates: pd.DataFrame, doses: Floats) -> Problem:
    """The patients' levels are drawn from the model; three infusions of 1.5 h every 12 h."""
    covariates.insert(0, "ID", np.arange(1, len(doses) + 1))
    events = pd.DataFrame({"ID": covariates["ID"], "TIME": 0.0, "AMT": doses, "RATE": doses / 1.5})
    events = events.assign(II=12.0, ADDL=2)
    seen = simulate(drug, events, covariates=covariates, times=SEEN, seed=1)
    seen = seen.rename(columns={"time": "TIME", "dv": "DV", "blq": "BLQ"})[["ID", "TIME", "DV", "BLQ"]]
    rows = pd.concat([events, seen.assign(EVID=0, DV=seen["DV"].clip(lower=0.0))])
    return posed(drug, rows.sort_values(["ID", "TIME"], kind="stable"), covariates, "locf")[2]


def compared(what: str, problem: Problem, some: int, least: float, repeats: int) -> Figure:
    """Ours for all patients against SciPy for the first of them."""
    patients = len(problem.seen.last_eta)
    by_scipy(problem, 1)  # compiles
    ours, other = best(repeats, timed(partial(solve, problem)), timed(partial(by_scipy, problem, some)))
    found = solve(problem)
    own = etas_of(problem.seen, found)[:some]
    off = np.abs(own - spelt_out(problem.seen.root, by_scipy(problem, some))).max()
    failed = int((found.status != search.CONVERGED).sum())
    line = f"{what}, {patients:,} patients, etas differ by {off:.0e}"
    speed = f"{patients / ours:,.0f}/s ({failed} failed)"
    ratio = other / some * patients / ours
    return Figure(line, speed, f"minimize {some / other:,.0f}/s", ratio, f">= {least:,g}", ratio >= least)


def by_scipy(problem: Problem, patients: int) -> Floats:
    """(patients, random effects) as standard normals, by L-BFGS-B."""
    begin = np.zeros(problem.seen.root.shape[1])
    return np.array(
        [minimize(f, begin, method="L-BFGS-B", options=TOLERANCES).x for f in objectives(problem, patients)]
    )


def objectives(problem: Problem, patients: int) -> Iterator[Callable[[Floats], float]]:
    """F of each patient, as a function of the standard normal random effects: what `solve` makes small, compiled."""
    drug, plan, seen = problem
    means, fill = means_of(problem, 16), holes(drug)
    start, one = specialise(begin), specialise(objective_of_one, **fill)
    error = seen.form, seen.proportional, seen.additive
    looks = len(SEEN)
    for s in range(patients):
        if start(s, means) != FINE:
            raise ValueError(f"patient {s} cannot be recorded")
        tape = means.tape.out[: int(means.tape.out[0, 0]) + 1].copy()
        mine = slice(s * looks, (s + 1) * looks)
        scratch = (
            np.zeros((1, len(drug.Eta._fields))),
            np.zeros((1, looks)),
            np.zeros(1),
            means.work,
            means.memory,
            *np.zeros((2, 8)),
        )
        yield partial(
            _plain, one, (seen.level[mine], seen.below[mine], error, seen.root, tape, plan.covariates, *scratch)
        )


def _plain(one: Any, known: tuple[Any, ...], z: Floats) -> float:
    value: float = one(z, *known)
    return value


def objective_of_one(z, level, below, error, root, tape, covariates, etas, levels, failed, work, memory, a, inflow):  # type: ignore[no-untyped-def]
    """F of one patient, from plain arrays: cheap to call from Python."""
    form, proportional, additive = error
    total = 0.0
    for i in range(len(root)):
        etas[0, i] = 0.0
        for k in range(len(z)):
            etas[0, i] += root[i, k] * z[k]
    replay(tape, covariates, etas, 1, 0, 1, search.RELATIVE, 0, levels, failed, work, memory, a, inflow)
    total = failed[0]
    for k in range(len(z)):
        total += z[k] * z[k]
    for j in range(len(level)):
        total += surprise(form, proportional, additive, levels[0, j], level[j], below[j])
    return total


if __name__ == "__main__":
    main(figures)
