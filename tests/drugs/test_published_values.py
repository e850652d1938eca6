"""The drug files give the figures their papers print, and those computed by hand from the papers' equations."""

# ruff: noqa: SIM300  (CL, V1 and CRCL are not constants)

import importlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from dosing_env.pharmacology import Patient
from tests.drugs.clearances import table

ROOT = Path(__file__).resolve().parents[2]


def file_of(study: str) -> Any:
    return importlib.import_module(f"dosing_env.drugs.vancomycin_{study}")


def typical(study: str, **covariates: float) -> Any:
    """Parameters of the typical patient of these covariates."""
    file = file_of(study)
    return file.individual(file.Covariates(**covariates), file.DRUG.no_eta)


def half_lives(p: Any) -> tuple[float, float]:
    """Alpha and beta half-life of a two-compartment drug, h."""
    k10, k12, k21 = p.CL / p.V1, p.Q / p.V1, p.Q / p.V2
    total = k10 + k12 + k21
    root = math.sqrt(total**2 - 4 * k10 * k21)
    return 2 * math.log(2) / (total + root), 2 * math.log(2) / (total - root)


def repeated_infusion(p: Any, dose: float, duration: float, interval: float) -> tuple[float, float]:
    """Peak and trough of a one-compartment drug in steady state, mg/L (closed form)."""
    k = p.CL / p.V
    peak = dose / duration / p.CL * (1 - math.exp(-k * duration)) / (1 - math.exp(-k * interval))
    return peak, peak * math.exp(-k * (interval - duration))


def exposure(study: str, p: Any, infusions: list[tuple[float, float]]) -> float:
    """AUC from 0 h of consecutive infusions (duration h, rate mg/h), mg h/L, by SciPy on the file's `rates`."""
    file = file_of(study)
    n = len(file.DRUG.compartments)
    state = np.zeros(n + 1)
    for duration, rate in infusions:
        inflow = (rate,) + (0.0,) * (n - 1)

        def slope(t: float, y: Any, inflow: tuple[float, ...] = inflow) -> Any:
            return [*file.rates(t, tuple(y[:n]), p, inflow), file.concentration(tuple(y[:n]), p)]

        state = solve_ivp(slope, (0, duration), state, rtol=1e-9, atol=1e-9).y[:, -1]
    return float(state[-1])


# S-VAN-1: the paper's table of AUC0-24, and the values computed from its equations (70 kg, CRCL 100)
@pytest.mark.parametrize(
    ("load", "duration", "published", "computed", "tolerance"),
    [
        (5, 1, 245, 235, 0.06),
        (15, 1, 330, 332, 0.05),
        (20, 1.5, 370, 372, 0.05),
        (25, 2, 409, 412, 0.05),
        (30, 3, 442, 442, 0.05),
        (35, 3, 485, 490, 0.05),
        (40, 3, 532, 537, 0.05),
    ],
)
def test_roberts_loading_doses(
    load: float, duration: float, published: float, computed: float, tolerance: float
) -> None:
    p = typical("roberts2011", WT=70, CRCL=100)
    auc = exposure("roberts2011", p, [(duration, load * 70 / duration), (24 - duration, 35 * 70 / 24)])
    assert auc == pytest.approx(published, rel=tolerance)
    assert auc == pytest.approx(computed, abs=0.6)


# S-VAN-2
@pytest.mark.parametrize(("DIAL", "published", "computed"), [(0, 1.4, 1.38), (1, 1.0, 0.97)])
def test_goti_volume_in_steady_state(DIAL: float, published: float, computed: float) -> None:
    p = typical("goti2018", WT=70, CRCL=120, DIAL=DIAL)
    assert (p.V1 + p.V2) / 70 == pytest.approx(published, abs=0.05)
    assert (p.V1 + p.V2) / 70 == pytest.approx(computed, abs=0.005)


# S-VAN-3
def test_buelga_clearance_and_half_life() -> None:
    p = typical("buelga2005", WT=65, CRCL=90)
    assert p.CL == pytest.approx(5.83, rel=0.001)
    assert p.V == pytest.approx(63.7, rel=0.001)
    assert math.log(2) * p.V / p.CL == pytest.approx(7.57, rel=0.001)


def test_buelga_one_gram_every_twelve_hours() -> None:
    p = typical("buelga2005", WT=65, CRCL=90)
    peak, trough = repeated_infusion(p, dose=1000, duration=1, interval=12)
    assert (peak, trough) == pytest.approx((22.5, 8.2), abs=0.05)
    assert 2000 / p.CL == pytest.approx(343, abs=0.5)
    ten_days = [(1.0, 1000.0), (11.0, 0.0)] * 20
    last_day = exposure("buelga2005", p, ten_days) - exposure("buelga2005", p, ten_days[:-4])
    assert last_day == pytest.approx(343, abs=0.5)


# S-VAN-4
def test_colin_reference_adult() -> None:
    p = typical("colin2019", WT=70, PMA=35 + 40 / 52, SCR=0.83, HAEM=0)
    assert (p.CL, p.V1, p.V2, p.Q) == pytest.approx((4.10, 42.9, 41.7, 3.22), rel=0.01)


@pytest.mark.parametrize(
    ("WT", "PMA", "SCR", "CL"),
    [
        (70, 70 + 40 / 52, 1.0, 2.27),
        (22, 6 + 40 / 52, 0.4, 2.37),
        (3.5, 42 / 52, 0.5, 0.234),
    ],
)
def test_colin_clearance_over_life(WT: float, PMA: float, SCR: float, CL: float) -> None:
    assert typical("colin2019", WT=WT, PMA=PMA, SCR=SCR, HAEM=0).CL == pytest.approx(CL, rel=0.003)


def usual_creatinine(PMA: Any) -> Any:
    return np.exp(-1.22839 + 0.67190 * np.log10(PMA) + 6.27017 * np.exp(-3.10940 * PMA))


def test_colin_largest_clearance() -> None:
    PMA = np.linspace(0.5, 80, 2000)
    CL = typical("colin2019", WT=70, PMA=PMA, SCR=usual_creatinine(PMA), HAEM=0).CL  # type: ignore[arg-type]
    assert CL.max() == pytest.approx(5.31, rel=0.01)


def test_colin_half_maturation() -> None:
    """At 46.4 weeks half of the clearance of the grown child, but for the little that age has taken away."""
    PMA = 46.4 / 52
    half = typical("colin2019", WT=70, PMA=PMA, SCR=usual_creatinine(PMA), HAEM=0).CL
    assert half == pytest.approx(5.31 / 2, rel=0.01)


def test_colin_haematological_malignancy() -> None:
    with_, without = (typical("colin2019", WT=70, PMA=50, SCR=1, HAEM=HAEM).CL for HAEM in (1, 0))
    assert with_ / without == pytest.approx(1.29)


# S-VAN-6
@pytest.mark.parametrize(("daily_dose", "computed"), [(4000, 0.944), (5000, 0.992)])
def test_adane_attainment(daily_dose: float, computed: float) -> None:
    file = file_of("adane2015")
    n = 100_000
    z = np.random.default_rng(20150127).standard_normal(n)
    eta = file.Eta(CL=z * math.sqrt(file.DRUG.omega["CL"]), V=np.zeros(n))
    CL = file.individual(file.Covariates(WT=np.full(n, 147.9), CRCL=np.full(n, 125.0)), eta).CL
    attained = float(np.mean(daily_dose / CL >= 400))
    assert attained >= 0.93
    assert attained == pytest.approx(computed, abs=0.003)


@pytest.mark.parametrize(
    ("WT", "CRCL", "DIAL", "CL", "alpha", "beta"),
    [
        (70, 120, 0, 4.5, 2.19, 16.8),
        (79, 62, 0, 2.65, 2.44, 28.9),
        (70, 12, 1, 0.50, 1.73, 96),
    ],
)
def test_goti_half_lives(WT: float, CRCL: float, DIAL: float, CL: float, alpha: float, beta: float) -> None:
    p = typical("goti2018", WT=WT, CRCL=CRCL, DIAL=DIAL)
    assert p.CL == pytest.approx(CL, abs=0.005)
    assert half_lives(p) == pytest.approx((alpha, beta), rel=0.005)


def test_goti_central_volume() -> None:
    assert typical("goti2018", WT=79, CRCL=62, DIAL=0).V1 == pytest.approx(65.9, abs=0.05)


@pytest.mark.parametrize(("CRCL", "CL", "alpha", "beta"), [(66, 2.99, 5.1, 33.3), (100, 4.56, 4.3, 26.3)])
def test_thomson_half_lives(CRCL: float, CL: float, alpha: float, beta: float) -> None:
    p = typical("thomson2009", WT=70, CRCL=CRCL)
    assert p.CL == pytest.approx(CL, abs=0.005)
    assert half_lives(p) == pytest.approx((alpha, beta), abs=0.05)


def test_thomson_volumes() -> None:
    p = typical("thomson2009", WT=70, CRCL=66)
    assert (p.V1, p.V2) == pytest.approx((47.25, 51.24))


def test_adane_typical_values() -> None:
    assert typical("adane2015", WT=100, CRCL=125) == pytest.approx((6.54, 51.0))


# --- the printed coefficients of variation ---


@pytest.mark.parametrize(
    ("study", "printed"),
    [
        ("goti2018", {"CL": 39.8, "V1": 81.6, "V2": 57.1}),
        ("buelga2005", {"CL": 28.16, "V": 37.15}),
        ("roberts2011", {"CL": 38.9, "V": 37.4}),
    ],
)
def test_exact_coefficients_of_variation(study: str, printed: dict[str, float]) -> None:
    """Variances are ln(1 + CV^2)."""
    assert {eta: 100 * math.sqrt(math.expm1(v)) for eta, v in omega(study).items()} == pytest.approx(printed, abs=0.05)


@pytest.mark.parametrize(
    ("study", "printed"),
    [
        ("thomson2009", {"CL": 27, "V1": 15, "Q": 49, "V2": 130}),
        ("adane2015", {"CL": 26.7, "V": 23.9}),
    ],
)
def test_square_coefficients_of_variation(study: str, printed: dict[str, float]) -> None:
    """Variances are CV^2."""
    assert {eta: 100 * math.sqrt(v) for eta, v in omega(study).items()} == pytest.approx(printed, abs=0.05)


def test_colin_variances() -> None:
    assert omega("colin2019") == {"CL": 0.0746, "V1": 0.0716, "V2": 0.684}


def test_buelga_correlation() -> None:
    CL, V = omega("buelga2005").values()
    assert file_of("buelga2005").DRUG.covariance["CL", "V"] / math.sqrt(CL * V) == pytest.approx(0.2312, abs=0.0005)


def omega(study: str) -> dict[str, float]:
    return dict(file_of(study).DRUG.omega)


@pytest.mark.parametrize(
    ("study", "proportional", "additive", "lloq"),
    [
        ("goti2018", 0.227, 3.4, 5),
        ("thomson2009", 0.15, 1.6, 0),
        ("buelga2005", 0, 3.52, 0.6),
        ("roberts2011", 0.199, 2.4, 0.6),
        ("colin2019", 0.215, 1.23, 0),
        ("adane2015", 0.189, 0, 0),
    ],
)
def test_residual_error(study: str, proportional: float, additive: float, lloq: float) -> None:
    assay = file_of(study).DRUG.assay
    assert (assay.proportional, assay.additive, assay.lloq) == (proportional, additive, lloq)


# --- from the bedside to the paper's covariates ---

MAN = Patient(AGE=60, WT=80, HT=175, SEX=1, SCR=1.0, DIAL=0, HAEM=0)


def test_goti_raises_a_low_creatinine_above_65_years() -> None:
    covariates = file_of("goti2018").covariates
    assert covariates(MAN._replace(AGE=70, SCR=0.8)).CRCL == pytest.approx(70 * 80 / 72)
    assert covariates(MAN._replace(AGE=65, SCR=0.8)).CRCL == pytest.approx(75 * 80 / 72 / 0.8)


def test_goti_stops_clearance_at_150() -> None:
    clearances = [typical("goti2018", WT=70, CRCL=CRCL, DIAL=0).CL for CRCL in (140, 150, 300)]
    assert clearances[0] < clearances[1] == clearances[2]


def test_goti_dialysis_reaches_the_covariates() -> None:
    assert file_of("goti2018").covariates(MAN._replace(DIAL=1.0)).DIAL == 1


@pytest.mark.parametrize("study", ["thomson2009", "buelga2005"])
def test_clearance_of_the_whole_patient(study: str) -> None:
    assert file_of(study).covariates(MAN).CRCL == pytest.approx(80 * 80 / 72)


@pytest.mark.parametrize("study", ["roberts2011", "adane2015"])
def test_clearance_per_surface(study: str) -> None:
    surface = 0.007184 * 80**0.425 * 175**0.725
    assert file_of(study).covariates(MAN).CRCL == pytest.approx(80 * 80 / 72 * 1.73 / surface)


def test_colin_counts_age_from_conception() -> None:
    x = file_of("colin2019").covariates(MAN._replace(HAEM=1.0))
    assert x == pytest.approx((80, 60 + 40 / 52, 1.0, 1.0))


def test_the_comparison_in_the_documentation_is_what_the_drug_files_give() -> None:
    lines = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8").splitlines()
    header = next(number for number, line in enumerate(lines) if "Rodvold |" in line)
    studies = [cell.strip() for cell in lines[header].split("|")[3:-1]]
    assert len(studies) >= 6
    shown = table(studies)
    assert lines[header : header + len(shown)] == shown
