"""Obese adults, body mass index at least 30 (demographics of Polaskova 2024).

    AGE  normal, 63 +- 13.3 years                               kept within 26-86 years
    HT   normal, 178 cm men, 165 cm women, each +- 7.5          correlation with AGE -0.2
    BMI  30 + log-normal, median 4.3 kg/m2, log-SD 0.89         independent of HT
    WT   BMI (HT/100)^2                                         kept within 73-190 kg
    SCR  log-normal, log-SD 0.418; median 0.818 mg/dL times 1.1 men, 0.87 women
    40.6 % female

Creatinine is sampled and filtration follows by CKD-EPI 2021. Because the study admitted by body mass index, that is
sampled and weight follows; a weight sampled by itself would leave many tall men below 30.

Source: doi:10.3389/fphar.2024.1364681 (SINGLE). All spreads are DERIVED from the published medians and quartiles, the
distribution of creatinine and the heights by sex chosen so that filtration and size come near them. Obtained from
400 000 draws (published): weight 104.4 [94.2-116.9] (104 [95-120]) kg, height 173.2 [165.9-179.8] (174 [165-180]) cm,
body mass index 34.3 [32.4-37.7] (34.3 [32.5-38.3]), lean mass after Boer 67 [56-75] (68 [55-76]) kg, filtration 92.8
[68-106] (90.6 [67-103]) mL/min/1.73 m2. The paper computed filtration by the older CKD-EPI 2012 equation.
"""

from statistics import NormalDist
from typing import NamedTuple

from dosing_env.arithmetic import exp, where
from dosing_env.formulas import body_mass_index, ckd_epi_2021, lean_mass
from dosing_env.pharmacology import Patient, Population
from dosing_env.populations._recipe import Published, correlated

MALE = NormalDist().inv_cdf(0.594)  # SINGLE


class Draws(NamedTuple):
    SEX: float
    AGE: float
    BMI: float
    HT: float
    SCR: float


def sample(z: Draws) -> Patient:
    SEX = 1.0 * (z.SEX < MALE)
    mean = where(SEX > 0.5, 178.0, 165.0)  # cm  DERIVED
    HT = mean + 7.5 * correlated(z.HT, -0.2, z.AGE)  # cm  DERIVED
    BMI = 30 + 4.3 * exp(0.89 * z.BMI)  # kg/m2  DERIVED
    return Patient(
        AGE=63 + 13.3 * z.AGE,  # years  DERIVED
        WT=BMI * (HT / 100) ** 2,  # kg  DERIVED
        HT=HT,
        SEX=SEX,
        SCR=0.818 * where(SEX > 0.5, 1.1, 0.87) * exp(0.418 * z.SCR),  # mg/dL  DERIVED
        DIAL=0.0,
        HAEM=0.0,
    )


def keep(patient: Patient) -> bool:
    return (
        (patient.AGE >= 26)  # SINGLE
        & (patient.AGE <= 86)  # SINGLE
        & (patient.WT >= 73)  # SINGLE
        & (patient.WT <= 190)  # SINGLE
    )


def filtration(patient: Patient) -> float:
    """mL/min/1.73 m2."""
    return ckd_epi_2021(patient.AGE, patient.SCR, patient.SEX)


PUBLISHED = (
    Published("AGE, years", lambda p: p.AGE, "Q1", 54, within=1.5),  # SINGLE
    Published("AGE, years", lambda p: p.AGE, "median", 65, within=3),  # SINGLE
    Published("AGE, years", lambda p: p.AGE, "Q3", 72, within=1.5),  # SINGLE
    Published("WT, kg", lambda p: p.WT, "Q1", 95, within=1.5),  # SINGLE
    Published("WT, kg", lambda p: p.WT, "median", 104, within=1),  # SINGLE
    Published("WT, kg", lambda p: p.WT, "Q3", 120, within=3.5),  # SINGLE
    Published("HT, cm", lambda p: p.HT, "Q1", 165, within=1.5),  # SINGLE
    Published("HT, cm", lambda p: p.HT, "median", 174, within=1.5),  # SINGLE
    Published("HT, cm", lambda p: p.HT, "Q3", 180, within=1.5),  # SINGLE
    Published("BMI, kg/m2", lambda p: body_mass_index(p.WT, p.HT), "median", 34.3, within=0.3),  # SINGLE
    Published("lean mass, kg", lambda p: lean_mass(p.WT, p.HT, p.SEX), "median", 68, within=1.5),  # SINGLE
    Published("male", lambda p: p.SEX, "mean", 0.594, within=0.01),  # SINGLE
    Published("filtration, mL/min/1.73 m2", filtration, "Q1", 67.2, within=2.5),  # SINGLE
    Published("filtration, mL/min/1.73 m2", filtration, "median", 90.6, within=2.5),  # SINGLE
    Published("filtration, mL/min/1.73 m2", filtration, "Q3", 103.2, within=3.5),  # SINGLE
)

POPULATION = Population(
    name="obese",
    title="Obese adults, body mass index 30 and over (after Polaskova 2024)",
    sample=sample,
    keep=keep,
)
