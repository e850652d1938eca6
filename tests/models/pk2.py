"""The reference model PK2: two compartments with absorption.

    dGUT/dt  = R1 - KA GUT                                  mg/h
    dCENT/dt = R2 + KA GUT - (CL + Q)/V CENT + Q/V2 PER     mg/h
    dPER/dt  = R3 + Q/V CENT - Q/V2 PER                     mg/h
    CP       = CENT/V                                       mg/L

The parameters of a case are its covariates.
"""

from typing import NamedTuple

from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.disposition import two_compartments
from dosing_env.pharmacology import Assay, Drug, Patient

Three = tuple[float, float, float]


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    central volume
    Q: float  # L/h  intercompartmental clearance
    V2: float  # L    peripheral volume
    KA: float  # 1/h  absorption
    F1: float = 1.0  # bioavailability of GUT
    LAG1: float = 0.0  # h  lag of GUT
    FC: float = 1.0  # bioavailability of CENT
    LAGC: float = 0.0  # h  lag of CENT


class Eta(NamedTuple):
    CL: float


def covariates(patient: Patient) -> Parameters:
    return Parameters(CL=3.2, V=12.0, Q=4.4, V2=38.0, KA=1.0, F1=1.0, LAG1=0.0, FC=1.0, LAGC=0.0)


def individual(x: Parameters, eta: Eta) -> Parameters:
    return x


def rates(t: float, A: Three, p: Parameters, R: Three) -> Three:
    GUT, CENT, PER = A  # mg
    R1, R2, R3 = R  # mg/h
    dGUT, absorbed = first_order(GUT, R1, p.KA)
    return dGUT, *two_compartments((CENT, PER), (R2 + absorbed, R3), p.CL, p.V, p.Q, p.V2)


def concentration(A: Three, p: Parameters) -> float:
    return A[1] / p.V  # mg/L


def bioavailability(p: Parameters) -> Three:
    return p.F1, p.FC, 1.0


def lag(p: Parameters) -> Three:
    return p.LAG1, p.LAGC, 0.0


DRUG = Drug(
    name="pk2",
    title="Two compartments with absorption",
    compartments=("GUT", "CENT", "PER"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    outputs={"CP": concentration},
    linear=True,
    omega={"CL": 0.0},
    assay=Assay(proportional=0.1),
    bioavailability=bioavailability,
    lag=lag,
    dosed=1,
)
