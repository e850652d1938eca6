"""What the body removes, mg/h, at a concentration C, mg/L.

    linear             CL C
    Michaelis-Menten   Vmax C/(Km + C)              at a constant input R the steady state is C = Km R/(Vmax - R)
    parallel           CL C + Vmax C/(Km + C)
    haemodialysis      CL + CL_HD                   L/h, during a session

CL: L/h; Vmax: mg/h, Km: mg/L. Textbook forms (Gabrielsson and Weiner; Rowland and Tozer).
"""


def linear(C: float, CL: float) -> float:
    """Linear elimination, CL C."""
    return CL * C


def michaelis_menten(C: float, Vmax: float, Km: float) -> float:
    """Saturable elimination, Vmax C/(Km + C)."""
    return Vmax * C / (Km + C)


def parallel(C: float, CL: float, Vmax: float, Km: float) -> float:
    """Linear and saturable elimination side by side."""
    return linear(C, CL) + michaelis_menten(C, Vmax, Km)


def dialysed_clearance(CL: float, CL_HD: float, HD: float) -> float:
    """Clearance with intermittent haemodialysis, CL + HD CL_HD; HD is 1 during a session, else 0."""
    return CL + HD * CL_HD
