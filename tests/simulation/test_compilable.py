"""A drug that numba cannot compile is answered in one line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dosing_env import simulate
from tests.models import iv1


def rates(t: float, A: tuple[float], p: Any, R: tuple[float]) -> tuple[float]:
    return (R[0] - p.CLR / p.V * A[0],)


def test_a_drug_that_cannot_be_compiled() -> None:
    drug = replace(iv1.DRUG, name="wrong", rates=rates)
    answer = r"^wrong cannot be compiled: line \d+: Unknown attribute 'CLR' of the parameters. Its fields: CL, V \("
    with pytest.raises(ValueError, match=answer):
        simulate(drug, [{"TIME": 0.0, "AMT": 100.0}], covariates={"CL": 4.6, "V": 32.0}, times=[1.0])
