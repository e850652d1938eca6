"""Bedside values: name, unit and bounds of each, as charts show them. A value that is not here is a plain number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple


class Bedside(NamedTuple):
    """A bedside value of a chart."""

    unit: str
    high: float  # no chart shows more
    low: float = 0.0


_UNBOUNDED = 1e6  # where a population states no range
_YES = Bedside("1 yes", 1.0)
_COPIES = Bedside("copies", 2.0)
VOCABULARY: dict[str, Bedside] = {
    "AGE": Bedside("years", 120.0),
    "WT": Bedside("kg", 400.0),
    "HT": Bedside("cm", 250.0),
    "SEX": Bedside("1 male", 1.0),
    "SCR": Bedside("mg/dL", 30.0),
    "CRCL": Bedside("mL/min", 500.0),
    "BMI": Bedside("kg/m2", 200.0),
    "BSA": Bedside("m2", 10.0),
    **dict.fromkeys(("FFM", "LBM", "IBW"), Bedside("kg", 400.0)),
    "GFR": Bedside("mL/min/1.73 m2", 500.0),
    "INR_LOW": Bedside("INR", 10.0),
    "INR_HIGH": Bedside("INR", 10.0),
    **dict.fromkeys(("CYP2C9_2", "CYP2C9_3", "VKORC1_A", "CYP4F2_3"), _COPIES),
    **dict.fromkeys(("DIAL", "HAEM", "BLACK", "ASIAN", "OTHER", "AMIODARONE", "INDUCER", "FLUVASTATIN"), _YES),
    **dict.fromkeys(("SMOKER", "DIABETES", "VTE", "STROKE"), _YES),
}


# What follows from bedside values by a formula of `formulas`, whose arguments are their names.
FOLLOWING = {
    "CRCL": "cockcroft_gault",
    "BMI": "body_mass_index",
    "BSA": "body_surface_dubois",
    "FFM": "fat_free_mass",
    "LBM": "lean_mass",
    "IBW": "ideal_weight",
    "GFR": "ckd_epi_2021",
}


def meaning(name: str, stated: Mapping[str, tuple[str, float, float]]) -> Bedside:
    """What is known of a bedside value of this name.

    Args:
        name: of the value.
        stated: unit, low and high by its population, for a name that is not in the vocabulary. What is charted with an
            error may lie beyond, so charts have room for twice as much.
    """
    if name in VOCABULARY:
        return VOCABULARY[name]
    unit, low, high = stated.get(name, ("", -math.inf, math.inf))
    most = max(abs(high), abs(low)) * 2.0
    return Bedside(unit, most if most < math.inf else _UNBOUNDED, 0.0 if low >= 0.0 else -min(most, _UNBOUNDED))
