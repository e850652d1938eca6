"""The numbers of a clinic's task, as named values and as the record that compiled code takes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class ClinicRules(NamedTuple):
    """The numbers of a task, as the scenario file states them."""

    interval: float  # h     from dose to dose: a day
    decisions: int  # days of the course
    first_day: int  # day on which a policy is first asked, 0-based; the lead-in doses before
    counted: int  # first day that counts, 0-based
    hold: int  # 1: a policy is asked on visits only, and its dose is held until the next one
    step: float  # mg    between two daily doses that tablets make
    max_dose: float  # mg
    longest: int  # days  between two INRs, at most
    form: int  # number in `residual.FORMS` of the error of an INR
    proportional: float  # fraction
    additive: float  # INR
    lowest: float  # INR  that the assay can measure
    highest: float
    digit: float  # INR  to which it is reported
    tested: Any  # (3,)  share of patients with a known CYP2C9, VKORC1, CYP4F2
    result_day: int  # day on which genotypes are known, 0-based
    missed: float  # probability that a day's dose is not taken
    vitamin_k: float  # SD of ln of what a dose does, around what it does at first
    vitamin_k_days: float  # days  in which a deviation of it falls to 37 %
    interacting: float  # share of patients who are given an interacting drug during the course
    interaction_first: int  # first and last day on which it may begin, 0-based
    interaction_last: int
    interaction: float  # a dose then does as much as this many times the dose
    unsafe: float  # INR  above it there is a risk of bleeding
    ineffective: float  # INR  below it there is a risk of thrombosis
    pay_in_range: float  # reward for a whole course in range
    pay_unsafe: float  # cost of a whole course above `unsafe`
    pay_ineffective: float  # cost of a whole course below `ineffective`
    pay_visit: float  # cost of one visit


def rules_record(rules: ClinicRules) -> NDArray[np.void]:
    """The same numbers as one record, as compiled code takes them: shape (1,). With `prices` of the reward's terms."""
    prices = np.array([rules.pay_in_range, -rules.pay_unsafe, -rules.pay_ineffective, -rules.pay_visit])
    values = rules._asdict() | {"prices": prices}
    kinds = [(name, np.asarray(value).dtype, np.shape(value)) for name, value in values.items()]
    return np.array([tuple(values.values())], dtype=kinds)
