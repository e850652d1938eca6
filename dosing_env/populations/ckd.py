"""Adults with chronic kidney disease, not on dialysis (demographics of Dorajoo 2019).

    AGE  normal, 71.7 +- 13 years                              kept within 31-97 years
    WT   log-normal, 57.8 +- 15.7 kg                           correlation of ln WT with HT 0.45 men, 0.35 women
    HT   normal, 162.6 cm men, 152.6 cm women, each +- 6.4     correlation with AGE -0.2
    SCR  log-normal, median 1.50 mg/dL, log-SD 0.40            correlation of ln SCR with ln WT 0.6
    36 % female; creatinine clearance kept within 10-60 mL/min

Creatinine is sampled and its clearance follows by Cockcroft-Gault (total weight).

Source: Front Pharmacol 2019;10:641, doi:10.3389/fphar.2019.00641 (SINGLE). The split of heights by sex (overall 159 +-
8 cm), the correlations, the lower limit of clearance and the distribution of creatinine are DERIVED: chosen so that the
clearance comes near the published 33.8 +- 10.3 mL/min and creatinine near 1.70 +- 0.83 mg/dL. Obtained from 400 000
draws: 33.5 +- 10.7 and 1.66 +- 0.67. AGE and SCR are independent given WT. The weights of the 80 patients, 33.6-103.8
kg, are not made limits: 4 % are drawn outside, and without them the SD would be 14.1 kg.
"""

from statistics import NormalDist
from typing import NamedTuple

from dosing_env.arithmetic import exp, where
from dosing_env.formulas import cockcroft_gault
from dosing_env.pharmacology import Patient, Population
from dosing_env.populations._recipe import Published, correlated

MALE = NormalDist().inv_cdf(0.64)  # SINGLE


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
        AGE=71.7 + 13 * z.AGE,  # years  SINGLE
        WT=55.8 * exp(0.267 * z.WT),  # kg  DERIVED from the mean and SD
        HT=mean + 6.4 * correlated(z.HT, r, z.WT, -0.2, z.AGE),  # cm  DERIVED
        SEX=SEX,
        SCR=1.50 * exp(0.40 * correlated(z.SCR, 0.6, z.WT)),  # mg/dL  DERIVED
        DIAL=0.0,
        HAEM=0.0,
    )


def creatinine_clearance(patient: Patient) -> float:
    """mL/min."""
    return cockcroft_gault(patient.AGE, patient.WT, patient.SCR, patient.SEX)


def keep(patient: Patient) -> bool:
    CRCL = creatinine_clearance(patient)
    return (
        (patient.AGE >= 31)  # SINGLE
        & (patient.AGE <= 97)  # SINGLE
        & (CRCL > 10)  # DERIVED
        & (CRCL < 60)  # SINGLE
    )


PUBLISHED = (
    Published("AGE, years", lambda p: p.AGE, "mean", 71.7, within=1),  # SINGLE
    Published("AGE, years", lambda p: p.AGE, "SD", 13, within=1.5),  # SINGLE
    Published("WT, kg", lambda p: p.WT, "mean", 57.8, within=0.5),  # SINGLE
    Published("WT, kg", lambda p: p.WT, "SD", 15.7, within=0.5),  # SINGLE
    Published("HT, cm", lambda p: p.HT, "mean", 159, within=0.5),  # SINGLE
    Published("HT, cm", lambda p: p.HT, "SD", 8, within=0.2),  # SINGLE
    Published("male", lambda p: p.SEX, "mean", 0.64, within=0.02),  # SINGLE
    Published("SCR, mg/dL", lambda p: p.SCR, "mean", 1.70, within=0.1),  # SINGLE
    Published("SCR, mg/dL", lambda p: p.SCR, "SD", 0.83, within=0.2),  # SINGLE
    Published("CRCL, mL/min", creatinine_clearance, "mean", 33.8, within=1),  # SINGLE
    Published("CRCL, mL/min", creatinine_clearance, "SD", 10.3, within=1),  # SINGLE
)

POPULATION = Population(
    name="ckd",
    title="Chronic kidney disease, not on dialysis (after Dorajoo 2019)",
    sample=sample,
    keep=keep,
)
