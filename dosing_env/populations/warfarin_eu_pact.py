"""The patients of EU-PACT, a trial of warfarin in Britain and Sweden, as far as they are known.

    AGE          normal, 67 +- 12 years                        kept within 18-95 years
    WT           log-normal, median 82 kg, log-SD 0.23         kept within 35-180 kg
    HT           normal, 176 cm men, 162 cm women, each +- 7   correlation with ln WT 0.45, 0.35, with AGE -0.2
    ANCESTRY     98.5 % white, the others OTHER
    CYP2C9       as in `warfarin_white`
    VKORC1       as in `warfarin_white`
    CYP4F2       as in `warfarin_white`
    VTE          27.9 %; the others have atrial fibrillation
    INR0         normal, 1.03 +- 0.08                          kept at 0.8 and above
    61 % male

The target is 2 to 3. 455 patients were randomised.

Source: Pirmohamed, N Engl J Med 2013;369:2294-2303, doi:10.1056/NEJMoa1311386, not read. Indications from a table of
trials in PMC6523655, ancestry from one in PMC8364496 (SINGLE each). Age, weight, height, sex and the frequencies of
alleles are MEMORY. 17 % of the trial's patients were VKORC1 AA (SINGLE, PMC6523655), here 15 %; 3.4 % were said to be
homozygous in CYP2C9, here 2.2 % are *2/*2 or *3/*3 and 1.8 % *2/*3. Correlations, the target, the spread of INR before
treatment and the genes of the few who are not white (as of the others) are DERIVED; the genotypes of a patient are
independent of each other and of the rest. Of other drugs, smoking, diabetes and strokes the sources at hand say
nothing: nobody has any.
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp, where
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Population
from dosing_env.populations._recipe import Published, correlated
from dosing_env.populations._warfarin import below, copies, cyp2c9_star2, cyp2c9_star3, flag, having, value
from dosing_env.populations.warfarin_white import CYP2C9, CYP4F2, VKORC1

MALE = below(0.61)  # MEMORY
WHITE = below(0.985)  # SINGLE
VTE = below(0.279)  # SINGLE


class Draws(NamedTuple):
    SEX: float
    AGE: float
    WT: float
    HT: float
    ANCESTRY: float
    CYP2C9: float
    VKORC1: float
    CYP4F2: float
    VTE: float
    INR0: float


def sample(z: Draws) -> WarfarinPatient:
    SEX = flag(z.SEX, MALE)
    mean = where(SEX > 0.5, 176.0, 162.0)  # cm  MEMORY
    r = where(SEX > 0.5, 0.45, 0.35)  # HT with ln WT  DERIVED
    return WarfarinPatient(
        AGE=67 + 12 * z.AGE,  # years  MEMORY
        WT=82 * exp(0.23 * z.WT),  # kg  MEMORY
        HT=mean + 7 * correlated(z.HT, r, z.WT, -0.2, z.AGE),  # cm  MEMORY
        SEX=SEX,
        CYP2C9_2=cyp2c9_star2(z.CYP2C9, CYP2C9),
        CYP2C9_3=cyp2c9_star3(z.CYP2C9, CYP2C9),
        VKORC1_A=copies(z.VKORC1, VKORC1),
        CYP4F2_3=copies(z.CYP4F2, CYP4F2),
        BLACK=0.0,
        ASIAN=0.0,
        OTHER=1 - flag(z.ANCESTRY, WHITE),
        AMIODARONE=0.0,
        INDUCER=0.0,
        FLUVASTATIN=0.0,
        SMOKER=0.0,
        DIABETES=0.0,
        VTE=flag(z.VTE, VTE),
        STROKE=0.0,
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
    Published("AGE, years", lambda p: p.AGE, "mean", 67, within=0.5),  # MEMORY
    Published("AGE, years", lambda p: p.AGE, "SD", 12, within=0.5),  # MEMORY
    Published("WT, kg", lambda p: p.WT, "median", 82, within=0.5),  # MEMORY
    Published("male", lambda p: p.SEX, "mean", 0.61, within=0.005),  # MEMORY
    Published("not white", having(OTHER=1.0), "mean", 0.015, within=0.002),  # SINGLE
    Published("venous thromboembolism", having(VTE=1.0), "mean", 0.279, within=0.005),  # SINGLE
    Published("copies of CYP2C9*2", value("CYP2C9_2"), "mean", 0.26, within=0.005),  # MEMORY
    Published("copies of CYP2C9*3", value("CYP2C9_3"), "mean", 0.14, within=0.005),  # MEMORY
    Published("copies of VKORC1 -1639A", value("VKORC1_A"), "mean", 0.78, within=0.005),  # MEMORY
    Published("VKORC1 AA", having(VKORC1_A=2.0), "mean", 0.17, within=0.025),  # SINGLE
)

POPULATION = Population(
    name="warfarin_eu_pact",
    title="Warfarin, the patients of EU-PACT",
    sample=sample,
    keep=keep,
)
