"""What an anticoagulation clinic knows of a patient on a day, and what it orders."""

from __future__ import annotations

from typing import Any, NamedTuple


class ClinicChart(NamedTuple):
    """Everything a clinic could know of a patient on one day. Arrays have one entry per day of the course.

    Day 1 is the first day of treatment; day d stands at index d - 1 of the arrays. What is not known is 0: genotypes
    that nobody tested (their flag is 0), INRs of days without a visit. On a visit the INR is known before the order.
    """

    day: float  # today, from 1 on
    days_left: float  # after today
    AGE: float  # years
    WT: float  # kg
    HT: float  # cm
    SEX: float  # 1 male, 0 female
    CYP2C9_KNOWN: float  # 1: tested, and the result is there
    CYP2C9_2: float  # copies of CYP2C9*2
    CYP2C9_3: float  # copies of CYP2C9*3
    VKORC1_KNOWN: float
    VKORC1_A: float  # copies of VKORC1 -1639A
    CYP4F2_KNOWN: float
    CYP4F2_3: float  # copies of CYP4F2*3
    BLACK: float  # 1 of African ancestry
    ASIAN: float  # 1 of East Asian ancestry
    OTHER: float  # 1 of another or mixed ancestry, or where it is not known; none of the three: white
    AMIODARONE: float  # 1 takes it
    INDUCER: float  # 1 takes carbamazepine, phenytoin or rifampicin
    FLUVASTATIN: float  # 1 takes it
    SMOKER: float  # 1 smokes
    DIABETES: float  # 1 has it
    VTE: float  # 1 deep vein thrombosis or pulmonary embolism is why
    STROKE: float  # 1 had one
    INR_LOW: float  # of the target range
    INR_HIGH: float  # of the target range
    INTERACTING: float  # 1 a drug that strengthens warfarin was started during treatment
    visit: float  # 1: an INR was measured today
    last_visit: float  # day of the newest INR; today on a visit
    ordered: Any  # (days,) mg a day, as ordered on each day before
    doses: Any  # (days,) mg in tablets to be taken on each day before: `ordered`, on average
    inrs: Any  # (days,) INR measured; 0: none
    outside: Any  # (days,) 1: above what the assay can measure (the INR is that limit), -1: below


class Order(NamedTuple):
    """What is ordered on a day."""

    dose: float  # mg    of warfarin today
    next: float  # days  until the next INR; only heard on a visit
