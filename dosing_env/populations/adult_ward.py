"""Adults on general and intensive care wards, without dialysis (demographics of Goti 2018).

    AGE  normal, 57 +- 17 years                         kept within 17-101 years
    WT   log-normal, median 79 kg, log-SD 0.27          kept within 33-255 kg; correlation of ln WT with HT 0.45, 0.35
    HT   normal, 175 +- 7.6 cm men, 161 +- 7 cm women   correlation with AGE -0.2
    SCR  log-normal, median 1.27 mg/dL, log-SD 0.55     correlation of ln SCR with ln WT 0.1
    53.5 % male

Creatinine is sampled and its clearance follows by Cockcroft-Gault (total weight); the published clearance raises
creatinine to 1 mg/dL above 65 years and stops at 150 mL/min.

Source: medians, ranges and the share of men from Goti V et al. Ther Drug Monit 2018;40(2):212-221,
doi:10.1097/FTD.0000000000000490 (VERIFIED). Spreads, heights, correlations and the distribution of creatinine are
DERIVED: chosen so that the clearance has the published median of 62 mL/min. Obtained from 400 000 draws: median 62.0,
5-95 % 23-150, 8 % at the cap. AGE and SCR are independent given WT: a correlation of +0.2 moves that median to 63.0 and
9.4 % to the cap. The 18.5 % of the cohort on haemodialysis are left out, but the published median
is theirs too: without them it is probably higher.
"""

from statistics import NormalDist
from typing import NamedTuple

from dosing_env.arithmetic import exp, maximum, minimum, where
from dosing_env.formulas import cockcroft_gault
from dosing_env.pharmacology import Patient, Population
from dosing_env.populations._recipe import Published, correlated

MALE = NormalDist().inv_cdf(0.535)  # VERIFIED


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
        AGE=57 + 17 * z.AGE,  # years  mean VERIFIED (median), SD DERIVED
        WT=79 * exp(0.27 * z.WT),  # kg  median VERIFIED, log-SD DERIVED
        HT=mean + SD * correlated(z.HT, r, z.WT, -0.2, z.AGE),  # cm  DERIVED
        SEX=SEX,
        SCR=1.27 * exp(0.55 * correlated(z.SCR, 0.1, z.WT)),  # mg/dL  DERIVED
        DIAL=0.0,
        HAEM=0.0,
    )


def creatinine_clearance(patient: Patient) -> float:
    """As published: mL/min, creatinine at least 1 mg/dL above 65 years, at most 150."""
    SCR = maximum(patient.SCR, 1.0 * (patient.AGE > 65))  # mg/dL  VERIFIED
    return minimum(cockcroft_gault(patient.AGE, patient.WT, SCR, patient.SEX), 150.0)  # mL/min  VERIFIED


def keep(patient: Patient) -> bool:
    return (
        (patient.AGE >= 17)  # VERIFIED
        & (patient.AGE <= 101)  # VERIFIED
        & (patient.WT >= 33)  # VERIFIED
        & (patient.WT <= 255)  # VERIFIED
        & (creatinine_clearance(patient) >= 4)  # VERIFIED
    )


PUBLISHED = (
    Published("AGE, years", lambda p: p.AGE, "median", 57, within=1),  # VERIFIED
    Published("WT, kg", lambda p: p.WT, "median", 79, within=1),  # VERIFIED
    Published("male", lambda p: p.SEX, "mean", 0.535, within=0.01),  # VERIFIED
    Published("CRCL, mL/min", creatinine_clearance, "median", 62, within=1),  # VERIFIED
)

POPULATION = Population(
    name="adult_ward",
    title="Adults on hospital wards, without dialysis (after Goti 2018)",
    sample=sample,
    keep=keep,
)
