"""The reference model PK1: one compartment with absorption; the parameters of a case are given as covariates.

    dGUT/dt  = R1 - KA GUT                mg/h
    dCENT/dt = R2 + KA GUT - CL/V CENT    mg/h
    CP       = CENT/V                     mg/L

The reference's bioavailabilities are 1 and its lags 0 in the cases used here, and are left out.
"""

from typing import NamedTuple

from dosing_env.pharmacology import Assay, Drug, Patient


class Covariates(NamedTuple):
    CL: float  # L/h
    V: float  # L
    KA: float  # 1/h


class Eta(NamedTuple):
    CL: float


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    volume
    KA: float  # 1/h  absorption


def covariates(patient: Patient) -> Covariates:
    return Covariates(CL=4.6, V=32.0, KA=1.0)


def individual(x: Covariates, eta: Eta) -> Parameters:
    return Parameters(CL=x.CL, V=x.V, KA=x.KA)


def rates(t: float, A: tuple[float, float], p: Parameters, R: tuple[float, float]) -> tuple[float, float]:
    GUT, CENT = A  # mg
    R1, R2 = R  # mg/h
    return (
        R1 - p.KA * GUT,
        R2 + p.KA * GUT - p.CL / p.V * CENT,
    )


def concentration(A: tuple[float, float], p: Parameters) -> float:
    return A[1] / p.V


DRUG = Drug(
    name="pk1",
    title="One compartment with absorption",
    compartments=("GUT", "CENT"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    linear=True,
    omega={"CL": 0.0},
    assay=Assay(proportional=0.1),
    dosed=1,
)
