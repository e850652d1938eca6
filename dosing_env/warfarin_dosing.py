"""Published equations that predict the daily dose of warfarin. Written for one patient's chart.

Results are mg a day; equations printed for a week are divided by seven in `daily`. Target INR: the middle of the range.

    IWPC      N Engl J Med 2009;360:753-764, doi:10.1056/NEJMoa0809329            VERIFIED
    Gage      Clin Pharmacol Ther 2008;84:326, doi:10.1038/clpt.2008.10           SINGLE (two transcriptions)
    Lenzini   Clin Pharmacol Ther 2010;87:572, doi:10.1038/clpt.2010.13           SINGLE (the open package `reil`)
    CoumaGen  Anderson, Circulation 2007;116:2563                                 SINGLE
    EU-PACT   Pirmohamed 2013, doi:10.1056/NEJMoa1311386; Avery 2011              SINGLE

Lenzini's terms for African ancestry, stroke, diabetes and fluvastatin, and the whole equation without genotypes, were
read in `reil` (Anzabi Zadeh) only.

Public copies err in two signs or sizes: the IWPC coefficient of missing or mixed race is -0.1032 (not -1.032), Gage's
of African Americans is -0.0901 with genotypes (not +).

Genes that nobody tested. The genetic IWPC equation has coefficients for them. The others have none, and a patient of
unknown genes must not count as one without variants, so where either gene is not known (DERIVED): Gage and Lenzini:
the clinical equation of the same authors; CoumaGen: 35 mg a week, which leaves Kovacs's nomogram as it is, the
trial's own standard arm; EU-PACT: no loading without CYP2C9, the daily dose from the first day on.
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp, log
from dosing_env.blocks.genotype import by_copies, by_cyp2c9
from dosing_env.clinic.orders import ClinicChart
from dosing_env.formulas import body_surface_dubois

# --- what the equations share ---


def daily(weekly: float) -> float:
    """mg a day of mg a week."""
    return weekly / 7.0  # DERIVED  days


def target(chart: ClinicChart) -> float:
    """The INR aimed at."""
    return 0.5 * (chart.INR_LOW + chart.INR_HIGH)  # DERIVED  2.5 of 2 to 3


def genotyped(chart: ClinicChart) -> bool:
    """Whether both CYP2C9 and VKORC1 are known."""
    return chart.CYP2C9_KNOWN > 0.5 and chart.VKORC1_KNOWN > 0.5  # DERIVED  halves tell flags apart


def body_surface(chart: ClinicChart) -> float:
    """m2."""
    return body_surface_dubois(chart.WT, chart.HT)


# --- IWPC ---


def iwpc_genetic(chart: ClinicChart) -> float:
    """The genetic equation of the IWPC, mg/day. Age counts in whole decades."""
    return _iwpc_genetic(chart, -0.2614 * decade(chart.AGE))  # VERIFIED


def iwpc_genetic_continuous_age(chart: ClinicChart) -> float:
    """The same with age in years, as EU-PACT used it, mg/day."""
    return _iwpc_genetic(chart, -0.02614 * chart.AGE)  # SINGLE


def iwpc_clinical(chart: ClinicChart) -> float:
    """The clinical equation of the IWPC, mg/day."""
    root = 4.0376 - 0.2546 * decade(chart.AGE) + 0.0118 * chart.HT + 0.0134 * chart.WT  # VERIFIED
    root += -0.6752 * chart.ASIAN + 0.4060 * chart.BLACK + 0.0443 * chart.OTHER  # VERIFIED
    root += 1.2799 * chart.INDUCER - 0.5695 * chart.AMIODARONE  # VERIFIED
    return _of_root(root)


def decade(AGE: float) -> float:
    """Whole decades of age: 6 of somebody aged 60 to 69."""
    return float(int(AGE / 10.0))  # VERIFIED  years


def _iwpc_genetic(chart: ClinicChart, age: float) -> float:
    root = 5.6044 + age + 0.0087 * chart.HT + 0.0128 * chart.WT  # VERIFIED
    root += _vkorc1(chart) + _cyp2c9(chart)
    root += -0.1092 * chart.ASIAN - 0.2760 * chart.BLACK - 0.1032 * chart.OTHER  # VERIFIED
    root += 1.1816 * chart.INDUCER - 0.5503 * chart.AMIODARONE  # VERIFIED
    return _of_root(root)


def _vkorc1(chart: ClinicChart) -> float:
    if chart.VKORC1_KNOWN > 0.5:  # DERIVED
        return by_copies(chart.VKORC1_A, 0.0, -0.8677, -1.6974)  # VERIFIED
    return -0.4854  # VERIFIED


def _cyp2c9(chart: ClinicChart) -> float:
    if chart.CYP2C9_KNOWN > 0.5:  # DERIVED
        return by_cyp2c9(chart.CYP2C9_2, chart.CYP2C9_3, 0.0, -0.5211, -0.9357, -1.0616, -1.9206, -2.3312)  # VERIFIED
    return -0.2188  # VERIFIED


def _of_root(root: float) -> float:
    """mg/day of the square root of mg a week. Below 0, beyond the oldest and most sensitive, it would rise again."""
    return daily(max(root, 0.0) ** 2)  # DERIVED


# --- Gage ---


def gage_genetic(chart: ClinicChart) -> float:
    """Gage 2008 with genotypes, mg/day; the clinical equation where a gene is not known."""
    if not genotyped(chart):
        return gage_clinical(chart)
    x = 0.9751 + 0.4317 * body_surface(chart) - 0.00745 * chart.AGE + 0.2029 * target(chart)  # SINGLE
    x += -0.3238 * chart.VKORC1_A - 0.4008 * chart.CYP2C9_3 - 0.2066 * chart.CYP2C9_2  # SINGLE
    x += -0.2538 * chart.AMIODARONE + 0.0922 * chart.SMOKER - 0.0901 * chart.BLACK + 0.0664 * chart.VTE  # SINGLE
    return exp(x)


def gage_clinical(chart: ClinicChart) -> float:
    """Gage 2008 without genotypes, mg/day."""
    x = 0.613 + 0.425 * body_surface(chart) - 0.0075 * chart.AGE + 0.216 * target(chart)  # SINGLE
    x += 0.156 * chart.BLACK - 0.257 * chart.AMIODARONE + 0.108 * chart.SMOKER + 0.0784 * chart.VTE  # SINGLE
    return exp(x)


# --- Lenzini: the dose once an INR has answered the first doses ---


def lenzini(chart: ClinicChart, INR: float, dose2: float, dose3: float, dose4: float) -> float:
    """Lenzini 2010 with genotypes, mg/day; the clinical equation where a gene is not known.

    Args:
        chart: the patient.
        INR: of day 4 or 5.
        dose2, dose3, dose4: mg taken two, three and four days before that INR; 0: none.
    """
    if not genotyped(chart):
        return lenzini_clinical(chart, INR, dose2, dose3, dose4)
    x = 3.10894 - 0.00767 * chart.AGE - 0.51611 * log(INR)  # SINGLE
    x += -0.23032 * chart.VKORC1_A - 0.14745 * chart.CYP2C9_2 - 0.3077 * chart.CYP2C9_3  # SINGLE
    x += 0.24597 * body_surface(chart) + 0.26729 * target(chart)  # SINGLE
    x += -0.09644 * chart.BLACK - 0.2059 * chart.STROKE - 0.11216 * chart.DIABETES  # SINGLE
    x += -0.1035 * chart.AMIODARONE - 0.19275 * chart.FLUVASTATIN  # SINGLE
    x += 0.0169 * dose2 + 0.02018 * dose3 + 0.01065 * dose4  # SINGLE
    return daily(exp(x))


def lenzini_clinical(chart: ClinicChart, INR: float, dose2: float, dose3: float, dose4: float) -> float:
    """Lenzini 2010 without genotypes, mg/day. Arguments as in `lenzini`."""
    x = 2.81602 - 0.0059 * chart.AGE - 0.76679 * log(INR)  # SINGLE
    x += 0.17675 * body_surface(chart) + 0.27815 * target(chart)  # SINGLE
    x += 0.07123 * chart.BLACK - 0.22844 * chart.STROKE - 0.16759 * chart.DIABETES  # SINGLE
    x += -0.11137 * chart.AMIODARONE - 0.25487 * chart.FLUVASTATIN  # SINGLE
    x += 0.03471 * dose2 + 0.03047 * dose3 + 0.01929 * dose4  # SINGLE
    return daily(exp(x))


# --- CoumaGen ---


def coumagen(chart: ClinicChart) -> float:
    """The genetic arm of CoumaGen-I, mg/day; 5 where a gene is not known. VKORC1 1173T goes with -1639A."""
    if not genotyped(chart):
        return 5.0  # DERIVED
    g = by_cyp2c9(chart.CYP2C9_2, chart.CYP2C9_3, 0.0, -0.197, -0.360, -0.265, -0.947, -1.892)  # SINGLE
    v = by_copies(chart.VKORC1_A, 0.0, -0.304, -0.569)  # SINGLE
    weekly = 1.64 + exp(3.984 + g + v - 0.009 * chart.AGE + 0.094 * chart.SEX + 0.003 * chart.WT)  # SINGLE
    return daily(weekly * (0.75 if chart.AMIODARONE > 0.5 else 1.0))  # SINGLE


# --- EU-PACT ---


class Loading(NamedTuple):
    """The first three daily doses."""

    first: float  # mg
    second: float  # mg
    third: float  # mg


def eu_pact_loading(chart: ClinicChart) -> Loading:
    """The loading doses of EU-PACT, which bring the daily dose D sooner to its steady state; without CYP2C9 D."""
    D = iwpc_genetic_continuous_age(chart)
    LD = D
    if chart.CYP2C9_KNOWN > 0.5:  # DERIVED
        k = by_cyp2c9(chart.CYP2C9_2, chart.CYP2C9_3, 0.0189, 0.0158, 0.0132, 0.0130, 0.0090, 0.0075)  # 1/h  SINGLE
        left = exp(-24.0 * k)  # SINGLE  of a dose a day later
        LD = D / ((1.0 - left) * (1.0 + left + left**2))
    return Loading(D + 1.5 * (LD - D), LD, D + 0.5 * (LD - D))  # SINGLE
