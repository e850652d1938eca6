"""What the populations of warfarin patients share: categories and genotypes from standard normals."""

import math
from collections.abc import Callable
from itertools import accumulate
from statistics import NormalDist
from typing import Any

Edges = tuple[float, ...]  # ascending


def below(share: float) -> float:
    """The standard normal that this share of draws lies below."""
    return math.inf if share >= 1.0 else NormalDist().inv_cdf(share)


def edges(*shares: float) -> Edges:
    """Where a standard normal passes from one category to the next. The shares add up to 1.

    Raises:
        ValueError: they do not.
    """
    sums = list(accumulate(shares))
    if not math.isclose(sums[-1], 1.0):
        raise ValueError(f"shares: {shares}: they add up to {sums[-1]:g}, not to 1")
    return tuple(map(below, sums[:-1]))


def hardy_weinberg(frequency: float) -> Edges:
    """The edges between no, one and two copies of an allele of this frequency."""
    other = 1 - frequency
    return edges(other**2, 2 * other * frequency, frequency**2)


def cyp2c9_hardy_weinberg(star2: float, star3: float) -> Edges:
    """The edges between *1/*1, *1/*2, *1/*3, *2/*2, *2/*3 and *3/*3 at these allele frequencies."""
    star1 = 1 - star2 - star3
    return edges(star1**2, 2 * star1 * star2, 2 * star1 * star3, star2**2, 2 * star2 * star3, star3**2)


def flag(z: float, edge: float) -> float:
    """1 of a draw below the edge, else 0."""
    return 1.0 * (z < edge)


def copies(z: float, between: Edges) -> float:
    """Copies of an allele, 0 to 2, of a draw."""
    return 1.0 * (z >= between[0]) + 1.0 * (z >= between[1])


def cyp2c9_star2(z: float, between: Edges) -> float:
    """Copies of CYP2C9*2 of a draw: one in *1/*2 and *2/*3, two in *2/*2."""
    a, b, c, d, e = between
    return _within(z, a, b) + 2 * _within(z, c, d) + _within(z, d, e)


def cyp2c9_star3(z: float, between: Edges) -> float:
    """Copies of CYP2C9*3 of a draw: one in *1/*3 and *2/*3, two in *3/*3."""
    _, b, c, d, e = between
    return _within(z, b, c) + _within(z, d, e) + 2.0 * (z >= e)


def _within(z: float, low: float, high: float) -> float:
    return 1.0 * ((z >= low) & (z < high))


def value(name: str) -> Callable[[Any], Any]:
    """The measure that is a field of a patient."""
    return lambda patient: getattr(patient, name)


def having(**values: float) -> Callable[[Any], Any]:
    """The measure that is 1 of patients who have all these values, else 0."""

    def of(patient: Any) -> Any:
        found: Any = 1.0
        for name, value in values.items():
            found = found * (getattr(patient, name) == value)
        return found

    return of
