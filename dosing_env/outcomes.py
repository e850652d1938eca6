"""Clinical measures of a course, for one patient."""

from dosing_env.arithmetic import exp


def within(value: float, low: float, high: float) -> float:
    """1 where low <= value <= high, else 0."""
    return 1.0 if low <= value <= high else 0.0


def aki_risk(auc24: float, intercept: float, slope: float) -> float:
    """Probability of acute kidney injury over a course whose largest daily AUC is `auc24`, mg h/L.

    logit P = intercept + slope AUC24. DERIVED defaults (vancomycin): slope 0.0040 per mg h/L (range 0.0025 to 0.0054:
    ln 2.10/300, Tsutsuura, BMC Infect Dis 2021;21:153, to ln 5.07/300, Chavada, AAC 2017;61:e02535-16), intercept -4.0
    so that P(450) is about 0.10.
    """
    return 1.0 / (1.0 + exp(-(intercept + slope * auc24)))


def daily_hazard(risk: float, days: float) -> float:
    """The constant daily probability that adds up to `risk` over so many days: 1 - (1 - risk)^(1/days)."""
    return 1.0 - (1.0 - risk) ** (1.0 / days)
