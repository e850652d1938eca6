"""How a dose reaches the blood.

    first order   dA/dt = I - ka A, absorbed: ka A     mg/h
    transit       transit.py, before the depot or instead of it (Erlang absorption)
    zero order    the drug's `duration`: a dose into the central compartment with RATE -2 enters evenly over it
    mixed order   two records of one dose: a bolus into the depot and one with RATE -2 into the central compartment,
                  each with its share of the bioavailability
    lag           the drug's `lag`

A: amount in the depot, mg; I: what enters it, mg/h; ka: 1/h. Textbook forms (Gabrielsson and Weiner; Rowland and
Tozer).
"""


def first_order(A: float, inflow: float, ka: float) -> tuple[float, float]:
    """A depot: dA/dt = I - ka A, and what it gives on, ka A."""
    return inflow - ka * A, ka * A


def mixed_order(F: float, first: float) -> tuple[float, float]:
    """Bioavailabilities of the share absorbed by first order, F first, and of the rest by zero order, F (1 - first)."""
    return F * first, F * (1 - first)
