"""The reference model AUTOIND: the drug induces the enzyme that removes it.

    dGUT/dt  = R1 - KA GUT                                         mg/h
    dCENT/dt = R2 + KA GUT - CLB ENZ/V CENT                        mg/h
    dENZ/dt  = R3 + KENZ (1 + EMAX CP/(EC50 + CP) - ENZ)           1/h     ENZ starts at 1
    CP       = CENT/V                                              mg/L

The parameters of a case are its covariates.
"""

from typing import NamedTuple

from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.disposition import one_compartment
from dosing_env.blocks.effect import emax
from dosing_env.blocks.enzyme import enzyme
from dosing_env.pharmacology import Assay, Drug, Patient

Three = tuple[float, float, float]


class Parameters(NamedTuple):
    CLB: float  # L/h  clearance before induction
    V: float  # L    volume
    KA: float  # 1/h  absorption
    KENZ: float  # 1/h  turnover of the enzyme
    EMAX: float  # largest induction
    EC50: float  # mg/L  concentration of half of it


class Eta(NamedTuple):
    CLB: float


def covariates(patient: Patient) -> Parameters:
    return Parameters(CLB=1.3, V=85.0, KA=0.35, KENZ=0.009, EMAX=2.2, EC50=5.5)


def individual(x: Parameters, eta: Eta) -> Parameters:
    return x


def rates(t: float, A: Three, p: Parameters, R: Three) -> Three:
    GUT, CENT, ENZ = A  # mg; ENZ relative to its value without drug
    R1, R2, R3 = R
    dGUT, absorbed = first_order(GUT, R1, p.KA)
    return (
        dGUT,
        one_compartment(CENT, R2 + absorbed, p.CLB * ENZ, p.V),
        R3 + enzyme(ENZ, emax(CENT / p.V, p.EMAX, p.EC50), p.KENZ),
    )


def concentration(A: Three, p: Parameters) -> float:
    return A[1] / p.V  # mg/L


def initial(p: Parameters) -> Three:
    return 0.0, 0.0, 1.0


DRUG = Drug(
    name="autoind",
    title="Auto-induction",
    compartments=("GUT", "CENT", "ENZ"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    outputs={"CP": concentration},
    linear=False,
    omega={"CLB": 0.0},
    assay=Assay(proportional=0.1),
    initial=initial,
)
