"""The reference model BACT: susceptible and resistant bacteria under an antibiotic.

    dCENT/dt = R1 - CL/V CENT                                                 mg/h
    dS/dt    = R2 + KG S (1 - (S + RES)/BMAX) - EMAXS CP^GAM/(EC50S^GAM + CP^GAM) S
    dRES/dt  = R3 + KG RES (1 - (S + RES)/BMAX) - EMAXR CP^GAM/(EC50R^GAM + CP^GAM) RES
    CP       = CENT/V                                                         mg/L
    LOG10B   = log10(S + RES)                                                 of CFU/mL

S starts at S0, RES at R0. The parameters of a case are its covariates.
"""

from typing import NamedTuple

from dosing_env.arithmetic import log10
from dosing_env.blocks.bacteria import subpopulation
from dosing_env.blocks.disposition import one_compartment
from dosing_env.blocks.effect import sigmoid_emax
from dosing_env.pharmacology import Assay, Drug, Patient

Three = tuple[float, float, float]


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    volume
    KG: float  # 1/h  growth
    BMAX: float  # CFU/mL  room
    EMAXS: float  # 1/h  largest kill, susceptible
    EC50S: float  # mg/L  concentration of half of it
    EMAXR: float  # 1/h  largest kill, resistant
    EC50R: float  # mg/L  concentration of half of it
    GAM: float  # steepness
    S0: float  # CFU/mL  susceptible at the start
    R0: float  # CFU/mL  resistant at the start


class Eta(NamedTuple):
    CL: float


def covariates(patient: Patient) -> Parameters:
    return Parameters(
        CL=8.0, V=22.0, KG=0.9, BMAX=1e9, EMAXS=2.8, EC50S=2.4, EMAXR=2.5, EC50R=20.0, GAM=1.2, S0=5e6, R0=5.0
    )


def individual(x: Parameters, eta: Eta) -> Parameters:
    return x


def rates(t: float, A: Three, p: Parameters, R: Three) -> Three:
    CENT, S, RES = A  # mg, CFU/mL
    R1, R2, R3 = R
    killS = sigmoid_emax(CENT / p.V, p.EMAXS, p.EC50S, p.GAM)
    killR = sigmoid_emax(CENT / p.V, p.EMAXR, p.EC50R, p.GAM)
    return (
        one_compartment(CENT, R1, p.CL, p.V),
        R2 + subpopulation(S, S + RES, killS, p.KG, p.BMAX),
        R3 + subpopulation(RES, S + RES, killR, p.KG, p.BMAX),
    )


def concentration(A: Three, p: Parameters) -> float:
    return A[0] / p.V  # mg/L


def log_count(A: Three, p: Parameters) -> float:
    return log10(A[1] + A[2])


def initial(p: Parameters) -> Three:
    return 0.0, p.S0, p.R0


DRUG = Drug(
    name="bact",
    title="Susceptible and resistant bacteria",
    compartments=("CENT", "S", "RES"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    outputs={"CP": concentration, "LOG10B": log_count},
    linear=False,
    omega={"CL": 0.0},
    assay=Assay(proportional=0.1),
    initial=initial,
    driver=1,
)
