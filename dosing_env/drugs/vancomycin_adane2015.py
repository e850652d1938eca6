"""Intravenous vancomycin in extremely obese adults, body mass index at least 40, one compartment (Adane 2015).

    CL = 6.54 CRCL/125 exp(eta_CL)       L/h     CRCL: Cockcroft-Gault, total weight, per 1.73 m2 (DuBois), mL/min
    V  = 0.51 WT exp(eta_V)              L       WT: kg

    dA/dt = R - CL/V A                   mg/h    R: infusion rate
    C     = A/V                          mg/L

Source: Adane ED et al. Pharmacotherapy 2015;35:127-139, PMID 25644478. Typical values VERIFIED in the abstract and one
model library. REPRODUCED: the paper's simulations give AUC24 of at least 400 mg h/L to at least 93 % at 4-5 g/day.
Disagreements: the CVs printed with the variances (26.7 % and 23.9 %) are their square roots.
Population: 31 patients; median weight 147.9 kg, body mass index 49.5 kg/m2, CRCL 124.8 mL/min/1.73 m2; a median of
4 g/day gave a median AUC24 of 582.9 mg h/L.
"""

from statistics import NormalDist
from typing import NamedTuple

from dosing_env.arithmetic import exp, log
from dosing_env.blocks.disposition import one_compartment
from dosing_env.evidence import Own, Published, parameter
from dosing_env.formulas import body_surface_dubois, cockcroft_gault, indexed
from dosing_env.pharmacology import Assay, Drug, Patient


class Covariates(NamedTuple):
    WT: float  # kg              total body weight
    CRCL: float  # mL/min/1.73 m2  Cockcroft-Gault


class Eta(NamedTuple):
    CL: float
    V: float


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    volume


def covariates(patient: Patient) -> Covariates:
    CRCL = cockcroft_gault(patient.AGE, patient.WT, patient.SCR, patient.SEX)
    return Covariates(
        WT=patient.WT,
        CRCL=indexed(CRCL, body_surface_dubois(patient.WT, patient.HT)),
    )


def individual(x: Covariates, eta: Eta) -> Parameters:
    return Parameters(
        CL=6.54 * x.CRCL / 125 * exp(eta.CL),  # L/h  VERIFIED
        V=0.51 * x.WT * exp(eta.V),  # L    VERIFIED
    )


def rates(t: float, A: tuple[float], p: Parameters, R: tuple[float]) -> tuple[float]:
    return (one_compartment(A[0], R[0], p.CL, p.V),)


def concentration(A: tuple[float], p: Parameters) -> float:
    return A[0] / p.V  # mg/L


def attained(daily: float) -> Own:
    """P(daily dose / CL >= 400) of a log-normal CL."""

    def own(drug: Drug, simulate: object) -> float:
        CL = individual(Covariates(WT=147.9, CRCL=125.0), drug.no_eta).CL  # VERIFIED
        return NormalDist().cdf(log(daily / 400.0 / CL) / drug.omega["CL"] ** 0.5)  # VERIFIED

    return own


DRUG = Drug(
    name="vancomycin_adane2015",
    title="Vancomycin, extreme obesity (Adane 2015)",
    compartments=("central",),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    linear=True,
    omega={
        "CL": 0.0713,  # SINGLE  CV 26.7 %
        "V": 0.0571,  # SINGLE  CV 23.9 %
    },
    assay=Assay(
        proportional=0.189,  # SINGLE
    ),
    published=(
        Published(
            what="CL, CRCL 125",
            value=6.54,
            unit="L/h",
            within=0.001,
            own=parameter("CL", WT=100.0, CRCL=125.0),
            source="VERIFIED equation",
        ),
        Published(
            what="V, 100 kg",
            value=51.0,
            unit="L",
            within=0.001,
            own=parameter("V", WT=100.0, CRCL=125.0),
            source="VERIFIED equation",
        ),
        Published(
            what="share with AUC24 >= 400 on 4 g/day, CRCL 125",
            value=0.944,
            unit="of patients",
            within=0.003,
            own=attained(4000.0),
            source="REPRODUCED: at least 0.93 in the paper's simulations",
        ),
        Published(
            what="share with AUC24 >= 400 on 5 g/day, CRCL 125",
            value=0.992,
            unit="of patients",
            within=0.003,
            own=attained(5000.0),
            source="REPRODUCED: at least 0.93 in the paper's simulations",
        ),
    ),
)
