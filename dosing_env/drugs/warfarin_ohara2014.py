"""Warfarin by mouth, prothrombin and INR in Asian adults: turnover of normal prothrombin (Ohara 2014).

    CL     = 0.240 0.543^N3 (BSA/1.74)^2.14 exp(eta_CL)        L/h     BSA: m2, DuBois; N3: 1 with CYP2C9*3, else 0
    V      = 13.8                                              L       fixed
    ka     = 2                                                 1/h     fixed
    IC50   = 0.0725 2.07^NG 1.30^N4 exp(eta_IC50)              mg/L    NG: 1 with VKORC1 -1639G; N4: 1 with CYP4F2*3
    kout   = 0.0136 exp(eta_kout)                              1/h
    NPT0   = 118.2                                             mg/L    normal prothrombin before treatment
    LAMBDA = 3.48 exp(0.00588 (NPT0 - 119)) exp(eta_LAMBDA)    -
    INR0   = INR before treatment                              INR

    dAd/dt  = Rd - ka Ad                                       mg/h    Ad: racemate
    dA1/dt  = R1 + ka Ad/2 - CL/V A1                           mg/h
    dNPT/dt = RN + kout NPT0 (1 - C/(IC50 + C)) - kout NPT     mg/L/h  starts at NPT0
    C       = A1/V                                             mg/L    S-warfarin
    INR     = INR0 + 5 (1 - NPT/NPT0)^LAMBDA                   INR

Doses are racemic warfarin, mg, half of it S-warfarin; the paper's bioavailability is 1.

Source: Ohara M et al. PLoS One 2014;9:e105891, doi:10.1371/journal.pone.0105891; 99 patients. VERIFIED, the covariate
equations also in Shi K and Deng J, Pharmacogenet Genomics 2024;34:275, doi:10.1097/FPC.0000000000000545. Two copies of
an allele have the effect of one. Printed variabilities are CVs; variances are exact log-normal, ln(1 + CV^2).
NPT0 (118.2 +- 22.1 mg/L) is not known at the bedside: the cohort's mean, unless it is given as a covariate. Which
formula of body surface the paper has is not known: DuBois is DERIVED.
The residual error of INR is proportional. Those of S-warfarin (0.0697 mg/L) and prothrombin (12.2 mg/L), both additive,
are not used: INR is what is measured here.
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp, log
from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.coagulation import international_normalised_ratio
from dosing_env.blocks.disposition import one_compartment
from dosing_env.blocks.effect import emax
from dosing_env.blocks.genotype import carrier
from dosing_env.blocks.indirect import indirect_response1
from dosing_env.evidence import Published, daily, parameter, seen
from dosing_env.formulas import body_surface_dubois
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Assay, Drug

Three = tuple[float, float, float]


class Covariates(NamedTuple):
    BSA: float  # m2   body surface
    CYP2C9_3: float  # copies of CYP2C9*3
    VKORC1_A: float  # copies of VKORC1 -1639A
    CYP4F2_3: float  # copies of CYP4F2*3
    NPT0: float  # mg/L  normal prothrombin before treatment
    INR0: float  # INR  before treatment


class Eta(NamedTuple):
    CL: float
    IC50: float
    kout: float
    LAMBDA: float


class Parameters(NamedTuple):
    CL: float  # L/h  clearance of S-warfarin
    V: float  # L    volume
    ka: float  # 1/h  absorption
    IC50: float  # mg/L  S-warfarin that halves the synthesis
    kout: float  # 1/h  loss of prothrombin
    NPT0: float  # mg/L  normal prothrombin without drug
    LAMBDA: float  # steepness of INR
    INR0: float  # INR  without drug


def covariates(patient: WarfarinPatient) -> Covariates:
    return Covariates(
        BSA=body_surface_dubois(patient.WT, patient.HT),
        CYP2C9_3=patient.CYP2C9_3,
        VKORC1_A=patient.VKORC1_A,
        CYP4F2_3=patient.CYP4F2_3,
        NPT0=118.2,  # mg/L  VERIFIED
        INR0=patient.INR0,
    )


def individual(x: Covariates, eta: Eta) -> Parameters:
    N3, NG, N4 = carrier(x.CYP2C9_3), carrier(2 - x.VKORC1_A), carrier(x.CYP4F2_3)
    return Parameters(
        CL=0.240 * 0.543**N3 * (x.BSA / 1.74) ** 2.14 * exp(eta.CL),  # L/h  VERIFIED
        V=13.8,  # L    VERIFIED
        ka=2.0,  # 1/h  VERIFIED
        IC50=0.0725 * 2.07**NG * 1.30**N4 * exp(eta.IC50),  # mg/L  VERIFIED
        kout=0.0136 * exp(eta.kout),  # 1/h  VERIFIED
        NPT0=x.NPT0,
        LAMBDA=3.48 * exp(0.00588 * (x.NPT0 - 119)) * exp(eta.LAMBDA),  # VERIFIED
        INR0=x.INR0,
    )


def initial(p: Parameters) -> Three:
    return 0.0, 0.0, p.NPT0


def rates(t: float, A: Three, p: Parameters, R: Three) -> Three:
    Ad, A1, NPT = A  # mg, mg, mg/L
    Rd, R1, RN = R
    dAd, absorbed = first_order(Ad, Rd, p.ka)
    S = 0.5 * absorbed  # VERIFIED  of the racemate is S-warfarin
    dA1 = one_compartment(A1, R1 + S, p.CL, p.V)
    inhibited = emax(A1 / p.V, 1.0, p.IC50)
    return dAd, dA1, RN + indirect_response1(NPT, p.kout * p.NPT0, p.kout, inhibited)


def inr(A: Three, p: Parameters) -> float:
    return international_normalised_ratio(A[2] / p.NPT0, p.INR0, 5.0, p.LAMBDA)  # VERIFIED


def concentration(A: Three, p: Parameters) -> float:
    return A[1] / p.V  # mg/L  S-warfarin


def prothrombin(A: Three, p: Parameters) -> float:
    return A[2]  # mg/L


def on_2_94_mg(genotype: str, n3: float, A: float, inrs: tuple[float, ...]) -> list[Published]:
    """INR just before the next dose after 3, 7 and 30 days of the cohort's mean dose, 1.74 m2, INR0 1.05."""
    x = {"BSA": 1.74, "CYP2C9_3": n3, "VKORC1_A": A, "CYP4F2_3": 0.0, "NPT0": 118.2, "INR0": 1.05}  # VERIFIED
    return [
        Published(
            what=f"INR after {days} days of 2.94 mg/day, {genotype}",
            value=value,
            unit="INR",
            within=0.01,
            own=seen("level", daily(2.94, days), 24.0 * days, **x),
            source="DERIVED: another numerical solution of the paper's equations",
        )
        for days, value in zip((3, 7, 30), inrs, strict=True)  # DERIVED
    ]


DRUG = Drug(
    name="warfarin_ohara2014",
    title="Warfarin, prothrombin and INR, Asian adults (Ohara 2014)",
    compartments=("depot", "central", "NPT"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=inr,
    outputs={"S_warfarin_mg_L": concentration, "NPT_mg_L": prothrombin},
    linear=False,
    driver=2,
    driven=True,
    initial=initial,
    omega={
        "CL": log(1 + 0.399**2),  # VERIFIED  CV 39.9 %
        "IC50": log(1 + 0.385**2),  # VERIFIED  CV 38.5 %
        "kout": log(1 + 0.456**2),  # VERIFIED  CV 45.6 %
        "LAMBDA": log(1 + 0.241**2),  # VERIFIED  CV 24.1 %
    },
    assay=Assay(
        form="proportional",
        proportional=0.247,  # VERIFIED
        unit="INR",
    ),
    published=(
        Published(
            what="CL, *1/*1, 1.74 m2",
            value=0.240,
            unit="L/h",
            within=0.001,
            own=parameter("CL", BSA=1.74, CYP2C9_3=0.0, VKORC1_A=2.0, CYP4F2_3=0.0, NPT0=119.0, INR0=1.0),
            source="VERIFIED equation",
        ),
        Published(
            what="CL, *1/*3, 1.74 m2",
            value=0.1303,
            unit="L/h",
            within=0.001,
            own=parameter("CL", BSA=1.74, CYP2C9_3=1.0, VKORC1_A=2.0, CYP4F2_3=0.0, NPT0=119.0, INR0=1.0),
            source="VERIFIED equation; worked out by hand",
        ),
        Published(
            what="IC50, VKORC1 GA, CYP4F2 *1/*3",
            value=0.1951,
            unit="mg/L",
            within=0.001,
            own=parameter("IC50", BSA=1.74, CYP2C9_3=0.0, VKORC1_A=1.0, CYP4F2_3=1.0, NPT0=119.0, INR0=1.0),
            source="VERIFIED equation; worked out by hand",
        ),
        *on_2_94_mg("*1/*1 AA", 0.0, 2.0, (1.275, 2.251, 3.120)),  # INR  DERIVED
        *on_2_94_mg("*1/*3 AA", 1.0, 2.0, (1.326, 2.631, 4.075)),  # INR  DERIVED
        *on_2_94_mg("*1/*1 GA", 0.0, 1.0, (1.128, 1.569, 2.034)),  # INR  DERIVED
    ),
)
