"""Drugs and populations of other patients than those of the wards, from the terminal."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dosing_env import catalogue, simulate
from dosing_env.io.exact import read_csv
from tests.bedside import usual
from tests.cli.commands import complaint, run

DRUG = "warfarin_hamberg2007"
X = {"AGE": 70.0, "CYP2C9_2": 0.0, "CYP2C9_3": 0.0, "VKORC1_A": 1.0, "BASE": 1.0}
DOSES = "TIME,AMT,II,ADDL\n0,5,24,13\n"


def test_a_drug_is_shown_with_somebody_of_its_patients() -> None:
    out = run("show", DRUG).out
    assert "Parameters of a man of 60 years, 80 kg, 175 cm, CYP2C9 *1/*1, VKORC1 -1639 GG, INR 1.0" in out
    assert "L/h  clearance of S-warfarin" in out
    assert "His covariates: AGE 60, CYP2C9_2 0, CYP2C9_3 0, VKORC1_A 0, BASE 1" in out


def test_a_population_is_shown_with_its_own_covariates() -> None:
    out = run("show", "warfarin_aurora").out
    assert "copies of CYP2C9*2" in out
    assert "INR  before treatment" in out
    assert "SCR" not in out


def test_a_kind_of_the_users_own_is_shown_without_an_example(here: Path) -> None:
    text = catalogue.source("drugs", "vancomycin_thomson2009")
    text = text.replace("class Covariates(", "class Mouse(NamedTuple):\n    WT: float  # kg\n\n\nclass Covariates(", 1)
    (here / "own.py").write_text(text.replace("patient: Patient", "patient: Mouse"))
    result = run("show", "own.py")
    assert result.code == 0
    assert "its patients are of the kind Mouse: no example of them is known" in result.out
    assert "Random effects between patients" in result.out


def test_inrs_are_simulated(here: Path) -> None:
    (here / "doses.csv").write_text(DOSES)
    words = [word for name, value in X.items() for word in ("--covariates", f"{name}={value}")]
    result = run("simulate", DRUG, "doses.csv", *words, "--times", "0:336:24", "--seed", "2", "-o", "out.csv")
    assert result.code == 0, result
    assert "level (INR), dv (INR)" in result.out
    assert "A_central (mg), A_peripheral (mg), A_c1, " in result.out
    expected = simulate(DRUG, "doses.csv", covariates=X, times=[24.0 * day for day in range(15)], seed=2)
    pd.testing.assert_frame_equal(read_csv("out.csv"), expected, check_exact=True)


def test_missing_bedside_values_are_named(here: Path) -> None:
    (here / "doses.csv").write_text(DOSES)
    line = complaint(run("simulate", DRUG, "doses.csv", "--quiet", "--covariates", "AGE=70", "--covariates", "INR0=1"))
    assert "WT, HT, SEX, CYP2C9_2" in line
    assert f"{DRUG} takes AGE, CYP2C9_2, CYP2C9_3, VKORC1_A, BASE; or else" in line


def test_a_genotype_is_not_negative(here: Path) -> None:
    columns = usual(catalogue.load("drugs", DRUG)) | {"VKORC1_A": -1.0}
    (here / "doses.csv").write_text(DOSES)
    words = [word for name, value in columns.items() for word in ("--covariates", f"{name}={value}")]
    assert "VKORC1_A: '-1.0': must be at least 0" in complaint(run("simulate", DRUG, "doses.csv", "--quiet", *words))


@pytest.mark.parametrize("changed", ["warfarin_hamberg2007", "warfarin_ohara2014"])
def test_a_trial_of_the_wards_is_refused(here: Path, changed: str) -> None:
    text = catalogue.find("scenarios", "vancomycin_ward").read_text(encoding="utf-8")
    (here / "mine.toml").write_text(text.replace('drug = "vancomycin_goti2018"', f'drug = "{changed}"'))
    line = complaint(run("evaluate", "mine.toml", "--patients", "10"))
    assert f"drug: {changed}: its patients are of the kind WarfarinPatient" in line
