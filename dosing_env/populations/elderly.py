"""Mostly elderly adults with heart failure or atrial fibrillation (demographics of Hirai 2022).

    AGE  normal, 67 +- 14 years                                kept within 20-98 years
    WT   log-normal, 57 +- 15 kg                               correlation of ln WT with HT 0.45 men, 0.35 women
    HT   normal, 162.6 cm men, 152.6 cm women, each +- 6.4     correlation with AGE -0.2
    SCR  log-normal, median 0.95 mg/dL, log-SD 0.35            independent of WT
    38 % female

Creatinine is sampled and its clearance follows by Cockcroft-Gault (total weight).

Source: demographics of the digoxin study of Hirai, BMC Pharmacol Toxicol 2022;23:14,
doi:10.1186/s40360-022-00552-y (SINGLE). Heights (those of ckd), correlations and the distribution of creatinine are
DERIVED: chosen so that the clearance comes near the published 56.5 [40.7-75.6] mL/min (median, quartiles). Obtained
from 400 000 draws: 54.7 [39.6-75.6]. AGE and SCR are independent.
"""

from statistics import NormalDist
from typing import NamedTuple

from dosing_env.arithmetic import exp, where
from dosing_env.formulas import cockcroft_gault
from dosing_env.pharmacology import Patient, Population
from dosing_env.populations._recipe import Published, correlated

MALE = NormalDist().inv_cdf(0.62)  # SINGLE


class Draws(NamedTuple):
    SEX: float
    AGE: float
    WT: float
    HT: float
    SCR: float


def sample(z: Draws) -> Patient:
    SEX = 1.0 * (z.SEX < MALE)
    mean = where(SEX > 0.5, 162.6, 152.6)  # cm  DERIVED
    r = where(SEX > 0.5, 0.45, 0.35)  # HT with ln WT  DERIVED
    return Patient(
        AGE=67 + 14 * z.AGE,  # years  SINGLE
        WT=55.1 * exp(0.259 * z.WT),  # kg  DERIVED from the mean and SD
        HT=mean + 6.4 * correlated(z.HT, r, z.WT, -0.2, z.AGE),  # cm  DERIVED
        SEX=SEX,
        SCR=0.95 * exp(0.35 * z.SCR),  # mg/dL  DERIVED
        DIAL=0.0,
        HAEM=0.0,
    )


def keep(patient: Patient) -> bool:
    return (patient.AGE >= 20) & (patient.AGE <= 98)  # SINGLE


def creatinine_clearance(patient: Patient) -> float:
    """mL/min."""
    return cockcroft_gault(patient.AGE, patient.WT, patient.SCR, patient.SEX)


PUBLISHED = (
    Published("AGE, years", lambda p: p.AGE, "mean", 67, within=1),  # SINGLE
    Published("AGE, years", lambda p: p.AGE, "SD", 14, within=1),  # SINGLE
    Published("WT, kg", lambda p: p.WT, "mean", 57, within=0.5),  # SINGLE
    Published("WT, kg", lambda p: p.WT, "SD", 15, within=0.5),  # SINGLE
    Published("male", lambda p: p.SEX, "mean", 0.62, within=0.01),  # SINGLE
    Published("CRCL, mL/min", creatinine_clearance, "Q1", 40.7, within=2),  # SINGLE
    Published("CRCL, mL/min", creatinine_clearance, "median", 56.5, within=2.5),  # SINGLE
    Published("CRCL, mL/min", creatinine_clearance, "Q3", 75.6, within=2),  # SINGLE
)

POPULATION = Population(
    name="elderly",
    title="Elderly with heart failure or atrial fibrillation (after Hirai 2022)",
    sample=sample,
    keep=keep,
)
