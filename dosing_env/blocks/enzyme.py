"""Auto-induction: the drug raises the enzyme that removes it.

    dENZ/dt = kenz (1 + S - ENZ)     1/h     ENZ relative to the enzyme without drug: it starts at 1
    CL      = CLB ENZ                L/h     CLB: clearance before induction

S: stimulation by the drug, any drug effect of effect.py; kenz: 1/h, turnover of the enzyme. At a constant S the enzyme
rises to 1 + S with the half-life ln 2/kenz. Inhibition is a negative S. Textbook form: a turnover (indirect.py) in
units of its own baseline.
"""


def enzyme(ENZ: float, stimulated: float, kenz: float) -> float:
    """dENZ/dt of the relative amount of enzyme, kenz (1 + S - ENZ)."""
    return kenz * (1 + stimulated - ENZ)
