"""Han Chinese adults on warfarin (demographics of Xia 2024).

    AGE         normal, 54.7 +- 12.5 years                     kept within 18-82 years
    WT          normal, 59.7 +- 11.6 kg                        kept within 30-106 kg
    HT          normal, 167 cm men, 156 cm women, each +- 6    correlation with WT 0.45, 0.35, with AGE -0.2
    CYP2C9      *1/*1 94.3, *1/*3 5.7 %
    VKORC1      -1639 GG 0.9, GA 18.7, AA 80.4 %
    CYP4F2      Hardy-Weinberg, *3 0.22
    AMIODARONE  25.7 %
    INR0        normal, 1.13 +- 0.10                           kept at 0.8 and above
    48.9 % female

All are Asian. The target is 2 to 3. Nobody takes an inducer or fluvastatin, smokes or has diabetes, thrombosis or a
stroke: the source does not say.

Source: Xia X et al. Sci Rep 2024;14:14894, doi:10.1038/s41598-024-65048-7, 646 patients: age, weight, genotypes,
amiodarone and the mean of INR before treatment VERIFIED; sex, the range of weights and the oldest SINGLE. The paper's
youngest is 1 year old; here adults only. The printed genotypes of VKORC1 add up to 99.9 %, the rest counts as AA
(80.3 %). Heights, correlations and the least weight are DERIVED. INR before treatment is printed as 1.13 +- 0.59, which
must count some who took an anticoagulant already: its spread is that of Ohara M et al. (0.10,
doi:10.1371/journal.pone.0105891). The frequency of CYP4F2*3 is MEMORY.
"""

from typing import NamedTuple

from dosing_env.arithmetic import where
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Population
from dosing_env.populations._recipe import Published, correlated
from dosing_env.populations._warfarin import (
    below,
    copies,
    cyp2c9_star2,
    cyp2c9_star3,
    edges,
    flag,
    hardy_weinberg,
    having,
    value,
)

MALE = below(0.511)  # SINGLE
CYP2C9 = edges(0.943, 0.0, 0.057, 0.0, 0.0, 0.0)  # VERIFIED
VKORC1 = edges(0.009, 0.187, 0.804)  # VERIFIED
CYP4F2 = hardy_weinberg(0.22)  # MEMORY
AMIODARONE = below(0.257)  # VERIFIED


class Draws(NamedTuple):
    SEX: float
    AGE: float
    WT: float
    HT: float
    CYP2C9: float
    VKORC1: float
    CYP4F2: float
    AMIODARONE: float
    INR0: float


def sample(z: Draws) -> WarfarinPatient:
    SEX = flag(z.SEX, MALE)
    mean = where(SEX > 0.5, 167.0, 156.0)  # cm  DERIVED
    r = where(SEX > 0.5, 0.45, 0.35)  # HT with WT  DERIVED
    return WarfarinPatient(
        AGE=54.7 + 12.5 * z.AGE,  # years  VERIFIED
        WT=59.7 + 11.6 * z.WT,  # kg  VERIFIED
        HT=mean + 6 * correlated(z.HT, r, z.WT, -0.2, z.AGE),  # cm  DERIVED
        SEX=SEX,
        CYP2C9_2=cyp2c9_star2(z.CYP2C9, CYP2C9),
        CYP2C9_3=cyp2c9_star3(z.CYP2C9, CYP2C9),
        VKORC1_A=copies(z.VKORC1, VKORC1),
        CYP4F2_3=copies(z.CYP4F2, CYP4F2),
        BLACK=0.0,
        ASIAN=1.0,
        OTHER=0.0,
        AMIODARONE=flag(z.AMIODARONE, AMIODARONE),
        INDUCER=0.0,
        FLUVASTATIN=0.0,
        SMOKER=0.0,
        DIABETES=0.0,
        VTE=0.0,
        STROKE=0.0,
        INR0=1.13 + 0.10 * z.INR0,  # INR  mean VERIFIED, SD DERIVED
        INR_LOW=2.0,
        INR_HIGH=3.0,  # DERIVED
    )


def keep(patient: WarfarinPatient) -> bool:
    return (
        (patient.AGE >= 18)  # DERIVED
        & (patient.AGE <= 82)  # SINGLE
        & (patient.WT >= 30)  # DERIVED
        & (patient.WT <= 106)  # SINGLE
        & (patient.INR0 >= 0.8)  # DERIVED
    )


PUBLISHED = (
    Published("AGE, years", lambda p: p.AGE, "mean", 54.7, within=0.5),  # VERIFIED
    Published("AGE, years", lambda p: p.AGE, "SD", 12.5, within=1),  # VERIFIED
    Published("WT, kg", lambda p: p.WT, "mean", 59.7, within=0.5),  # VERIFIED
    Published("WT, kg", lambda p: p.WT, "SD", 11.6, within=0.5),  # VERIFIED
    Published("male", lambda p: p.SEX, "mean", 0.511, within=0.005),  # SINGLE
    Published("CYP2C9 *1/*1", having(CYP2C9_2=0.0, CYP2C9_3=0.0), "mean", 0.943, within=0.003),  # VERIFIED
    Published("CYP2C9 *1/*3", having(CYP2C9_2=0.0, CYP2C9_3=1.0), "mean", 0.057, within=0.003),  # VERIFIED
    Published("VKORC1 GG", having(VKORC1_A=0.0), "mean", 0.009, within=0.001),  # VERIFIED
    Published("VKORC1 GA", having(VKORC1_A=1.0), "mean", 0.187, within=0.005),  # VERIFIED
    Published("VKORC1 AA", having(VKORC1_A=2.0), "mean", 0.803, within=0.005),  # VERIFIED
    Published("amiodarone", having(AMIODARONE=1.0), "mean", 0.257, within=0.005),  # VERIFIED
    Published("INR0, INR", value("INR0"), "mean", 1.13, within=0.01),  # VERIFIED
)

POPULATION = Population(
    name="warfarin_han",
    title="Warfarin, Han Chinese adults (after Xia 2024)",
    sample=sample,
    keep=keep,
)
