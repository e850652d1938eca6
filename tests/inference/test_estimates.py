"""MAP estimates, against published ones, another minimiser, and what must be so."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import expm
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import norm

from dosing_env import catalogue, simulate
from dosing_env.inference.estimates import map_estimate
from dosing_env.inference.problem import posed, solve
from dosing_env.inference.search import CONVERGED
from dosing_env.interchange.text_models import drugs_of_tables
from dosing_env.pharmacology import Assay, Drug
from tests.bedside import GIVEN, SEEN, usual
from tests.models import variable

ADULT = {"AGE": 57.0, "WT": 79.0, "HT": 172.0, "SEX": 1.0, "SCR": 1.1, "DIAL": 0.0, "HAEM": 0.0}
INFUSIONS = {"TIME": 0.0, "AMT": 1500.0, "RATE": 1000.0, "II": 12.0, "ADDL": 3}


def level(time: float, dv: Any, **more: Any) -> dict[str, Any]:
    return {"TIME": time, "EVID": 0, "DV": dv} | more


def test_xuan2003_gentamicin() -> None:
    """Case S-GEN-2: 180 mg over 0.5 h, CRCL 38 mL/min, 63 kg; 9 mg/L after 1 h, 2 mg/L after 11 h; combined1.

    Xuan, Int J Antimicrob Agents 2003, doi:10.1016/j.ijantimicag.2003.07.010 (SINGLE); estimates REPRODUCED.
    """
    nothing = dict.fromkeys(("initial", "bioavailability", "lag", "duration"), "")
    states = {
        "central": "-(TCL*CRCL/(TV*WT)+K12)*central+K21*peripheral",
        "peripheral": "K12*central-K21*peripheral",
    }
    rows = [
        nothing | {"model": "m", "cmt": str(n), "name": name, "derivative": text}
        for n, (name, text) in enumerate(states.items(), start=1)
    ]
    made = drugs_of_tables(rows, [{"model": "m", "output": "C", "expression": "central/(TV*WT)"}], ("CRCL", "WT"))["m"]
    omega = {"TCL": 0.084, "TV": 0.003, "K12": 0.398, "K21": 0.342}
    drug = replace(made, omega=omega, assay=Assay(proportional=0.237, additive=0.230, form="combined1"))
    x = {"TCL": 0.047, "CRCL": 38.0, "TV": 0.28, "WT": 63.0, "K12": 0.092, "K21": 0.071}
    dose = {"TIME": 0.0, "AMT": 180.0, "RATE": 360.0}
    own = map_estimate(drug, [dose, level(1.0, 9.0), level(11.0, 2.0)], covariates=x)
    assert own.converged.all()
    assert own.eta.iloc[0].to_dict() == pytest.approx(
        {"TCL": 0.03701, "TV": 0.00145, "K12": 0.0890, "K21": -0.0484}, abs=1e-3
    )
    times = np.arange(40.0, 50.0, 0.1)
    table = simulate(drug, [dose], covariates=x, times=times, eta=own.eta)
    assert times[np.argmax(table["level"] < 0.5)] == pytest.approx(44.9, abs=0.1)


def test_the_form_of_the_error_matters() -> None:
    """Case S-MAP-1: combined1 and combined2 give different estimates of the same data."""
    drug = catalogue.load("drugs", "vancomycin_goti2018")
    data = [INFUSIONS, level(11.5, 10.0), level(23.5, 10.0)]
    one, two = (
        map_estimate(replace(drug, assay=replace(drug.assay, form=form)), data, covariates=ADULT).eta["CL"][0]
        for form in ("combined1", "combined2")
    )
    assert 0.10 < abs(one / two - 1.0) < 0.30


@pytest.mark.parametrize("name", catalogue.names("drugs"))
def test_without_levels_the_typical_patient_is_the_most_probable(name: str) -> None:
    drug = catalogue.load("drugs", name)
    own = map_estimate(drug, [GIVEN[drug.Patient]], covariates=usual(drug))
    assert own.converged.all()
    assert own.objective == pytest.approx(0.0, abs=1e-12)
    assert own.eta.to_numpy() == pytest.approx(0.0, abs=1e-9)
    assert own.covariance()[0] == pytest.approx(np.array(drug.omega_matrix()), abs=1e-6)


@pytest.mark.parametrize("name", catalogue.names("drugs"))
def test_levels_of_every_drug(name: str) -> None:
    """Simulated levels: the search converges, and the estimate fits better than the typical patient."""
    drug = catalogue.load("drugs", name)
    given, adult = GIVEN[drug.Patient], usual(drug)
    data = simulate(drug, [given], covariates=adult, times=SEEN[drug.Patient], seed=5, subjects=40)
    rows = [given | {"ID": number} for number in range(1, 41)]
    seen = data.rename(columns={"time": "TIME", "dv": "DV", "blq": "BLQ"})[["ID", "TIME", "DV", "BLQ"]].assign(EVID=0)
    table = pd.concat([pd.DataFrame(rows), seen]).sort_values(["ID", "TIME"], kind="stable")
    own = map_estimate(drug, table, covariates=adult)
    assert own.converged.all(), own.why
    misses = own.levels.assign(
        off=own.levels["ipred"] - own.levels["dv"], typical=own.levels["pred"] - own.levels["dv"]
    )
    assert misses["off"].abs().median() < misses["typical"].abs().median()
    assert (own.levels["iwres"].abs() < 5.0).all()
    alone = map_estimate(drug, table[table["ID"] == 7], covariates=adult)
    assert alone.eta.iloc[0].to_list() == own.eta.iloc[6].to_list()


@pytest.mark.parametrize("name", ["vancomycin_goti2018", "warfarin_hamberg2007"])
def test_who_wants_no_hessian_finds_the_same_random_effects(name: str) -> None:
    """From the typical patient, and from the estimate itself."""
    drug = catalogue.load("drugs", name)
    given, adult, n = GIVEN[drug.Patient], usual(drug), 20
    data = simulate(drug, [given], covariates=adult, times=SEEN[drug.Patient], seed=6, subjects=n)
    seen = data.rename(columns={"time": "TIME", "dv": "DV", "blq": "BLQ"})[["ID", "TIME", "DV", "BLQ"]].assign(EVID=0)
    table = pd.concat([pd.DataFrame([given | {"ID": number} for number in range(1, n + 1)]), seen])
    problem = posed(drug, table.sort_values(["ID", "TIME"], kind="stable"), adult, "locf")[2]
    full = solve(problem)
    for start in (None, full.z):
        quick = solve(problem, start, spread=False)
        assert (quick.status == CONVERGED).all()
        assert quick.z == pytest.approx(full.z, abs=0.01)
        assert quick.objective == pytest.approx(full.objective, abs=1e-3)
        assert quick.predicted == pytest.approx(full.predicted, rel=5e-3)
        assert quick.hessian.shape[0] == 0
    assert np.abs(full.z).max() > 1.0


def test_many_exact_levels_tell_the_truth() -> None:
    drug = replace(catalogue.load("drugs", "vancomycin_goti2018"), assay=Assay(proportional=0.001))
    truth, times = {"CL": 0.4, "V1": -0.3, "V2": 0.2}, np.arange(1.5, 48.0, 0.7)
    levels = simulate(drug, [INFUSIONS], covariates=ADULT, times=times, eta=truth)["level"]
    data = pd.DataFrame([INFUSIONS, *map(level, times, levels)]).sort_values("TIME", kind="stable")
    own = map_estimate(drug, data, covariates=ADULT)
    assert own.eta.iloc[0].to_dict() == pytest.approx(truth, rel=0.01)


def test_occasions_limits_and_bioavailability_as_another_minimiser_finds_them() -> None:
    """The drug of tests/models/variable.py with two occasions and a level below the limit, by expm and SciPy."""
    drug, weight = variable.DRUG, 82.0
    doses = [{"TIME": t, "EVID": 1, "AMT": 100.0, "CMT": 1, "OCC": 1 + t // 24} for t in (0.0, 12.0, 24.0, 36.0)]
    seen = [(3.0, 2.9, 0), (11.9, 2.0, 1), (27.0, 4.4, 0), (30.0, 3.3, 0), (47.0, 2.0, 1)]
    rows = [*doses, *(level(t, dv, BLQ=blq, OCC=1 + t // 24) for t, dv, blq in seen)]
    data = pd.DataFrame(rows).sort_values(["TIME", "EVID"], kind="stable")
    own = map_estimate(drug, data.assign(WT=weight))
    assert own.converged.all()

    names = ("CL", "V", "F")  # no level depends on E0
    inverse, variances = (
        np.linalg.inv(np.array(drug.omega_matrix())[:3, :3]),
        np.tile([drug.occasion["CL"], drug.occasion["F"]], 2),
    )

    def objective(x: Any) -> float:
        eta, kappa = x[:3], x[3:].reshape(2, 2)
        A, total, now = np.zeros(2), eta @ inverse @ eta + x[3:] @ (x[3:] / variances), 0.0
        V = 30.0 * math.exp(eta[1])
        for time, dv, blq in sorted([*seen, *((t, -1.0, 0) for t in (0.0, 12.0, 24.0, 36.0))]):
            while now < time:
                occasion, until = int(now // 24.0), min(time, 24.0) if now < 24.0 else time
                CL = 4.5 * (weight / 70.0) ** 0.75 * math.exp(eta[0] + kappa[occasion, 0])
                A, now = expm(np.array([[-1.1, 0.0], [1.1, -CL / V]]) * (until - now)) @ A, until
            if dv < 0.0:
                A[0] += 100.0 * expit(logit(0.7) + eta[2] + kappa[int(time // 24.0), 1])
            else:
                f = A[1] / V
                sd = 0.5 + 0.1 * f
                total += -2.0 * norm.logcdf((dv - f) / sd) if blq else 2.0 * math.log(sd) + ((dv - f) / sd) ** 2
        return float(total)

    other = minimize(objective, np.zeros(7), method="BFGS", options={"gtol": 1e-7})
    assert own.objective[0] == pytest.approx(other.fun, abs=1e-6)
    assert own.eta[list(names)].to_numpy()[0] == pytest.approx(other.x[:3], abs=1e-4)
    assert own.eta["E0"][0] == pytest.approx(0.0, abs=1e-6)
    kappas = own.z[len(drug.omega) :] * np.sqrt(variances)
    assert kappas == pytest.approx(other.x[3:], abs=1e-4)


def test_a_search_that_fails_is_told_and_stops_nobody_else() -> None:
    """The second patient was given next to nothing, and has a level like the first."""
    drug = replace(catalogue.load("drugs", "vancomycin_goti2018"), assay=Assay(proportional=0.1))
    patients = [(1, 1500.0), (2, 1e-300), (3, 1500.0)]
    data = [
        row | {"ID": number}
        for number, amount in patients
        for row in ({"TIME": 0.0, "AMT": amount, "CMT": 1}, level(2.0, 20.0))
    ]
    own = map_estimate(drug, data, covariates=ADULT)
    assert own.converged.tolist() == [True, False, True]
    assert own.why == ["converged", "the typical patient makes the levels impossible", "converged"]
    assert own.objective[1] == math.inf
    assert np.isnan(own.covariance()[1]).all()
    assert own.standard_errors()["CL"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("form", ["combined2", "proportional", "log"])
def test_weighted_residuals_are_in_units_of_the_error(form: str) -> None:
    """Of the form "log" that is an error of the logarithm."""
    drug = replace(catalogue.load("drugs", "vancomycin_goti2018"), assay=Assay(proportional=0.2, form=form))
    table = estimate_levels(drug)
    ipred, dv = table["ipred"][0], table["dv"][0]
    off = math.log(dv / ipred) / 0.2 if form == "log" else (dv - ipred) / (0.2 * ipred)
    assert table["iwres"].to_numpy() == pytest.approx(np.array([off, math.nan]), rel=1e-12, nan_ok=True)


def estimate_levels(drug: Drug) -> pd.DataFrame:
    """Of a level, and of a time at which nothing was measured."""
    return map_estimate(drug, [INFUSIONS, level(11.5, 12.0), level(20.0, None)], covariates=ADULT).levels


GOOD = [INFUSIONS, level(11.5, 10.0)]


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        ([INFUSIONS, level(11.5, -1.0)], r"row 2, DV: -1.0: a level is not negative \(its unit is mg/L\)"),
        ([level(0.0, 10.0), INFUSIONS], "row 1, DV: 10.0: a level at or before the first dose: there is no drug yet"),
        ([INFUSIONS, level(11.5, math.nan, BLQ=1)], r"row 2, DV: nan: below the limit .* give the limit"),
        ([INFUSIONS, level(11.5, 10.0, BLQ=2)], "row 2, BLQ: 2: must be 0 or 1"),
        ([INFUSIONS, level(11.5, "ten")], "row 2, DV: 'ten': not a number"),
    ],
)
def test_levels_that_cannot_be(data: list[dict[str, Any]], answer: str) -> None:
    with pytest.raises(ValueError, match=answer):
        map_estimate("vancomycin_goti2018", data, covariates=ADULT)


def test_a_level_of_0_where_the_error_is_proportional() -> None:
    drug: Drug = catalogue.load("drugs", "vancomycin_goti2018")
    relative = replace(drug, assay=Assay(proportional=0.2))
    with pytest.raises(ValueError, match="a level of 0 is below the limit of quantification: give the limit"):
        map_estimate(relative, [INFUSIONS, level(11.5, 0.0)], covariates=ADULT)


def test_a_drug_without_residual_error() -> None:
    drug = replace(catalogue.load("drugs", "vancomycin_goti2018"), assay=Assay())
    with pytest.raises(ValueError, match=r"it has no residual error \(assay\): nothing can be learned from a level"):
        map_estimate(drug, GOOD, covariates=ADULT)
