"""The reference model PK2COV: two compartments whose parameters follow weight and creatinine clearance.

CL = CLI (WT/70)^0.75 (CRCL/100)^TH                 L/h
V1 = V WT/70,  V2 = V2 WT/70                        L
Q  = Q (WT/70)^0.75                                 L/h

dGUT/dt  = R1 - KA GUT                              mg/h
dCENT/dt = R2 + KA GUT - (CL + Q)/V1 CENT + Q/V2 PER
dPER/dt  = R3 + Q/V1 CENT - Q/V2 PER
CP       = CENT/V1                                  mg/L
"""

from typing import NamedTuple

from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.disposition import two_compartments
from dosing_env.pharmacology import Assay, Drug, Patient

Three = tuple[float, float, float]


class Covariates(NamedTuple):
    WT: float  # kg
    CRCL: float  # mL/min
    CLI: float  # L/h  at 70 kg and 100 mL/min
    TH: float
    V: float  # L    at 70 kg
    Q: float  # L/h  at 70 kg
    V2: float  # L    at 70 kg
    KA: float  # 1/h


class Eta(NamedTuple):
    CL: float


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V1: float  # L    central volume
    Q: float  # L/h  intercompartmental clearance
    V2: float  # L    peripheral volume
    KA: float  # 1/h  absorption


def covariates(patient: Patient) -> Covariates:
    return Covariates(WT=patient.WT, CRCL=100.0, CLI=4.8, TH=0.9, V=33.0, Q=6.0, V2=40.0, KA=1.0)


def individual(x: Covariates, eta: Eta) -> Parameters:
    return Parameters(
        CL=x.CLI * (x.WT / 70) ** 0.75 * (x.CRCL / 100) ** x.TH,
        V1=x.V * x.WT / 70,
        Q=x.Q * (x.WT / 70) ** 0.75,
        V2=x.V2 * x.WT / 70,
        KA=x.KA,
    )


def rates(t: float, A: Three, p: Parameters, R: Three) -> Three:
    GUT, CENT, PER = A  # mg
    R1, R2, R3 = R  # mg/h
    dGUT, absorbed = first_order(GUT, R1, p.KA)
    return dGUT, *two_compartments((CENT, PER), (R2 + absorbed, R3), p.CL, p.V1, p.Q, p.V2)


def concentration(A: Three, p: Parameters) -> float:
    return A[1] / p.V1


DRUG = Drug(
    name="pk2cov",
    title="Two compartments, allometric, with kidney function",
    compartments=("GUT", "CENT", "PER"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    outputs={"CP": concentration},
    linear=True,
    omega={"CL": 0.0},
    assay=Assay(proportional=0.1),
    dosed=1,
)
