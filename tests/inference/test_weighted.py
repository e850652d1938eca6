"""Weighed proposals: the expectations of quadrature and of the particles that `sample` draws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dosing_env import catalogue
from dosing_env.inference.likelihood import surprise
from dosing_env.inference.particles import sample, weighted
from dosing_env.inference.problem import posed, solve
from dosing_env.pharmacology import Assay
from dosing_env.residual import COMBINED2
from dosing_env.simulation.chance import world
from tests.inference.test_posterior import ADULT, INFUSIONS, one_eta

GOTI = "vancomycin_goti2018"
# Expression, variance, error, level, tolerance. Of two hills the search finds one; one particle in 15 meets the other.
HILL = ("A/X", 0.25, 0.3, 4.0, 0.01)
HILLS = ("A*(1.0+pow(log(X),2.0))", 0.5, 0.1, 20.0 * float(np.exp(-0.1)), 0.1)


def weighed(drug: Any, data: Any, particles: int, covariates: Any = ADULT) -> tuple[NDArray[Any], NDArray[Any]]:
    _, _, problem = posed(drug, data, covariates, "locf")
    return weighted(problem, solve(problem), particles)


@pytest.mark.parametrize(("expression", "omega", "proportional", "dv", "within"), [HILL, HILLS])
def test_means_are_those_of_quadrature(
    expression: str, omega: float, proportional: float, dv: float, within: float
) -> None:
    drug = one_eta(expression, omega, Assay(proportional=proportional, additive=0.5))
    data = [{"TIME": 0.0, "AMT": 10.0}, {"TIME": 1.0, "EVID": 0, "DV": dv}]
    z, weight = weighed(drug, data, 4_096, {"X": 1.0})
    grid = np.linspace(-8.0, 8.0, 8_001)
    X, A = np.exp(np.sqrt(omega) * grid), 10.0 * np.exp(-0.1)
    levels = A / X if expression == "A/X" else A * (1.0 + np.log(X) ** 2)
    log = [-0.5 * surprise(COMBINED2, proportional, 0.5, level, dv, 0.0) for level in levels]
    exact = np.exp(np.array(log) - 0.5 * grid**2)
    for mean in (1.0 * (grid > 0.5), grid, grid**2):
        found = weight[0] @ np.interp(z[0, :, 0], grid, mean)
        assert found == pytest.approx(np.average(mean, weights=exact), abs=within)


def test_means_and_spreads_are_those_of_drawn_particles() -> None:
    """Two patients of different levels; within four standard errors of the drawn particles' means."""
    rows = [
        row | {"ID": number}
        for number, dv in ((4, 9.0), (9, 31.0))
        for row in (INFUSIONS, {"TIME": 30.0, "EVID": 0, "DV": dv})
    ]
    _, _, problem = posed(GOTI, rows, ADULT, "locf")
    found = solve(problem)
    z, weight = weighted(problem, found, 4_096)
    cloud = sample(problem, found, 4_000, world(1), np.array([4, 9], dtype=np.uint64)).z
    for power in (1, 2):
        mean = np.einsum("sp,spk->sk", weight, z**power)
        error = (cloud**power).std(axis=1) / np.sqrt(cloud.shape[1] / 2)
        assert (abs(mean - (cloud**power).mean(axis=1)) < 4.0 * error).all()
    assert abs(np.einsum("sp,spk->sk", weight, z)[:, 0]).min() > 0.2


def test_without_levels_it_is_the_prior() -> None:
    z, weight = weighed(GOTI, [INFUSIONS], 1_024)
    assert weight[0] @ z[0] == pytest.approx(0.0, abs=0.02)
    assert (weight[0, :, None] * z[0]).T @ z[0] == pytest.approx(np.eye(3), abs=0.03)


def test_where_no_particle_explains_the_levels_all_are_equally_probable() -> None:
    drug = replace(catalogue.load("drugs", GOTI), assay=Assay(proportional=0.1))
    z, weight = weighed(drug, [{"TIME": 0.0, "AMT": 1e-300}, {"TIME": 2.0, "EVID": 0, "DV": 20.0}], 100)
    assert np.isfinite(z).all()
    assert weight[0] == pytest.approx(0.01, rel=1e-12)
