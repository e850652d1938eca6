"""Random effects: the typical value at eta 0, and the range of each form."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from dosing_env.blocks import variability

FORMS: list[Callable[[float, float], float]] = [
    variability.log_normal,
    variability.additive,
    variability.proportional,
    variability.logit_normal,
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_the_typical_patient_has_the_typical_value(form: Callable[[float, float], float]) -> None:
    assert form(0.7, 0.0) == pytest.approx(0.7)
    assert form(0.7, -0.1) < 0.7 < form(0.7, 0.1)


def test_a_log_normal_parameter_has_its_coefficient_of_variation() -> None:
    """The variance of eta is ln(1 + CV^2)."""
    eta = math.sqrt(math.log(1 + 0.4**2)) * np.random.default_rng(4).standard_normal(400_000)
    CL = np.asarray(variability.log_normal(4.5, eta))  # type: ignore[arg-type]
    assert CL.std() / CL.mean() == pytest.approx(0.4, rel=0.01)
    assert np.median(CL) == pytest.approx(4.5, rel=0.01)


def test_a_fraction_stays_a_fraction() -> None:
    F = np.asarray(variability.logit_normal(0.9, np.array([-30.0, -2.0, 2.0, 30.0])))  # type: ignore[arg-type]
    assert np.all((F >= 0) & (F <= 1))
    assert np.all(np.diff(F) > 0)
    assert np.log(F[1] / (1 - F[1])) == pytest.approx(math.log(9) - 2)
