"""The reference model DIALYSIS: two compartments; a session of haemodialysis (HD = 1) adds clearance.

    dCENT/dt = R1 - (CLNR + HD CLHD + Q)/V CENT + Q/V2 PER     mg/h
    dPER/dt  = R2 + Q/V CENT - Q/V2 PER                        mg/h
    CP       = CENT/V                                          mg/L

The parameters of a case are its covariates.
"""

from typing import NamedTuple

from dosing_env.blocks.disposition import two_compartments
from dosing_env.blocks.elimination import dialysed_clearance
from dosing_env.pharmacology import Assay, Drug, Patient


class Parameters(NamedTuple):
    CLNR: float  # L/h  clearance without a session
    CLHD: float  # L/h  clearance by the dialyser
    V: float  # L    central volume
    Q: float  # L/h  intercompartmental clearance
    V2: float  # L    peripheral volume
    HD: float  # 1 during a session, else 0


class Eta(NamedTuple):
    CLNR: float


def covariates(patient: Patient) -> Parameters:
    return Parameters(CLNR=0.35, CLHD=7.5, V=28.0, Q=4.6, V2=24.0, HD=patient.DIAL)


def individual(x: Parameters, eta: Eta) -> Parameters:
    return x


def rates(t: float, A: tuple[float, float], p: Parameters, R: tuple[float, float]) -> tuple[float, float]:
    return two_compartments(A, R, dialysed_clearance(p.CLNR, p.CLHD, p.HD), p.V, p.Q, p.V2)


def concentration(A: tuple[float, float], p: Parameters) -> float:
    return A[0] / p.V  # mg/L


DRUG = Drug(
    name="dialysis",
    title="Two compartments with sessions of haemodialysis",
    compartments=("CENT", "PER"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    outputs={"CP": concentration},
    linear=True,
    omega={"CLNR": 0.0},
    assay=Assay(proportional=0.1),
)
