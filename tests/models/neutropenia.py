"""Friberg's neutropenia behind two compartments: the reference model FRIBERG with a linear slope.

    dCENT/dt = R1 - (CL + Q)/V CENT + Q/V2 PER                            mg/h
    dPER/dt  = R2 + Q/V CENT - Q/V2 PER                                   mg/h
    dPROL/dt = KTR PROL ((1 - SLOPE CENT/V) (CIRC0/CIRC)^GAM - 1)         10^9/L/h     KTR = 4/MTT
    dTi/dt   = KTR (Ti-1 - Ti),   i = 1, 2, 3, and CIRC behind them

Source: Friberg et al., J Clin Oncol 2002;20:4713-4721.
"""

from typing import NamedTuple

from dosing_env.pharmacology import Assay, Drug, Patient

Seven = tuple[float, float, float, float, float, float, float]


class Covariates(NamedTuple):
    CL: float  # L/h
    V: float  # L
    Q: float  # L/h
    V2: float  # L
    CIRC0: float  # 10^9/L
    MTT: float  # h
    GAM: float
    SLOPE: float  # L/mg


class Eta(NamedTuple):
    CL: float


class Parameters(NamedTuple):
    CL: float  # L/h    clearance
    V: float  # L      central volume
    Q: float  # L/h    intercompartmental clearance
    V2: float  # L      peripheral volume
    CIRC0: float  # 10^9/L neutrophils without drug
    MTT: float  # h      mean transit time
    GAM: float  # feedback
    SLOPE: float  # L/mg   drug effect


def covariates(patient: Patient) -> Covariates:
    return Covariates(CL=36.0, V=8.3, Q=7.5, V2=14.0, CIRC0=5.05, MTT=88.7, GAM=0.161, SLOPE=8.6)


def individual(x: Covariates, eta: Eta) -> Parameters:
    return Parameters(CL=x.CL, V=x.V, Q=x.Q, V2=x.V2, CIRC0=x.CIRC0, MTT=x.MTT, GAM=x.GAM, SLOPE=x.SLOPE)


def rates(t: float, A: Seven, p: Parameters, R: Seven) -> Seven:
    CENT, PER, PROL, T1, T2, T3, CIRC = A
    KTR = 4.0 / p.MTT
    return (
        R[0] - (p.CL + p.Q) / p.V * CENT + p.Q / p.V2 * PER,
        R[1] + p.Q / p.V * CENT - p.Q / p.V2 * PER,
        R[2] + KTR * PROL * ((1.0 - p.SLOPE * CENT / p.V) * (p.CIRC0 / CIRC) ** p.GAM - 1.0),
        R[3] + KTR * (PROL - T1),
        R[4] + KTR * (T1 - T2),
        R[5] + KTR * (T2 - T3),
        R[6] + KTR * (T3 - CIRC),
    )


def neutrophils(A: Seven, p: Parameters) -> float:
    return A[6]


def healthy(p: Parameters) -> Seven:
    return 0.0, 0.0, p.CIRC0, p.CIRC0, p.CIRC0, p.CIRC0, p.CIRC0


DRUG = Drug(
    name="neutropenia",
    title="Neutropenia behind two compartments",
    compartments=("CENT", "PER", "PROL", "T1", "T2", "T3", "CIRC"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=neutrophils,
    linear=False,
    omega={"CL": 0.0},
    assay=Assay(proportional=0.1),
    driver=2,
    initial=healthy,
)
