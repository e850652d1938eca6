"""Populations as files: their distributions, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dosing_env import catalogue, scenario
from dosing_env.cohort import Cohort
from dosing_env.formulas import body_surface_dubois
from dosing_env.interchange.population_files import read_population
from tests.cli.commands import run
from tests.tasks.test_new_kinds import INFUSED

FILE = Path(__file__).parent / "models" / "children.toml"
N = 40_000


@pytest.fixture(scope="module")
def children() -> dict[str, NDArray[Any]]:
    """Values of many patients, in their ranges or not."""
    population = read_population(FILE)
    z = np.random.default_rng(0).standard_normal((len(population.Draws._fields), N))
    patients = population.sample(population.Draws(*z))
    return {name: np.broadcast_to(value, N) for name, value in patients._asdict().items()}


def test_each_value_has_its_distribution(children: dict[str, NDArray[Any]]) -> None:
    assert np.quantile(children["AGE"], [0.25, 0.5, 0.75]) == pytest.approx([5.5, 9.0, 12.5], abs=0.1)
    assert (children["HT"].mean(), children["HT"].std()) == pytest.approx((120.0, 20.0), rel=0.01)
    assert (np.median(children["WT"]), np.log(children["WT"]).std()) == pytest.approx((28.0, 0.4), rel=0.01)
    assert children["SEX"].mean() == pytest.approx(0.51, abs=0.01)
    assert [(children["MIC"] == value).mean() for value in (0.25, 1.0, 4.0)] == pytest.approx([0.5, 0.3, 0.2], abs=0.01)
    copies = [(children["CYP3A5_1"] == n).mean() for n in range(3)]
    assert copies == pytest.approx([0.49, 0.42, 0.09], abs=0.01)
    assert set(children["NAT"]) == {135.0}
    np.testing.assert_allclose(children["BSA"], body_surface_dubois(children["WT"], children["HT"]))  # type: ignore[arg-type]


def test_draws_are_correlated(children: dict[str, NDArray[Any]]) -> None:
    assert np.corrcoef(children["HT"], np.log(children["WT"]))[0, 1] == pytest.approx(0.7, abs=0.01)
    assert np.corrcoef(children["AGE"], children["HT"])[0, 1] == pytest.approx(0.8, abs=0.03)
    assert abs(np.corrcoef(children["SEX"], children["WT"])[0, 1]) < 0.02


def test_patients_are_kept_within_their_ranges() -> None:
    """And charted with the units of the file; a task of them runs compiled."""
    known = {"WT": {"is": "once", "cv": 0.02}, "MIC": "exact", "BSA": "exact", "CYP3A5_1": "exact"}
    task: Any = scenario.load(INFUSED | {"population": str(FILE), "known": known}).task()
    cohort = Cohort(task, 2000, "tune", 0)
    cohort.admit(np.arange(2000))
    patients = dict(zip(task.population.Patient._fields, cohort.courses["patient"].T, strict=True))
    assert patients["WT"].min() >= 8.0
    assert patients["HT"].max() <= 190.0
    units = {feature.name: (feature.unit, feature.low, feature.high) for feature in task.features}
    assert units["MIC"] == ("mg/L", 0.0, 16.0)
    assert units["WT"][0] == "kg"
    low, high = (np.array([getattr(f, end) for f in task.features]) for end in ("low", "high"))
    assert ((cohort.observation >= low) & (cohort.observation <= high)).all()
    assert "MIC_mg_L" in task.tables.covariates
    assert catalogue.kind_of_file(str(FILE)) == "populations"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("sd = 20", "sd = 0", r"`values\.HT\.sd`|values.*sd"),
        ("p = 0.51", "p = 1.5", "values"),
        ('is = "share"', 'is = "shares"', "values"),
        ("shares = [0.5, 0.3, 0.2]", "shares = [0.5, 0.3]", r"values\.MIC\.shares: 2, of 3 values"),
        ("shares = [0.5, 0.3, 0.2]", "shares = [0.5, 0.3, 0.3]", r"values\.MIC\.shares: add up to 1\.1"),
        ('"body_surface_dubois"', '"body_surface"', r"BSA\.formula: unknown formula.*Did you mean 'body_surface_"),
        ('"body_surface_dubois"', '"cockcroft_gault"', r"BSA\.formula: cockcroft_gault takes SCR, which is no value"),
        ('of = ["AGE", "HT"]', 'of = ["AGE", "NAT"]', r"correlation\.of: unknown value that is drawn 'NAT'"),
        ("r = 0.8", "r = -0.8", "contradict each other"),
        ("[values.NAT]", '[values."NA T"]', "a name has letters"),
        ("[values.NAT]", "[values.z_HT]", "a name has letters"),
        ("low = 70", "low = 300", r"values\.HT\.low: 300 is not below high, 190"),
        ("mean = 120", "mean = inf", r"values\.HT\.mean: inf is not finite"),
        ("title =", "titel =", "titel"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, old: str, new: str, line: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "own.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=line) as refused:
        catalogue.load("populations", str(path))
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def test_it_is_shown() -> None:
    shown = run("show", str(FILE))
    assert shown.code == 0
    assert "MIC" in shown.out
    assert "mg/L" in shown.out
