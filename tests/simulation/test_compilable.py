"""A drug that numba cannot compile is answered in one line."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from dosing_env import simulate
from dosing_env.pharmacology import Assay, Drug, Patient


class Covariates(NamedTuple):
    """None."""


class Eta(NamedTuple):
    """Of the clearance."""

    CL: float


class Parameters(NamedTuple):
    """One compartment."""

    CL: float
    V: float


def covariates(patient: Patient) -> Covariates:
    return Covariates()


def individual(x: Covariates, eta: Eta) -> Parameters:
    return Parameters(4.0, 30.0)


def rates(t: float, A: tuple[float], p: Any, R: tuple[float]) -> tuple[float]:
    return (R[0] - p.CLR / p.V * A[0],)


def level(A: tuple[float], p: Parameters) -> float:
    return A[0] / p.V


DRUG = Drug(
    name="wrong",
    title="Asks for a parameter that is none",
    compartments=("central",),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=level,
    linear=True,
    omega={"CL": 0.1},
    assay=Assay(proportional=0.1),
)


def test_a_drug_that_cannot_be_compiled() -> None:
    answer = r"^wrong cannot be compiled: line \d+: Unknown attribute 'CLR' of the parameters. Its fields: CL, V \("
    with pytest.raises(ValueError, match=answer):
        simulate(DRUG, [{"TIME": 0.0, "AMT": 100.0}], times=[1.0])
