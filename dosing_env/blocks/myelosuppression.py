"""Chemotherapy and the blood count: proliferating cells, three stages of maturation, circulating cells, feedback.

    ktr      = 4/MTT                                                    1/h
    dProl/dt = ktr Prol (1 - Edrug) (Circ0/Circ)^g - ktr Prol           10^9/L/h
    dT1/dt   = ktr (Prol - T1),  dT2/dt = ktr (T1 - T2),  dT3/dt = ktr (T2 - T3)
    dCirc/dt = ktr (T3 - Circ)

Cells: 10^9/L; MTT: mean transit time, h; g: feedback; Edrug: slope C or Emax C/(EC50 + C), see effect.py, not limited
to 1. Without drug all five stay at Circ0.

Source: Friberg and others, J Clin Oncol 2002;20:4713-4721, doi:10.1200/JCO.2002.02.140.
"""

from dosing_env.blocks.transit import transit3

Five = tuple[float, float, float, float, float]


def friberg(cells: Five, Edrug: float, Circ0: float, MTT: float, gamma: float) -> Five:
    """dN/dt of proliferating, maturing (three) and circulating cells."""
    Prol, T1, T2, T3, Circ = cells
    ktr = 4 / MTT
    (dT1, dT2, dT3), matured = transit3((T1, T2, T3), ktr * Prol, ktr)
    return (
        ktr * Prol * (1 - Edrug) * (Circ0 / Circ) ** gamma - ktr * Prol,
        dT1,
        dT2,
        dT3,
        matured - ktr * Circ,
    )


def friberg_baseline(Circ0: float) -> Five:
    """The cells without drug, all at Circ0."""
    return Circ0, Circ0, Circ0, Circ0, Circ0
