"""The reference model IDR: one compartment and an indirect response of any of the four kinds.

    dGUT/dt  = R1 - KA GUT                                    mg/h
    dCENT/dt = R2 + KA GUT - CL/V CENT                        mg/h
    dR/dt    = R3 + KIN (1 + AIN H) - KOUT (1 + AOUT H) R     R starts at KIN/KOUT
    H        = CP^GAM/(C50^GAM + CP^GAM)
    CP       = CENT/V                                         mg/L

AIN and AOUT: positive stimulates, negative inhibits. The parameters of a case are its covariates.
"""

from typing import NamedTuple

from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.disposition import one_compartment
from dosing_env.blocks.effect import sigmoid_emax
from dosing_env.blocks.indirect import baseline, turnover
from dosing_env.pharmacology import Assay, Drug, Patient

Three = tuple[float, float, float]


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    volume
    KA: float  # 1/h  absorption
    KIN: float  # 1/h  production
    KOUT: float  # 1/h  loss
    AIN: float  # change of the production
    AOUT: float  # change of the loss
    C50: float  # mg/L  concentration of half the effect
    GAM: float  # steepness


class Eta(NamedTuple):
    CL: float


def covariates(patient: Patient) -> Parameters:
    return Parameters(CL=3.0, V=30.0, KA=0.8, KIN=9.0, KOUT=0.15, AIN=-0.9, AOUT=0.0, C50=0.8, GAM=1.0)


def individual(x: Parameters, eta: Eta) -> Parameters:
    return x


def rates(t: float, A: Three, p: Parameters, R: Three) -> Three:
    GUT, CENT, response = A  # mg; response in its own unit
    R1, R2, R3 = R
    dGUT, absorbed = first_order(GUT, R1, p.KA)
    H = sigmoid_emax(CENT / p.V, 1.0, p.C50, p.GAM)
    return (
        dGUT,
        one_compartment(CENT, R2 + absorbed, p.CL, p.V),
        R3 + turnover(response, p.KIN * (1 + p.AIN * H), p.KOUT * (1 + p.AOUT * H)),
    )


def concentration(A: Three, p: Parameters) -> float:
    return A[1] / p.V  # mg/L


def initial(p: Parameters) -> Three:
    return 0.0, 0.0, baseline(p.KIN, p.KOUT)


DRUG = Drug(
    name="idr",
    title="Indirect response",
    compartments=("GUT", "CENT", "R"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    outputs={"CP": concentration},
    linear=False,
    omega={"CL": 0.0},
    assay=Assay(proportional=0.1),
    initial=initial,
    driver=2,
)
