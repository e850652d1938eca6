"""What the tests of warfarin share: the models, a man, and his INR under a daily dose."""

from __future__ import annotations

from typing import Any

import pytest

from dosing_env import catalogue, simulate
from dosing_env.evidence import daily
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Drug
from tests.bedside import USUAL

NAMES = [name for name in catalogue.names("drugs") if name.startswith("warfarin_")]
MODELS: dict[str, Drug] = {name: catalogue.load("drugs", name) for name in NAMES}
MAN: WarfarinPatient = USUAL[WarfarinPatient]._replace(AGE=71.0, WT=60.0)
every_model = pytest.mark.parametrize("drug", MODELS.values(), ids=MODELS)


def inr(drug: Drug, dose: float, days: int, patient: WarfarinPatient = MAN, **more: Any) -> float:
    """INR just before the next dose after so many days."""
    table = simulate(drug, daily(dose, days), covariates=patient, times=[24.0 * days], **more)
    return float(table["level"].iloc[0])


def typical(drug: Drug, patient: WarfarinPatient = MAN) -> Any:
    """Parameters without random effects."""
    return drug.individual(drug.covariates(patient), drug.no_eta)
