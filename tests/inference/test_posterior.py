"""Particles: calibrated, right against quadrature, and with both hills where the posterior has two."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dosing_env import catalogue, simulate
from dosing_env.inference.posterior import Posterior, posterior
from dosing_env.interchange.text_models import drugs_of_tables
from dosing_env.pharmacology import Assay, Drug
from dosing_env.residual import COMBINED2
from tests.models import variable

ADULT = {"AGE": 57.0, "WT": 79.0, "HT": 172.0, "SEX": 1.0, "SCR": 1.1, "DIAL": 0.0, "HAEM": 0.0}
INFUSIONS = {"TIME": 0.0, "AMT": 1500.0, "RATE": 1000.0, "II": 12.0, "ADDL": 3}
PATIENTS = 2_000


@pytest.fixture(scope="module", params=["vancomycin_goti2018", "vancomycin_thomson2009"])
def forecast(request: pytest.FixtureRequest) -> tuple[pd.DataFrame, Any]:
    """The truth of patients at 48 h, and what their levels at 13.5 and 35.5 h predict."""
    drug = request.param
    truth = simulate(drug, [INFUSIONS], covariates=ADULT, times=[13.5, 35.5, 48.0], seed=3, subjects=PATIENTS)
    seen = truth[truth["time"] < 36.0].rename(columns={"time": "TIME", "dv": "DV", "blq": "BLQ"})
    seen = seen[["ID", "TIME", "DV", "BLQ"]].assign(EVID=0, DV=seen["DV"].clip(lower=0.0))
    doses = pd.DataFrame({"ID": range(1, PATIENTS + 1), **INFUSIONS})
    data = pd.concat([doses, seen]).sort_values(["ID", "TIME"], kind="stable")
    known = posterior(drug, data, covariates=ADULT, particles=400, seed=1)
    assert known.estimates.converged.all()
    assert np.quantile(known.size, 0.01) > 100.0
    return truth[truth["time"] == 48.0], known.predict(doses, times=[48.0], covariates=ADULT)


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("what", ["level", "auc", "dv"])
def test_intervals_cover_as_often_as_they_say(forecast: tuple[pd.DataFrame, Any], what: str, coverage: float) -> None:
    truth, predicted = forecast
    middle = predicted.interval(coverage, what)
    inside = (middle["low"].to_numpy() <= truth[what]) & (truth[what] <= middle["high"].to_numpy())
    assert inside.mean() == pytest.approx(coverage, abs=0.02)


def one_eta(expression: str, omega: float, assay: Assay) -> Drug:
    """A bolus that stays, seen through an expression with the parameter X."""
    row = {"model": "m", "cmt": "1", "name": "A", "derivative": "-0.1*A"}
    row |= dict.fromkeys(("initial", "bioavailability", "lag", "duration"), "")
    made = drugs_of_tables([row], [{"model": "m", "output": "level", "expression": expression}])["m"]
    return replace(made, omega={"X": omega}, assay=assay)


def known_of(drug: Drug, dv: float, **more: Any) -> Posterior:
    data = [{"TIME": 0.0, "AMT": 10.0}, {"TIME": 1.0, "EVID": 0, "DV": dv} | more]
    return posterior(drug, data, covariates={"X": 1.0}, particles=4_000, seed=2)


@pytest.mark.parametrize("more", [{}, {"BLQ": 1}])
def test_mean_and_spread_are_those_of_quadrature(more: dict[str, Any]) -> None:
    from dosing_env.inference.likelihood import surprise

    drug = one_eta("A/X", 0.25, Assay(proportional=0.3, additive=0.5))
    eta = known_of(drug, 4.0, **more).eta[0, :, 0]
    grid = np.linspace(-4.0, 4.0, 8_001)
    f = 10.0 * np.exp(-0.1) / np.exp(grid)
    log = [-0.5 * surprise(COMBINED2, 0.3, 0.5, level, 4.0, float(bool(more))) for level in f]
    weight = np.exp(np.array(log) - 0.5 * grid**2 / 0.25)
    weight /= weight.sum()
    mean = float(weight @ grid)
    sd = float(np.sqrt(weight @ (grid - mean) ** 2))
    assert eta.mean() == pytest.approx(mean, abs=4.0 * sd / np.sqrt(len(eta) / 2))
    assert eta.std() == pytest.approx(sd, rel=0.06)


def test_two_hills() -> None:
    """The level tells the size of eta and not its sign; the search finds one hill, the particles both."""
    drug = one_eta("A*(1.0+pow(log(X),2.0))", 0.5, Assay(proportional=0.1))
    known = known_of(drug, 10.0 * float(np.exp(-0.1)) * 2.0)
    eta = known.eta[0, :, 0]
    assert 0.4 < (eta > 0.0).mean() < 0.6
    assert np.abs(eta).min() > 0.3


def test_without_levels_it_is_the_prior() -> None:
    drug = catalogue.load("drugs", "vancomycin_goti2018")
    known = posterior(drug, [INFUSIONS], covariates=ADULT, particles=4_000, seed=3)
    assert np.cov(known.eta[0].T) == pytest.approx(np.array(drug.omega_matrix()), abs=0.02)
    assert known.eta[0].mean(axis=0) == pytest.approx(0.0, abs=0.05)


def test_a_patient_is_the_same_in_any_company_and_by_any_way() -> None:
    rows = [
        row | {"ID": number}
        for number, dv in ((4, 9.0), (9, 21.0))
        for row in (INFUSIONS, {"TIME": 30.0, "EVID": 0, "DV": dv})
    ]
    both = posterior("vancomycin_goti2018", rows, covariates=ADULT, particles=50, seed=4)
    alone = posterior("vancomycin_goti2018", rows[2:], covariates=ADULT, particles=50, seed=4)
    assert both.eta[1].tolist() == alone.eta[0].tolist()
    doses = [INFUSIONS | {"ID": 9}]
    one = alone.predict(doses, times=[12.0, 48.0], covariates=ADULT)
    first = {"CL": both.eta[1, 0, 0], "V1": both.eta[1, 0, 1], "V2": both.eta[1, 0, 2]}
    table = simulate("vancomycin_goti2018", doses, covariates=ADULT, times=[12.0, 48.0], eta=first)
    assert one.level[0, 0] == pytest.approx(table["level"].to_numpy(), rel=1e-12)
    assert one.auc[0, 0] == pytest.approx(table["auc"].to_numpy(), rel=1e-12)
    again = posterior("vancomycin_goti2018", rows[2:], covariates=ADULT, particles=50, seed=5)
    assert again.eta[0].tolist() != alone.eta[0].tolist()


def test_occasions_and_limits() -> None:
    """kappas are drawn too; what comes on occasions nobody knows is not predicted."""
    doses = [
        {"TIME": t, "EVID": 1, "AMT": 100.0, "CMT": 1, "OCC": 1 + t // 24, "DV": None, "BLQ": 0} for t in (0.0, 24.0)
    ]
    seen = [{"TIME": t, "EVID": 0, "OCC": 1 + t // 24, "DV": 2.0, "BLQ": 1} for t in (20.0, 46.0)]
    data = pd.DataFrame([*doses, *seen]).sort_values("TIME").assign(WT=80.0)
    known = posterior(variable.DRUG, data, particles=200, seed=1)
    assert known.z.shape == (1, 200, 4 + 2 * 2)
    assert known.z.std(axis=1).min() > 0.3
    with pytest.raises(ValueError, match="varies between occasions: of those to come nothing is predicted"):
        known.predict(data, times=[60.0])


def test_where_no_hill_is_found_the_prior_is_searched() -> None:
    """Next to nothing was given, and a level seen: no patient explains it, and no number is made up."""
    drug = replace(catalogue.load("drugs", "vancomycin_goti2018"), assay=Assay(proportional=0.1))
    data = [{"TIME": 0.0, "AMT": 1e-300}, {"TIME": 2.0, "EVID": 0, "DV": 20.0}]
    known = posterior(drug, data, covariates=ADULT, particles=100)
    assert not known.estimates.converged.any()
    assert np.isfinite(known.z).all()
    assert known.size[0] == 0.0
    assert known.moved[0] == 0.0


def test_what_cannot_be_asked() -> None:
    data = [INFUSIONS, {"TIME": 30.0, "EVID": 0, "DV": 20.0}]
    with pytest.raises(ValueError, match="particles: 5: fewer than 20 say nothing"):
        posterior("vancomycin_goti2018", data, covariates=ADULT, particles=5)
    known = posterior("vancomycin_goti2018", data, covariates=ADULT, particles=20)
    with pytest.raises(ValueError, match="doses: they are of the subjects"):
        known.predict([INFUSIONS | {"ID": 1}], times=[48.0], covariates=ADULT)
    with pytest.raises(ValueError, match=r"doses: there are observations .* say in `times` when to look"):
        known.predict(data, times=[48.0], covariates=ADULT)
    predicted = known.predict([INFUSIONS], times=[48.0], covariates=ADULT)
    with pytest.raises(ValueError, match=r"coverage: 80 is not between 0 and 1"):
        predicted.interval(80)
    with pytest.raises(ValueError, match="what: 'lvl' is not one of level, auc, dv"):
        predicted.interval(0.8, "lvl")
