"""Body size and kidney function, as clinicians compute them. Written for one patient; runs on arrays too.

AGE years, WT kg (total body weight), HT cm, SCR mg/dL (serum creatinine), SEX 1 male and 0 female, BSA m2. Adults,
unless the formula says otherwise.
"""

from dosing_env.arithmetic import maximum, minimum, sqrt, where

# --- body size ---


def body_mass_index(WT: float, HT: float) -> float:
    """Body mass index, kg/m2: weight over squared height."""
    return WT / (HT / 100) ** 2


def ideal_weight(HT: float, SEX: float) -> float:
    """Ideal body weight, kg. Devine 1974. SINGLE. Linear in height, so too low for very short people."""
    return where(SEX > 0.5, 50.0, 45.5) + 2.3 * (HT / 2.54 - 60)


def adjusted_weight(WT: float, HT: float, SEX: float) -> float:
    """Weight for dosing in obesity, kg: ideal weight plus 40 % of the excess above 120 % of it, else WT. SINGLE."""
    ideal = ideal_weight(HT, SEX)
    return ideal + where(WT / ideal > 1.2, 0.4, 1.0) * (WT - ideal)


def fat_free_mass(WT: float, HT: float, SEX: float) -> float:
    """Fat-free mass, kg. Janmahasatian, Clin Pharmacokinet 2005. VERIFIED."""
    BMI = body_mass_index(WT, HT)
    return 9270 * WT / (where(SEX > 0.5, 6680.0, 8780.0) + where(SEX > 0.5, 216.0, 244.0) * BMI)


def lean_mass(WT: float, HT: float, SEX: float) -> float:
    """Lean body mass, kg. Boer, Am J Physiol 1984;247:F632. SINGLE."""
    return where(SEX > 0.5, 0.407, 0.252) * WT + where(SEX > 0.5, 0.267, 0.473) * HT - where(SEX > 0.5, 19.2, 48.3)


def body_surface_mosteller(WT: float, HT: float) -> float:
    """Body surface area, m2. Mosteller, N Engl J Med 1987;317:1098. SINGLE."""
    return sqrt(HT * WT / 3600)


def body_surface_dubois(WT: float, HT: float) -> float:
    """Body surface area, m2. DuBois and DuBois, Arch Intern Med 1916;17:863-871. SINGLE."""
    return 0.007184 * WT**0.425 * HT**0.725


# --- kidney function ---


def cockcroft_gault(AGE: float, WT: float, SCR: float, SEX: float) -> float:
    """Creatinine clearance, mL/min. Cockcroft and Gault, Nephron 1976;16:31-41. VERIFIED."""
    return (140 - AGE) * WT / (72 * SCR) * where(SEX > 0.5, 1.0, 0.85)


def ckd_epi_2021(AGE: float, SCR: float, SEX: float) -> float:
    """Estimated glomerular filtration, mL/min/1.73 m2. Inker, N Engl J Med 2021;385:1737-1749. VERIFIED."""
    k = where(SEX > 0.5, 0.9, 0.7)
    a = where(SEX > 0.5, -0.302, -0.241)
    ratio = SCR / k
    return 142 * minimum(ratio, 1.0) ** a * maximum(ratio, 1.0) ** -1.200 * 0.9938**AGE * where(SEX > 0.5, 1.0, 1.012)


def bedside_schwartz(HT: float, SCR: float) -> float:
    """Estimated glomerular filtration of children, 1 to 18 years, mL/min/1.73 m2. Schwartz 2009. SINGLE."""
    return 0.413 * HT / SCR


def indexed(clearance: float, BSA: float) -> float:
    """A patient's clearance, mL/min, per 1.73 m2 of body surface."""
    return clearance * 1.73 / BSA


def deindexed(clearance: float, BSA: float) -> float:
    """A clearance per 1.73 m2 of body surface as the patient's own, mL/min."""
    return clearance * BSA / 1.73
