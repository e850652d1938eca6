"""Adults with a haematological malignancy, outside intensive care (demographics of Buelga 2005).

    AGE  normal, 51.5 +- 15.9 years                     kept within 18-90 years
    WT   log-normal, 64.7 +- 11.3 kg                    correlation of ln WT with HT 0.45 men, 0.35 women
    HT   normal, 175 +- 7.6 cm men, 161 +- 7 cm women   correlation with AGE -0.2
    SCR  log-normal, median 0.87 mg/dL, log-SD 0.35     correlation of ln SCR with ln WT 0.2
    44.7 % female

Creatinine is sampled and its clearance follows by Cockcroft-Gault (total weight).

Source: Buelga DS et al. Antimicrob Agents Chemother 2005;49:4934-4941, doi:10.1128/AAC.49.12.4934-4941.2005
(VERIFIED). The age range, heights (those of adult_ward), correlations and the distribution of creatinine are DERIVED:
chosen so that the clearance comes near the published 89.4 +- 39.2 mL/min and creatinine near 0.9 +- 0.4 mg/dL. Obtained
from 400 000 draws: 89.1 +- 37.3 and 0.93 +- 0.33. AGE and SCR are independent given WT.
"""

from statistics import NormalDist
from typing import NamedTuple

from dosing_env.arithmetic import exp, where
from dosing_env.formulas import cockcroft_gault
from dosing_env.pharmacology import Patient, Population
from dosing_env.populations._recipe import Published, correlated

MALE = NormalDist().inv_cdf(0.553)  # VERIFIED


class Draws(NamedTuple):
    SEX: float
    AGE: float
    WT: float
    HT: float
    SCR: float


def sample(z: Draws) -> Patient:
    SEX = 1.0 * (z.SEX < MALE)
    mean = where(SEX > 0.5, 175.0, 161.0)  # cm  DERIVED
    SD = where(SEX > 0.5, 7.6, 7.0)  # cm  DERIVED
    r = where(SEX > 0.5, 0.45, 0.35)  # HT with ln WT  DERIVED
    return Patient(
        AGE=51.5 + 15.9 * z.AGE,  # years  VERIFIED
        WT=63.7 * exp(0.173 * z.WT),  # kg  DERIVED from the mean and SD
        HT=mean + SD * correlated(z.HT, r, z.WT, -0.2, z.AGE),  # cm  DERIVED
        SEX=SEX,
        SCR=0.87 * exp(0.35 * correlated(z.SCR, 0.2, z.WT)),  # mg/dL  DERIVED
        DIAL=0.0,
        HAEM=1.0,
    )


def keep(patient: Patient) -> bool:
    return (patient.AGE >= 18) & (patient.AGE <= 90)  # DERIVED


def creatinine_clearance(patient: Patient) -> float:
    """mL/min."""
    return cockcroft_gault(patient.AGE, patient.WT, patient.SCR, patient.SEX)


PUBLISHED = (
    Published("AGE, years", lambda p: p.AGE, "mean", 51.5, within=1),  # VERIFIED
    Published("AGE, years", lambda p: p.AGE, "SD", 15.9, within=1.5),  # VERIFIED
    Published("WT, kg", lambda p: p.WT, "mean", 64.7, within=0.5),  # VERIFIED
    Published("WT, kg", lambda p: p.WT, "SD", 11.3, within=0.5),  # VERIFIED
    Published("male", lambda p: p.SEX, "mean", 0.553, within=0.01),  # VERIFIED
    Published("SCR, mg/dL", lambda p: p.SCR, "mean", 0.9, within=0.05),  # VERIFIED
    Published("SCR, mg/dL", lambda p: p.SCR, "SD", 0.4, within=0.1),  # VERIFIED
    Published("CRCL, mL/min", creatinine_clearance, "mean", 89.4, within=1.5),  # VERIFIED
    Published("CRCL, mL/min", creatinine_clearance, "SD", 39.2, within=3),  # VERIFIED
)

POPULATION = Population(
    name="haematology",
    title="Adults with a haematological malignancy (after Buelga 2005)",
    sample=sample,
    keep=keep,
)
