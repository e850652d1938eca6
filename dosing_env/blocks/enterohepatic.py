"""Enterohepatic recirculation: drug goes with the bile to the gall bladder, which empties into the gut at meals.

    secreted  = kbile A1                        mg/h     taken from the central compartment
    emptied   = MEAL kgb GB                     mg/h     given to the gut, of which a fraction is absorbed again
    dGB/dt    = secreted - emptied              mg/h

A1: amount in the central compartment, GB: in the gall bladder, mg; kbile, kgb: 1/h; MEAL: 1 while the gall bladder
empties, else 0. Textbook form.
"""


def gall_bladder(GB: float, A1: float, kbile: float, kgb: float, MEAL: float) -> tuple[float, float, float]:
    """What is secreted from the central compartment, dGB/dt, and what is emptied into the gut."""
    secreted = kbile * A1
    emptied = MEAL * kgb * GB
    return secreted, secreted - emptied, emptied
