"""A recorded subject has the levels that `subject` finds, whatever happened to him."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dosing_env import catalogue, map_estimate
from dosing_env.inference import search
from dosing_env.inference.objective import begin, predict
from dosing_env.inference.problem import Problem, means_of, points_of, posed
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Drug, Patient
from dosing_env.simulation import control
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.compiling import specialise
from dosing_env.simulation.subject import FINE, NO_ROOM, NOT_SOLVED
from tests.bedside import usual
from tests.models import michaelis_menten, neutropenia, variable
from tests.models.michaelis_menten import individual

ADULT = {"AGE": 57.0, "WT": 79.0, "HT": 172.0, "SEX": 1.0, "SCR": 1.1, "DIAL": 0.0, "HAEM": 0.0}
TYPICAL = Patient(**ADULT)
# Infusions that overlap, boluses, further doses, looks where doses come and where nothing else does, and at time 0.
EVENTS = [
    {"TIME": 0.0, "EVID": 0, "DV": 1.0, "BLQ": 1},
    {"TIME": 0.0, "AMT": 1000.0, "RATE": 500.0, "II": 12.0, "ADDL": 3},
    {"TIME": 1.0, "AMT": 500.0, "RATE": 100.0},
    {"TIME": 3.0, "EVID": 0, "DV": 9.0},
    {"TIME": 3.0, "AMT": 300.0},
    {"TIME": 3.0, "EVID": 0, "DV": 9.0},
    {"TIME": 3.0, "EVID": 0, "DV": 9.0},
    {"TIME": 7.7, "EVID": 0, "DV": 9.0},
    {"TIME": 9.0, "AMT": 300.0, "II": 5.0, "ADDL": 2},
    {"TIME": 24.0, "EVID": 0, "DV": 9.0},
    {"TIME": 36.0, "EVID": 2},
    {"TIME": 50.0, "EVID": 0, "DV": 9.0},
]
CHANGING = {Patient: ("SCR", (1.1, 1.9, 2.5, 0.9)), WarfarinPatient: ("AMIODARONE", (0.0, 1.0, 0.0, 1.0))}


def levels(problem: Problem, room: int = 16) -> tuple[int, Floats, Floats]:
    """How the subject can be predicted; the levels at some points by that way and by `subject`."""
    means, points = means_of(problem, room), points_of(problem)
    points.z[:5] = np.random.default_rng(0).standard_normal(points.z[:5].shape)
    way = specialise(begin)(0, means)
    found = []
    for each in (way, NOT_SOLVED):
        specialise(predict)(0, each, 5, search.RELATIVE, 0, means, problem.seen, points)
        found.append(points.levels[:5].copy())
    return way, found[0], found[1]


def require_the_same(drug: str | Drug, events: Any, covariates: Any, carry: str = "locf") -> None:
    way, replayed, followed = levels(posed(drug, events, covariates, carry)[2])
    assert way == FINE
    assert len(np.unique(followed)) > 5
    assert replayed == pytest.approx(followed, rel=1e-12)


def changing(drug: Drug) -> list[dict[str, float]]:
    """The usual patient of the drug, and what becomes of one of his covariates."""
    name, values = CHANGING[drug.Patient]
    return [usual(drug) | {"TIME": t, name: value} for t, value in zip((0.0, 24.0, 30.0, 48.0), values, strict=True)]


@pytest.mark.parametrize("carry", ["locf", "nocb"])
@pytest.mark.parametrize("name", catalogue.names("drugs"))
def test_every_drug(name: str, carry: str) -> None:
    require_the_same(name, EVENTS, changing(catalogue.load("drugs", name)), carry)


@pytest.mark.parametrize("drug", [michaelis_menten.DRUG, neutropenia.DRUG], ids=lambda drug: drug.name)
def test_drugs_that_are_solved_by_steps_or_begin_with_something(drug: Drug) -> None:
    require_the_same(drug, EVENTS, {name: getattr(drug.covariates(TYPICAL), name) for name in drug.Covariates._fields})


def test_occasions() -> None:
    drug = replace(variable.DRUG, bioavailability=None)
    require_the_same(drug, [row | {"OCC": 1 + row["TIME"] // 9.0} for row in EVENTS], {"WT": 82.0})


def test_what_depends_on_the_parameters_or_begins_anew_is_followed() -> None:
    for drug, more in (
        (variable.DRUG, {}),
        ("vancomycin_goti2018", {"SS": 1, "II": 12.0}),
        ("vancomycin_goti2018", {"EVID": 4}),
    ):
        rows = [*EVENTS, {"TIME": 50.0, "AMT": 100.0} | more, {"TIME": 60.0, "EVID": 0, "DV": 9.0}]
        way, one, other = levels(posed(drug, rows, ADULT, "locf")[2])
        assert way == NOT_SOLVED
        assert one.tolist() == other.tolist()


def test_a_tape_may_be_too_short() -> None:
    problem = posed("vancomycin_goti2018", EVENTS, ADULT, "locf")[2]
    assert specialise(begin)(0, means_of(problem, 1)) == NO_ROOM
    long = [EVENTS[1] | {"ADDL": 400}, {"TIME": 4000.0, "EVID": 0, "DV": 9.0}]
    own = map_estimate("vancomycin_goti2018", long, covariates=ADULT)
    assert own.converged.all()


def mixing_fast(x: michaelis_menten.Covariates, eta: michaelis_menten.Eta) -> michaelis_menten.Parameters:
    """The peripheral compartment follows the central one within minutes: stiff."""
    p = individual(x, eta)
    return michaelis_menten.Parameters(p.VMAX, p.KM, p.V1, 3000.0, p.V2)


@pytest.mark.parametrize("trail", [3, 16_384])
@pytest.mark.parametrize("individual", [individual, mixing_fast])
def test_neighbours_take_the_steps_of_the_first(individual: Any, trail: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """They have the levels of steps of their own, which they do take where there are more than can be noted."""
    monkeypatch.setattr("dosing_env.inference.problem._TRAIL", trail)
    drug = replace(michaelis_menten.DRUG, individual=individual)
    mine = posed(drug, EVENTS, {"WT": 79.0}, "locf")[2]
    means, points = means_of(mine, 16), points_of(mine)
    points.z[:5] = 1e-3 * np.random.default_rng(0).standard_normal(points.z[:5].shape)
    assert specialise(begin)(0, means) == FINE
    found = []
    for together in (0, 1):
        specialise(predict)(0, FINE, 5, search.RELATIVE, together, means, mine.seen, points)
        found.append(points.levels[:5].copy())
    assert found[1] == pytest.approx(found[0], rel=1e-9)
    assert means.work[control.FOLLOWING, 0] == (trail > 3)
    noted = means.work[int(means.work[control.TRAIL, 0]) :, 0]
    assert (noted < 0.0).any() == (individual is mixing_fast and trail > 3)
