"""Intravenous vancomycin in adults with haematological malignancies, one compartment (Buelga 2005).

    CL = 1.08 CRCL exp(eta_CL)       L/h     CRCL: Cockcroft-Gault, total weight, L/h (0.06 times mL/min)
    V  = 0.98 WT exp(eta_V)          L       WT: kg

    dA/dt = R - CL/V A               mg/h    R: infusion rate
    C     = A/V                      mg/L

Source: Buelga DS et al. Antimicrob Agents Chemother 2005;49:4934-4941, doi:10.1128/AAC.49.12.4934-4941.2005,
PMC1315960. VERIFIED in the abstract and two model libraries. Variances are exact log-normal, ln(1 + CV^2).
Disagreements: the CL-V term is printed as "23.12 %". Read as a correlation it is 0.23 (one library, and here; the other
takes 0.25); read as the root of a covariance it would be a correlation of about 0.54.
For acute myeloid leukaemia alone the paper gives CL = 1.17 CRCL and V = 0.97 WT.
Population: 215 patients (1004 levels), Salamanca 1989-1999, no intensive care; age 51.5 +- 15.9 years, weight
64.7 +- 11.3 kg, CRCL 89.4 +- 39.2 mL/min, 44.7 % female. Levels were drawn at least 2 h after the end of an infusion,
so the distribution phase is not seen.
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp
from dosing_env.blocks.disposition import one_compartment
from dosing_env.evidence import Published, half_life, parameter, seen
from dosing_env.formulas import cockcroft_gault
from dosing_env.pharmacology import Assay, Drug, Patient


class Covariates(NamedTuple):
    WT: float  # kg      total body weight
    CRCL: float  # mL/min  Cockcroft-Gault


class Eta(NamedTuple):
    CL: float
    V: float


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    volume


def covariates(patient: Patient) -> Covariates:
    return Covariates(
        WT=patient.WT,
        CRCL=cockcroft_gault(patient.AGE, patient.WT, patient.SCR, patient.SEX),
    )


def individual(x: Covariates, eta: Eta) -> Parameters:
    return Parameters(
        CL=1.08 * (0.06 * x.CRCL) * exp(eta.CL),  # L/h  VERIFIED
        V=0.98 * x.WT * exp(eta.V),  # L    VERIFIED
    )


def rates(t: float, A: tuple[float], p: Parameters, R: tuple[float]) -> tuple[float]:
    return (one_compartment(A[0], R[0], p.CL, p.V),)


def concentration(A: tuple[float], p: Parameters) -> float:
    return A[0] / p.V  # mg/L


GRAM_Q12H = {"TIME": 0.0, "AMT": 1000.0, "RATE": 1000.0, "II": 12.0, "ADDL": 1.0, "SS": 1.0}  # DERIVED

DRUG = Drug(
    name="vancomycin_buelga2005",
    title="Vancomycin, haematological malignancy (Buelga 2005)",
    compartments=("central",),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    linear=True,
    omega={
        "CL": 0.07631,  # VERIFIED  CV 28.16 %
        "V": 0.12930,  # VERIFIED  CV 37.15 %
    },
    covariance={
        ("CL", "V"): 0.02296,  # SINGLE  "23.12 %" (VERIFIED) read as a correlation
    },
    assay=Assay(
        proportional=0.0,
        additive=3.52,  # mg/L  VERIFIED
        lloq=0.6,  # mg/L  VERIFIED
    ),
    published=(
        Published(
            what="CL, 65 kg, CRCL 90",
            value=5.83,
            unit="L/h",
            within=0.01,
            own=parameter("CL", WT=65.0, CRCL=90.0),
            source="VERIFIED equation; worked out by hand",
        ),
        Published(
            what="half-life, 65 kg, CRCL 90",
            value=7.57,
            unit="h",
            within=0.01,
            own=half_life(0, WT=65.0, CRCL=90.0),
            source="VERIFIED equation; worked out by hand",
        ),
        Published(
            what="steady peak of 1 g over 1 h q12h",
            value=22.5,
            unit="mg/L",
            within=0.01,
            own=seen("level", [GRAM_Q12H], 1.0, WT=65.0, CRCL=90.0),
            source="DERIVED from the VERIFIED equations in closed form",
        ),
        Published(
            what="steady trough of 1 g over 1 h q12h",
            value=8.2,
            unit="mg/L",
            within=0.01,
            own=seen("level", [GRAM_Q12H], 12.0, WT=65.0, CRCL=90.0),
            source="DERIVED from the VERIFIED equations in closed form",
        ),
        Published(
            what="AUC24 of 1 g q12h in steady state",
            value=343,
            unit="mg h/L",
            within=0.01,
            own=seen("auc", [GRAM_Q12H], 24.0, WT=65.0, CRCL=90.0),
            source="DERIVED: daily dose / CL",
        ),
    ),
)
