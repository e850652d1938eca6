"""The reference model DIALYSIS: two compartments; a session of haemodialysis (HD = 1) adds clearance.

dCENT/dt = R1 - (CLNR + HD CLHD + Q)/V CENT + Q/V2 PER     mg/h
dPER/dt  = R2 + Q/V CENT - Q/V2 PER                        mg/h
CP       = CENT/V                                          mg/L
"""

from typing import NamedTuple

from dosing_env.pharmacology import Assay, Drug, Patient


class Covariates(NamedTuple):
    HD: float  # 1 during a session
    CLNR: float  # L/h  without a session
    CLHD: float  # L/h  by the dialyser
    V: float  # L
    Q: float  # L/h
    V2: float  # L


class Eta(NamedTuple):
    CL: float


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    central volume
    Q: float  # L/h  intercompartmental clearance
    V2: float  # L    peripheral volume


def covariates(patient: Patient) -> Covariates:
    return Covariates(HD=patient.DIAL, CLNR=0.35, CLHD=7.5, V=28.0, Q=4.6, V2=24.0)


def individual(x: Covariates, eta: Eta) -> Parameters:
    return Parameters(CL=x.CLNR + x.HD * x.CLHD, V=x.V, Q=x.Q, V2=x.V2)


def rates(t: float, A: tuple[float, float], p: Parameters, R: tuple[float, float]) -> tuple[float, float]:
    CENT, PER = A  # mg
    R1, R2 = R  # mg/h
    return (
        R1 - (p.CL + p.Q) / p.V * CENT + p.Q / p.V2 * PER,
        R2 + p.Q / p.V * CENT - p.Q / p.V2 * PER,
    )


def concentration(A: tuple[float, float], p: Parameters) -> float:
    return A[0] / p.V


DRUG = Drug(
    name="dialysis",
    title="Two compartments with sessions of haemodialysis",
    compartments=("CENT", "PER"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    linear=True,
    omega={"CL": 0.0},
    assay=Assay(proportional=0.1),
)
