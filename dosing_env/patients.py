"""Kinds of patient besides that of the wards (`pharmacology.Patient`): what is known of them at the bedside.

A drug says by the annotation of `covariates(patient)` whom it is for, a population by that of `sample(z)` whom it
makes.
"""

from typing import NamedTuple


class WarfarinPatient(NamedTuple):
    """What the chart of an anticoagulation clinic could tell of an adult, without error.

    What models, dosing equations and nomograms of warfarin ask for. Whether a clinic knows a genotype is no matter of
    the patient. A patient who is neither BLACK, ASIAN nor OTHER is white.
    """

    AGE: float  # years
    WT: float  # kg     total body weight
    HT: float  # cm
    SEX: float  # 1 male, 0 female
    CYP2C9_2: float  # copies of CYP2C9*2, 0 to 2
    CYP2C9_3: float  # copies of CYP2C9*3, 0 to 2; of *2 and *3 together at most 2
    VKORC1_A: float  # copies of VKORC1 -1639A (that is 1173T), 0 to 2
    CYP4F2_3: float  # copies of CYP4F2*3, 0 to 2
    BLACK: float  # 1 of African ancestry
    ASIAN: float  # 1 of East Asian ancestry
    OTHER: float  # 1 of another or mixed ancestry, or where it is not known
    AMIODARONE: float  # 1 takes amiodarone
    INDUCER: float  # 1 takes carbamazepine, phenytoin or rifampicin
    FLUVASTATIN: float  # 1 takes fluvastatin
    SMOKER: float  # 1 smokes
    DIABETES: float  # 1 has diabetes
    VTE: float  # 1 takes warfarin for deep vein thrombosis or pulmonary embolism
    STROKE: float  # 1 had a stroke
    INR0: float  # INR  before treatment
    INR_LOW: float  # INR  least of the target range
    INR_HIGH: float  # INR  largest of the target range
