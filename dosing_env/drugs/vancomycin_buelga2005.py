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
)
