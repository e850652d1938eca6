"""The reference model PK3: three compartments, absorption and effect site, in minutes.

    dGUT/dt  = R1 - KA GUT                                                       mg/min
    dCENT/dt = R2 + KA GUT - (CL + Q + Q2)/V CENT + Q/V2 PER1 + Q2/V3 PER2       mg/min
    dPER1/dt = R3 + Q/V CENT - Q/V2 PER1                                         mg/min
    dPER2/dt = R4 + Q2/V CENT - Q2/V3 PER2                                       mg/min
    dEFF/dt  = R5 + KE0 (CENT/V - EFF)                                           mg/L/min
    CP       = CENT/V                                                            mg/L

The parameters of a case are its covariates.
"""

from typing import NamedTuple

from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.disposition import three_compartments
from dosing_env.blocks.effect import effect_compartment
from dosing_env.pharmacology import Assay, Drug, Patient

Five = tuple[float, float, float, float, float]


class Parameters(NamedTuple):
    CL: float  # L/min  clearance
    V: float  # L      central volume
    Q: float  # L/min  clearance to the first periphery
    V2: float  # L      first peripheral volume
    Q2: float  # L/min  clearance to the second periphery
    V3: float  # L      second peripheral volume
    KA: float  # 1/min  absorption
    KE0: float  # 1/min  to the effect site
    F1: float = 1.0  # bioavailability of GUT
    LAG1: float = 0.0  # min  lag of GUT
    FC: float = 1.0  # bioavailability of CENT
    LAGC: float = 0.0  # min  lag of CENT


class Eta(NamedTuple):
    CL: float


def covariates(patient: Patient) -> Parameters:
    return Parameters(
        CL=1.89, V=4.27, Q=1.29, V2=18.9, Q2=0.836, V3=238.0, KA=1.0, KE0=0.456, F1=1.0, LAG1=0.0, FC=1.0, LAGC=0.0
    )


def individual(x: Parameters, eta: Eta) -> Parameters:
    return x


def rates(t: float, A: Five, p: Parameters, R: Five) -> Five:
    GUT, CENT, PER1, PER2, EFF = A  # mg; EFF mg/L
    R1, R2, R3, R4, R5 = R
    dGUT, absorbed = first_order(GUT, R1, p.KA)
    return (
        dGUT,
        *three_compartments((CENT, PER1, PER2), (R2 + absorbed, R3, R4), p.CL, p.V, p.Q, p.V2, p.Q2, p.V3),
        R5 + effect_compartment(EFF, CENT / p.V, p.KE0),
    )


def concentration(A: Five, p: Parameters) -> float:
    return A[1] / p.V  # mg/L


def effect_site(A: Five, p: Parameters) -> float:
    return A[4]  # mg/L


def bioavailability(p: Parameters) -> Five:
    return p.F1, p.FC, 1.0, 1.0, 1.0


def lag(p: Parameters) -> Five:
    return p.LAG1, p.LAGC, 0.0, 0.0, 0.0


DRUG = Drug(
    name="pk3",
    title="Three compartments with absorption and effect site",
    compartments=("GUT", "CENT", "PER1", "PER2", "EFF"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    outputs={"CP": concentration, "CE": effect_site},
    linear=True,
    omega={"CL": 0.0},
    assay=Assay(proportional=0.1),
    bioavailability=bioavailability,
    lag=lag,
    dosed=1,
    time_unit="min",
)
