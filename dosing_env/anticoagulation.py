"""How well an INR was kept within its range, for one patient.

    Rosendaal         between two tests the INR is taken for a straight line; of intervals over 56 days nothing is
                      known: they count neither as time nor as time in range
    tests in range    the share of the tests, whatever the time between them: another number
    days in range     the share of days of a simulation, from its true INRs ("PTTR" there): another one again

Times: h, ascending; the tests' INRs belong to them one by one. A range includes its limits.

Source: Rosendaal and others, Thromb Haemost 1993;69:236-239 (SINGLE).
"""

from __future__ import annotations

import math
from typing import Any

LONGEST = 56.0 * 24.0  # h  between two tests that are interpolated


def share_of_line(first: float, last: float, low: float, high: float) -> float:
    """The share of a straight line between two values that lies within low to high."""
    bottom, top = min(first, last), max(first, last)
    if top == bottom:
        return 1.0 if low <= first <= high else 0.0
    return max(0.0, min(top, high) - max(bottom, low)) / (top - bottom)


def hours_within(times: Any, inrs: Any, low: float, high: float) -> float:
    """Hours in which the interpolated INR lies within low to high."""
    total = 0.0
    for i in range(1, len(times)):
        hours = times[i] - times[i - 1]
        if hours <= LONGEST:
            total += hours * share_of_line(inrs[i - 1], inrs[i], low, high)
    return total


def hours_known(times: Any, inrs: Any) -> float:
    """Hours of which the INR can be interpolated."""
    return hours_within(times, inrs, -math.inf, math.inf)


def time_in_range(times: Any, inrs: Any, low: float, high: float) -> float:
    """Time in therapeutic range after Rosendaal, 0 to 1; nan where no time can be interpolated."""
    known = hours_known(times, inrs)
    return hours_within(times, inrs, low, high) / known if known > 0.0 else math.nan


def days_above(times: Any, inrs: Any, limit: float) -> float:
    """Days on which the interpolated INR lies above the limit."""
    return (hours_known(times, inrs) - hours_within(times, inrs, -math.inf, limit)) / 24.0


def days_below(times: Any, inrs: Any, limit: float) -> float:
    """Days on which the interpolated INR lies below the limit."""
    return (hours_known(times, inrs) - hours_within(times, inrs, limit, math.inf)) / 24.0


def share_of_tests_in_range(inrs: Any, low: float, high: float) -> float:
    """The share of tests in range, 0 to 1; nan without any."""
    inside = 0.0
    for inr in inrs:
        inside += 1.0 if low <= inr <= high else 0.0
    return inside / len(inrs) if len(inrs) > 0 else math.nan


def share_of_days_in_range(inrs: Any, low: float, high: float) -> float:
    """The share of simulated days in range, 0 to 1, from one true INR of each day; nan without any."""
    return share_of_tests_in_range(inrs, low, high)


def first_in_range(times: Any, inrs: Any, low: float, high: float) -> float:
    """When a test was first in range, h; inf: never."""
    for i in range(len(times)):
        if low <= inrs[i] <= high:
            return times[i]  # type: ignore[no-any-return]
    return math.inf
