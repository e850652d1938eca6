"""K-PD: effect from doses alone, where no concentration was measured.

    dA/dt = I - KDE A              mg/h     A: amount in a virtual compartment
    DR    = KDE A                  mg/h     virtual infusion rate: it drives the effect in place of a concentration

KDE: 1/h. An effect of effect.py takes DR for C and EDK50 (mg/h, the rate of half the effect) for EC50. With measured
concentrations KDE would be CL/V, and EDK50 = CL EC50.

Source: Jacqmin and others, J Pharmacokinet Pharmacodyn 2007;34:57-85.
"""


def virtual_compartment(A: float, inflow: float, KDE: float) -> tuple[float, float]:
    """dA/dt = I - KDE A, and the virtual infusion rate KDE A."""
    return inflow - KDE * A, KDE * A
