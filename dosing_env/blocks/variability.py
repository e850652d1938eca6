"""Differences between patients: a parameter from its typical value and a random effect eta, normal around 0.

    log-normal    P = TV exp(eta)                          P > 0; the variance of eta is ln(1 + CV^2)
    additive      P = TV + eta
    proportional  P = TV (1 + eta)                         may become negative: for small variances
    logit-normal  P = 1/(1 + exp(-(logit TV + eta)))       0 < P < 1: a fraction; logit x = ln(x/(1 - x))

Textbook forms.
"""

from dosing_env.arithmetic import exp, log


def log_normal(typical: float, eta: float) -> float:
    """A positive parameter, TV exp(eta)."""
    return typical * exp(eta)


def additive(typical: float, eta: float) -> float:
    """A parameter of either sign, TV + eta."""
    return typical + eta


def proportional(typical: float, eta: float) -> float:
    """A parameter with a constant coefficient of variation, TV (1 + eta)."""
    return typical * (1 + eta)


def logit_normal(typical: float, eta: float) -> float:
    """A fraction between 0 and 1, expit(logit TV + eta)."""
    return 1 / (1 + exp(-(log(typical / (1 - typical)) + eta)))
