"""Septic adults in intensive care, without renal replacement (demographics of Roberts 2011).

    AGE  normal, 58.1 +- 14.8 years                             kept within 18-90 years
    WT   log-normal, 74.8 +- 15.8 kg                            correlation of ln WT with HT 0.45 men, 0.35 women
    HT   normal, 174.8 cm men, 164.8 cm women, each +- 6.35     correlation with AGE -0.2
    SCR  log-normal, median 0.96 mg/dL, log-SD 0.577            correlation of ln SCR with ln WT 0.05
    61.6 % male

Creatinine is sampled and its clearance follows: Cockcroft-Gault (total weight) per 1.73 m2 of DuBois surface, in the
place of the paper's 24-h urinary clearance.

Source: age, weight, height, sex and clearance from Roberts JA et al. Antimicrob Agents Chemother 2011;55:2704-2709,
doi:10.1128/AAC.01708-10 (SINGLE). The age range, the split of heights by sex (overall 171 +- 8 cm), the correlations
and the distribution of creatinine are DERIVED: chosen so that the clearance is the published 90.7 +- 60.4
mL/min/1.73 m2. Obtained from 400 000 draws: 90.6 +- 60.5, median 75, 5-95 % 28-205, 19 % above 130 (augmented). No
upper limit is published, so none is set: 1 in 1000 exceeds 480. AGE and SCR are independent given WT.
"""

from statistics import NormalDist
from typing import NamedTuple

from dosing_env.arithmetic import exp, where
from dosing_env.formulas import body_surface_dubois, cockcroft_gault, indexed
from dosing_env.pharmacology import Patient, Population
from dosing_env.populations._recipe import Published, correlated

MALE = NormalDist().inv_cdf(0.616)  # SINGLE


class Draws(NamedTuple):
    SEX: float
    AGE: float
    WT: float
    HT: float
    SCR: float


def sample(z: Draws) -> Patient:
    SEX = 1.0 * (z.SEX < MALE)
    mean = where(SEX > 0.5, 174.8, 164.8)  # cm  DERIVED
    r = where(SEX > 0.5, 0.45, 0.35)  # HT with ln WT  DERIVED
    return Patient(
        AGE=58.1 + 14.8 * z.AGE,  # years  SINGLE
        WT=73.2 * exp(0.209 * z.WT),  # kg  DERIVED from the mean and SD
        HT=mean + 6.35 * correlated(z.HT, r, z.WT, -0.2, z.AGE),  # cm  DERIVED
        SEX=SEX,
        SCR=0.96 * exp(0.577 * correlated(z.SCR, 0.05, z.WT)),  # mg/dL  DERIVED
        DIAL=0.0,
        HAEM=0.0,
    )


def keep(patient: Patient) -> bool:
    return (patient.AGE >= 18) & (patient.AGE <= 90)  # DERIVED


def creatinine_clearance(patient: Patient) -> float:
    """mL/min/1.73 m2."""
    CRCL = cockcroft_gault(patient.AGE, patient.WT, patient.SCR, patient.SEX)
    return indexed(CRCL, body_surface_dubois(patient.WT, patient.HT))


PUBLISHED = (
    Published("AGE, years", lambda p: p.AGE, "mean", 58.1, within=1),  # SINGLE
    Published("AGE, years", lambda p: p.AGE, "SD", 14.8, within=1.5),  # SINGLE
    Published("WT, kg", lambda p: p.WT, "mean", 74.8, within=0.5),  # SINGLE
    Published("WT, kg", lambda p: p.WT, "SD", 15.8, within=0.5),  # SINGLE
    Published("HT, cm", lambda p: p.HT, "mean", 171, within=0.5),  # SINGLE
    Published("HT, cm", lambda p: p.HT, "SD", 8, within=0.2),  # SINGLE
    Published("male", lambda p: p.SEX, "mean", 0.616, within=0.01),  # SINGLE
    Published("CRCL, mL/min/1.73 m2", creatinine_clearance, "mean", 90.7, within=1.5),  # SINGLE
    Published("CRCL, mL/min/1.73 m2", creatinine_clearance, "SD", 60.4, within=3),  # SINGLE
)

POPULATION = Population(
    name="icu",
    title="Septic adults in intensive care (after Roberts 2011)",
    sample=sample,
    keep=keep,
)
