"""Residual error: what is measured of a true level f, and how far off it may be. z is a standard normal draw.

    combined2     DV = f + sqrt(additive^2 + (proportional f)^2) z
    combined1     DV = f + (additive + proportional f) z
    additive      DV = f + additive z
    proportional  DV = f + proportional f z
    log           ln DV = ln f + proportional z

`additive` is in the unit of the level, `proportional` a fraction (of "log" the SD on the natural logarithmic scale).
Textbook forms; combined1 and combined2 are the names of Monolix and nlmixr.
"""

from __future__ import annotations

from dosing_env.arithmetic import exp, sqrt

FORMS = ("combined2", "combined1", "additive", "proportional", "log")  # compiled code takes the number of a form
COMBINED2, COMBINED1, ADDITIVE, PROPORTIONAL, LOG = range(len(FORMS))


def error_sd(form: int, proportional: float, additive: float, f: float) -> float:
    """SD of a measured level around the true f, in its unit; of the form "log" that of ln DV around ln f."""
    if form == COMBINED1:
        return additive + proportional * abs(f)
    if form == LOG:
        return proportional
    relative = proportional * f
    return sqrt(additive * additive + relative * relative)  # type: ignore[no-any-return]


def measured(form: int, proportional: float, additive: float, f: float, z: float) -> float:
    """What the error model makes of the true level f; with an additive part perhaps a negative number."""
    sd = error_sd(form, proportional, additive, f)
    if form == LOG:
        return f * exp(sd * z)  # type: ignore[no-any-return]
    return f + sd * z


def reported(level: float, lloq: float) -> tuple[float, float]:
    """A measured level with the flag 0, or below the limit of quantification the limit with the flag 1."""
    return (lloq, 1.0) if level < lloq else (level, 0.0)
