"""Intravenous vancomycin in adults, two compartments (Thomson 2009).

    CL = 2.99 (1 + 0.0154 (CRCL - 66)) exp(eta_CL)     L/h     CRCL: Cockcroft-Gault, mL/min, at least 5
    V1 = 0.675 WT exp(eta_V1)                          L       WT: kg
    Q  = 2.28 exp(eta_Q)                               L/h
    V2 = 0.732 WT exp(eta_V2)                          L

    dA1/dt = R1 - (CL + Q)/V1 A1 + Q/V2 A2             mg/h    R: infusion rate
    dA2/dt = R2 + Q/V1 A1 - Q/V2 A2                    mg/h
    C      = A1/V1                                     mg/L

Source: Thomson AH et al. J Antimicrob Chemother 2009;63:1050-1057, PMID 19299472.
Typical values, CVs and residual error VERIFIED in two independent model libraries. The standard deviations of the etas
equal the CVs as reported; the 130 % on V2 is real in both. One library adds a CL-V1 covariance of 0.01, the other none:
none here. One library writes CL as 2.99 * 0.0154 * CRCL, which differs by 1.6 % at CRCL 66. The weight in
Cockcroft-Gault is not named there: total weight is DERIVED.
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp, maximum
from dosing_env.blocks.disposition import two_compartments
from dosing_env.evidence import Published, half_life, parameter
from dosing_env.formulas import cockcroft_gault
from dosing_env.pharmacology import Assay, Drug, Patient


class Covariates(NamedTuple):
    WT: float  # kg      total body weight
    CRCL: float  # mL/min  Cockcroft-Gault


class Eta(NamedTuple):
    CL: float
    V1: float
    Q: float
    V2: float


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V1: float  # L    central volume
    Q: float  # L/h  intercompartmental clearance
    V2: float  # L    peripheral volume


def covariates(patient: Patient) -> Covariates:
    return Covariates(
        WT=patient.WT,
        CRCL=cockcroft_gault(patient.AGE, patient.WT, patient.SCR, patient.SEX),
    )


def individual(x: Covariates, eta: Eta) -> Parameters:
    CRCL = maximum(x.CRCL, 5.0)  # mL/min  DERIVED: CL would be negative below 1.07
    return Parameters(
        CL=2.99 * (1 + 0.0154 * (CRCL - 66)) * exp(eta.CL),  # L/h  VERIFIED
        V1=0.675 * x.WT * exp(eta.V1),  # L    VERIFIED
        Q=2.28 * exp(eta.Q),  # L/h  VERIFIED
        V2=0.732 * x.WT * exp(eta.V2),  # L    VERIFIED
    )


def rates(t: float, A: tuple[float, float], p: Parameters, R: tuple[float, float]) -> tuple[float, float]:
    return two_compartments(A, R, p.CL, p.V1, p.Q, p.V2)


def concentration(A: tuple[float, float], p: Parameters) -> float:
    return A[0] / p.V1  # mg/L


DRUG = Drug(
    name="vancomycin_thomson2009",
    title="Vancomycin, adults (Thomson 2009)",
    compartments=("central", "peripheral"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    linear=True,
    omega={
        "CL": 0.27**2,  # VERIFIED  CV 27 %
        "V1": 0.15**2,  # VERIFIED  CV 15 %
        "Q": 0.49**2,  # VERIFIED  CV 49 %
        "V2": 1.30**2,  # VERIFIED  CV 130 %
    },
    assay=Assay(
        proportional=0.15,  # VERIFIED
        additive=1.6,  # mg/L  VERIFIED
    ),
    published=(
        Published(
            what="CL, CRCL 66",
            value=2.99,
            unit="L/h",
            within=0.01,
            own=parameter("CL", WT=70.0, CRCL=66.0),
            source="VERIFIED equation; worked out by hand",
        ),
        Published(
            what="first half-life, 70 kg, CRCL 66",
            value=5.1,
            unit="h",
            within=0.01,
            own=half_life(0, WT=70.0, CRCL=66.0),
            source="DERIVED from the VERIFIED equations in closed form",
        ),
        Published(
            what="terminal half-life, 70 kg, CRCL 66",
            value=33.3,
            unit="h",
            within=0.01,
            own=half_life(-1, WT=70.0, CRCL=66.0),
            source="DERIVED from the VERIFIED equations in closed form",
        ),
        Published(
            what="CL, CRCL 100",
            value=4.56,
            unit="L/h",
            within=0.01,
            own=parameter("CL", WT=70.0, CRCL=100.0),
            source="VERIFIED equation; worked out by hand",
        ),
        Published(
            what="first half-life, 70 kg, CRCL 100",
            value=4.3,
            unit="h",
            within=0.01,
            own=half_life(0, WT=70.0, CRCL=100.0),
            source="DERIVED from the VERIFIED equations in closed form",
        ),
        Published(
            what="terminal half-life, 70 kg, CRCL 100",
            value=26.3,
            unit="h",
            within=0.01,
            own=half_life(-1, WT=70.0, CRCL=100.0),
            source="DERIVED from the VERIFIED equations in closed form",
        ),
    ),
)
