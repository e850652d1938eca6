"""The reference model KPDWARF: doses of warfarin without concentrations, two chains of three stages, INR.

    dA/dt  = R1 - KDE A                                                        mg/h
    DRATE  = KDE A                                                             mg/h
    S      = 1 - EMAX DRATE^GAM/(EDK50^GAM + DRATE^GAM)
    dP1/dt = R2 + 3/MTT1 (S - P1), dP2/dt = R3 + 3/MTT1 (P1 - P2), P3 likewise     1/h
    dQ1/dt = R5 + 3/MTT2 (S - Q1), and so on                                       1/h
    INR    = BASE + IMAX (1 - P3 Q3)^LAM

All stages start at 1. The parameters of a case are its covariates.
"""

from typing import NamedTuple

from dosing_env.arithmetic import maximum
from dosing_env.blocks.effect import inhibition
from dosing_env.blocks.kpd import virtual_compartment
from dosing_env.blocks.transit import transit3
from dosing_env.pharmacology import Assay, Drug, Patient

Seven = tuple[float, float, float, float, float, float, float]


class Parameters(NamedTuple):
    KDE: float  # 1/h  of the virtual compartment
    EDK50: float  # mg/h  rate of half the effect
    GAM: float  # steepness
    EMAX: float  # largest effect
    MTT1: float  # h  mean transit time, first chain
    MTT2: float  # h  second chain
    BASE: float  # INR without drug
    IMAX: float  # largest rise of INR
    LAM: float  # steepness of INR


class Eta(NamedTuple):
    KDE: float


def covariates(patient: Patient) -> Parameters:
    return Parameters(KDE=0.019, EDK50=0.075, GAM=1.15, EMAX=1.0, MTT1=28.6, MTT2=118.3, BASE=1.0, IMAX=20.0, LAM=3.6)


def individual(x: Parameters, eta: Eta) -> Parameters:
    return x


def rates(t: float, A: Seven, p: Parameters, R: Seven) -> Seven:
    amount, P1, P2, P3, Q1, Q2, Q3 = A  # mg; the stages relative to their value without drug
    R1, R2, R3, R4, R5, R6, R7 = R
    dA, DRATE = virtual_compartment(amount, R1, p.KDE)
    S = inhibition(DRATE, p.EMAX, p.EDK50, p.GAM)
    (dP1, dP2, dP3), _ = transit3((P1, P2, P3), R2 + 3 / p.MTT1 * S, 3 / p.MTT1)
    (dQ1, dQ2, dQ3), _ = transit3((Q1, Q2, Q3), R5 + 3 / p.MTT2 * S, 3 / p.MTT2)
    return dA, dP1, R3 + dP2, R4 + dP3, dQ1, R6 + dQ2, R7 + dQ3


def dose_rate(A: Seven, p: Parameters) -> float:
    return virtual_compartment(A[0], 0.0, p.KDE)[1]  # mg/h


def inr(A: Seven, p: Parameters) -> float:
    inhibited = maximum(1 - A[3] * A[6], 0.0)  # rounding may leave it a little below 0 before the first dose
    return p.BASE + p.IMAX * inhibited**p.LAM


def initial(p: Parameters) -> Seven:
    return 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0


DRUG = Drug(
    name="kpdwarf",
    title="K-PD of warfarin",
    compartments=("A", "P1", "P2", "P3", "Q1", "Q2", "Q3"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=dose_rate,
    outputs={"DRATE": dose_rate, "INR": inr},
    linear=False,
    omega={"KDE": 0.0},
    assay=Assay(proportional=0.1),
    initial=initial,
    driver=1,
)
