"""Equations that try a solver, dressed as drugs. The one parameter is the covariate. The numbers are made up."""

from typing import Any, NamedTuple

from dosing_env.arithmetic import exp
from dosing_env.pharmacology import Assay, Drug, Patient

Two = tuple[float, float]
Three = tuple[float, float, float]
Five = tuple[float, float, float, float, float]


class Covariates(NamedTuple):
    K: float  # whatever makes the equation stiff


class Eta(NamedTuple):
    K: float


class Parameters(NamedTuple):
    K: float


def covariates(patient: Patient) -> Covariates:
    return Covariates(K=1.0)


def individual(x: Covariates, eta: Eta) -> Parameters:
    return Parameters(K=x.K)


def van_der_pol(t: float, A: Two, p: Parameters, R: Two) -> Two:
    """Hairer and Wanner, Solving Ordinary Differential Equations II, section IV.1; K = 1/epsilon."""
    x, v = A
    return R[0] + v, R[1] + p.K * ((1.0 - x * x) * v - x)


def robertson(t: float, A: Three, p: Parameters, R: Three) -> Three:
    """Robertson's autocatalysis (1966) with the rates 0.04, 1e4 and 3e7 times K."""
    y1, y2, y3 = A
    slow, back, fast = 0.04 * y1, 1e4 * y2 * y3, 3e7 * p.K * y2 * y2
    return R[0] - slow + back, R[1] + slow - back - fast, R[2] + fast


def tmdd(t: float, A: Five, p: Parameters, R: Five) -> Five:
    """Full target-mediated disposition (the reference model TMDD) with binding at KON = K /nM/h."""
    DEP, CENT, PER, RT, RC = A
    bound = p.K * CENT / 3.2 * RT - 0.02 * RC  # nM/h
    return (
        R[0] - 0.02 * DEP,
        R[1] + 0.02 * DEP - (0.0104 + 0.012) * CENT + 0.017 * PER - 3.2 * bound,
        R[2] + 0.012 * CENT - 0.017 * PER,
        R[3] + 0.12 - 0.04 * RT - bound,
        R[4] + bound - 0.035 * RC,
    )


def turnover(t: float, A: Two, p: Parameters, R: Two) -> Two:
    """Not autonomous and not linear: y1' = -K y1 y2, y2' = (exp(-t) - y2) y1."""
    y1, y2 = A
    return R[0] - p.K * y1 * y2, R[1] + (exp(-t) - y2) * y1


def indirect(t: float, A: Three, p: Parameters, R: Three) -> Three:
    """Absorption at the rate K into a compartment with ke = 0.1 1/h, which inhibits what the third one is made by."""
    GUT, CENT, E = A
    return R[0] - p.K * GUT, R[1] + p.K * GUT - 0.1 * CENT, R[2] + 9.0 * (1.0 - CENT / (20.0 + CENT)) - 0.15 * E


def delayed(t: float, A: Any, p: Parameters, R: Any) -> Any:
    """Ten transit compartments at the rate K, then saturable elimination."""
    A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, C = A
    return (
        R[0] - p.K * A0,
        R[1] + p.K * (A0 - A1),
        R[2] + p.K * (A1 - A2),
        R[3] + p.K * (A2 - A3),
        R[4] + p.K * (A3 - A4),
        R[5] + p.K * (A4 - A5),
        R[6] + p.K * (A5 - A6),
        R[7] + p.K * (A6 - A7),
        R[8] + p.K * (A7 - A8),
        R[9] + p.K * (A8 - A9),
        R[10] + p.K * A9 - 10.0 * C / (5.0 + C),
    )


def first(A: tuple[float, ...], p: Parameters) -> float:
    return A[0]


def target(p: Parameters) -> Five:
    return 0.0, 0.0, 0.0, 3.0, 0.0


def ones(p: Parameters) -> Two:
    return 1.0, 1.0


def baseline(p: Parameters) -> Three:
    return 0.0, 0.0, 60.0


VAN_DER_POL, ROBERTSON, TMDD, TURNOVER, INDIRECT, DELAYED = (
    Drug(
        name=rates.__name__,
        title=rates.__name__,
        compartments=compartments,
        covariates=covariates,
        individual=individual,
        rates=rates,
        output=first,
        linear=False,
        omega={"K": 0.0},
        assay=Assay(proportional=0.1),
        driver=driver,
        initial=initial,
    )
    for rates, compartments, driver, initial in (
        (van_der_pol, ("x", "v"), 0, ones),
        (robertson, ("y1", "y2", "y3"), 0, None),
        (tmdd, ("depot", "central", "peripheral", "target", "complex"), 0, target),
        (turnover, ("y1", "y2"), 0, ones),
        (indirect, ("gut", "central", "effect"), 2, baseline),
        (delayed, (*(f"transit{k}" for k in range(10)), "central"), 10, None),
    )
)
