"""Effect as a function of concentration, and the delay of an effect compartment.

    effect compartment    dCe/dt = ke0 (C - Ce)                    mg/L/h
    Emax                  E = Emax C/(EC50 + C)
    sigmoid Emax          E = Emax C^g/(EC50^g + C^g)
    inhibition (Imax)     E = 1 - Imax C^g/(IC50^g + C^g)          a factor: 1 without drug
    linear                E = slope C
    log-linear            E = slope ln(C/C0)                       0 at C0; only between about 20 and 80 % of Emax

C: mg/L, of plasma or of the effect compartment; ke0: 1/h; Emax and slope have the unit of the effect. A baseline E0 is
added by the drug.

Sources: Sheiner and others, Clin Pharmacol Ther 1979;25:358-371, of the effect compartment; the rest are textbook forms
(Gabrielsson and Weiner).
"""

from dosing_env.arithmetic import log, maximum


def effect_compartment(Ce: float, C: float, ke0: float) -> float:
    """dCe/dt of the effect compartment, ke0 (C - Ce)."""
    return ke0 * (C - Ce)


def emax(C: float, Emax: float, EC50: float) -> float:
    """Emax model, Emax C/(EC50 + C)."""
    return Emax * C / (EC50 + C)


def sigmoid_emax(C: float, Emax: float, EC50: float, gamma: float) -> float:
    """Sigmoid Emax (Hill) model, Emax C^g/(EC50^g + C^g)."""
    power = maximum(C, 0.0) ** gamma  # a solver's rounding may leave C a little below 0, which has no power
    return Emax * power / (EC50**gamma + power)


def inhibition(C: float, Imax: float, IC50: float, gamma: float) -> float:
    """Sigmoid inhibition as a factor, 1 - Imax C^g/(IC50^g + C^g)."""
    return 1 - sigmoid_emax(C, Imax, IC50, gamma)


def linear_effect(C: float, slope: float) -> float:
    """Linear model, slope C."""
    return slope * C


def log_linear_effect(C: float, slope: float, C0: float) -> float:
    """Log-linear model, slope ln(C/C0), of a positive C."""
    return slope * log(C / C0)
