"""Simulation of many subjects against ODE integrators, and against the stated speed of the field's C++ engine.

Ours is the whole of `simulate`: events, covariates and random effects are read and checked, a table comes out. Every
figure names the largest error of its amounts, abs(own - value) / (abs(value) + 1e-6 largest value), against SciPy's
DOP853 at its tightest tolerance (solver="scipy") in a few subjects. The aims are ratios to the engine. The integrators
are yardsticks: ours has to be faster at an error that is not larger, or there is no ratio that would do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import process_time
from typing import Any, NamedTuple, cast

import gymnasium
import numpy as np
import pandas as pd
from numpy.typing import NDArray

import dosing_env
from benchmarks.integrators import (
    Course,
    Problem,
    by_numbalsoda,
    by_scipy,
    course,
    has_numbalsoda,
    neutropenia,
    two_compartments,
)
from benchmarks.measure import Figure, best, fresh, main, under
from benchmarks.plain_env import DECISIONS, plain_twin
from benchmarks.steps import SCENARIOS, one_by_one, some_doses, within_courses
from dosing_env import catalogue
from dosing_env.pharmacology import Drug
from dosing_env.simulation.tables import simulate_in_parts
from dosing_env.vector import DosingVectorEnv
from tests.models.neutropenia import DRUG as NEUTROPENIA

# Subjects per second, and steps for the last, of the field's C++ engine on one thread of the same kind of machine.
# They were measured elsewhere and are stated in the project's goals: nothing of it runs here.
ENGINE = {"exact": 9_800.0, "compiled": 2_600.0, "neutropenia": 880.0, "steps": 39_000.0}
TIMES = {"exact": 10.0, "compiled": 3.0, "neutropenia": 2.0, "steps": 50.0}  # targets
STATED = "C++ engine, stated, not run here,"
RELATIVE = 1e-8
MEGABYTES = 4000

MEMORY = """
import json, resource, sys
from benchmarks.simulation import stream
rows = stream({subjects})
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)  # MB
print(json.dumps({{"rows": rows, "peak": peak}}))
"""


class Setting(NamedTuple):
    """Subjects of one drug who all get the same doses, for `simulate` and for the integrators."""

    drug: Drug
    events: list[dict[str, float]]
    given: dict[str, Any]  # keyword arguments of `simulate` that are the same for all subjects
    who: tuple[str, pd.DataFrame]  # the one that is not, with ID
    plan: Course
    times: NDArray[np.float64]
    problem: Problem
    atol: float  # mg: of the integrators, such that small amounts are not much worse than large ones


def figures(small: bool = False) -> Iterator[Figure]:
    many, some, few, repeats = (20, 20, 1, 1) if small else (10_000, 2_000, 4, 9)
    if not has_numbalsoda():
        print("numbalsoda is not installed, its lines are left out: see benchmarks/README.md", flush=True)
    infusions, cycles = vancomycin(many), docetaxel(some)
    exact = {"relative": RELATIVE}
    stepping = {"relative": RELATIVE, "auc": False}
    yield from compared("exact", "(a) 2 compartments, exact", infusions, exact, few, repeats)
    yield from compared("compiled", "(b) the same by steps", infusions, stepping | {"solver": "compiled"}, few, repeats)
    yield from compared("neutropenia", "(c) neutropenia, 63 days", cycles, stepping, few, repeats)
    yield from decisions(64 if small else 1000, 1 if small else 20, repeats)
    subjects = 1_000 if small else 1_000_000
    peak = fresh(MEMORY.format(subjects=subjects))["peak"]
    base = fresh(MEMORY.format(subjects=1))["peak"]
    yield under(f"(e) {subjects:,} subjects, daily, in parts, memory", peak, base, "1 subject", MEGABYTES, "MB")


def vancomycin(subjects: int, every: float = 1.0) -> Setting:
    """Two compartments, 1 g over an hour every 12 hours for a week, seen so often (h)."""
    drug: Drug = catalogue.load("drugs", "vancomycin_thomson2009")
    x = drug.Covariates(WT=70.0, CRCL=90.0)
    eta = 0.3 * np.random.default_rng(0).standard_normal((subjects, len(drug.Eta._fields)))
    parameters = np.array([drug.individual(x, drug.Eta(*row)) for row in eta]) if every == 1.0 else np.empty((0, 4))
    return Setting(
        drug,
        [{"TIME": 0.0, "AMT": 1000.0, "RATE": 1000.0, "II": 12.0, "ADDL": 13.0}],
        {"covariates": x._asdict()},
        ("eta", numbered(drug.Eta._fields, eta)),
        course(12.0 * np.arange(14), 1000.0, 168.0, every),
        np.arange(0.0, 168.0 + every / 2.0, every),
        Problem(two_compartments, parameters, np.zeros((len(parameters), 2))),
        1e-8,
    )


def docetaxel(subjects: int) -> Setting:
    """180 mg over an hour every three weeks, three times; the typical patient is the reference case friberg_lin."""
    typical = NEUTROPENIA.covariates(None)
    spread = np.exp(0.25 * np.random.default_rng(1).standard_normal((subjects, len(typical))))
    parameters = np.array(typical) * spread
    baseline = parameters[:, [typical._fields.index("CIRC0")]]
    return Setting(
        NEUTROPENIA,
        [{"TIME": 0.0, "AMT": 180.0, "RATE": 180.0, "II": 504.0, "ADDL": 2.0}],
        {},
        ("covariates", numbered(typical._fields, parameters)),
        course(504.0 * np.arange(3), 180.0, 1512.0, 24.0),
        np.arange(0.0, 1513.0, 24.0),
        Problem(neutropenia, parameters, np.hstack([np.zeros((subjects, 2)), baseline.repeat(5, axis=1)])),
        1e-12,
    )


def numbered(names: Sequence[str], values: NDArray[np.float64]) -> pd.DataFrame:
    table = pd.DataFrame(values, columns=list(names))
    table.insert(0, "ID", np.arange(1, len(values) + 1))
    return table


def compared(key: str, what: str, setting: Setting, how: dict[str, Any], few: int, repeats: int) -> Iterator[Figure]:
    """Ours against each integrator and the stated engine; the integrators take fewer subjects, to be done in time."""
    subjects = len(setting.who[1])
    some = min(subjects, 50 * few)
    others: dict[str, tuple[int, Any]] = {"solve_ivp": (few, by_scipy)}
    if has_numbalsoda():
        others["numbalsoda"] = (some, by_numbalsoda)
    simulate(setting, few, how)  # compiles
    for count, by in others.values():
        integrate(setting, min(count, 2), by)
    works = [partial(integrate, setting, count, by) for count, by in others.values()]
    ours, *seconds = best(repeats, *map(timed, (partial(simulate, setting, subjects, how), *works)))
    truth = on_grid(setting, few, {"solver": "scipy"})
    error = largest_error(on_grid(setting, few, how), truth)
    speed = subjects / ours
    line = f"{what}, error {error:.0e}"
    rows = f"{speed:,.0f}/s, {speed * len(setting.times) / 1e6:,.2f} M rows/s"
    yield against(line, rows, speed, STATED, ENGINE[key], TIMES[key])
    for (name, (count, by)), spent in zip(others.items(), seconds, strict=True):
        theirs = largest_error(integrate(setting, few, by), truth)
        known = f"{name}, error {theirs:.0e},"
        yield against(line, rows, speed, known, count / spent, 1.0 if error <= theirs else math.inf)


def against(what: str, rows: str, speed: float, name: str, other: float, least: float) -> Figure:
    ratio = speed / other
    return Figure(what, rows, f"{name} {other:,.0f}/s", ratio, f">= {least:g}", ratio >= least)


def timed(work: Callable[[], Any]) -> Callable[[], float]:
    """The work as one that returns its CPU-seconds, those of all its threads."""

    def measured() -> float:
        begin = process_time()
        work()
        return process_time() - begin

    return measured


def simulate(setting: Setting, subjects: int, how: dict[str, Any]) -> pd.DataFrame:
    """The first subjects of a setting, by ours."""
    name, table = setting.who
    given = setting.given | {name: table[:subjects], "times": setting.times} | how
    return dosing_env.simulate(setting.drug, setting.events, **given)


def integrate(setting: Setting, subjects: int, by: Any) -> NDArray[np.float64]:
    """The same by an integrator, at every time of the grid."""
    equations, parameters, start = setting.problem
    return by(Problem(equations, parameters[:subjects], start[:subjects]), setting.plan, RELATIVE, setting.atol)


def on_grid(setting: Setting, subjects: int, how: dict[str, Any]) -> NDArray[np.float64]:
    """Amounts by ours, as the integrators give them: (subjects, times of the grid, compartments)."""
    table = simulate(setting, subjects, how | {"times": setting.plan.grid})
    names = [f"A_{name}" for name in setting.drug.compartments]
    return table[names].to_numpy().reshape(subjects, -1, len(names))


def largest_error(own: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """In the measure of tests/reference/README.md, with the largest value of each subject and compartment."""
    size = np.abs(values)
    return float((np.abs(own - values) / (size + 1e-6 * size.max(axis=1, keepdims=True))).max())


def decisions(patients: int, cycles: int, repeats: int) -> Iterator[Figure]:
    """Steps of the ward: dose, simulation from the carried state, assay, AUC, reward, observation, info."""
    env = cast(DosingVectorEnv, gymnasium.make_vec(SCENARIOS["ward"], num_envs=patients))
    doses = some_doses(patients)
    within_courses(env, doses, 1)  # compiles
    plain = plain_twin(env.task, 1)
    ours, other = best(repeats, partial(within_courses, env, doses, cycles), partial(one_by_one, plain, doses[:, :1]))
    line = f"(d) {patients:,} patients x {DECISIONS} decisions, ward"
    speed = f"{1 / ours:,.0f} steps/s"
    yield against(line, speed, 1 / ours, STATED, ENGINE["steps"], TIMES["steps"])
    yield against(line, speed, 1 / ours, "plain environment", 1 / other, 1.0)


def stream(subjects: int) -> int:
    """The rows of so many subjects of (a), seen daily, made in parts that are thrown away."""
    setting = vancomycin(subjects, 24.0)
    name, table = setting.who
    given = setting.given | {name: table, "times": setting.times}
    return sum(len(part) for part in simulate_in_parts(setting.drug, setting.events, **given))


if __name__ == "__main__":
    main(figures)
