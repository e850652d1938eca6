"""Every drug of the catalogue: its published figures, the agreement of the solvers, and the balance of what goes in."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dosing_env import catalogue
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Drug, Patient
from dosing_env.simulation.tables import simulate
from dosing_env.verification.check import Check, failed
from dosing_env.verification.reference import AGREEMENT, LIMIT, apart, solvers_of

Events = tuple[Mapping[str, float], ...]


class Trials(NamedTuple):
    """Three very different patients of a kind, and how a drug is tried in each."""

    patients: tuple[Any, ...]
    events: Events  # amounts in the drug's unit
    steady: Events
    times: tuple[float, ...]  # h


_WARD = Trials(
    patients=(
        Patient(AGE=57.0, WT=79.0, HT=172.0, SEX=1.0, SCR=1.1, DIAL=0.0, HAEM=0.0),
        Patient(AGE=88.0, WT=43.0, HT=155.0, SEX=0.0, SCR=3.0, DIAL=1.0, HAEM=0.0),
        Patient(AGE=24.0, WT=130.0, HT=190.0, SEX=1.0, SCR=0.6, DIAL=0.0, HAEM=1.0),
    ),
    # A load, overlapping infusions, a bolus; then the steady state of an infusion.
    events=(
        {"TIME": 0.0, "AMT": 2000.0, "RATE": 1000.0},
        {"TIME": 8.0, "AMT": 1000.0, "RATE": 100.0, "II": 6.0, "ADDL": 3},
        {"TIME": 30.0, "AMT": 500.0},
    ),
    steady=({"TIME": 0.0, "AMT": 1000.0, "RATE": 1000.0, "II": 12.0, "ADDL": 3, "SS": 1},),
    times=(0.5, 1.0, 2.0, 3.7, 8.0, 12.0, 20.0, 29.9, 36.0, 48.0, 72.0),
)
_PLAIN = WarfarinPatient(**dict.fromkeys(WarfarinPatient._fields, 0.0) | {"INR0": 1.0, "INR_LOW": 2.0, "INR_HIGH": 3.0})
_CLINIC = Trials(
    patients=(
        _PLAIN._replace(AGE=71.0, WT=80.0, HT=172.0, SEX=1.0),
        _PLAIN._replace(AGE=88.0, WT=43.0, HT=155.0, CYP2C9_3=2.0, VKORC1_A=2.0, AMIODARONE=1.0, INR0=1.2),
        _PLAIN._replace(AGE=24.0, WT=130.0, HT=190.0, SEX=1.0, CYP2C9_2=1.0, VKORC1_A=1.0, CYP4F2_3=2.0),
    ),
    # A start with twice the dose, a missed day; then a steady state.
    events=(
        {"TIME": 0.0, "AMT": 10.0, "II": 24.0, "ADDL": 1},
        {"TIME": 48.0, "AMT": 5.0, "II": 24.0, "ADDL": 3},
        {"TIME": 168.0, "AMT": 7.5, "II": 12.0, "ADDL": 6},
    ),
    steady=({"TIME": 0.0, "AMT": 5.0, "II": 24.0, "ADDL": 6, "SS": 1},),
    times=(0.1, 1.0, 5.0, 24.0, 36.5, 72.0, 120.0, 168.0, 200.0, 240.0, 360.0),
)
TRIALS: dict[Any, Trials] = {Patient: _WARD, WarfarinPatient: _CLINIC}


def check(name: str) -> Iterator[Check]:
    """Every check of one drug of the catalogue."""
    drug: Drug = catalogue.load("drugs", name)
    for figure in drug.published:
        try:
            off = abs(figure.own(drug, simulate) / figure.value - 1.0)
            yield Check("published", name, figure.what, off, figure.within, f"{figure.value:g} {figure.unit}")
        except (ValueError, RuntimeError) as error:
            yield failed("published", name, figure.what, figure.within, error)
    yield from _solvers(drug)
    if drug.linear and "CL" in drug.Parameters._fields:
        yield _balance(drug)


def _solvers(drug: Drug) -> Iterator[Check]:
    """How far each solver is from SciPy, in the worst of three patients and two regimens."""
    trials = TRIALS[drug.Patient]
    courses = list(itertools.product(trials.patients, (trials.events, trials.steady)))
    for solver in solvers_of(drug)[:-1]:
        limit = AGREEMENT if solver == "exact" else LIMIT
        try:
            differences = []
            for patient, events in courses:
                one, other = (
                    simulate(drug, list(events), covariates=patient, times=trials.times, solver=s)
                    for s in (solver, "scipy")
                )
                differences.append(apart(one, other))
            yield Check("solver and SciPy", drug.name, solver, max(differences), limit)
        except (ValueError, RuntimeError) as error:
            yield failed("solver and SciPy", drug.name, solver, limit, error)


def _balance(drug: Drug) -> Check:
    """What was given is what is there and what was cleared, CL AUC."""
    worst, trials = 0.0, TRIALS[drug.Patient]
    for patient in trials.patients:
        table = simulate(drug, list(trials.events), covariates=patient, times=trials.times[-1:]).iloc[0]
        p = drug.individual(drug.covariates(patient), drug.no_eta)
        present = sum(table[f"A_{compartment}"] for compartment in drug.compartments)
        given = sum(event["AMT"] * (1.0 + event.get("ADDL", 0.0)) for event in trials.events)
        worst = max(worst, abs((present + p.CL * table["auc"]) / given - 1.0))
    return Check("mass balance", drug.name, "given = present + CL AUC", worst, AGREEMENT)
