"""What a level says, against SciPy's distributions."""

from __future__ import annotations

import math

import pytest
from scipy.stats import norm

from dosing_env.inference.likelihood import log_normal_cdf, slopes, surprise
from dosing_env.residual import COMBINED1, COMBINED2, FORMS, LOG

TWO_PI = math.log(2.0 * math.pi)
ERRORS = [(form, 0.2, 0.0 if FORMS[form] in ("proportional", "log") else 0.7) for form in range(len(FORMS))]


def sd(form: int, proportional: float, additive: float, f: float) -> float:
    name = FORMS[form]
    if name == "combined2":
        return math.hypot(additive, proportional * f)
    return {"combined1": additive + proportional * f, "additive": additive, "log": proportional}.get(
        name, proportional * f
    )


@pytest.mark.parametrize("error", [e if FORMS[e[0]] != "additive" else (e[0], 0.0, 0.7) for e in ERRORS])
@pytest.mark.parametrize(("f", "level"), [(8.0, 10.0), (3.0, 0.4), (20.0, 20.0)])
def test_a_level_and_a_limit(error: tuple[int, float, float], f: float, level: float) -> None:
    form = error[0]
    a, b = (math.log(level), math.log(f)) if form == LOG else (level, f)
    scale = sd(*error, f)
    assert surprise(*error, f, level, 0.0) == pytest.approx(-2.0 * norm.logpdf(a, b, scale) - TWO_PI, rel=1e-12)
    assert surprise(*error, f, level, 1.0) == pytest.approx(-2.0 * norm.logcdf(a, b, scale), rel=1e-12)


@pytest.mark.parametrize("below", [0.0, 1.0])
@pytest.mark.parametrize("error", [e if FORMS[e[0]] != "additive" else (e[0], 0.0, 0.7) for e in ERRORS])
@pytest.mark.parametrize(("f", "level"), [(8.0, 10.0), (3.0, 0.4), (20.0, 20.0)])
def test_first_and_second_derivative(error: tuple[int, float, float], f: float, level: float, below: float) -> None:
    slope, second = slopes(*error, f, level, below)
    h = 1e-4 * f
    down, here, up = (surprise(*error, f + by, level, below) for by in (-h, 0.0, h))
    assert slope == pytest.approx((up - down) / (2.0 * h), rel=1e-6, abs=1e-7)
    assert second == pytest.approx((up - 2.0 * here + down) / (h * h), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("u", [-300.0, -37.0, -10.0, -9.99, -3.0, 0.0, 5.0])
def test_far_tails(u: float) -> None:
    assert log_normal_cdf(u) == pytest.approx(norm.logcdf(u), rel=1e-11)


@pytest.mark.parametrize("form", [COMBINED1, COMBINED2, LOG])
def test_what_cannot_be_is_infinitely_surprising(form: int) -> None:
    assert surprise(form, 0.2, 0.0, 0.0, 5.0, 0.0) == math.inf
