"""The reference model TMDD: full target-mediated disposition, in nmol.

    dDEP/dt  = R1 - KA DEP                                                       nmol/h
    dCENT/dt = R2 + KA DEP - (KEL + KPT) CENT + KTP PER - VC (KON CP RT - KOFF RC)
    dPER/dt  = R3 + KPT CENT - KTP PER                                           nmol/h
    dRT/dt   = R4 + KSYN - KDEG RT - (KON CP RT - KOFF RC)                       nmol/L/h
    dRC/dt   = R5 + KON CP RT - (KOFF + KINT) RC                                 nmol/L/h
    CP       = CENT/VC                                                           nmol/L

RT, the free target, starts at KSYN/KDEG. The parameters of a case are its covariates.
"""

from typing import NamedTuple

from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.disposition import two_compartments_micro
from dosing_env.blocks.indirect import baseline
from dosing_env.blocks.target import target_binding
from dosing_env.pharmacology import Assay, Drug, Patient

Five = tuple[float, float, float, float, float]


class Parameters(NamedTuple):
    KEL: float  # 1/h  elimination
    VC: float  # L    central volume
    KPT: float  # 1/h  to the periphery
    KTP: float  # 1/h  back from it
    KA: float  # 1/h  absorption
    F1: float  # bioavailability
    KON: float  # L/nmol/h  binding
    KOFF: float  # 1/h  unbinding
    KINT: float  # 1/h  loss of the complex
    KSYN: float  # nmol/L/h  production of the target
    KDEG: float  # 1/h  loss of the target


class Eta(NamedTuple):
    KEL: float


def covariates(patient: Patient) -> Parameters:
    return Parameters(
        KEL=0.0104, VC=3.2, KPT=0.012, KTP=0.017, KA=0.02, F1=0.7, KON=0.55, KOFF=0.02, KINT=0.035, KSYN=0.12, KDEG=0.04
    )


def individual(x: Parameters, eta: Eta) -> Parameters:
    return x


def rates(t: float, A: Five, p: Parameters, R: Five) -> Five:
    DEP, CENT, PER, RT, RC = A  # nmol; RT, RC nmol/L
    R1, R2, R3, R4, R5 = R
    dDEP, absorbed = first_order(DEP, R1, p.KA)
    bound, dRT, dRC = target_binding(CENT / p.VC, RT, RC, p.KSYN, p.KDEG, p.KINT, p.KON, p.KOFF)
    inflow = R2 + absorbed - p.VC * bound, R3
    dCENT, dPER = two_compartments_micro((CENT, PER), inflow, p.KEL, p.KPT, p.KTP)
    return dDEP, dCENT, dPER, R4 + dRT, R5 + dRC


def concentration(A: Five, p: Parameters) -> float:
    return A[1] / p.VC  # nmol/L


def initial(p: Parameters) -> Five:
    return 0.0, 0.0, 0.0, baseline(p.KSYN, p.KDEG), 0.0


def bioavailability(p: Parameters) -> Five:
    return p.F1, 1.0, 1.0, 1.0, 1.0


DRUG = Drug(
    name="tmdd",
    title="Target-mediated drug disposition",
    compartments=("DEP", "CENT", "PER", "RT", "RC"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    outputs={"CP": concentration},
    linear=False,
    omega={"KEL": 0.0},
    assay=Assay(proportional=0.1),
    initial=initial,
    bioavailability=bioavailability,
    dosed=1,
    amount_unit="nmol",
)
