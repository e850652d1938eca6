"""A simulated population against the percentiles that another engine found for 2,000,000 subjects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.arithmetic import exp
from dosing_env.blocks.disposition import two_compartments
from dosing_env.pharmacology import Assay, Drug, Patient
from dosing_env.simulation.cells import Floats, Table
from dosing_env.simulation.tables import simulate
from dosing_env.verification.check import Check

SUBJECTS, THEIRS, SEED = 200_000, 2_000_000, 1
LIMIT = 3.0  # standard errors of the difference
EVENTS = [{"TIME": 0.0, "AMT": 1000.0, "RATE": 1000.0, "II": 12.0, "ADDL": 7}]
PERCENTILES = (5, 50, 95)

Two = tuple[float, float]


class Covariates(NamedTuple):
    """None."""


class Eta(NamedTuple):
    """Log-normal."""

    CL: float
    V1: float
    V2: float


class Parameters(NamedTuple):
    """Of the README, section Population."""

    CL: float  # L/h  clearance
    V1: float  # L    central volume
    Q: float  # L/h  intercompartmental clearance
    V2: float  # L    peripheral volume


def covariates(patient: Patient) -> Covariates:
    """None."""
    return Covariates()


def individual(x: Covariates, eta: Eta) -> Parameters:
    """The README of the reference, section Population."""
    return Parameters(CL=4.5 * exp(eta.CL), V1=33.0 * exp(eta.V1), Q=6.5, V2=40.0 * exp(eta.V2))


def rates(t: float, A: Two, p: Parameters, R: Two) -> Two:
    """Two compartments."""
    return two_compartments(A, R, p.CL, p.V1, p.Q, p.V2)


def concentration(A: Two, p: Parameters) -> float:
    """In the central compartment, mg/L."""
    return A[0] / p.V1


DRUG = Drug(
    name="reference_population",
    title="Two compartments, intravenous, with variability between patients",
    compartments=("central", "peripheral"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    linear=True,
    omega={"CL": 0.09, "V1": 0.06, "V2": 0.16},
    covariance={("CL", "V1"): 0.03, ("V1", "V2"): 0.02},
    assay=Assay(proportional=0.0),
)


def check(folder: Path) -> Iterator[Check]:
    """Each statistic at each time: the difference in standard errors of the difference."""
    path = folder / "population_percentiles.csv"
    theirs = Table(str(path), path, (), may_be_empty=True)
    times = theirs.numbers("time", least=0.0)
    table = simulate(DRUG, EVENTS, times=times, subjects=SUBJECTS, seed=SEED)
    levels = table["level"].to_numpy().reshape(SUBJECTS, len(times))
    wider = float(np.sqrt(1.0 + THEIRS / SUBJECTS))
    own = {f"p{percent:02d}": np.percentile(levels, percent, axis=0) for percent in PERCENTILES}
    own["mean"] = levels.mean(axis=0)
    for name, values in own.items():
        error = np.abs(values - theirs.numbers(name)) / (theirs.numbers(f"se_{name}") * wider)
        yield from _checks(name, times, error)
    se = _error_of_sd(levels) * float(np.sqrt(1.0 + SUBJECTS / THEIRS))
    yield from _checks("sd", times, np.abs(levels.std(axis=0) - theirs.numbers("sd")) / se)


def _checks(name: str, times: Floats, errors: Floats) -> Iterator[Check]:
    for time, error in zip(times, errors, strict=True):
        yield Check("population", f"{SUBJECTS:,} subjects", f"{name} at {time:g} h", float(error), LIMIT, "SE")


def _error_of_sd(levels: NDArray[np.float64]) -> Floats:
    """The standard error of a standard deviation, from the fourth moment."""
    centred = levels - levels.mean(axis=0)
    variance, fourth = (centred**2).mean(axis=0), (centred**4).mean(axis=0)
    return np.sqrt((fourth - variance**2) / (4.0 * variance * len(levels)))
