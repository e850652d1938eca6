"""A drug with saturable elimination, two compartments: what the exact solver must refuse. The numbers are made up.

dA1/dt = R1 - VMAX C/(KM + C) - Q/V1 A1 + Q/V2 A2     mg/h
dA2/dt = R2 + Q/V1 A1 - Q/V2 A2                       mg/h
C      = A1/V1                                        mg/L
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp
from dosing_env.blocks.disposition import two_compartments
from dosing_env.blocks.elimination import michaelis_menten as saturable
from dosing_env.pharmacology import Assay, Drug, Patient


class Covariates(NamedTuple):
    WT: float  # kg


class Eta(NamedTuple):
    VMAX: float
    V1: float


class Parameters(NamedTuple):
    VMAX: float  # mg/h  largest elimination
    KM: float  # mg/L  concentration of half of it
    V1: float  # L     central volume
    Q: float  # L/h   intercompartmental clearance
    V2: float  # L     peripheral volume


def covariates(patient: Patient) -> Covariates:
    return Covariates(WT=patient.WT)


def individual(x: Covariates, eta: Eta) -> Parameters:
    return Parameters(
        VMAX=20.0 * (x.WT / 70) ** 0.75 * exp(eta.VMAX), KM=5.0, V1=0.6 * x.WT * exp(eta.V1), Q=3.0, V2=30.0
    )


def rates(t: float, A: tuple[float, float], p: Parameters, R: tuple[float, float]) -> tuple[float, float]:
    R1, R2 = R  # mg/h
    removed = saturable(A[0] / p.V1, p.VMAX, p.KM)
    return two_compartments(A, (R1 - removed, R2), 0.0, p.V1, p.Q, p.V2)


def concentration(A: tuple[float, float], p: Parameters) -> float:
    return A[0] / p.V1


DRUG = Drug(
    name="michaelis_menten",
    title="Saturable elimination, two compartments",
    compartments=("central", "peripheral"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    linear=False,
    omega={"VMAX": 0.09, "V1": 0.04},
    assay=Assay(proportional=0.1, additive=0.5),
)
