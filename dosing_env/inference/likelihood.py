"""What a measured level says against a predicted one, as minus two times the log of its likelihood.

With f the prediction, v the variance of the residual error there, and y the measured level,

    level             ln v + (y - f)^2 / v                 the constant ln 2 pi is left out, as NONMEM does
    below a limit L   -2 ln Phi((L - f) / sqrt v)          method M3 of Beal, J Pharmacokinet Pharmacodyn 2001;28:481

Of the form "log" y, f and L are logarithms. v depends on f ("interaction").
"""

from __future__ import annotations

import math

from dosing_env.residual import COMBINED1, LOG, error_sd

_ROOT_TWO_PI = math.sqrt(2.0 * math.pi)


def surprise(form: int, proportional: float, additive: float, f: float, level: float, below: float) -> float:
    """Minus two times the log-likelihood; infinite where the prediction makes the level impossible.

    Args:
        form: number of the form of residual error, as `residual` has them.
        proportional: see `pharmacology.Assay`.
        additive: see there.
        f: predicted level.
        level: measured level, or the limit of quantification.
        below: 1 where the level is below that.
    """
    if form == LOG and not (f > 0.0 and level > 0.0):
        return math.inf
    u, sd = standardised(form, proportional, additive, f, level)
    if not sd > 0.0:
        return math.inf
    if below != 0.0:
        return -2.0 * log_normal_cdf(u)
    return 2.0 * math.log(sd) + u * u


def standardised(form, proportional, additive, f, level):  # type: ignore[no-untyped-def]
    """What lies between level and prediction in SD of the residual error, and that SD (of "log", of the logarithm)."""
    if form == LOG:
        f, level = math.log(f), math.log(level)
    sd = error_sd(form, proportional, additive, f)
    return ((level - f) / sd if sd > 0.0 else math.inf), sd


def slopes(form, proportional, additive, f, level, below):  # type: ignore[no-untyped-def]
    """First and second derivative of `surprise` in f."""
    u, sd = standardised(form, proportional, additive, f, level)
    growth = bend = 0.0  # first and second derivative of the SD; of the form "log" all derivatives are in ln f at first
    if form == COMBINED1:
        growth = proportional if f >= 0.0 else -proportional
    elif form != LOG:
        growth = proportional * proportional * f / sd
        bend = (proportional * proportional - growth * growth) / sd
    du = -(1.0 + u * growth) / sd
    ddu = -(2.0 * du * growth + u * bend) / sd
    if below != 0.0:
        hazard = math.exp(-0.5 * u * u - log_normal_cdf(u)) / _ROOT_TWO_PI
        slope, second = -2.0 * hazard * du, 2.0 * hazard * ((hazard + u) * du * du - ddu)
    else:
        slope = 2.0 * (growth / sd + u * du)
        second = 2.0 * ((bend - growth * growth / sd) / sd + du * du + u * ddu)
    if form == LOG:
        return slope / f, (second - slope) / (f * f)
    return slope, second


def log_normal_cdf(u: float) -> float:
    """ln Phi(u), also far below 0 (there by the continued fraction of Mills' ratio, Abramowitz and Stegun 26.2.14)."""
    if u > -10.0:
        return math.log(0.5 * math.erfc(-u / math.sqrt(2.0)))
    ratio = -u
    for k in range(20, 0, -1):
        ratio = -u + k / ratio
    return -0.5 * u * u - math.log(_ROOT_TWO_PI * ratio)
