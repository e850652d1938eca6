"""What every model of warfarin must keep, its variability, and slips that public code has made.

The figures of the papers that stand in the drug files (`published`) are held by the contract of all drugs.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dosing_env import map_estimate, simulate
from dosing_env.evidence import daily
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Assay, Drug
from tests.bedside import different, one
from tests.drugs.warfarin import MAN, MODELS, every_model, inr, typical


def base(drug: Drug, patient: WarfarinPatient) -> float:
    return 1.0 if drug.name.endswith("ravvaz") else patient.INR0


# --- every model ---


def test_there_are_five_models_of_warfarin() -> None:
    assert len(MODELS) == 5
    assert {drug.assay.unit for drug in MODELS.values()} == {"INR"}
    assert {drug.Patient for drug in MODELS.values()} == {WarfarinPatient}


@every_model
@pytest.mark.parametrize("solver", ["compiled", "stiff", "scipy"])
def test_without_drug_inr_stays_at_its_base(drug: Drug, solver: str) -> None:
    patients = different(WarfarinPatient, 4)
    for i in range(4):
        patient = one(patients, i)
        looks, times = [{"TIME": 0.0, "EVID": 2}], [0.0, 1.0, 24.0, 240.0, 2400.0]
        table = simulate(drug, looks, covariates=patient, times=times, solver=solver, seed=i)
        assert table["level"].to_numpy() == pytest.approx(base(drug, patient), abs=1e-9)


@every_model
@pytest.mark.parametrize("solver", ["explicit", "stiff"])
def test_solvers_agree_with_scipy(drug: Drug, solver: str) -> None:
    patients, times = different(WarfarinPatient, 3, seed=5), np.arange(0.0, 480.0, 7.3)
    regimen = [*daily(10.0, 2), {"TIME": 48.0, "AMT": 5.0, "II": 24.0, "ADDL": 9}]
    for i in range(3):
        tables = [
            simulate(drug, regimen, covariates=one(patients, i), times=times, seed=i, solver=way)
            for way in (solver, "scipy")
        ]
        for column in ("level", "auc", *(f"A_{name}" for name in drug.compartments)):
            own, theirs = (table[column].to_numpy() for table in tables)
            assert own == pytest.approx(theirs, rel=1e-6, abs=1e-12), column


@every_model
def test_more_warfarin_means_more_inr(drug: Drug) -> None:
    for patient in (MAN, MAN._replace(CYP2C9_3=1.0, VKORC1_A=2.0, AGE=50.0)):
        values = [inr(drug, dose, 60, patient) for dose in (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)]
        assert values == sorted(set(values))
        assert values[0] == pytest.approx(base(drug, patient), abs=1e-9)


@every_model
def test_steady_state_is_where_the_daily_dose_leads(drug: Drug) -> None:
    steady = [{"TIME": 0.0, "AMT": 4.0, "II": 24.0, "SS": 1}]
    start = simulate(drug, steady, covariates=MAN, times=[24.0])["level"].iloc[0]
    assert inr(drug, 4.0, 240) == pytest.approx(start, rel=1e-6)
    assert inr(drug, 4.0, 241) == pytest.approx(inr(drug, 4.0, 240), rel=1e-6)


@every_model
def test_sensitive_genotypes_need_less(drug: Drug) -> None:
    by_vkorc1 = [inr(drug, 4.0, 90, MAN._replace(VKORC1_A=n)) for n in (0.0, 1.0, 2.0)]
    by_star3 = [inr(drug, 4.0, 90, MAN._replace(CYP2C9_3=n)) for n in (0.0, 1.0, 2.0)]
    assert by_vkorc1 == sorted(by_vkorc1)
    assert by_star3 == sorted(by_star3)
    assert by_vkorc1[0] < by_vkorc1[2]
    assert by_star3[0] < by_star3[1]


@every_model
def test_a_table_by_bedside_values_is_that_of_the_models_own(drug: Drug) -> None:
    own = dict(drug.covariates(MAN)._asdict())
    tables = [
        simulate(drug, daily(5.0, 10), covariates=x, times=[100.0, 240.0]) for x in (MAN, dict(MAN._asdict()), own)
    ]
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])
    assert tables[0].attrs["units"]["level"] == "INR"
    assert set(drug.outputs) <= {*tables[0]}


@every_model
def test_an_inr_table_tells_of_the_patient(drug: Drug) -> None:
    """Of 20 INRs measured well the most probable patient has the same ones, also with a dose he was never given."""
    drug = replace(drug, assay=Assay(form="log", proportional=0.02, unit="INR"))
    eta = {name: 0.3 * math.sqrt(variance) for name, variance in drug.omega.items()}
    times = [24.0 * day for day in range(2, 42, 2)]
    seen = simulate(drug, daily(4.0, 42), covariates=MAN, times=times, eta=eta)
    rows = [{"TIME": t, "EVID": 0, "DV": dv} for t, dv in zip(seen["time"], seen["level"], strict=True)]
    known = map_estimate(drug, [*daily(4.0, 42), *rows], covariates=MAN)
    assert known.converged.all()
    found = dict(known.eta.iloc[0])
    later = [inr(drug, 6.0, 30, eta=effects) for effects in (eta, found)]
    assert known.levels["ipred"].to_numpy() == pytest.approx(seen["level"].to_numpy(), rel=0.03)
    assert later[1] == pytest.approx(later[0], rel=0.03)


# --- the variability ---

CVS = {  # per cent, as printed
    "hamberg2007": {"CL": 31.0, "V1": 26.2, "V2": 99.1, "EC50": 40.9, "MTT1": 14.1, "MTT2": 102.0},
    "xia2024": {"EC50": 55.8},
    "ohara2014": {"CL": 39.9, "IC50": 38.5, "kout": 45.6, "LAMBDA": 24.1},
}


def sampled(drug: Drug) -> Any:
    """Parameters of 20,000 patients."""
    root = np.array(drug.omega_root())
    z = np.random.default_rng(2007).standard_normal((len(root), 20_000))
    return drug.individual(drug.covariates(MAN), drug.Eta(*root @ z))


@pytest.mark.parametrize("study", CVS)
def test_sampled_coefficients_of_variation_are_the_printed_ones(study: str) -> None:
    p = sampled(MODELS[f"warfarin_{study}"])
    for name, cv in CVS[study].items():
        values = getattr(p, name)
        assert 100 * values.std() / values.mean() == pytest.approx(cv, abs=3.0), name


def test_the_variances_of_2010_are_the_coefficients_of_variation_of_2007() -> None:
    """0.089 and 0.054 as variances: 30 and 23 %; and 0.34: 64 %."""
    p = sampled(MODELS["warfarin_hamberg2010"])
    for name, cv in {"CL": 30.0, "V": 23.0, "EC50": 64.0}.items():
        values = getattr(p, name)
        assert 100 * values.std() / values.mean() == pytest.approx(cv, abs=3.0), name


# --- slips of public code ---


def test_coefficients_of_variation_are_no_variances_but_in_the_ravvaz_variant() -> None:
    """Trap 1: the square root of a CV taken for an SD."""
    right, variant = (dict(MODELS[f"warfarin_hamberg2007{name}"].omega) for name in ("", "_ravvaz"))
    for name, cv in CVS["hamberg2007"].items():
        assert right[name] == pytest.approx(math.log(1 + (cv / 100) ** 2))
        assert variant[name] == pytest.approx(cv / 100)
    CL = sampled(MODELS["warfarin_hamberg2007_ravvaz"]).CL
    assert 100 * CL.std() / CL.mean() == pytest.approx(60.3, abs=3.0)  # in place of 31


@every_model
def test_half_of_a_dose_is_s_warfarin(drug: Drug) -> None:
    """Trap 2: in steady state the mean concentration is the dose rate over CL, of S-warfarin half of it."""
    share = 1.0 if drug.name == "warfarin_xia2024" else 0.5
    name = next(name for name in drug.outputs if name.endswith("warfarin_mg_L"))
    hours = np.arange(24.0 * 200, 24.0 * 201 + 0.01, 0.1)
    level = simulate(drug, daily(5.0, 202), covariates=MAN, times=hours)[name].to_numpy()
    mean = float(np.trapezoid(level, hours) / 24.0)
    assert mean == pytest.approx(share * 5.0 / 24.0 / typical(drug).CL, rel=3e-3)


@pytest.mark.parametrize(
    ("name", "fast", "slow"),
    [
        ("hamberg2007", 6 * 11.6, 120.0),  # 1/MTT1 in each of six stages
        ("hamberg2007_ravvaz", 11.6, 120.0),  # 6/MTT1
        ("hamberg2010", 28.6, 118.3),  # 3/MTT
        ("xia2024", 27.2, 110.9),
    ],
)
def test_the_time_in_each_chain(name: str, fast: float, slow: float) -> None:
    """Trap 3: the mean time a signal takes through a chain, the sum of 1/rate of its stages."""
    drug = MODELS[f"warfarin_{name}"]
    p, n = typical(drug), len(drug.compartments)
    at_rest = np.array(drug.initial(p)) if drug.initial else np.zeros(n)
    found = {"c": 0.0, "l": 0.0}
    for i, stage in enumerate(drug.compartments):
        if stage[0] in found and stage[1:].isdigit():
            moved = at_rest + np.eye(n)[i]
            found[stage[0]] -= 1 / drug.rates(0.0, tuple(moved), p, (0.0,) * n)[i]
    assert found == pytest.approx({"c": fast, "l": slow})
