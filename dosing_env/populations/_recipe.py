"""What the population files share: correlated and uniform draws, and the form of a published figure."""

from collections.abc import Callable
from typing import Any, NamedTuple

from dosing_env.arithmetic import exp, sqrt, where
from dosing_env.pharmacology import Patient


def correlated(z: float, r1: float, z1: float, r2: float = 0.0, z2: float = 0.0) -> float:
    """A standard normal made of z, with correlation r1 to z1 and r2 to z2; all three standard normal, independent."""
    return r1 * z1 + r2 * z2 + sqrt(1 - r1 * r1 - r2 * r2) * z


def uniform(z: float) -> float:
    """Uniform on 0 to 1 from a standard normal: its distribution function, with an error below 1e-7.

    Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17 (MEMORY of the coefficients; a test holds the
    function against SciPy's).
    """
    size = where(z < 0.0, -z, z)
    t = 1.0 / (1.0 + 0.2316419 * size)  # MEMORY
    series = -1.821255978 + t * 1.330274429  # MEMORY
    series = -0.356563782 + t * (1.781477937 + t * series)  # MEMORY
    tail = 0.3989422804 * exp(-0.5 * z * z) * t * (0.319381530 + t * series)  # MEMORY
    return where(z < 0.0, tail, 1.0 - tail)


class Published(NamedTuple):
    """A published figure which a large sample of the population gives again."""

    what: str  # with its unit
    of: Callable[[Patient], Any]  # the measure, of a patient or of arrays
    statistic: str  # "mean", "SD", "median", "Q1", "Q3"; the mean of a 0/1 measure is a share
    value: float
    within: float  # accepted distance, same unit
