"""The reference model PK2: two compartments with absorption; the parameters of a case are given as covariates.

    dGUT/dt  = R1 - KA GUT                                  mg/h
    dCENT/dt = R2 + KA GUT - (CL + Q)/V CENT + Q/V2 PER     mg/h
    dPER/dt  = R3 + Q/V CENT - Q/V2 PER                     mg/h
    CP       = CENT/V                                       mg/L

The reference's bioavailabilities are 1 and its lags 0 in the cases used here, and are left out.
"""

from typing import NamedTuple

from dosing_env.pharmacology import Assay, Drug, Patient

Three = tuple[float, float, float]


class Covariates(NamedTuple):
    CL: float  # L/h
    V: float  # L
    Q: float  # L/h
    V2: float  # L
    KA: float  # 1/h


class Eta(NamedTuple):
    CL: float


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    central volume
    Q: float  # L/h  intercompartmental clearance
    V2: float  # L    peripheral volume
    KA: float  # 1/h  absorption


def covariates(patient: Patient) -> Covariates:
    return Covariates(CL=3.2, V=12.0, Q=4.4, V2=38.0, KA=1.0)


def individual(x: Covariates, eta: Eta) -> Parameters:
    return Parameters(CL=x.CL, V=x.V, Q=x.Q, V2=x.V2, KA=x.KA)


def rates(t: float, A: Three, p: Parameters, R: Three) -> Three:
    GUT, CENT, PER = A  # mg
    R1, R2, R3 = R  # mg/h
    return (
        R1 - p.KA * GUT,
        R2 + p.KA * GUT - (p.CL + p.Q) / p.V * CENT + p.Q / p.V2 * PER,
        R3 + p.Q / p.V * CENT - p.Q / p.V2 * PER,
    )


def concentration(A: Three, p: Parameters) -> float:
    return A[1] / p.V


DRUG = Drug(
    name="pk2",
    title="Two compartments with absorption",
    compartments=("GUT", "CENT", "PER"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    linear=True,
    omega={"CL": 0.0},
    assay=Assay(proportional=0.1),
    dosed=1,
)
