"""Disposition, absorption, elimination, dialysis, recirculation, induction: mass balance and what textbooks derive."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from dosing_env.blocks import absorption, disposition, elimination, enterohepatic, enzyme, transit
from tests.blocks.runs import course, parameters, solved
from tests.models import autoind, dialysis, ehr, mm2, pk1, transit5

CL, V1, Q2, V2, Q3, V3 = 4.5, 33.0, 6.5, 40.0, 1.3, 90.0  # L/h and L
K10, K12, K21, K13, K31 = CL / V1, Q2 / V1, Q2 / V2, Q3 / V1, Q3 / V3
A, INFLOW = (700.0, 250.0, 90.0), (120.0, 3.0, 1.0)

DISPOSITION = {
    "one": (disposition.one_compartment, disposition.one_compartment_micro, (CL, V1), (K10,), 1),
    "two": (
        disposition.two_compartments,
        disposition.two_compartments_micro,
        (CL, V1, Q2, V2),
        (K10, K12, K21),
        2,
    ),
    "three": (
        disposition.three_compartments,
        disposition.three_compartments_micro,
        (CL, V1, Q2, V2, Q3, V3),
        (K10, K12, K21, K13, K31),
        3,
    ),
}
every_disposition = pytest.mark.parametrize("size", DISPOSITION)


def derivatives(block: Any, n: int, a: Any, inflow: Any, numbers: Any) -> Any:
    """dA/dt as an array, also of one compartment."""
    return np.atleast_1d(block(a[0], inflow[0], *numbers) if n == 1 else block(tuple(a[:n]), inflow[:n], *numbers))


@every_disposition
def test_what_does_not_stay_was_eliminated(size: str) -> None:
    by_clearance, by_micro, clearances, micro, n = DISPOSITION[size]
    for block, numbers in ((by_clearance, clearances), (by_micro, micro)):
        change = derivatives(block, n, A, INFLOW, numbers).sum()
        assert change == pytest.approx(sum(INFLOW[:n]) - elimination.linear(A[0] / V1, CL), rel=1e-12)


@every_disposition
def test_clearances_and_micro_constants_are_the_same_model(size: str) -> None:
    by_clearance, by_micro, clearances, micro, n = DISPOSITION[size]
    expected = derivatives(by_clearance, n, A, INFLOW, clearances)
    assert derivatives(by_micro, n, A, INFLOW, micro) == pytest.approx(expected, rel=1e-12)


@every_disposition
def test_a_constant_infusion_settles_at_rate_over_clearance(size: str) -> None:
    block, _, numbers, _, n = DISPOSITION[size]
    inflow = (120.0, 0.0, 0.0)
    end = solved(lambda t, a: derivatives(block, n, a, inflow, numbers), [0.0] * n, [4000.0])[:, -1]
    concentrations = end / (V1, V2, V3)[:n]
    assert concentrations == pytest.approx([120.0 / CL] * n, rel=1e-6)  # the same everywhere


def test_half_life_of_one_compartment() -> None:
    half_life = math.log(2) * V1 / CL
    levels = solved(lambda t, a: [disposition.one_compartment(a[0], 0.0, CL, V1)], [500.0], [half_life, 3 * half_life])
    assert levels[0] == pytest.approx([250.0, 62.5], rel=1e-8)


def test_terminal_half_life_of_two_compartments() -> None:
    total, product = K10 + K12 + K21, K10 * K21
    beta = 0.5 * (total - math.sqrt(total**2 - 4 * product))  # textbook
    late = solved(
        lambda t, a: disposition.two_compartments(tuple(a), (0.0, 0.0), CL, V1, Q2, V2),
        [500.0, 0.0],
        [100.0, 100.0 + math.log(2) / beta],
    )
    assert late[:, 1] == pytest.approx(late[:, 0] / 2, rel=1e-6)


def test_time_of_the_peak_after_a_dose_by_mouth() -> None:
    p, ke = parameters(pk1.DRUG), 4.6 / 32.0
    peak = math.log(p.KA / ke) / (p.KA - ke)
    times = np.linspace(peak - 0.01, peak + 0.01, 21)
    assert np.argmax(course(pk1.DRUG, p, times, bolus={"GUT": 100.0})["CENT"]) == 10


def test_a_depot_gives_on_what_it_loses() -> None:
    dA, absorbed = absorption.first_order(80.0, 5.0, 0.7)
    assert dA + absorbed == pytest.approx(5.0)


def test_a_dose_of_mixed_order_is_divided() -> None:
    assert absorption.mixed_order(0.8, 0.25) == pytest.approx((0.2, 0.6))


@pytest.mark.parametrize(("chain", "n"), [(transit.transit3, 3), (transit.transit5, 5)])
def test_a_chain_is_an_erlang_delay(chain: Any, n: int) -> None:
    """A bolus leaves n stages with the density ktr (ktr t)^(n-1) exp(-ktr t)/(n-1)!; the mean time is n/ktr."""
    ktr, times = 1.5, np.linspace(0.01, 60.0, 6000)
    stages = solved(lambda t, T: chain(tuple(T), 0.0, ktr)[0], [1.0] + [0.0] * (n - 1), times)
    density = ktr * (ktr * times) ** (n - 1) * np.exp(-ktr * times) / math.factorial(n - 1)
    assert ktr * stages[-1] == pytest.approx(density, abs=1e-9)
    assert np.trapezoid(times * density, times) == pytest.approx(n / ktr, rel=1e-4)


@pytest.mark.parametrize(("chain", "n"), [(transit.transit3, 3), (transit.transit5, 5)])
def test_a_chain_gives_on_what_it_loses(chain: Any, n: int) -> None:
    change, out = chain(tuple(np.arange(1.0, n + 1)), 7.0, 0.9)
    assert sum(change) + out == pytest.approx(7.0)


def test_transit_absorption_loses_nothing() -> None:
    """The whole dose is eliminated: its AUC is dose over clearance."""
    p, times = parameters(transit5.DRUG), np.linspace(0.0, 400.0, 40_001)
    cent = course(transit5.DRUG, p, times, bolus={"TR1": 100.0})["CENT"]
    assert np.trapezoid(cent / p.V, times) == pytest.approx(100.0 / p.CL, rel=1e-4)


def test_saturable_elimination_is_half_at_km_and_linear_far_below() -> None:
    assert elimination.michaelis_menten(4.2, 17.5, 4.2) == 17.5 / 2
    assert elimination.michaelis_menten(1e-6, 17.5, 4.2) == pytest.approx(
        elimination.linear(1e-6, 17.5 / 4.2), rel=1e-6
    )
    assert elimination.parallel(2.0, 0.35, 17.5, 4.2) == pytest.approx(0.7 + 17.5 * 2.0 / 6.2)


@pytest.mark.parametrize("R", [5.0, 12.0, 16.0])
def test_saturable_elimination_settles_at_its_steady_state(R: float) -> None:
    """C = Km R/(Vmax - R): more than in proportion."""
    p = parameters(mm2.DRUG, VMAX=17.5, KM=4.2, CL=0.0, Q=0.0)
    end = course(mm2.DRUG, p, [1e4], inflow={"CENT": R})["CENT"][-1] / p.V
    assert end == pytest.approx(p.KM * R / (p.VMAX - R), rel=1e-6)


def test_a_session_of_dialysis_shortens_the_half_life() -> None:
    assert elimination.dialysed_clearance(0.35, 7.5, 0.0) == 0.35
    assert elimination.dialysed_clearance(0.35, 7.5, 1.0) == 7.85
    between, session = (
        course(dialysis.DRUG, parameters(dialysis.DRUG, HD=HD), [4.0], bolus={"CENT": 100.0})["CENT"][-1]
        for HD in (0.0, 1.0)
    )
    assert session < 0.6 * between


def test_the_bile_loses_nothing() -> None:
    secreted, dGB, emptied = enterohepatic.gall_bladder(30.0, 200.0, 0.12, 2.5, 1.0)
    assert (secreted, emptied) == (0.12 * 200.0, 2.5 * 30.0)
    assert dGB == secreted - emptied
    assert enterohepatic.gall_bladder(30.0, 200.0, 0.12, 2.5, 0.0)[2] == 0.0


def test_a_meal_brings_the_drug_back() -> None:
    """While fasting drug is stored in the gall bladder; when it empties the concentration rises once more."""
    fasting, meal = parameters(ehr.DRUG), parameters(ehr.DRUG, MEAL=1.0)
    before = course(ehr.DRUG, fasting, [7.9, 8.0], bolus={"CENT": 100.0})
    assert before["CENT"][1] < before["CENT"][0]
    after = solved(
        lambda t, a: ehr.rates(t, tuple(a), meal, (0.0,) * 4), [before[c][1] for c in ehr.DRUG.compartments], [0.5, 1.0]
    )
    assert after[1, 1] > before["CENT"][1]


def test_induction_raises_clearance_to_its_steady_state() -> None:
    """ENZ settles at 1 + S, and the concentration at R/(CLB ENZ), below what the first days promise."""
    p = parameters(autoind.DRUG)
    drug = course(autoind.DRUG, p, np.linspace(0.0, 4000.0, 401), inflow={"CENT": 20.0})
    levels, induced = drug["CENT"] / p.V, drug["ENZ"][-1]
    assert levels.max() > 1.3 * levels[-1]
    assert induced == pytest.approx(1 + p.EMAX * levels[-1] / (p.EC50 + levels[-1]), rel=1e-6)
    assert levels[-1] == pytest.approx(20.0 / (p.CLB * induced), rel=1e-6)


def test_the_enzyme_rises_with_its_own_half_life() -> None:
    kenz, S = 0.009, 1.5
    half = solved(lambda t, e: [enzyme.enzyme(e[0], S, kenz)], [1.0], [math.log(2) / kenz])[0, 0]
    assert half == pytest.approx(1 + S / 2, rel=1e-8)
