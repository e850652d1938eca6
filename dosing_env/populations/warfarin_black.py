"""Black adults on warfarin: allele frequencies and everything else from memory.

    AGE          normal, 57 +- 15 years                        kept within 18-95 years
    WT           log-normal, median 88 kg, log-SD 0.26            kept within 35-180 kg
    HT           normal, 176 cm men, 163 cm women, each +- 7      correlation with ln WT 0.45, 0.35, with AGE -0.2
    CYP2C9       Hardy-Weinberg, *2 0.03, *3 0.02
    VKORC1       Hardy-Weinberg, -1639A 0.11
    CYP4F2       Hardy-Weinberg, *3 0.07
    AMIODARONE   8 %
    INDUCER      1 %
    FLUVASTATIN  1 %
    SMOKER       12 %
    DIABETES     20 %
    VTE          20 %
    STROKE       10 %
    INR0         normal, 1.03 +- 0.08                           kept at 0.8 and above
    48 % male

The target is 2 to 3.

Source: MEMORY throughout, of what cohorts on warfarin look like; where it can be checked: International Warfarin
Pharmacogenetics Consortium, N Engl J Med 2009;360:753-764, doi:10.1056/NEJMoa0809329, and the guideline of the Clinical
Pharmacogenetics Implementation Consortium. Not for results that are to be published. Correlations, the target and the
spread of INR before treatment are DERIVED; the genotypes of a patient are independent of each other and of the rest.
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp, where
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Population
from dosing_env.populations._recipe import Published, correlated
from dosing_env.populations._warfarin import (
    below,
    copies,
    cyp2c9_hardy_weinberg,
    cyp2c9_star2,
    cyp2c9_star3,
    flag,
    hardy_weinberg,
    value,
)

MALE = below(0.48)  # MEMORY
CYP2C9 = cyp2c9_hardy_weinberg(0.03, 0.02)  # MEMORY
VKORC1 = hardy_weinberg(0.11)  # MEMORY
CYP4F2 = hardy_weinberg(0.07)  # MEMORY
AMIODARONE = below(0.08)  # MEMORY
INDUCER = below(0.01)  # MEMORY
FLUVASTATIN = below(0.01)  # MEMORY
SMOKER = below(0.12)  # MEMORY
DIABETES = below(0.2)  # MEMORY
VTE = below(0.2)  # MEMORY
STROKE = below(0.1)  # MEMORY


class Draws(NamedTuple):
    SEX: float
    AGE: float
    WT: float
    HT: float
    CYP2C9: float
    VKORC1: float
    CYP4F2: float
    AMIODARONE: float
    INDUCER: float
    FLUVASTATIN: float
    SMOKER: float
    DIABETES: float
    VTE: float
    STROKE: float
    INR0: float


def sample(z: Draws) -> WarfarinPatient:
    SEX = flag(z.SEX, MALE)
    mean = where(SEX > 0.5, 176.0, 163.0)  # cm  MEMORY
    r = where(SEX > 0.5, 0.45, 0.35)  # HT with ln WT  DERIVED
    return WarfarinPatient(
        AGE=57 + 15 * z.AGE,  # years  MEMORY
        WT=88 * exp(0.26 * z.WT),  # kg  MEMORY
        HT=mean + 7 * correlated(z.HT, r, z.WT, -0.2, z.AGE),  # cm  MEMORY
        SEX=SEX,
        CYP2C9_2=cyp2c9_star2(z.CYP2C9, CYP2C9),
        CYP2C9_3=cyp2c9_star3(z.CYP2C9, CYP2C9),
        VKORC1_A=copies(z.VKORC1, VKORC1),
        CYP4F2_3=copies(z.CYP4F2, CYP4F2),
        BLACK=1.0,
        ASIAN=0.0,
        OTHER=0.0,
        AMIODARONE=flag(z.AMIODARONE, AMIODARONE),
        INDUCER=flag(z.INDUCER, INDUCER),
        FLUVASTATIN=flag(z.FLUVASTATIN, FLUVASTATIN),
        SMOKER=flag(z.SMOKER, SMOKER),
        DIABETES=flag(z.DIABETES, DIABETES),
        VTE=flag(z.VTE, VTE),
        STROKE=flag(z.STROKE, STROKE),
        INR0=1.03 + 0.08 * z.INR0,  # INR  DERIVED
        INR_LOW=2.0,
        INR_HIGH=3.0,  # DERIVED
    )


def keep(patient: WarfarinPatient) -> bool:
    return (
        (patient.AGE >= 18)  # DERIVED
        & (patient.AGE <= 95)  # DERIVED
        & (patient.WT >= 35)  # DERIVED
        & (patient.WT <= 180)  # DERIVED
        & (patient.INR0 >= 0.8)  # DERIVED
    )


PUBLISHED = (
    Published("AGE, years", lambda p: p.AGE, "mean", 57, within=1),  # MEMORY
    Published("WT, kg", lambda p: p.WT, "median", 88, within=0.5),  # MEMORY
    Published("male", lambda p: p.SEX, "mean", 0.48, within=0.005),  # MEMORY
    Published("copies of CYP2C9*2", value("CYP2C9_2"), "mean", 0.06, within=0.005),  # MEMORY
    Published("copies of CYP2C9*3", value("CYP2C9_3"), "mean", 0.04, within=0.005),  # MEMORY
    Published("copies of VKORC1 -1639A", value("VKORC1_A"), "mean", 0.22, within=0.005),  # MEMORY
    Published("copies of CYP4F2*3", value("CYP4F2_3"), "mean", 0.14, within=0.005),  # MEMORY
)

POPULATION = Population(
    name="warfarin_black",
    title="Warfarin, black adults (from memory)",
    sample=sample,
    keep=keep,
)
