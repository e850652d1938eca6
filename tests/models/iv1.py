"""One compartment, intravenous; the parameters are given as covariates.

dA1/dt = R1 - CL/V A1     mg/h
C      = A1/V             mg/L
"""

from typing import NamedTuple

from dosing_env.blocks.disposition import one_compartment
from dosing_env.pharmacology import Assay, Drug, Patient


class Covariates(NamedTuple):
    CL: float  # L/h
    V: float  # L


class Eta(NamedTuple):
    CL: float


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    volume


def covariates(patient: Patient) -> Covariates:
    return Covariates(CL=4.6, V=32.0)


def individual(x: Covariates, eta: Eta) -> Parameters:
    return Parameters(CL=x.CL, V=x.V)


def rates(t: float, A: tuple[float], p: Parameters, R: tuple[float]) -> tuple[float]:
    return (one_compartment(A[0], R[0], p.CL, p.V),)


def concentration(A: tuple[float], p: Parameters) -> float:
    return A[0] / p.V


DRUG = Drug(
    name="iv1",
    title="One compartment, intravenous",
    compartments=("CENT",),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    linear=True,
    omega={"CL": 0.0},
    assay=Assay(proportional=0.1),
)
