"""What the population files share: correlated draws, and the form of a published figure."""

from collections.abc import Callable
from typing import Any, NamedTuple

from dosing_env.arithmetic import sqrt
from dosing_env.pharmacology import Patient


def correlated(z: float, r1: float, z1: float, r2: float = 0.0, z2: float = 0.0) -> float:
    """A standard normal made of z, with correlation r1 to z1 and r2 to z2; all three standard normal, independent."""
    return r1 * z1 + r2 * z2 + sqrt(1 - r1 * r1 - r2 * r2) * z


class Published(NamedTuple):
    """A published figure which a large sample of the population gives again."""

    what: str  # with its unit
    of: Callable[[Patient], Any]  # the measure, of a patient or of arrays
    statistic: str  # "mean", "SD", "median", "Q1", "Q3"; the mean of a 0/1 measure is a share
    value: float
    within: float  # accepted distance, same unit
