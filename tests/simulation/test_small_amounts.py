"""Amounts that fell by many orders, compartments that begin empty, and differences that come to rest at 0."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from dosing_env.interchange.text_models import drugs_of_tables
from dosing_env.pharmacology import Drug
from dosing_env.simulation.solvers import SOLVERS
from dosing_env.simulation.tables import simulate

STEPS = [solver for solver in SOLVERS if solver != "exact"]
SLOW_SCIPY = [pytest.param(solver, marks=[pytest.mark.slow] if solver == "scipy" else []) for solver in STEPS]
NOTHING = {"initial": "", "bioavailability": "", "lag": "", "duration": ""}


def model(states: dict[str, str], initial: dict[str, str] | None = None, **outputs: str) -> Drug:
    """A model of text expressions: a derivative by state."""
    rows = [
        NOTHING
        | {"model": "m", "cmt": str(number), "name": name, "derivative": text, "initial": (initial or {}).get(name, "")}
        for number, (name, text) in enumerate(states.items(), start=1)
    ]
    shown = [{"model": "m", "output": name, "expression": text} for name, text in outputs.items()]
    return drugs_of_tables(rows, shown)["m"]


KILLED = model({"S": "-K*S"}, {"S": "S0"}, LOG10S="log10(S)")
CHAIN = model(
    {"T1": "-KTR*T1"}
    | {f"T{i}": f"KTR*(T{i - 1}-T{i})" for i in range(2, 9)}
    | {"ABS": "KTR*T8-KA*ABS", "CENT": "KA*ABS-KE*CENT"},
    CP="CENT/V",
)
ORAL = model({"GUT": "-KA*GUT", "CENT": "KA*GUT-(KE+K12)*CENT+K21*PER", "PER": "K12*CENT-K21*PER"}, CP="CENT/V")
RESTING = model(
    {"R": "KIN*(1.0-X/(1.0+X))-KOUT*R", "AREA": "R-KIN/KOUT", "LATE": "KOUT*(R-KIN/KOUT-LATE)", "X": "-KE*X"},
    {"R": "KIN/KOUT"},
)


def seen(
    drug: Drug, parameters: dict[str, float], dose: float, times: list[float], solver: str, cmt: str
) -> pd.DataFrame:
    events = [{"TIME": 0.0, "AMT": dose, "CMT": cmt, "II": 24.0, "ADDL": 1}] if dose else []
    return simulate(drug, events, covariates=parameters, times=times, solver=solver, auc=False).set_index("time")


@pytest.mark.parametrize("solver", STEPS)
def test_the_logarithm_of_a_count_that_fell_by_17_orders(solver: str) -> None:
    table = seen(KILLED, {"K": 1.0, "S0": 4e6}, 0.0, [1.0, 24.0, 40.0], solver, "S")
    expected = math.log10(4e6) - table.index / math.log(10.0)
    assert table["LOG10S"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-7)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_chain_of_eight_that_begins_empty_and_empties(solver: str) -> None:
    """Erlang: T_i = dose (k t)^(i-1) exp(-k t)/(i-1)!, over what is left of a dose a day before."""
    times, rate = [0.02, 0.05, 0.1, 0.5, 2.0, 6.0, 23.9, 24.5, 36.0, 47.9], 12.5
    table = seen(CHAIN, {"KTR": rate, "KA": 4.0, "KE": 0.125, "V": 40.0}, 250.0, times, solver, "T1")
    for i in range(1, 9):
        expected = np.zeros(len(times))
        for since in (0.0, 24.0):
            x = rate * np.maximum(np.array(times) - since, 0.0)
            expected += np.where(x > 0.0, 250.0 * x ** (i - 1) * np.exp(-x) / math.factorial(i - 1), 0.0)
        error = np.abs(table[f"A_T{i}"] - expected) / (expected + 1e-6 * expected.max())
        assert error.max() < 1e-8, i


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_depot_that_has_almost_emptied_keeps_its_digits(solver: str) -> None:
    rates = {"KA": 2.97, "KE": 0.0436, "K12": 0.335, "K21": 0.0955, "V": 118.0}
    table = seen(ORAL, rates, 900.0, [1.0, 5.0, 12.0, 15.0], solver, "GUT")
    relative = table["A_GUT"].to_numpy() / (900.0 * np.exp(-2.97 * table.index.to_numpy())) - 1.0
    assert np.abs(relative).max() < (1e-13 if solver == "exact" else 1e-6)


@pytest.mark.parametrize("solver", SLOW_SCIPY)
def test_a_small_difference_of_large_numbers_comes_to_an_end(solver: str) -> None:
    """LATE is nothing but rounding compared with R; no step is short enough for more digits than R has."""
    rates = {"KIN": 10.7, "KOUT": 0.213, "KE": 0.14}
    table = seen(RESTING, rates, 1e-6, [1.0, 24.0, 72.0], solver, "X")
    assert np.isfinite(table.to_numpy()).all()
    assert np.abs(table["A_LATE"]).max() == pytest.approx(0.0, abs=1e-3)
    assert table["A_R"].to_numpy() == pytest.approx(10.7 / 0.213, rel=1e-5)
