"""The reference model EFFECT: one compartment, effect compartment, sigmoid Emax.

    dGUT/dt  = R1 - KA GUT                            mg/h
    dCENT/dt = R2 + KA GUT - CL/V CENT                mg/h
    dCE/dt   = R3 + KE0 (CENT/V - CE)                 mg/L/h
    CP       = CENT/V                                 mg/L
    E        = E0 + EMAX CE^GAM/(EC50^GAM + CE^GAM)

The parameters of a case are its covariates.
"""

from typing import NamedTuple

from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.disposition import one_compartment
from dosing_env.blocks.effect import effect_compartment, sigmoid_emax
from dosing_env.pharmacology import Assay, Drug, Patient

Three = tuple[float, float, float]


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    volume
    KA: float  # 1/h  absorption
    KE0: float  # 1/h  to the effect site
    E0: float  # effect without drug
    EMAX: float  # largest further effect
    EC50: float  # mg/L  concentration of half of it
    GAM: float  # steepness


class Eta(NamedTuple):
    CL: float


def covariates(patient: Patient) -> Parameters:
    return Parameters(CL=5.0, V=40.0, KA=1.5, KE0=0.25, E0=5.0, EMAX=80.0, EC50=3.1, GAM=2.7)


def individual(x: Parameters, eta: Eta) -> Parameters:
    return x


def rates(t: float, A: Three, p: Parameters, R: Three) -> Three:
    GUT, CENT, CE = A  # mg; CE mg/L
    R1, R2, R3 = R
    dGUT, absorbed = first_order(GUT, R1, p.KA)
    return dGUT, one_compartment(CENT, R2 + absorbed, p.CL, p.V), R3 + effect_compartment(CE, CENT / p.V, p.KE0)


def concentration(A: Three, p: Parameters) -> float:
    return A[1] / p.V  # mg/L


def effect(A: Three, p: Parameters) -> float:
    return p.E0 + sigmoid_emax(A[2], p.EMAX, p.EC50, p.GAM)


DRUG = Drug(
    name="effect",
    title="Effect compartment and sigmoid Emax",
    compartments=("GUT", "CENT", "CE"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    outputs={"CP": concentration, "E": effect},
    linear=True,
    omega={"CL": 0.0},
    assay=Assay(proportional=0.1),
)
