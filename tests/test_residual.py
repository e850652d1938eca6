"""The forms of the residual error: SD as a function of the level, and what an assay refuses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from dosing_env.pharmacology import Assay
from dosing_env.residual import FORMS, error_sd, measured, reported

ADDITIVE, PROPORTIONAL = 0.6, 0.2
LEVELS = np.array([0.0, 0.1, 3.0, 50.0])
SD = {
    "additive": 0.6 + 0.0 * LEVELS,
    "proportional": 0.2 * LEVELS,
    "combined1": 0.6 + 0.2 * LEVELS,
    "combined2": np.sqrt(0.36 + (0.2 * LEVELS) ** 2),
}


def parts(form: str) -> tuple[int, float, float]:
    """What compiled code takes: number, proportional, additive."""
    proportional, additive = PROPORTIONAL * (form != "additive"), ADDITIVE * form.startswith(("additive", "combined"))
    assay = Assay(form=form, proportional=proportional, additive=additive)
    return FORMS.index(assay.form), assay.proportional, assay.additive


@pytest.mark.parametrize("form", SD)
def test_the_sd_of_each_form(form: str) -> None:
    sd = [error_sd(*parts(form), f) for f in LEVELS]
    np.testing.assert_allclose(sd, SD[form], rtol=1e-15)
    for f, one in zip(LEVELS, sd, strict=True):
        assert measured(*parts(form), f, -1.5) == pytest.approx(f - 1.5 * one, rel=1e-15)
        assert measured(*parts(form), f, 0.0) == f


def test_the_log_form_keeps_its_sd_on_the_logarithmic_scale() -> None:
    for f in LEVELS[1:]:
        assert math.log(measured(*parts("log"), f, 2.0)) == pytest.approx(math.log(f) + 0.4, rel=1e-14)
        assert error_sd(*parts("log"), f) == PROPORTIONAL
    assert measured(*parts("log"), 0.0, 2.0) == 0.0


def test_combined2_is_the_form_of_an_assay_that_names_none() -> None:
    assert Assay(proportional=0.1).form == "combined2"
    assert FORMS.index("combined2") == 0


def test_below_the_limit_the_limit_is_reported() -> None:
    assert reported(1.99, 2.0) == (2.0, 1.0)
    assert reported(2.0, 2.0) == (2.0, 0.0)
    assert reported(-0.5, 2.0) == (2.0, 1.0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"form": "aditive"}, "Assay.form: unknown form 'aditive'. Did you mean 'additive'?"),
        (
            {"form": "log", "proportional": 0.1, "additive": 1.0},
            "Assay.additive: 1.0: must be 0, errors of the form 'log'",
        ),
        ({"form": "proportional", "additive": 1.0}, "Assay.additive: 1.0: must be 0"),
        ({"form": "additive", "proportional": 0.1}, "Assay.proportional: 0.1: must be 0"),
        ({"proportional": -0.1}, "Assay.proportional: -0.1 is not a finite number of at least 0"),
    ],
)
def test_an_assay_that_contradicts_itself(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011
        Assay(**fields)
    assert message in str(error.value)
