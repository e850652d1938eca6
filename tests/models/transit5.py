"""The reference model TRANSIT5: five stages before the depot, two compartments.

    dTR1/dt  = R1 - KTR TR1,  dTRi/dt = Ri + KTR (TRi-1 - TRi)     mg/h
    dGUT/dt  = R6 + KTR TR5 - KA GUT                               mg/h
    dCENT/dt = R7 + KA GUT - (CL + Q)/V CENT + Q/V2 PER            mg/h
    dPER/dt  = R8 + Q/V CENT - Q/V2 PER                            mg/h
    CP       = CENT/V                                              mg/L

The parameters of a case are its covariates.
"""

from typing import NamedTuple

from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.disposition import two_compartments
from dosing_env.blocks.transit import transit5
from dosing_env.pharmacology import Assay, Drug, Patient

Eight = tuple[float, float, float, float, float, float, float, float]


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    central volume
    Q: float  # L/h  intercompartmental clearance
    V2: float  # L    peripheral volume
    KTR: float  # 1/h  transit
    KA: float  # 1/h  absorption
    F1: float  # bioavailability
    LAG1: float  # h  lag


class Eta(NamedTuple):
    CL: float


def covariates(patient: Patient) -> Parameters:
    return Parameters(CL=12.0, V=60.0, Q=25.0, V2=220.0, KTR=4.5, KA=3.3, F1=0.8, LAG1=0.1)


def individual(x: Parameters, eta: Eta) -> Parameters:
    return x


def rates(t: float, A: Eight, p: Parameters, R: Eight) -> Eight:
    TR1, TR2, TR3, TR4, TR5, GUT, CENT, PER = A  # mg
    R1, R2, R3, R4, R5, R6, R7, R8 = R  # mg/h
    (d1, d2, d3, d4, d5), arrived = transit5((TR1, TR2, TR3, TR4, TR5), R1, p.KTR)
    dGUT, absorbed = first_order(GUT, R6 + arrived, p.KA)
    dCENT, dPER = two_compartments((CENT, PER), (R7 + absorbed, R8), p.CL, p.V, p.Q, p.V2)
    return d1, R2 + d2, R3 + d3, R4 + d4, R5 + d5, dGUT, dCENT, dPER


def concentration(A: Eight, p: Parameters) -> float:
    return A[6] / p.V  # mg/L


def bioavailability(p: Parameters) -> Eight:
    return p.F1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0


def lag(p: Parameters) -> Eight:
    return p.LAG1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0


DRUG = Drug(
    name="transit5",
    title="Five transit compartments, two compartments",
    compartments=("TR1", "TR2", "TR3", "TR4", "TR5", "GUT", "CENT", "PER"),
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
)
