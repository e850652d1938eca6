"""Bacteria under an antibiotic: subpopulations of different susceptibility that share one room.

    dB/dt = kg B (1 - Btot/Bmax) - kill B          CFU/mL/h
    kill  = Emax C^g/(EC50^g + C^g)                1/h     of that subpopulation (effect.py)

B: one subpopulation, Btot: all of them, CFU/mL. A subpopulation with a higher EC50 is resistant: it takes over where
the concentration kills the others only. The concentration at which one of them neither grows nor dies, in an empty
room, is EC50 (kg/(Emax - kg))^(1/g). Textbook form.
"""

from dosing_env.blocks.growth import logistic_growth


def subpopulation(B: float, Btot: float, kill: float, kg: float, Bmax: float) -> float:
    """dB/dt of one subpopulation: logistic growth less what is killed."""
    return logistic_growth(B, Btot, kg, Bmax) - kill * B
