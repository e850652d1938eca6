"""Body size and kidney function, as clinicians compute them. Written for one patient; runs on arrays too.

AGE years, WT kg, HT cm, SCR mg/dL, SEX 1 male and 0 female.
"""

from dosing_env.arithmetic import maximum, minimum, where


def cockcroft_gault(AGE: float, WT: float, SCR: float, SEX: float) -> float:
    """Creatinine clearance, mL/min. Cockcroft and Gault, Nephron 1976;16:31-41. VERIFIED."""
    return (140 - AGE) * WT / (72 * SCR) * where(SEX > 0.5, 1.0, 0.85)


def ckd_epi_2021(AGE: float, SCR: float, SEX: float) -> float:
    """Estimated glomerular filtration, mL/min/1.73 m2. Inker, N Engl J Med 2021;385:1737-1749. VERIFIED."""
    k = where(SEX > 0.5, 0.9, 0.7)
    a = where(SEX > 0.5, -0.302, -0.241)
    ratio = SCR / k
    return 142 * minimum(ratio, 1.0) ** a * maximum(ratio, 1.0) ** -1.200 * 0.9938**AGE * where(SEX > 0.5, 1.0, 1.012)
