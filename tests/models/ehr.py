"""The reference model EHR: enterohepatic recirculation; the gall bladder empties at meals (MEAL = 1).

    dGUT/dt  = R1 - KA GUT + FR MEAL KGB GB                         mg/h
    dCENT/dt = R2 + KA GUT - (CL + Q)/V CENT + Q/V2 PER - KBILE CENT
    dPER/dt  = R3 + Q/V CENT - Q/V2 PER                             mg/h
    dGB/dt   = R4 + KBILE CENT - MEAL KGB GB                        mg/h
    CP       = CENT/V                                               mg/L

The parameters of a case are its covariates.
"""

from typing import NamedTuple

from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.disposition import two_compartments
from dosing_env.blocks.enterohepatic import gall_bladder
from dosing_env.pharmacology import Assay, Drug, Patient

Four = tuple[float, float, float, float]


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    central volume
    Q: float  # L/h  intercompartmental clearance
    V2: float  # L    peripheral volume
    KA: float  # 1/h  absorption
    KBILE: float  # 1/h  into the bile
    KGB: float  # 1/h  emptying at meals
    FR: float  # fraction absorbed again
    MEAL: float  # 1 at meals, else 0


class Eta(NamedTuple):
    CL: float


def covariates(patient: Patient) -> Parameters:
    return Parameters(CL=14.0, V=40.0, Q=20.0, V2=160.0, KA=1.6, KBILE=0.12, KGB=2.5, FR=0.85, MEAL=0.0)


def individual(x: Parameters, eta: Eta) -> Parameters:
    return x


def rates(t: float, A: Four, p: Parameters, R: Four) -> Four:
    GUT, CENT, PER, GB = A  # mg
    R1, R2, R3, R4 = R  # mg/h
    secreted, dGB, emptied = gall_bladder(GB, CENT, p.KBILE, p.KGB, p.MEAL)
    dGUT, absorbed = first_order(GUT, R1 + p.FR * emptied, p.KA)
    dCENT, dPER = two_compartments((CENT, PER), (R2 + absorbed - secreted, R3), p.CL, p.V, p.Q, p.V2)
    return dGUT, dCENT, dPER, R4 + dGB


def concentration(A: Four, p: Parameters) -> float:
    return A[1] / p.V  # mg/L


DRUG = Drug(
    name="ehr",
    title="Enterohepatic recirculation",
    compartments=("GUT", "CENT", "PER", "GB"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    outputs={"CP": concentration},
    linear=True,
    omega={"CL": 0.0},
    assay=Assay(proportional=0.1),
)
