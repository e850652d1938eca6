"""The reference model FRIBERG: two compartments and the blood count under chemotherapy.

    dCENT/dt = R1 - (CL + Q)/V CENT + Q/V2 PER                              mg/h
    dPER/dt  = R2 + Q/V CENT - Q/V2 PER                                     mg/h
    dPROL/dt = R3 + 4/MTT PROL ((1 - E) (CIRC0/CIRC)^GAM - 1)               10^9/L/h
    dT1/dt   = R4 + 4/MTT (PROL - T1), and so on to T3 and CIRC             10^9/L/h
    E        = SLOPE CP + EMAXD CP/(EC50D + CP)
    CP       = CENT/V                                                       mg/L

All cells start at CIRC0. The parameters of a case are its covariates.
"""

from typing import NamedTuple

from dosing_env.blocks.disposition import two_compartments
from dosing_env.blocks.effect import emax, linear_effect
from dosing_env.blocks.myelosuppression import friberg, friberg_baseline
from dosing_env.pharmacology import Assay, Drug, Patient

Seven = tuple[float, float, float, float, float, float, float]


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    central volume
    Q: float  # L/h  intercompartmental clearance
    V2: float  # L    peripheral volume
    CIRC0: float  # 10^9/L  cells without drug
    MTT: float  # h    mean transit time
    GAM: float  # feedback
    SLOPE: float  # L/mg  linear effect
    EMAXD: float  # largest saturable effect
    EC50D: float  # mg/L  concentration of half of it


class Eta(NamedTuple):
    CL: float


def covariates(patient: Patient) -> Parameters:
    return Parameters(CL=36.0, V=8.3, Q=7.5, V2=14.0, CIRC0=5.05, MTT=88.7, GAM=0.161, SLOPE=8.6, EMAXD=0.0, EC50D=1.0)


def individual(x: Parameters, eta: Eta) -> Parameters:
    return x


def rates(t: float, A: Seven, p: Parameters, R: Seven) -> Seven:
    CENT, PER, PROL, T1, T2, T3, CIRC = A  # mg, 10^9/L
    R1, R2, R3, R4, R5, R6, R7 = R
    CP = CENT / p.V
    E = linear_effect(CP, p.SLOPE) + emax(CP, p.EMAXD, p.EC50D)
    dPROL, dT1, dT2, dT3, dCIRC = friberg((PROL, T1, T2, T3, CIRC), E, p.CIRC0, p.MTT, p.GAM)
    dCENT, dPER = two_compartments((CENT, PER), (R1, R2), p.CL, p.V, p.Q, p.V2)
    return dCENT, dPER, R3 + dPROL, R4 + dT1, R5 + dT2, R6 + dT3, R7 + dCIRC


def concentration(A: Seven, p: Parameters) -> float:
    return A[0] / p.V  # mg/L


def initial(p: Parameters) -> Seven:
    return 0.0, 0.0, *friberg_baseline(p.CIRC0)


DRUG = Drug(
    name="friberg",
    title="Myelosuppression (Friberg)",
    compartments=("CENT", "PER", "PROL", "T1", "T2", "T3", "CIRC"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    outputs={"CP": concentration},
    linear=False,
    omega={"CL": 0.0},
    assay=Assay(proportional=0.1),
    initial=initial,
    driver=2,
)
