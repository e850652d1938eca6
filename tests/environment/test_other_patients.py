"""Drugs and populations of other patients than those of the wards: environments refuse them in one line."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dosing_env import catalogue, scenario
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Drug, Patient, Population
from dosing_env.policy import planner_of
from dosing_env.ward.chart import read
from dosing_env.ward.charts import believe
from tests.environment.rollouts import environment
from tests.models import iv1

WARD = "vancomycin_ward"
REFUSED = "its patients are of the kind WarfarinPatient: a ward knows only the kind Patient"
WARFARIN: Drug = catalogue.load("drugs", "warfarin_hamberg2007")
AURORA: Population = catalogue.load("populations", "warfarin_aurora")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('drug = "vancomycin_goti2018"', 'drug = "warfarin_hamberg2007"', "drug: warfarin_hamberg2007"),
        ('population = "adult_ward"', 'population = "warfarin_aurora"', "population: warfarin_aurora"),
        ('"vancomycin_thomson2009"', '"warfarin_xia2024"', "rivals: warfarin_xia2024"),
    ],
)
def test_a_scenario_file_is_refused(tmp_path: Path, old: str, new: str, field: str) -> None:
    text = catalogue.find("scenarios", WARD).read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "mine.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(f"{file}: {field}: {REFUSED}")) as told:
        scenario.load(str(file))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("changed", [{"drug": WARFARIN.name}, {"population": AURORA.name}])
def test_an_environment_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=REFUSED):
        environment(WARD, 1, **changed)


@pytest.mark.parametrize("changed", [{"drug": WARFARIN}, {"population": AURORA}])
def test_a_task_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=REFUSED):
        replace(scenario.load(WARD).task(), **changed)


def test_a_model_of_other_patients_reads_no_charts() -> None:
    env = environment(WARD, 2)
    observation, _ = env.reset(seed=0)
    chart = read(np.ascontiguousarray(observation.T, dtype=np.float64), env.task.rules)
    with pytest.raises(ValueError, match=r"warfarin_hamberg2007: its patients .* WarfarinPatient: the chart"):
        believe(WARFARIN, env.task.rules, chart)
    with pytest.raises(ValueError, match=REFUSED):
        environment(WARD, 1, belief="warfarin_hamberg2007")


@pytest.mark.parametrize("planner", ["map_dosing", "posterior_optimal", "mpc"])
def test_a_planner_that_believes_it_is_refused(planner: str) -> None:
    policy = planner_of(f"{planner}:{WARFARIN.name}")
    assert policy is not None
    with pytest.raises(ValueError, match=REFUSED):
        policy.begin(scenario.load(WARD).task(), None)


def test_whom_a_drug_and_a_population_are_for() -> None:
    assert WARFARIN.Patient is AURORA.Patient is WarfarinPatient
    assert iv1.DRUG.Patient is catalogue.load("populations", "adult_ward").Patient is Patient


def unsaid(patient):  # type: ignore[no-untyped-def]
    return iv1.DRUG.covariates(patient)


def test_who_does_not_say_is_for_the_wards() -> None:
    assert replace(iv1.DRUG, covariates=unsaid).Patient is Patient
