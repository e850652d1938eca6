"""Time in range and its relatives, against examples worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from dosing_env import anticoagulation as a
from dosing_env.simulation.compiling import specialise

LOW, HIGH = 2.0, 3.0


def days(*days: float) -> Any:
    """Times of tests on these days, h."""
    return 24.0 * np.array(days)


def inrs(*values: float) -> Any:
    return np.array(values)


# INR on days -> days within 2 to 3, days that count
BY_HAND = {
    "half of a rise": ((0, 10), (1.5, 2.5), 5.0, 10.0),  # 2.0 is reached on day 5
    "a rise through the whole range": ((0, 10), (1.0, 5.0), 2.5, 10.0),  # 1 of 4 units
    "a fall back": ((0, 8, 12), (3.0, 2.0, 1.0), 8.0, 12.0),
    "always in range": ((0, 7, 21), (2.2, 2.9, 2.5), 21.0, 21.0),
    "on the limits": ((0, 7), (2.0, 3.0), 7.0, 7.0),
    "level on a limit": ((0, 7), (3.0, 3.0), 7.0, 7.0),
    "level outside": ((0, 7), (3.1, 3.1), 0.0, 7.0),
    "never in range": ((0, 3, 9), (1.0, 1.2, 1.9), 0.0, 9.0),
    "jumps over": ((0, 1), (1.5, 3.5), 0.5, 1.0),
    "four tests": ((0, 10, 20, 40), (1.5, 2.5, 3.5, 2.5), 5.0 + 5.0 + 10.0, 40.0),
    "56 days count": ((0, 56), (2.5, 2.5), 56.0, 56.0),
    "57 days do not": ((0, 10, 67, 77), (2.5, 2.5, 2.5, 4.5), 10.0 + 2.5, 20.0),
}


@pytest.mark.parametrize(("when", "values", "within", "known"), BY_HAND.values(), ids=BY_HAND)
def test_rosendaal(when: tuple[float, ...], values: tuple[float, ...], within: float, known: float) -> None:
    assert a.hours_within(days(*when), inrs(*values), LOW, HIGH) == pytest.approx(24.0 * within)
    assert a.hours_known(days(*when), inrs(*values)) == pytest.approx(24.0 * known)
    assert a.time_in_range(days(*when), inrs(*values), LOW, HIGH) == pytest.approx(within / known)


def test_parts_add_up_to_the_whole() -> None:
    random = np.random.default_rng(3)
    for _ in range(50):
        when, values = np.cumsum(random.uniform(24.0, 60 * 24.0, 12)), random.uniform(1.0, 6.0, 12)
        parts = a.days_below(when, values, LOW) + a.days_above(when, values, HIGH)
        inside = a.hours_within(when, values, LOW, HIGH) / 24.0
        assert parts + inside == pytest.approx(a.hours_known(when, values) / 24.0)


def test_days_of_danger() -> None:
    """From 3 to 5 in 8 days: above 4 for 4 of them; from 2 to 1 in 10 days: below 1.5 for 5."""
    assert a.days_above(days(0, 8), inrs(3.0, 5.0), 4.0) == pytest.approx(4.0)
    assert a.days_below(days(0, 10), inrs(2.0, 1.0), 1.5) == pytest.approx(5.0)
    assert a.days_above(days(0, 8), inrs(4.0, 4.0), 4.0) == a.days_below(days(0, 8), inrs(1.5, 1.5), 1.5) == 0.0


def test_the_share_of_tests_is_another_number() -> None:
    """Three tests on three days and one a month later: half of the tests, most of the time."""
    when, values = days(0, 1, 2, 32), inrs(1.0, 1.5, 2.5, 2.5)
    assert a.share_of_tests_in_range(values, LOW, HIGH) == 0.5
    assert a.time_in_range(when, values, LOW, HIGH) == pytest.approx(30.5 / 32.0)
    assert a.share_of_days_in_range(inrs(1.9, 2.0, 3.0, 3.1, 2.5), LOW, HIGH) == pytest.approx(0.6)


def test_when_the_range_is_first_reached() -> None:
    assert a.first_in_range(days(0, 3, 5, 7), inrs(1.0, 1.6, 3.4, 2.9), LOW, HIGH) == 7 * 24.0
    assert a.first_in_range(days(0, 3), inrs(1.0, 1.6), LOW, HIGH) == math.inf


def test_nothing_is_known_of_too_few_tests() -> None:
    assert math.isnan(a.time_in_range(days(), inrs(), LOW, HIGH))
    assert math.isnan(a.time_in_range(days(3), inrs(2.5), LOW, HIGH))
    assert math.isnan(a.time_in_range(days(0, 57), inrs(2.5, 2.5), LOW, HIGH))
    assert math.isnan(a.share_of_tests_in_range(inrs(), LOW, HIGH))


@pytest.mark.parametrize("name", ["time_in_range", "hours_within"])
def test_compiled_equals_interpreted(name: str) -> None:
    plain = getattr(a, name)
    compiled = specialise(plain)
    for when, values, _, _ in BY_HAND.values():
        assert compiled(days(*when), inrs(*values), LOW, HIGH) == plain(days(*when), inrs(*values), LOW, HIGH)
    assert specialise(a.days_above)(days(0, 8), inrs(3.0, 5.0), 4.0) == pytest.approx(4.0)
    assert specialise(a.share_of_tests_in_range)(inrs(1.0, 2.5), LOW, HIGH) == 0.5
    assert specialise(a.first_in_range)(days(0, 1), inrs(1.0, 2.5), LOW, HIGH) == 24.0


def test_every_measure_says_what_it_is() -> None:
    functions = [f for f in vars(a).values() if getattr(f, "__module__", "") == a.__name__]
    assert len(functions) >= 8
    assert all(function.__doc__ for function in functions)
