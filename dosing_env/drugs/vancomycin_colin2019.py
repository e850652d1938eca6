"""Intravenous vancomycin from the newborn to the old, two compartments (Colin 2019); here for adults.

    V1 = 42.5 WT/70 exp(eta_V1)                                   L       WT: kg
    V2 = 41.7 WT/70 exp(eta_V2)                                   L
    Q  = 3.22 (V2/41.7)^0.75                                      L/h
    CL = 5.31 (V1/42.5)^0.75 Fmat Fdecl Fscr Fhaem exp(eta_CL)    L/h
    Fmat   = PMA^2.89 / (0.893^2.89 + PMA^2.89)                   maturation; PMA: postmenstrual age, years
    Fdecl  = 61.6^2.24 / (61.6^2.24 + PMA^2.24)                   decline with age
    Fscr   = exp(-0.649 (SCR - SCRstd))                           SCR: serum creatinine, mg/dL
    SCRstd = exp(-1.22839 + 0.67190 log10(PMA) + 6.27017 exp(-3.10940 PMA))    mg/dL, usual at that age
    Fhaem  = 1.29 with a haematological malignancy, else 1

    dA1/dt = R1 - (CL + Q)/V1 A1 + Q/V2 A2             mg/h    R: infusion rate
    dA2/dt = R2 + Q/V1 A1 - Q/V2 A2                    mg/h
    C      = A1/V1                                     mg/L

Source: Colin PJ et al. Clin Pharmacokinet 2019;58:767-780, doi:10.1007/s40262-018-0727-5; 14 pooled studies.
The typical CL, V2, Q and the age of half maturation stand in the abstract (VERIFIED); exponents, variances and residual
error were read in one model library only (SINGLE).
Disagreements: that library divides Fmat and Fdecl by their values at 35 years, which would give CL 5.31 L/h there; the
abstract states 4.10 L/h for 35 years, 70 kg, SCR 0.83 mg/dL and 5.31 L/h per 70 kg as the maximum, which is what the
form above returns. V1 is 42.9 L in the abstract and 42.5 L in the library. Other public
code has variances 0.0749, 0.0721 and 0.672, and 1.23 as the variance, not the SD, of the additive error.
No floor is published: CL falls below 0.3 L/h at creatinines above about 3 mg/dL in the old.
V1 and V2 in Q and CL are the patient's own, with their random effects. PMA is age + 40/52 years: birth at term.
An outside check on 49 obese patients (PMC7803436) found it as good as models made for obesity.
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp, log10
from dosing_env.blocks.disposition import two_compartments
from dosing_env.evidence import Published, parameter
from dosing_env.pharmacology import Assay, Drug, Patient


class Covariates(NamedTuple):
    WT: float  # kg     total body weight
    PMA: float  # years  postmenstrual age
    SCR: float  # mg/dL  serum creatinine
    HAEM: float  # 1 with a haematological malignancy, else 0


class Eta(NamedTuple):
    CL: float
    V1: float
    V2: float


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V1: float  # L    central volume
    Q: float  # L/h  intercompartmental clearance
    V2: float  # L    peripheral volume


def covariates(patient: Patient) -> Covariates:
    return Covariates(
        WT=patient.WT,
        PMA=patient.AGE + 40 / 52,  # years  DERIVED: born at term
        SCR=patient.SCR,
        HAEM=patient.HAEM,
    )


def individual(x: Covariates, eta: Eta) -> Parameters:
    V1 = 42.5 * (x.WT / 70) * exp(eta.V1)  # L    SINGLE  abstract: 42.9
    V2 = 41.7 * (x.WT / 70) * exp(eta.V2)  # L    VERIFIED
    Fmat = x.PMA**2.89 / (0.893**2.89 + x.PMA**2.89)  # SINGLE
    Fdecl = 61.6**2.24 / (61.6**2.24 + x.PMA**2.24)  # SINGLE
    SCRstd = exp(-1.22839 + 0.67190 * log10(x.PMA) + 6.27017 * exp(-3.10940 * x.PMA))  # mg/dL  SINGLE
    Fscr = exp(-0.649 * (x.SCR - SCRstd))  # SINGLE
    Fhaem = 1.29**x.HAEM  # SINGLE
    return Parameters(
        CL=5.31 * (V1 / 42.5) ** 0.75 * Fmat * Fdecl * Fscr * Fhaem * exp(eta.CL),  # L/h  VERIFIED
        V1=V1,
        Q=3.22 * (V2 / 41.7) ** 0.75,  # L/h  VERIFIED
        V2=V2,
    )


def rates(t: float, A: tuple[float, float], p: Parameters, R: tuple[float, float]) -> tuple[float, float]:
    return two_compartments(A, R, p.CL, p.V1, p.Q, p.V2)


def concentration(A: tuple[float, float], p: Parameters) -> float:
    return A[0] / p.V1  # mg/L


DRUG = Drug(
    name="vancomycin_colin2019",
    title="Vancomycin, all ages (Colin 2019)",
    compartments=("central", "peripheral"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    linear=True,
    omega={
        "CL": 0.0746,  # SINGLE
        "V1": 0.0716,  # SINGLE
        "V2": 0.684,  # SINGLE
    },
    assay=Assay(
        proportional=0.215,  # SINGLE
        additive=1.23,  # mg/L  SINGLE
    ),
    published=(
        Published(
            what="CL, 35 years, 70 kg, SCR 0.83",
            value=4.1,
            unit="L/h",
            within=0.01,
            own=parameter("CL", WT=70.0, PMA=35.0 + 40.0 / 52.0, SCR=0.83, HAEM=0.0),
            source="VERIFIED: abstract",
        ),
        Published(
            what="V1, 35 years, 70 kg, SCR 0.83",
            value=42.9,
            unit="L",
            within=0.01,
            own=parameter("V1", WT=70.0, PMA=35.0 + 40.0 / 52.0, SCR=0.83, HAEM=0.0),
            source="VERIFIED: abstract",
        ),
        Published(
            what="V2, 35 years, 70 kg, SCR 0.83",
            value=41.7,
            unit="L",
            within=0.01,
            own=parameter("V2", WT=70.0, PMA=35.0 + 40.0 / 52.0, SCR=0.83, HAEM=0.0),
            source="SINGLE library",
        ),
        Published(
            what="Q, 35 years, 70 kg, SCR 0.83",
            value=3.22,
            unit="L/h",
            within=0.01,
            own=parameter("Q", WT=70.0, PMA=35.0 + 40.0 / 52.0, SCR=0.83, HAEM=0.0),
            source="SINGLE library",
        ),
        Published(
            what="CL, 70 years, 70 kg, SCR 1.0",
            value=2.27,
            unit="L/h",
            within=0.01,
            own=parameter("CL", WT=70.0, PMA=70.0 + 40.0 / 52.0, SCR=1.0, HAEM=0.0),
            source="DERIVED from the paper's equations by hand",
        ),
        Published(
            what="CL, 6 years, 22 kg, SCR 0.4",
            value=2.37,
            unit="L/h",
            within=0.01,
            own=parameter("CL", WT=22.0, PMA=6.0 + 40.0 / 52.0, SCR=0.4, HAEM=0.0),
            source="DERIVED from the paper's equations by hand",
        ),
        Published(
            what="CL, 42 weeks, 3.5 kg, SCR 0.5",
            value=0.234,
            unit="L/h",
            within=0.01,
            own=parameter("CL", WT=3.5, PMA=42.0 / 52.0, SCR=0.5, HAEM=0.0),
            source="DERIVED from the paper's equations by hand",
        ),
    ),
)
