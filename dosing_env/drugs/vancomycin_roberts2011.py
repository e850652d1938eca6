"""Vancomycin by continuous infusion in septic patients in intensive care, one compartment (Roberts 2011).

    CL = 4.58 CRCL/100 exp(eta_CL)       L/h     CRCL: 24-h urinary creatinine clearance, mL/min/1.73 m2
    V  = 1.53 WT exp(eta_V)              L       WT: kg

    dA/dt = R - CL/V A                   mg/h    R: infusion rate
    C     = A/V                          mg/L

Source: Roberts JA et al. Antimicrob Agents Chemother 2011;55:2704-2709, doi:10.1128/AAC.01708-10. SINGLE model library;
REPRODUCED: the paper's own table of AUC0-24 after seven loading doses comes out within 2 % at 70 kg (first row 4 %).
Variances are exact log-normal, ln(1 + CV^2); CL and V are not correlated.
Disagreements: the legends of that table state no weight; 74.8 kg, the mean, would give 2 to 4 % more.
DERIVED here: a bedside chart holds no 24-h urine, so Cockcroft-Gault (total weight) per 1.73 m2 of DuBois surface
stands in for it. The published variability of CL was estimated around the urinary clearance: it may be too small here.
Population: 206 patients (579 levels), Brussels, no renal replacement; age 58.1 +- 14.8 years, weight 74.8 +- 15.8 kg,
height 171 +- 8 cm, CRCL 90.7 +- 60.4 mL/min/1.73 m2, 61.6 % male, median APACHE II 21.
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp
from dosing_env.blocks.disposition import one_compartment
from dosing_env.evidence import Own, Published, seen
from dosing_env.formulas import body_surface_dubois, cockcroft_gault, indexed
from dosing_env.pharmacology import Assay, Drug, Patient


class Covariates(NamedTuple):
    WT: float  # kg              total body weight
    CRCL: float  # mL/min/1.73 m2  creatinine clearance


class Eta(NamedTuple):
    CL: float
    V: float


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    volume


def covariates(patient: Patient) -> Covariates:
    CRCL = cockcroft_gault(patient.AGE, patient.WT, patient.SCR, patient.SEX)  # DERIVED: for the 24-h urine
    return Covariates(
        WT=patient.WT,
        CRCL=indexed(CRCL, body_surface_dubois(patient.WT, patient.HT)),
    )


def individual(x: Covariates, eta: Eta) -> Parameters:
    return Parameters(
        CL=4.58 * x.CRCL / 100 * exp(eta.CL),  # L/h  REPRODUCED
        V=1.53 * x.WT * exp(eta.V),  # L    REPRODUCED
    )


def rates(t: float, A: tuple[float], p: Parameters, R: tuple[float]) -> tuple[float]:
    return (one_compartment(A[0], R[0], p.CL, p.V),)


def concentration(A: tuple[float], p: Parameters) -> float:
    return A[0] / p.V  # mg/L


def auc_after_load(load: float, hours: float) -> Own:
    infusion = {"TIME": hours, "RATE": 35.0 * 70.0 / 24.0, "AMT": 35.0 * 70.0 / 24.0 * (24.0 - hours)}  # REPRODUCED
    return seen(
        "auc",
        [{"TIME": 0.0, "AMT": load * 70.0, "RATE": load * 70.0 / hours}, infusion],  # REPRODUCED
        24.0,
        WT=70.0,  # REPRODUCED
        CRCL=100.0,  # REPRODUCED
    )  # REPRODUCED


DRUG = Drug(
    name="vancomycin_roberts2011",
    title="Vancomycin, sepsis in intensive care (Roberts 2011)",
    compartments=("central",),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    linear=True,
    omega={
        "CL": 0.140924,  # SINGLE  CV 38.9 %
        "V": 0.130918,  # SINGLE  CV 37.4 %
    },
    assay=Assay(
        proportional=0.199,  # SINGLE
        additive=2.4,  # mg/L  SINGLE
        lloq=0.6,  # mg/L  SINGLE
    ),
    published=tuple(
        Published(
            what=f"AUC0-24 of {load:g} mg/kg over {hours:g} h, then 35 mg/kg/day",
            value=auc,
            unit="mg h/L",
            within=within,
            own=auc_after_load(load, hours),
            source="REPRODUCED: the paper's table of loading doses, at 70 kg",
        )
        for load, hours, auc, within in (
            (5.0, 1.0, 245.0, 0.06),  # REPRODUCED
            (15.0, 1.0, 330.0, 0.05),  # REPRODUCED
            (20.0, 1.5, 370.0, 0.05),  # REPRODUCED
            (25.0, 2.0, 409.0, 0.05),  # REPRODUCED
            (30.0, 3.0, 442.0, 0.05),  # REPRODUCED
            (35.0, 3.0, 485.0, 0.05),  # REPRODUCED
            (40.0, 3.0, 532.0, 0.05),  # REPRODUCED
        )
    ),
)
