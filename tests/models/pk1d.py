"""The reference model PK1D: as PK1, and the central compartment can be dosed over a modelled duration (RATE -2).

    dGUT/dt  = R1 - KA GUT                mg/h
    dCENT/dt = R2 + KA GUT - CL/V CENT    mg/h
    CP       = CENT/V                     mg/L

The parameters of a case are its covariates.
"""

from typing import NamedTuple

from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.disposition import one_compartment
from dosing_env.pharmacology import Assay, Drug, Patient


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    volume
    KA: float  # 1/h  absorption
    F1: float  # bioavailability of GUT
    LAG1: float  # h  lag of GUT
    FC: float  # bioavailability of CENT
    LAGC: float  # h  lag of CENT
    D2: float  # h  duration of a dose into CENT


class Eta(NamedTuple):
    CL: float


def covariates(patient: Patient) -> Parameters:
    return Parameters(CL=2.2, V=31.0, KA=1.0, F1=1.0, LAG1=0.0, FC=0.8, LAGC=0.0, D2=2.75)


def individual(x: Parameters, eta: Eta) -> Parameters:
    return x


def rates(t: float, A: tuple[float, float], p: Parameters, R: tuple[float, float]) -> tuple[float, float]:
    GUT, CENT = A  # mg
    dGUT, absorbed = first_order(GUT, R[0], p.KA)
    return dGUT, one_compartment(CENT, R[1] + absorbed, p.CL, p.V)


def concentration(A: tuple[float, float], p: Parameters) -> float:
    return A[1] / p.V  # mg/L


def bioavailability(p: Parameters) -> tuple[float, float]:
    return p.F1, p.FC


def lag(p: Parameters) -> tuple[float, float]:
    return p.LAG1, p.LAGC


def duration(p: Parameters) -> tuple[float, float]:
    return 0.0, p.D2


DRUG = Drug(
    name="pk1d",
    title="One compartment with absorption of zero order",
    compartments=("GUT", "CENT"),
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
    duration=duration,
    dosed=1,
)
