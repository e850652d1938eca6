"""The test drugs are the text models of the reference, written with the blocks.

`EXPECTED` holds the derivatives of the reference's models.csv, typed again as they stand there.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from dosing_env.pharmacology import Drug, Patient
from dosing_env.simulation.compiling import HOLE, specialise

MAN = Patient(AGE=60.0, WT=80.0, HT=175.0, SEX=1.0, SCR=1.0, DIAL=1.0, HAEM=0.0)
STATES = 25


def one(GUT: Any, CENT: Any, p: Any) -> Any:
    return -p.KA * GUT, p.KA * GUT - p.CL / p.V * CENT


def two(CENT: Any, PER: Any, p: Any) -> Any:
    return -(p.CL / p.V + p.Q / p.V) * CENT + p.Q / p.V2 * PER, p.Q / p.V * CENT - p.Q / p.V2 * PER


def pk2(a: Any, p: Any) -> Any:
    CENT, PER = two(a.CENT, a.PER, p)
    return -p.KA * a.GUT, p.KA * a.GUT + CENT, PER


def pk3(a: Any, p: Any) -> Any:
    return (
        -p.KA * a.GUT,
        p.KA * a.GUT - (p.CL / p.V + p.Q / p.V + p.Q2 / p.V) * a.CENT + p.Q / p.V2 * a.PER1 + p.Q2 / p.V3 * a.PER2,
        p.Q / p.V * a.CENT - p.Q / p.V2 * a.PER1,
        p.Q2 / p.V * a.CENT - p.Q2 / p.V3 * a.PER2,
        p.KE0 * (a.CENT / p.V - a.EFF),
    )


def transit5(a: Any, p: Any) -> Any:
    CENT, PER = two(a.CENT, a.PER, p)
    return (
        -p.KTR * a.TR1,
        p.KTR * (a.TR1 - a.TR2),
        p.KTR * (a.TR2 - a.TR3),
        p.KTR * (a.TR3 - a.TR4),
        p.KTR * (a.TR4 - a.TR5),
        p.KTR * a.TR5 - p.KA * a.GUT,
        p.KA * a.GUT + CENT,
        PER,
    )


def mm2(a: Any, p: Any) -> Any:
    return (
        -p.KA * a.GUT,
        p.KA * a.GUT
        - p.VMAX * (a.CENT / p.V) / (p.KM + a.CENT / p.V)
        - p.CL / p.V * a.CENT
        - p.Q / p.V * a.CENT
        + p.Q / p.V2 * a.PER,
        p.Q / p.V * a.CENT - p.Q / p.V2 * a.PER,
    )


def pk2cov(a: Any, x: Any) -> Any:
    V, V2 = x.V * x.WT / 70.0, x.V2 * x.WT / 70.0
    k10 = x.CLI * (x.WT / 70.0) ** 0.75 * (x.CRCL / 100.0) ** x.TH / V
    k12, k21 = x.Q * (x.WT / 70.0) ** 0.75 / V, x.Q * (x.WT / 70.0) ** 0.75 / V2
    return (
        -x.KA * a.GUT,
        x.KA * a.GUT - (k10 + k12) * a.CENT + k21 * a.PER,
        k12 * a.CENT - k21 * a.PER,
    )


def idr(a: Any, p: Any) -> Any:
    H = (a.CENT / p.V) ** p.GAM / (p.C50**p.GAM + (a.CENT / p.V) ** p.GAM)
    return *one(a.GUT, a.CENT, p), p.KIN * (1.0 + p.AIN * H) - p.KOUT * (1.0 + p.AOUT * H) * a.R


def friberg(a: Any, p: Any) -> Any:
    E = 1.0 - p.SLOPE * a.CENT / p.V - p.EMAXD * (a.CENT / p.V) / (p.EC50D + a.CENT / p.V)
    return (
        *two(a.CENT, a.PER, p),
        4.0 / p.MTT * a.PROL * E * (p.CIRC0 / a.CIRC) ** p.GAM - 4.0 / p.MTT * a.PROL,
        4.0 / p.MTT * (a.PROL - a.T1),
        4.0 / p.MTT * (a.T1 - a.T2),
        4.0 / p.MTT * (a.T2 - a.T3),
        4.0 / p.MTT * (a.T3 - a.CIRC),
    )


def tmdd(a: Any, p: Any) -> Any:
    return (
        -p.KA * a.DEP,
        p.KA * a.DEP - (p.KEL + p.KPT) * a.CENT + p.KTP * a.PER - p.KON * a.CENT * a.RT + p.KOFF * a.RC * p.VC,
        p.KPT * a.CENT - p.KTP * a.PER,
        p.KSYN - p.KDEG * a.RT - p.KON * a.CENT / p.VC * a.RT + p.KOFF * a.RC,
        p.KON * a.CENT / p.VC * a.RT - (p.KOFF + p.KINT) * a.RC,
    )


def kpdwarf(a: Any, p: Any) -> Any:
    S = 1.0 - p.EMAX * (p.KDE * a.A) ** p.GAM / (p.EDK50**p.GAM + (p.KDE * a.A) ** p.GAM)
    return (
        -p.KDE * a.A,
        3.0 / p.MTT1 * (S - a.P1),
        3.0 / p.MTT1 * (a.P1 - a.P2),
        3.0 / p.MTT1 * (a.P2 - a.P3),
        3.0 / p.MTT2 * (S - a.Q1),
        3.0 / p.MTT2 * (a.Q1 - a.Q2),
        3.0 / p.MTT2 * (a.Q2 - a.Q3),
    )


def ehr(a: Any, p: Any) -> Any:
    return (
        -p.KA * a.GUT + p.FR * p.MEAL * p.KGB * a.GB,
        p.KA * a.GUT - (p.CL / p.V + p.Q / p.V + p.KBILE) * a.CENT + p.Q / p.V2 * a.PER,
        p.Q / p.V * a.CENT - p.Q / p.V2 * a.PER,
        p.KBILE * a.CENT - p.MEAL * p.KGB * a.GB,
    )


def dialysis(a: Any, p: Any) -> Any:
    return (
        -((p.CLNR + p.HD * p.CLHD) / p.V + p.Q / p.V) * a.CENT + p.Q / p.V2 * a.PER,
        p.Q / p.V * a.CENT - p.Q / p.V2 * a.PER,
    )


def autoind(a: Any, p: Any) -> Any:
    return (
        -p.KA * a.GUT,
        p.KA * a.GUT - p.CLB * a.ENZ / p.V * a.CENT,
        p.KENZ * (1.0 + p.EMAX * (a.CENT / p.V) / (p.EC50 + a.CENT / p.V) - a.ENZ),
    )


def bact(a: Any, p: Any) -> Any:
    power = (a.CENT / p.V) ** p.GAM
    return (
        -p.CL / p.V * a.CENT,
        p.KG * a.S * (1.0 - (a.S + a.RES) / p.BMAX) - p.EMAXS * power / (p.EC50S**p.GAM + power) * a.S,
        p.KG * a.RES * (1.0 - (a.S + a.RES) / p.BMAX) - p.EMAXR * power / (p.EC50R**p.GAM + power) * a.RES,
    )


EXPECTED: dict[str, Callable[[Any, Any], Any]] = {
    "pk1": lambda a, p: one(a.GUT, a.CENT, p),
    "pk1d": lambda a, p: one(a.GUT, a.CENT, p),
    "pk2": pk2,
    "pk3": pk3,
    "transit5": transit5,
    "mm2": mm2,
    "pk2cov": pk2cov,
    "effect": lambda a, p: (*one(a.GUT, a.CENT, p), p.KE0 * (a.CENT / p.V - a.CE)),
    "idr": idr,
    "friberg": friberg,
    "tmdd": tmdd,
    "kpdwarf": kpdwarf,
    "ehr": ehr,
    "dialysis": dialysis,
    "autoind": autoind,
    "bact": bact,
}
# initial, bioavailability, lag and duration where the reference has them; the names of compartments and parameters
INITIAL = {
    "idr": {"R": lambda p: p.KIN / p.KOUT},
    "friberg": dict.fromkeys(("PROL", "T1", "T2", "T3", "CIRC"), lambda p: p.CIRC0),
    "tmdd": {"RT": lambda p: p.KSYN / p.KDEG},
    "kpdwarf": dict.fromkeys(("P1", "P2", "P3", "Q1", "Q2", "Q3"), lambda p: 1.0),
    "autoind": {"ENZ": lambda p: 1.0},
    "bact": {"S": lambda p: p.S0, "RES": lambda p: p.R0},
}
BOTH = {"GUT": "F1", "CENT": "FC"}
BIOAVAILABILITY = dict.fromkeys(("pk1", "pk1d", "pk2", "pk3"), BOTH) | {
    "transit5": {"TR1": "F1"},
    "mm2": {"GUT": "F1"},
    "tmdd": {"DEP": "F1"},
}
LATE = {"GUT": "LAG1", "CENT": "LAGC"}
LAG = dict.fromkeys(("pk1", "pk1d", "pk2", "pk3"), LATE) | {
    "transit5": {"TR1": "LAG1"},
    "mm2": {"GUT": "LAG1"},
}
DURATION = {"pk1d": {"CENT": "D2"}}
DRIVER = {"idr": 2, "friberg": 2, "kpdwarf": 1, "bact": 1}
NONLINEAR = {"mm2", "tmdd", "autoind", *DRIVER}
OUTPUTS: dict[str, dict[str, Callable[[Any, Any], float]]] = {
    "pk3": {"CE": lambda a, p: a.EFF},
    "effect": {"E": lambda a, p: p.E0 + p.EMAX * a.CE**p.GAM / (p.EC50**p.GAM + a.CE**p.GAM)},
    "kpdwarf": {
        "DRATE": lambda a, p: p.KDE * a.A,
        "INR": lambda a, p: p.BASE + p.IMAX * (1.0 - a.P3 * a.Q3) ** p.LAM,
    },
    "bact": {"LOG10B": lambda a, p: np.log10(a.S + a.RES)},
}

every_model = pytest.mark.parametrize("name", EXPECTED)


def drug_of(name: str) -> Drug:
    drug = importlib.import_module(f"tests.models.{name}").DRUG
    assert drug.name == name
    return drug  # type: ignore[no-any-return]


def random_case(drug: Drug, seed: int) -> tuple[Any, Any, Any]:
    """Covariates (of a reference model: its parameters), amounts and inflow."""
    rng = np.random.default_rng(seed)
    x = drug.covariates(MAN)
    x = type(x)(*(float((value or 0.5) * rng.uniform(0.5, 1.5)) for value in x))
    # below 1, as the relative stages of a chain, where the unit is not an amount
    sizes = [1.0 if name[0] in "PQ" and drug.name == "kpdwarf" else 50.0 for name in drug.compartments]
    A = tuple(float(size * share) for size, share in zip(sizes, rng.uniform(0.01, 1, len(sizes)), strict=True))
    return x, A, tuple(map(float, 10 * rng.random(len(A))))


def parameters(drug: Drug, x: Any) -> Any:
    return drug.individual(x, drug.no_eta)


def named(drug: Drug, A: Any) -> SimpleNamespace:
    return SimpleNamespace(**dict(zip(drug.compartments, A, strict=True)))


@every_model
def test_rates_are_those_of_the_reference(name: str) -> None:
    drug = drug_of(name)
    for seed in range(STATES):
        x, A, R = random_case(drug, seed)
        expected = EXPECTED[name](named(drug, A), x)
        none = (0.0,) * len(A)
        size = 1e-12 * max(1.0, *(abs(value) for value in expected))
        assert drug.rates(0.0, A, parameters(drug, x), none) == pytest.approx(expected, rel=1e-12, abs=size)
        together = drug.rates(0.0, A, parameters(drug, x), R)
        assert together == pytest.approx(np.add(expected, R), rel=1e-12, abs=size)


@every_model
def test_outputs_are_those_of_the_reference(name: str) -> None:
    drug = drug_of(name)
    expected = dict(OUTPUTS.get(name, {}))
    if name not in ("kpdwarf", "pk2cov"):
        expected["CP"] = lambda a, p: a.CENT / (p.VC if name == "tmdd" else p.V)
    if name == "pk2cov":
        expected["CP"] = lambda a, x: a.CENT / (x.V * x.WT / 70.0)
    assert set(drug.outputs) == set(expected)
    x, A, _ = random_case(drug, 1)
    for output, of in expected.items():
        assert drug.outputs[output](A, parameters(drug, x)) == pytest.approx(of(named(drug, A), x), rel=1e-12)
    assert drug.output in drug.outputs.values()


@every_model
def test_doses_enter_and_states_begin_as_in_the_reference(name: str) -> None:
    drug = drug_of(name)
    x, _, _ = random_case(drug, 2)
    p = parameters(drug, x)
    assert (drug.driver, drug.linear) == (DRIVER.get(name, 0), name not in NONLINEAR)
    start = {c: of(p) for c, of in INITIAL.get(name, {}).items()}
    assert (drug.initial(p) if drug.initial else None) == per_compartment(drug, start, 0.0)
    for function, table, nothing in (
        (drug.bioavailability, BIOAVAILABILITY, 1.0),
        (drug.lag, LAG, 0.0),
        (drug.duration, DURATION, 0.0),
    ):
        values = {c: getattr(p, field) for c, field in table.get(name, {}).items()}
        assert (function(p) if function else None) == per_compartment(drug, values, nothing)


def per_compartment(drug: Drug, values: dict[str, float], nothing: float) -> tuple[float, ...] | None:
    """A value for each compartment; None where there is none at all."""
    return tuple(values.get(c, nothing) for c in drug.compartments) if values else None


individual: Any = HOLE
rates: Any = HOLE
output: Any = HOLE
initial: Any = HOLE


def _whole(x, eta, A, R):  # type: ignore[no-untyped-def]
    p = individual(x, eta)
    return rates(0.0, A, p, R), output(A, p), initial(p)


def _own_start(p):  # type: ignore[no-untyped-def]
    return 0.0


@every_model
def test_compiled_equals_interpreted(name: str) -> None:
    drug = drug_of(name)
    start = drug.initial or _own_start
    compiled = specialise(_whole, individual=drug.individual, rates=drug.rates, output=drug.output, initial=start)
    for seed in range(3):
        x, A, R = random_case(drug, seed)
        p = parameters(drug, x)
        rate, level, begin = compiled(x, drug.no_eta, A, R)
        assert rate == pytest.approx(drug.rates(0.0, A, p, R), rel=1e-12)
        assert level == pytest.approx(drug.output(A, p), rel=1e-12)
        assert begin == start(p)
