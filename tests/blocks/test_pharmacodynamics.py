"""Effects, indirect responses, blood counts, targets, tumours, bacteria, K-PD: what the papers say of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dosing_env.blocks import bacteria, effect, growth, indirect, kpd, myelosuppression, target, tumour
from dosing_env.blocks.disposition import two_compartments_micro
from tests.blocks.runs import Floats, course, parameters, solved
from tests.models import bact, friberg, idr, kpdwarf, tmdd

# --- effect ---


def test_half_of_the_effect_at_ec50() -> None:
    for gamma in (0.42, 1.0, 2.7):
        assert effect.sigmoid_emax(3.1, 80.0, 3.1, gamma) == pytest.approx(40.0)
        assert effect.inhibition(3.1, 0.9, 3.1, gamma) == pytest.approx(0.55)
    assert effect.emax(3.1, 80.0, 3.1) == 40.0


def test_effects_rise_with_the_concentration_to_their_limit() -> None:
    C = np.geomspace(1e-3, 1e5, 200)
    rising: list[Any] = [
        effect.emax(C, 80.0, 3.1),  # type: ignore[arg-type]
        effect.sigmoid_emax(C, 80.0, 3.1, 2.7),  # type: ignore[arg-type]
        effect.linear_effect(C, 2.0),  # type: ignore[arg-type]
        effect.log_linear_effect(C, 2.0, 3.0),  # type: ignore[arg-type]
        -np.asarray(effect.inhibition(C, 0.9, 3.1, 1.5)),  # type: ignore[arg-type]
    ]
    for values in rising:
        assert np.all(np.diff(values) > 0)
    assert [values[-1] for values in (rising[0], rising[1], -rising[4])] == pytest.approx([80.0, 80.0, 0.1], rel=1e-3)


def test_a_hill_exponent_of_one_is_emax_and_there_is_no_effect_without_drug() -> None:
    assert effect.sigmoid_emax(2.0, 80.0, 3.1, 1.0) == pytest.approx(effect.emax(2.0, 80.0, 3.1))
    for C in (0.0, -1e-18):  # a solver's rounding
        assert effect.sigmoid_emax(C, 80.0, 3.1, 0.42) == 0.0
        assert effect.inhibition(C, 0.9, 3.1, 0.42) == 1.0


def test_log_linear_is_the_tangent_of_emax_at_ec50() -> None:
    """Slope Emax/4 per unit of ln C."""
    for C in (3.0, 3.2):
        near = 40.0 + effect.log_linear_effect(C, 20.0, 3.1)
        assert effect.emax(C, 80.0, 3.1) == pytest.approx(near, abs=0.01)


def test_the_effect_compartment_lags_behind_and_arrives() -> None:
    ke0 = 0.25
    Ce = solved(lambda t, c: [effect.effect_compartment(c[0], 6.0, ke0)], [0.0], [math.log(2) / ke0, 100.0])[0]
    assert Ce == pytest.approx([3.0, 6.0], rel=1e-8)


# --- indirect response ---

KIN, KOUT, C50 = 9.0, 0.15, 0.8
KINDS: dict[str, tuple[Callable[..., float], float, Callable[[float], float]]] = {
    "I": (indirect.indirect_response1, 0.9, lambda E: 1 - E),
    "II": (indirect.indirect_response2, 0.85, lambda E: 1 / (1 - E)),
    "III": (indirect.indirect_response3, 2.5, lambda E: 1 + E),
    "IV": (indirect.indirect_response4, 2.5, lambda E: 1 / (1 + E)),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_without_drug_the_response_stays_at_its_baseline(kind: str) -> None:
    assert KINDS[kind][0](indirect.baseline(KIN, KOUT), KIN, KOUT, 0.0) == pytest.approx(0.0, abs=1e-14)


@every_kind
def test_at_a_constant_concentration_the_response_settles(kind: str) -> None:
    """At kin/kout times 1 - I, 1/(1 - I), 1 + S or 1/(1 + S)."""
    response, largest, factor = KINDS[kind]
    E = effect.emax(1.7, largest, C50)
    start = indirect.baseline(KIN, KOUT)
    end = solved(lambda t, R: [response(R[0], KIN, KOUT, E)], [start], [600.0])[0, -1]
    assert end == pytest.approx(start * factor(E), rel=1e-7)


@pytest.mark.parametrize(("kind", "AIN", "AOUT"), [("I", -0.9, 0), ("II", 0, -0.85), ("III", 2.5, 0), ("IV", 0, 2.5)])
def test_the_four_responses_are_those_of_the_general_model(kind: str, AIN: float, AOUT: float) -> None:
    p = parameters(idr.DRUG, AIN=AIN, AOUT=AOUT)
    for CENT, R in ((0.0, 60.0), (24.0, 45.0), (300.0, 90.0)):
        E = effect.sigmoid_emax(CENT / p.V, KINDS[kind][1], p.C50, p.GAM)
        expected = KINDS[kind][0](R, p.KIN, p.KOUT, E)
        assert idr.rates(0.0, (0.0, CENT, R), p, (0.0, 0.0, 0.0))[2] == pytest.approx(expected, rel=1e-12)


def test_a_larger_dose_acts_longer_and_peaks_later() -> None:
    """Dayneka 1993: the response peaks after the concentration, and later with a larger dose."""
    times = np.linspace(0.0, 60.0, 6001)
    nadirs = [
        times[np.argmin(course(idr.DRUG, parameters(idr.DRUG), times, bolus={"CENT": dose})["R"])]
        for dose in (30.0, 300.0, 3000.0)
    ]
    assert 0 < nadirs[0] < nadirs[1] < nadirs[2]


# --- myelosuppression ---


def counts(dose: float) -> Floats:
    """Circulating cells, hourly for 63 days, after a dose at the start."""
    return course(friberg.DRUG, parameters(friberg.DRUG), np.arange(0.0, 1513.0), bolus={"CENT": dose})["CIRC"]


def test_the_count_without_drug_is_a_steady_state() -> None:
    cells = myelosuppression.friberg_baseline(5.05)
    assert myelosuppression.friberg(cells, 0.0, 5.05, 88.7, 0.161) == pytest.approx([0.0] * 5, abs=1e-15)
    assert counts(0.0) == pytest.approx(np.full(1513, 5.05), rel=1e-9)


def test_the_nadir_deepens_with_the_dose_and_the_count_recovers() -> None:
    courses = [counts(dose) for dose in (30.0, 100.0, 180.0)]
    nadirs = [circ.min() for circ in courses]
    assert 5.05 > nadirs[0] > nadirs[1] > nadirs[2] > 0
    for circ in courses:
        assert 24 * 5 < np.argmin(circ) < 24 * 14  # the second week
        assert circ.max() > 5.05  # it overshoots
        assert circ[-1] == pytest.approx(5.05, rel=0.1)


# --- target-mediated disposition ---

KEL, VC, KPT, KTP, KINT, KSYN, KDEG = 0.0104, 3.2, 0.012, 0.017, 0.035, 0.12, 0.04


def total_by_qss(dose: float, KSS: float, times: Floats) -> Floats:
    """Total drug, nmol/L, in quasi-steady state."""

    def derivative(t: float, y: Any) -> Any:
        Atot, PER, Rtot = y
        C = target.free_concentration(Atot / VC, Rtot, KSS)
        removed = VC * target.target_removal(C, Rtot, KINT, KSS)
        dA, dPER = two_compartments_micro((C * VC, PER), (-removed, 0.0), KEL, KPT, KTP)
        return dA, dPER, target.target_turnover(C, Rtot, KSYN, KDEG, KINT, KSS)

    return solved(derivative, [dose, 0.0, KSYN / KDEG], times)[0] / VC


def total_in_full(dose: float, kon: float, koff: float, times: Floats) -> Floats:
    """Total drug, nmol/L, in the full model."""
    p = parameters(tmdd.DRUG, KON=kon, KOFF=koff)
    assert (p.KEL, p.VC, p.KPT, p.KTP, p.KINT, p.KSYN, p.KDEG) == (KEL, VC, KPT, KTP, KINT, KSYN, KDEG)
    drug = course(tmdd.DRUG, p, times, bolus={"CENT": dose})
    return drug["CENT"] / VC + drug["RC"]


def test_quasi_steady_state_approaches_the_full_model_as_binding_gets_faster() -> None:
    times, KD = np.linspace(1.0, 400.0, 100), 0.2
    gaps = []
    for kon in (0.01, 0.1, 1.0, 100.0):
        KSS = target.quasi_steady_constant(kon, kon * KD, KINT)
        full, qss = total_in_full(30.0, kon, kon * KD, times), total_by_qss(30.0, KSS, times)
        gaps.append(np.max(np.abs(qss / full - 1)))
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 0.1
    assert gaps[-1] < 2e-3


def test_the_free_drug_in_quasi_steady_state_obeys_the_binding() -> None:
    for Ctot, Rtot in ((0.0, 3.0), (0.1, 3.0), (2.0, 3.0), (500.0, 3.0)):
        C = target.free_concentration(Ctot, Rtot, 0.25)
        assert C + Rtot * C / (0.25 + C) == pytest.approx(Ctot, abs=1e-12)


def test_the_target_without_drug_is_at_its_baseline() -> None:
    assert target.target_binding(0.0, KSYN / KDEG, 0.0, KSYN, KDEG, KINT, 0.55, 0.02) == pytest.approx(
        (0, 0, 0), abs=1e-15
    )
    assert target.target_turnover(0.0, KSYN / KDEG, KSYN, KDEG, KINT, 0.1) == pytest.approx(0.0, abs=1e-15)


def test_binding_loses_no_drug_and_no_target() -> None:
    """Free and bound drug change by what is internalised; free and bound target also by turnover."""
    C, R, RC = 4.0, 1.3, 0.9
    bound, dR, dRC = target.target_binding(C, R, RC, KSYN, KDEG, KINT, 0.55, 0.02)
    assert -bound + dRC == pytest.approx(-KINT * RC)
    assert dR + dRC == pytest.approx(KSYN - KDEG * R - KINT * RC)


def test_clearance_by_the_target_saturates() -> None:
    """Far above KSS the removal is Vmax = kint Rtot, a Michaelis-Menten elimination; far below it is linear."""
    assert target.target_removal(1e6, 3.0, KINT, 0.1) == pytest.approx(KINT * 3.0, rel=1e-6)
    assert target.target_removal(1e-6, 3.0, KINT, 0.1) == pytest.approx(KINT * 3.0 / 0.1 * 1e-6, rel=1e-4)
    exposures = [
        np.trapezoid(total_in_full(dose, 0.55, 0.02, np.linspace(0, 900, 9001))) / dose for dose in (3.0, 300.0)
    ]
    assert exposures[1] > 2 * exposures[0]


# --- growth, tumours, bacteria ---


def test_growth_stops_where_the_room_is_full() -> None:
    for law in (growth.logistic_growth, growth.gompertz_growth):
        assert law(1e9, 1e9, 0.9, 1e9) == 0.0
        assert law(1e8, 1e8, 0.9, 1e9) > 0.0 > law(2e9, 2e9, 0.9, 1e9)
    assert growth.logistic_growth(1.0, 1.0, 0.9, 1e12) == pytest.approx(growth.exponential_growth(1.0, 0.9))


def test_gompertz_has_its_closed_form() -> None:
    """N = Nmax (N0/Nmax)^exp(-kg t)."""
    times = np.array([1.0, 5.0, 20.0])
    size = solved(lambda t, N: [growth.gompertz_growth(N[0], N[0], 0.2, 1000.0)], [3.0], times)[0]
    assert size == pytest.approx(1000.0 * 0.003 ** np.exp(-0.2 * times), rel=1e-7)


def test_simeoni_grows_exponentially_and_then_linearly() -> None:
    L0, L1 = 0.273, 0.814  # paclitaxel, experiment 1
    assert tumour.simeoni_growth(0.05, 0.05, L0, L1, 20.0) == pytest.approx(L0 * 0.05)
    assert tumour.simeoni_growth(300.0, 300.0, L0, L1, 20.0) == pytest.approx(L1)


def test_simeoni_kills_more_with_more_drug_and_loses_only_the_dead() -> None:
    def weight(C: float) -> float:
        start = [0.5, 0.0, 0.0, 0.0]
        return float(
            solved(lambda t, X: tumour.simeoni(tuple(X), C, 0.273, 0.814, 20.0, 0.968, 6.29e-4), start, [10.0]).sum()
        )

    weights = [weight(C) for C in (0.0, 200.0, 800.0)]
    assert weights == sorted(weights, reverse=True)
    cells = (0.5, 0.2, 0.1, 0.05)
    grown = tumour.simeoni_growth(0.5, 0.85, 0.273, 0.814, 20.0)
    change = sum(tumour.simeoni(cells, 300.0, 0.273, 0.814, 20.0, 0.968, 6.29e-4))
    assert change == pytest.approx(grown - 0.968 * 0.05)


def test_a_tumour_becomes_resistant() -> None:
    """Claret: it shrinks while KD exp(-lambda t) exposure exceeds the growth, and is smallest where they are equal."""
    KL, KD, resistance, exposure = 0.02, 0.1, 0.05, 1.5
    times = np.linspace(0.0, 80.0, 8001)

    def derivative(t: float, Y: Any) -> Any:
        return [growth.exponential_growth(Y[0], KL) - tumour.kill_with_resistance(Y[0], exposure, t, KD, resistance)]

    size = solved(derivative, [10.0], times)[0]
    assert times[np.argmin(size)] == pytest.approx(math.log(KD * exposure / KL) / resistance, abs=0.02)
    closed = 10.0 * np.exp(KL * times - KD * exposure / resistance * (1 - np.exp(-resistance * times)))
    assert size == pytest.approx(closed, rel=1e-7)


def test_bacteria_neither_grow_nor_die_at_the_stationary_concentration() -> None:
    kg, Emax, EC50, gamma = 0.9, 2.8, 2.4, 1.2
    C = EC50 * (kg / (Emax - kg)) ** (1 / gamma)
    kill = effect.sigmoid_emax(C, Emax, EC50, gamma)
    assert bacteria.subpopulation(100.0, 100.0, kill, kg, 1e30) == pytest.approx(0.0, abs=1e-10)


def test_a_middling_dose_selects_the_resistant_and_a_large_one_kills_them() -> None:
    p = parameters(bact.DRUG)
    ends = [course(bact.DRUG, p, [24.0], inflow={"CENT": R}) for R in (0.0, 60.0, 800.0)]
    none, middling, large = ({name: values[-1] for name, values in end.items()} for end in ends)
    assert none["S"] > 1e8 > none["RES"]
    assert middling["RES"] > 1e3 * middling["S"]
    assert middling["RES"] > 1e4
    assert large["RES"] < 1.0


# --- K-PD ---


def test_the_virtual_compartment_gives_on_what_it_loses() -> None:
    dA, rate = kpd.virtual_compartment(40.0, 3.0, 0.019)
    assert dA + rate == pytest.approx(3.0)


def test_inr_stays_at_its_base_without_warfarin_and_rises_with_the_dose() -> None:
    p, times = parameters(kpdwarf.DRUG), [24.0 * 60]
    inr = kpdwarf.DRUG.outputs["INR"]
    ends = [course(kpdwarf.DRUG, p, times, inflow={"A": mg / 24}) for mg in (0.0, 1.0, 2.5, 5.0)]
    values = [float(inr(tuple(end[c][-1] for c in kpdwarf.DRUG.compartments), p)) for end in ends]
    assert values[0] == pytest.approx(p.BASE)
    assert values == sorted(set(values))


def test_a_virtual_infusion_is_a_concentration_times_clearance() -> None:
    """KDE = CL/V and EDK50 = CL EC50 give the effect of the concentration."""
    CL, V, EC50, A = 0.3, 14.0, 4.1, 50.0
    _, rate = kpd.virtual_compartment(A, 0.0, CL / V)
    assert effect.emax(rate, 1.0, CL * EC50) == pytest.approx(effect.emax(A / V, 1.0, EC50))
