"""Coagulation under a vitamin K antagonist: INR from what is left of the clotting factors.

    INR = BASE + INRmax (1 - x)^lambda

x: what is left, relative to no drug (1); of chains of transit compartments (transit.py, entered by the inhibition of
effect.py) the last stages, of a turnover (indirect.py) R/R0. BASE: INR without drug; INRmax: its largest rise.

Sources: Hamberg and others, Clin Pharmacol Ther 2007;81:529-538, doi:10.1038/sj.clpt.6100084; Ohara and others, PLoS
One 2014;9:e105891, doi:10.1371/journal.pone.0105891, with another INRmax.
"""

from dosing_env.arithmetic import maximum


def international_normalised_ratio(left: float, BASE: float, INRmax: float, exponent: float) -> float:
    """INR, BASE + INRmax (1 - x)^lambda."""
    lost = maximum(1 - left, 0.0)  # rounding may leave it a little below 0 without drug, which has no power
    return BASE + INRmax * lost**exponent
