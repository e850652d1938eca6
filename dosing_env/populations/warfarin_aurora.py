"""The Aurora cohort of warfarin patients, as the clinical avatars of Ravvaz and the learning built on them have it.

    AGE          normal, 67.30 +- 13.43 years                  kept within 18-100 years
    WT           normal, 199.24 +- 54.71 lb                    kept within 70-500 lb; correlation with HT 0.45, 0.35
    HT           normal, 66.78 +- 4.31 in of men and women     kept within 45-85 in; correlation with AGE -0.2
    ANCESTRY     95.22 % white, 4.19 % black, 0.40 % Asian, 0.19 % other (American Indian, Pacific)
    CYP2C9       *1/*1 67.39, *1/*2 14.86, *1/*3 9.25, *2/*2 6.51, *2/*3 1.97, *3/*3 0.02 %
    VKORC1       -1639 GG 38.37, GA 44.18, AA 17.45 %
    CYP4F2       Hardy-Weinberg, *3 0.30
    SMOKER       9.33 %
    AMIODARONE   11.51 %
    FLUVASTATIN  0.02 %
    53.14 % female

INR before treatment is 1 and the target 2 to 3. Nobody takes an inducer or has diabetes, thrombosis or a stroke: the
cohort does not say.

Source: SINGLE, public code of Anzabi Zadeh, J Biomed Inform 2023;137:104267, doi:10.1016/j.jbi.2022.104267, after
Ravvaz. There everything is independent. Here heights are split by sex (men 5.5 in taller, each +- 3.32, which leaves
mean and SD of all) and correlated with weight and age, which is DERIVED; the frequency of CYP4F2*3 is MEMORY. Those
outside a range are drawn again here, and set to its end there.
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
)

KG, CM = 0.45359237, 2.54  # of a pound, of an inch  VERIFIED
MALE = below(0.4686)  # SINGLE
WHITE, BLACK, ASIAN = edges(0.9522, 0.0419, 0.0040, 0.0019)  # SINGLE  where each ends
CYP2C9 = edges(0.6739, 0.1486, 0.0925, 0.0651, 0.0197, 0.0002)  # SINGLE
VKORC1 = edges(0.3837, 0.4418, 0.1745)  # SINGLE
CYP4F2 = hardy_weinberg(0.30)  # MEMORY
SMOKER = below(0.0933)  # SINGLE
AMIODARONE = below(0.1151)  # SINGLE
FLUVASTATIN = below(0.0002)  # SINGLE


class Draws(NamedTuple):
    SEX: float
    AGE: float
    WT: float
    HT: float
    ANCESTRY: float
    CYP2C9: float
    VKORC1: float
    CYP4F2: float
    SMOKER: float
    AMIODARONE: float
    FLUVASTATIN: float


def sample(z: Draws) -> WarfarinPatient:
    SEX = flag(z.SEX, MALE)
    mean = where(SEX > 0.5, 69.70, 64.20)  # in  DERIVED
    r = where(SEX > 0.5, 0.45, 0.35)  # HT with WT  DERIVED
    return WarfarinPatient(
        AGE=67.30 + 13.43 * z.AGE,  # years  SINGLE
        WT=KG * (199.24 + 54.71 * z.WT),  # kg  SINGLE
        HT=CM * (mean + 3.32 * correlated(z.HT, r, z.WT, -0.2, z.AGE)),  # cm  DERIVED
        SEX=SEX,
        CYP2C9_2=cyp2c9_star2(z.CYP2C9, CYP2C9),
        CYP2C9_3=cyp2c9_star3(z.CYP2C9, CYP2C9),
        VKORC1_A=copies(z.VKORC1, VKORC1),
        CYP4F2_3=copies(z.CYP4F2, CYP4F2),
        BLACK=flag(z.ANCESTRY, BLACK) - flag(z.ANCESTRY, WHITE),
        ASIAN=flag(z.ANCESTRY, ASIAN) - flag(z.ANCESTRY, BLACK),
        OTHER=1 - flag(z.ANCESTRY, ASIAN),
        AMIODARONE=flag(z.AMIODARONE, AMIODARONE),
        INDUCER=0.0,
        FLUVASTATIN=flag(z.FLUVASTATIN, FLUVASTATIN),
        SMOKER=flag(z.SMOKER, SMOKER),
        DIABETES=0.0,
        VTE=0.0,
        STROKE=0.0,
        INR0=1.0,
        INR_LOW=2.0,
        INR_HIGH=3.0,  # DERIVED
    )


def keep(patient: WarfarinPatient) -> bool:
    return (
        (patient.AGE >= 18)  # SINGLE
        & (patient.AGE <= 100)  # SINGLE
        & (patient.WT >= 70 * KG)  # SINGLE
        & (patient.WT <= 500 * KG)  # SINGLE
        & (patient.HT >= 45 * CM)  # SINGLE
        & (patient.HT <= 85 * CM)  # SINGLE
    )


PUBLISHED = (
    Published("AGE, years", lambda p: p.AGE, "mean", 67.30, within=0.5),  # SINGLE
    Published("AGE, years", lambda p: p.AGE, "SD", 13.43, within=0.5),  # SINGLE
    Published("WT, kg", lambda p: p.WT, "mean", 90.37, within=1),  # SINGLE
    Published("WT, kg", lambda p: p.WT, "SD", 24.82, within=1),  # SINGLE
    Published("HT, cm", lambda p: p.HT, "mean", 169.6, within=0.5),  # SINGLE
    Published("HT, cm", lambda p: p.HT, "SD", 10.95, within=0.2),  # SINGLE
    Published("male", lambda p: p.SEX, "mean", 0.4686, within=0.005),  # SINGLE
    Published("black", having(BLACK=1.0), "mean", 0.0419, within=0.002),  # SINGLE
    Published("Asian", having(ASIAN=1.0), "mean", 0.0040, within=0.001),  # SINGLE
    Published("of other ancestry", having(OTHER=1.0), "mean", 0.0019, within=0.0005),  # SINGLE
    Published("CYP2C9 *1/*1", having(CYP2C9_2=0.0, CYP2C9_3=0.0), "mean", 0.6739, within=0.005),  # SINGLE
    Published("CYP2C9 *1/*2", having(CYP2C9_2=1.0, CYP2C9_3=0.0), "mean", 0.1486, within=0.005),  # SINGLE
    Published("CYP2C9 *1/*3", having(CYP2C9_2=0.0, CYP2C9_3=1.0), "mean", 0.0925, within=0.005),  # SINGLE
    Published("CYP2C9 *2/*2", having(CYP2C9_2=2.0, CYP2C9_3=0.0), "mean", 0.0651, within=0.005),  # SINGLE
    Published("CYP2C9 *2/*3", having(CYP2C9_2=1.0, CYP2C9_3=1.0), "mean", 0.0197, within=0.002),  # SINGLE
    Published("CYP2C9 *3/*3", having(CYP2C9_2=0.0, CYP2C9_3=2.0), "mean", 0.0002, within=0.0002),  # SINGLE
    Published("VKORC1 GG", having(VKORC1_A=0.0), "mean", 0.3837, within=0.005),  # SINGLE
    Published("VKORC1 GA", having(VKORC1_A=1.0), "mean", 0.4418, within=0.005),  # SINGLE
    Published("VKORC1 AA", having(VKORC1_A=2.0), "mean", 0.1745, within=0.005),  # SINGLE
    Published("smokers", having(SMOKER=1.0), "mean", 0.0933, within=0.003),  # SINGLE
    Published("amiodarone", having(AMIODARONE=1.0), "mean", 0.1151, within=0.003),  # SINGLE
    Published("fluvastatin", having(FLUVASTATIN=1.0), "mean", 0.0002, within=0.0002),  # SINGLE
)

POPULATION = Population(
    name="warfarin_aurora",
    title="Warfarin, the Aurora cohort (after Ravvaz)",
    sample=sample,
    keep=keep,
)
