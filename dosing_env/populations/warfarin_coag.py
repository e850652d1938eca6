"""The patients of COAG, a trial of warfarin in the United States, as far as they are known.

    AGE          normal, 58 +- 15 years                        kept within 18-95 years
    WT           log-normal, median 88 kg, log-SD 0.25         kept within 35-180 kg
    HT           normal, 176 cm men, 163 cm women, each +- 7   correlation with ln WT 0.45, 0.35, with AGE -0.2
    ANCESTRY     27 % black, the others white
    CYP2C9       as in `warfarin_black` and `warfarin_white`
    VKORC1       as in `warfarin_black` and `warfarin_white`
    CYP4F2       as in `warfarin_black` and `warfarin_white`
    VTE          56 %; 23 % have atrial fibrillation, the others something else
    INR0         normal, 1.03 +- 0.08                          kept at 0.8 and above
    51 % male

The target is 2 to 3. 1015 patients were randomised.

Source: Kimmel, N Engl J Med 2013;369:2283-2293, doi:10.1056/NEJMoa1310669, PMC3942158, of which the abstract was read.
Indications from a table of trials in PMC6523655, ancestry from one in PMC8364496 (SINGLE each). Age, weight, height,
sex and the frequencies of alleles are MEMORY. That all who are not black are white, that ancestry says nothing of age,
size and indication, correlations, the target and the spread of INR before treatment are DERIVED; the genotypes of a
patient are independent of each other and, given the ancestry, of the rest. 11 % of the trial's patients were VKORC1 AA
(SINGLE, PMC6523655), and so they are here.

A check from the trial's patients (SINGLE, French 2016, PMC5014593): EU-PACT's doses of days 1 to 3 would have been 4.8
mg more than COAG's with genes and 2.5 mg more without (SD 1.8 and 3.4); here 5.0 and 3.5 mg (SD 1.9 and 2.7). In black
patients 6.4 and 0.1 mg there, 4.6 and 1.6 here; in the others 4.2 and 3.4 mg there, 5.2 and 4.2 here. So the trial's
patients were predicted somewhat more than these and differed more; nothing was changed for it.

CYP2C9*5, *6, *8 and *11, and rs12777823, are not in these patients, nor in any model. In another cohort 3.4 % of
African Americans had *5, *6 or *11, 13.9 % *8 and 42.1 % rs12777823, against 4.9 % with *2 and 2.3 % with *3 (SINGLE,
Limdi 2015, PMC4513254). Of other drugs, smoking, diabetes and strokes the sources at hand say nothing: nobody has any.
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp, where
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Population
from dosing_env.populations._recipe import Published, correlated
from dosing_env.populations._warfarin import below, copies, cyp2c9_star2, cyp2c9_star3, flag, having
from dosing_env.populations.warfarin_black import CYP2C9 as BLACK_CYP2C9
from dosing_env.populations.warfarin_black import CYP4F2 as BLACK_CYP4F2
from dosing_env.populations.warfarin_black import VKORC1 as BLACK_VKORC1
from dosing_env.populations.warfarin_white import CYP2C9 as WHITE_CYP2C9
from dosing_env.populations.warfarin_white import CYP4F2 as WHITE_CYP4F2
from dosing_env.populations.warfarin_white import VKORC1 as WHITE_VKORC1

MALE = below(0.51)  # MEMORY
BLACK = below(0.27)  # SINGLE
VTE = below(0.56)  # SINGLE


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
    mean = where(SEX > 0.5, 176.0, 163.0)  # cm  MEMORY
    r = where(SEX > 0.5, 0.45, 0.35)  # HT with ln WT  DERIVED
    black = flag(z.ANCESTRY, BLACK)
    white = 1 - black
    return WarfarinPatient(
        AGE=58 + 15 * z.AGE,  # years  MEMORY
        WT=88 * exp(0.25 * z.WT),  # kg  MEMORY
        HT=mean + 7 * correlated(z.HT, r, z.WT, -0.2, z.AGE),  # cm  MEMORY
        SEX=SEX,
        CYP2C9_2=black * cyp2c9_star2(z.CYP2C9, BLACK_CYP2C9) + white * cyp2c9_star2(z.CYP2C9, WHITE_CYP2C9),
        CYP2C9_3=black * cyp2c9_star3(z.CYP2C9, BLACK_CYP2C9) + white * cyp2c9_star3(z.CYP2C9, WHITE_CYP2C9),
        VKORC1_A=black * copies(z.VKORC1, BLACK_VKORC1) + white * copies(z.VKORC1, WHITE_VKORC1),
        CYP4F2_3=black * copies(z.CYP4F2, BLACK_CYP4F2) + white * copies(z.CYP4F2, WHITE_CYP4F2),
        BLACK=black,
        ASIAN=0.0,
        OTHER=0.0,
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
    Published("AGE, years", lambda p: p.AGE, "median", 58, within=0.5),  # MEMORY
    Published("WT, kg", lambda p: p.WT, "median", 88, within=0.5),  # MEMORY
    Published("male", lambda p: p.SEX, "mean", 0.51, within=0.005),  # MEMORY
    Published("black", having(BLACK=1.0), "mean", 0.27, within=0.005),  # SINGLE
    Published("venous thromboembolism", having(VTE=1.0), "mean", 0.56, within=0.005),  # SINGLE
    Published("VKORC1 AA", having(VKORC1_A=2.0), "mean", 0.11, within=0.01),  # SINGLE
    Published("black with CYP2C9*2", having(BLACK=1.0, CYP2C9_2=1.0), "mean", 0.27 * 0.0582, within=0.002),  # MEMORY
    Published("black, VKORC1 AA", having(BLACK=1.0, VKORC1_A=2.0), "mean", 0.27 * 0.0121, within=0.001),  # MEMORY
)

POPULATION = Population(
    name="warfarin_coag",
    title="Warfarin, the patients of COAG",
    sample=sample,
    keep=keep,
)
