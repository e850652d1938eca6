"""What is aimed at, and what is feared: settings of a drug, found by the first part of its name.

within      P(low <= AUC24 <= high)         a drug without an entry has no target unless one is asked for
above       P(AUC24 > high)
injury      mean of `outcomes.aki_risk` over the particles, as if no day of the course had a larger AUC24
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dosing_env.outcomes import aki_risk
from dosing_env.pharmacology import Drug
from dosing_env.simulation.cells import Floats

_SAME_UNIT = ("mg/L", "ug/mL", "µg/mL", "mcg/mL")  # in which the numbers below are meant


class Injury(NamedTuple):
    """The kidney's risk, see `outcomes.aki_risk`."""

    intercept: float
    slope: float  # per mg h/L


class Goal(NamedTuple):
    """A target of AUC24, and the harm of missing it."""

    low: float  # unit of the level times h
    high: float
    injury: Injury | None
    why: str  # where the target comes from


GOALS = {
    "vancomycin": Goal(
        low=400.0,  # mg h/L  VERIFIED: Rybak 2020, PMC7358040, MIC 1 mg/L
        high=600.0,  # mg h/L  VERIFIED: the same
        injury=Injury(
            intercept=-4.0,  # DERIVED: P(450) about 0.10
            slope=0.0040,  # per mg h/L  DERIVED: see `outcomes.aki_risk`
        ),
        why="default of vancomycin",
    )
}


def goal_of(drug: Drug, target: tuple[float, float] | None) -> Goal | None:
    """What is aimed at with a drug: what was asked for, else its entry, else nothing.

    Args:
        drug: its name begins with that of an entry, as in "vancomycin_goti2018".
        target: lowest and highest AUC24, in the unit of the level times h.

    Raises:
        ValueError: a target that is none.
    """
    own = GOALS.get(drug.name.partition("_")[0]) if drug.assay.unit in _SAME_UNIT else None
    if target is None:
        return own
    low, high = target
    if not 0.0 <= low < high < np.inf:
        raise ValueError(f"target_auc24: {low:g}-{high:g}: two numbers of at least 0, the lower one first")
    return Goal(low, high, own.injury if own else None, "as asked for")


def chances(goal: Goal | None, auc24: Floats) -> dict[str, float]:
    """The probabilities named above, of particles (n,) of equal weight; nothing where there is no goal."""
    if goal is None:
        return {}
    given = {
        "p_target": float(((auc24 >= goal.low) & (auc24 <= goal.high)).mean()),
        "p_above": float((auc24 > goal.high).mean()),
    }
    if goal.injury is not None:
        given["p_injury"] = float(np.mean([aki_risk(auc, *goal.injury) for auc in auc24.tolist()]))
    return given
