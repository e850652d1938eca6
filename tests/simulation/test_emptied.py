"""A compartment that has decayed to a number of no digits."""

from __future__ import annotations

import numpy as np
import pytest

from dosing_env.simulation import stiff
from dosing_env.simulation.control import GIVEN, STATE


@pytest.mark.parametrize("left", [0.0, 5e-324, 1e-300])
@pytest.mark.parametrize("given", [0.0, 5e-324, 100.0])
def test_a_difference_is_a_number(left: float, given: float) -> None:
    """Of 5e-324 mg a hundred-thousandth is 0, and what is divided by it no number."""
    work = np.zeros((64, 2))
    work[STATE, 0], work[GIVEN, 0] = left, given
    assert stiff._difference(0, work) > 1e-200
