"""The reference model MM2: absorption, saturable and linear elimination, two compartments.

    dGUT/dt  = R1 - KA GUT                                                          mg/h
    dCENT/dt = R2 + KA GUT - VMAX CP/(KM + CP) - (CL + Q)/V CENT + Q/V2 PER         mg/h
    dPER/dt  = R3 + Q/V CENT - Q/V2 PER                                             mg/h
    CP       = CENT/V                                                               mg/L

The parameters of a case are its covariates.
"""

from typing import NamedTuple

from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.disposition import two_compartments
from dosing_env.blocks.elimination import michaelis_menten
from dosing_env.pharmacology import Assay, Drug, Patient

Three = tuple[float, float, float]


class Parameters(NamedTuple):
    VMAX: float  # mg/h  largest elimination
    KM: float  # mg/L  concentration of half of it
    CL: float  # L/h   linear clearance
    V: float  # L     central volume
    Q: float  # L/h   intercompartmental clearance
    V2: float  # L     peripheral volume
    KA: float  # 1/h   absorption
    F1: float  # bioavailability
    LAG1: float  # h  lag


class Eta(NamedTuple):
    VMAX: float


def covariates(patient: Patient) -> Parameters:
    return Parameters(VMAX=6.0, KM=0.8, CL=0.35, V=3.1, Q=0.7, V2=2.8, KA=0.02, F1=0.6, LAG1=0.0)


def individual(x: Parameters, eta: Eta) -> Parameters:
    return x


def rates(t: float, A: Three, p: Parameters, R: Three) -> Three:
    GUT, CENT, PER = A  # mg
    R1, R2, R3 = R  # mg/h
    dGUT, absorbed = first_order(GUT, R1, p.KA)
    removed = michaelis_menten(CENT / p.V, p.VMAX, p.KM)
    return dGUT, *two_compartments((CENT, PER), (R2 + absorbed - removed, R3), p.CL, p.V, p.Q, p.V2)


def concentration(A: Three, p: Parameters) -> float:
    return A[1] / p.V  # mg/L


def bioavailability(p: Parameters) -> Three:
    return p.F1, 1.0, 1.0


def lag(p: Parameters) -> Three:
    return p.LAG1, 0.0, 0.0


DRUG = Drug(
    name="mm2",
    title="Saturable and linear elimination, two compartments",
    compartments=("GUT", "CENT", "PER"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    outputs={"CP": concentration},
    linear=False,
    omega={"VMAX": 0.0},
    assay=Assay(proportional=0.1),
    bioavailability=bioavailability,
    lag=lag,
)
