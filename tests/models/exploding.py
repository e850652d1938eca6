"""A drug that no solver can follow: the more there is, the faster it grows. After a dose D it is infinite at 1/(G D) h.

dA1/dt = R1 + G A1^2     mg/h
C      = A1/V            mg/L
"""

from typing import NamedTuple

from dosing_env.pharmacology import Assay, Drug, Patient


class Covariates(NamedTuple):
    WT: float  # kg


class Eta(NamedTuple):
    G: float


class Parameters(NamedTuple):
    G: float  # 1/mg/h
    V: float  # L


def covariates(patient: Patient) -> Covariates:
    return Covariates(WT=patient.WT)


def individual(x: Covariates, eta: Eta) -> Parameters:
    return Parameters(G=0.001, V=x.WT)


def rates(t: float, A: tuple[float], p: Parameters, R: tuple[float]) -> tuple[float]:
    return (R[0] + p.G * A[0] * A[0],)


def concentration(A: tuple[float], p: Parameters) -> float:
    return A[0] / p.V


DRUG = Drug(
    name="exploding",
    title="Grows without end",
    compartments=("central",),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    linear=False,
    omega={"G": 1.0},
    assay=Assay(proportional=0.1),
)
