"""Growth of a tumour or of bacteria without drug.

    exponential   dN/dt = kg N
    logistic      dN/dt = kg N (1 - Ntot/Nmax)
    Gompertz      dN/dt = kg N ln(Nmax/Ntot)

N: size or count of a population; Ntot: of all populations that share the room, N itself if it is alone; kg: 1/h.
Textbook forms.
"""

from dosing_env.arithmetic import log


def exponential_growth(N: float, kg: float) -> float:
    """Growth without limit, kg N."""
    return kg * N


def logistic_growth(N: float, Ntot: float, kg: float, Nmax: float) -> float:
    """Growth that slows down linearly, kg N (1 - Ntot/Nmax)."""
    return kg * N * (1 - Ntot / Nmax)


def gompertz_growth(N: float, Ntot: float, kg: float, Nmax: float) -> float:
    """Growth that slows down with the logarithm, kg N ln(Nmax/Ntot)."""
    return kg * N * log(Nmax / Ntot)
