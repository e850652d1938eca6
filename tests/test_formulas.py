"""Formulas against published check values and sums done by hand."""

import numpy as np
import pytest

from dosing_env import formulas as f


@pytest.mark.parametrize(
    ("AGE", "WT", "SCR", "SEX", "CRCL"),
    [
        (40, 72, 1.0, 1, 100.0),  # (140 - 40) 72 / 72
        (40, 72, 1.0, 0, 85.0),
        (68, 60, 1.5, 1, 40.0),  # 72 * 60 / (72 * 1.5)
    ],
)
def test_cockcroft_gault(AGE: float, WT: float, SCR: float, SEX: float, CRCL: float) -> None:
    assert f.cockcroft_gault(AGE, WT, SCR, SEX) == pytest.approx(CRCL)


@pytest.mark.parametrize(("SEX", "k"), [(1, 1.23), (0, 1.04)])
def test_cockcroft_gault_in_micromoles(SEX: float, k: float) -> None:
    """The printed factors for creatinine in umol/L, rounded to three digits."""
    assert f.cockcroft_gault(50, 70, 100 / 88.4, SEX) == pytest.approx(90 * 70 * k / 100, rel=0.005)


def test_ckd_epi_2021_check_value() -> None:
    """Printed as 76 mL/min/1.73 m2; the printed equation gives 75.499."""
    assert f.ckd_epi_2021(AGE=55, SCR=0.9, SEX=0) == pytest.approx(76, abs=0.51)


@pytest.mark.parametrize(
    ("AGE", "SCR", "SEX", "GFR"),
    [
        (50, 0.9, 1, 142 * 0.9938**50),  # at the knot both powers are 1
        (50, 0.7, 0, 142 * 0.9938**50 * 1.012),
        (50, 1.8, 1, 142 * 2**-1.2 * 0.9938**50),
        (50, 0.45, 1, 142 * 0.5**-0.302 * 0.9938**50),
        (50, 0.35, 0, 142 * 0.5**-0.241 * 0.9938**50 * 1.012),
    ],
)
def test_ckd_epi_2021_on_both_sides_of_the_knot(AGE: float, SCR: float, SEX: float, GFR: float) -> None:
    assert f.ckd_epi_2021(AGE, SCR, SEX) == pytest.approx(GFR)


def test_bedside_schwartz() -> None:
    assert f.bedside_schwartz(HT=100, SCR=0.5) == pytest.approx(82.6)


def test_body_mass_index() -> None:
    assert f.body_mass_index(WT=81, HT=180) == pytest.approx(25.0)


@pytest.mark.parametrize(("HT", "SEX", "weight"), [(152.4, 1, 50), (152.4, 0, 45.5), (177.8, 1, 73), (165.1, 0, 57)])
def test_ideal_weight(HT: float, SEX: float, weight: float) -> None:
    assert f.ideal_weight(HT, SEX) == pytest.approx(weight)


@pytest.mark.parametrize(
    ("WT", "weight"),
    [
        (60, 60),
        (87, 87),  # 119 % of 73 kg
        (88, 79),  # 121 %: 73 + 0.4 * 15
        (123, 93),  # 73 + 0.4 * 50
    ],
)
def test_adjusted_weight_of_a_man_of_70_inches(WT: float, weight: float) -> None:
    assert f.adjusted_weight(WT, HT=177.8, SEX=1) == pytest.approx(weight)


@pytest.mark.parametrize(
    ("SEX", "mass"),
    [
        (1, 9270 * 81 / (6680 + 216 * 25)),  # 62.2 kg
        (0, 9270 * 81 / (8780 + 244 * 25)),  # 50.5 kg
    ],
)
def test_fat_free_mass(SEX: float, mass: float) -> None:
    assert f.fat_free_mass(WT=81, HT=180, SEX=SEX) == pytest.approx(mass)


@pytest.mark.parametrize(("SEX", "mass"), [(1, 40.7 + 45.39 - 19.2), (0, 25.2 + 80.41 - 48.3)])
def test_lean_mass(SEX: float, mass: float) -> None:
    assert f.lean_mass(WT=100, HT=170, SEX=SEX) == pytest.approx(mass)


def test_body_surface() -> None:
    assert f.body_surface_mosteller(WT=64, HT=225) == pytest.approx(2.0)  # sqrt(14400 / 3600)
    assert f.body_surface_mosteller(WT=70, HT=170) == pytest.approx(1.82, abs=0.005)
    assert f.body_surface_dubois(WT=70, HT=170) == pytest.approx(1.81, abs=0.005)
    assert f.body_surface_dubois(WT=1, HT=1) == pytest.approx(0.007184)


def test_clearance_per_surface_and_back() -> None:
    assert f.indexed(100, BSA=1.73) == pytest.approx(100)
    assert f.indexed(100, BSA=2.0) == pytest.approx(86.5)
    assert f.deindexed(f.indexed(93, BSA=2.1), BSA=2.1) == pytest.approx(93)


def test_formulas_run_on_arrays() -> None:
    AGE, WT, HT, SCR, SEX = np.array([[30, 80], [60, 140], [160, 190], [0.6, 2.0], [0, 1]])
    for formula, given in (
        (f.cockcroft_gault, (AGE, WT, SCR, SEX)),
        (f.ckd_epi_2021, (AGE, SCR, SEX)),
        (f.adjusted_weight, (WT, HT, SEX)),
        (f.fat_free_mass, (WT, HT, SEX)),
        (f.lean_mass, (WT, HT, SEX)),
        (f.body_surface_dubois, (WT, HT)),
    ):
        alone = [formula(*[float(values[i]) for values in given]) for i in range(2)]  # type: ignore[operator]
        assert formula(*given) == pytest.approx(alone, rel=1e-14)  # type: ignore[operator]
