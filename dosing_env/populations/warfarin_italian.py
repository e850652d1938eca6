"""Italian adults on warfarin (demographics of Hamberg 2007).

    AGE     90 - 19 exp(-0.5 z) years, median 71               kept within 22-87 years
    WT      log-normal, median 80 kg, log-SD 0.17              kept within 45-120 kg
    HT      normal, 171 cm men, 158.5 cm women, each +- 6.5    correlation with ln WT 0.45, 0.35, with AGE -0.2
    CYP2C9  *1/*1 58.7, *1/*2 17.3, *1/*3 16.7, *2/*2 3.3, *2/*3 2.7, *3/*3 1.3 %
    VKORC1  -1639 GG 39, GA 41, AA 20 %
    CYP4F2  Hardy-Weinberg, *3 0.30
    INR0    normal, 1.03 +- 0.08                               kept at 0.8 and above
    34 % female

All are white. The target is 2 to 3. Nobody takes another drug, smokes or has diabetes, thrombosis or a stroke: the
paper does not say.

Source: medians, ranges, the share of women and genotypes from Hamberg A-K et al. Clin Pharmacol Ther 2007;81:529-538,
doi:10.1038/sj.clpt.6100084, 150 patients (SINGLE). The forms of the distributions, heights, correlations and the spread
of INR before treatment are DERIVED: age is skewed so that its median is 71 and hardly anybody is turned away. The
frequency of CYP4F2*3 is MEMORY. Maintenance doses, 29.4 mg a week (median), are not used.
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp, where
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
)

MALE = below(0.66)  # SINGLE
CYP2C9 = edges(0.587, 0.173, 0.167, 0.033, 0.027, 0.013)  # SINGLE
VKORC1 = edges(0.39, 0.41, 0.20)  # SINGLE
CYP4F2 = hardy_weinberg(0.30)  # MEMORY


class Draws(NamedTuple):
    SEX: float
    AGE: float
    WT: float
    HT: float
    CYP2C9: float
    VKORC1: float
    CYP4F2: float
    INR0: float


def sample(z: Draws) -> WarfarinPatient:
    SEX = flag(z.SEX, MALE)
    mean = where(SEX > 0.5, 171.0, 158.5)  # cm  DERIVED
    r = where(SEX > 0.5, 0.45, 0.35)  # HT with ln WT  DERIVED
    return WarfarinPatient(
        AGE=90 - 19 * exp(-0.5 * z.AGE),  # years  median SINGLE, form DERIVED
        WT=80 * exp(0.17 * z.WT),  # kg  median SINGLE, log-SD DERIVED
        HT=mean + 6.5 * correlated(z.HT, r, z.WT, -0.2, z.AGE),  # cm  DERIVED
        SEX=SEX,
        CYP2C9_2=cyp2c9_star2(z.CYP2C9, CYP2C9),
        CYP2C9_3=cyp2c9_star3(z.CYP2C9, CYP2C9),
        VKORC1_A=copies(z.VKORC1, VKORC1),
        CYP4F2_3=copies(z.CYP4F2, CYP4F2),
        BLACK=0.0,
        ASIAN=0.0,
        OTHER=0.0,
        AMIODARONE=0.0,
        INDUCER=0.0,
        FLUVASTATIN=0.0,
        SMOKER=0.0,
        DIABETES=0.0,
        VTE=0.0,
        STROKE=0.0,
        INR0=1.03 + 0.08 * z.INR0,  # INR  DERIVED
        INR_LOW=2.0,
        INR_HIGH=3.0,  # DERIVED
    )


def keep(patient: WarfarinPatient) -> bool:
    return (
        (patient.AGE >= 22)  # SINGLE
        & (patient.AGE <= 87)  # SINGLE
        & (patient.WT >= 45)  # SINGLE
        & (patient.WT <= 120)  # SINGLE
        & (patient.INR0 >= 0.8)  # DERIVED
    )


PUBLISHED = (
    Published("AGE, years", lambda p: p.AGE, "median", 71, within=0.5),  # SINGLE
    Published("WT, kg", lambda p: p.WT, "median", 80, within=0.5),  # SINGLE
    Published("male", lambda p: p.SEX, "mean", 0.66, within=0.005),  # SINGLE
    Published("CYP2C9 *1/*1", having(CYP2C9_2=0.0, CYP2C9_3=0.0), "mean", 0.587, within=0.005),  # SINGLE
    Published("CYP2C9 *1/*2", having(CYP2C9_2=1.0, CYP2C9_3=0.0), "mean", 0.173, within=0.005),  # SINGLE
    Published("CYP2C9 *1/*3", having(CYP2C9_2=0.0, CYP2C9_3=1.0), "mean", 0.167, within=0.005),  # SINGLE
    Published("CYP2C9 *2/*2", having(CYP2C9_2=2.0, CYP2C9_3=0.0), "mean", 0.033, within=0.002),  # SINGLE
    Published("CYP2C9 *2/*3", having(CYP2C9_2=1.0, CYP2C9_3=1.0), "mean", 0.027, within=0.002),  # SINGLE
    Published("CYP2C9 *3/*3", having(CYP2C9_2=0.0, CYP2C9_3=2.0), "mean", 0.013, within=0.002),  # SINGLE
    Published("VKORC1 GG", having(VKORC1_A=0.0), "mean", 0.39, within=0.005),  # SINGLE
    Published("VKORC1 GA", having(VKORC1_A=1.0), "mean", 0.41, within=0.005),  # SINGLE
    Published("VKORC1 AA", having(VKORC1_A=2.0), "mean", 0.20, within=0.005),  # SINGLE
)

POPULATION = Population(
    name="warfarin_italian",
    title="Warfarin, Italian adults (after Hamberg 2007)",
    sample=sample,
    keep=keep,
)
