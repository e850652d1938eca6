"""Tumour growth inhibition.

With resistance (Claret): growth as in growth.py, less a kill that wanes with the time t since treatment began,

    dY/dt = growth - KD exp(-lambda t) exposure Y

With transit of damaged cells (Simeoni): exponential, later linear growth of proliferating cells X1; damaged cells pass
three stages on their way to death. W = X1 + X2 + X3 + X4 is the weight.

    dX1/dt = L0 X1/(1 + (L0 W/L1)^psi)^(1/psi) - k2 C X1        g/day     psi: 20
    dX2/dt = k2 C X1 - k1 X2,  dX3/dt = k1 (X2 - X3),  dX4/dt = k1 (X3 - X4)

Sources: Claret and others, J Clin Oncol 2009;27:4103-4108; Simeoni and others, Cancer Res 2004;64:1094-1101,
doi:10.1158/0008-5472.CAN-03-2524.
"""

from dosing_env.arithmetic import exp
from dosing_env.blocks.transit import transit3

Four = tuple[float, float, float, float]


def kill_with_resistance(Y: float, exposure: float, t: float, KD: float, resistance: float) -> float:
    """Tumour killed per time, KD exp(-lambda t) exposure Y."""
    return KD * exp(-resistance * t) * exposure * Y


def simeoni_growth(X1: float, W: float, L0: float, L1: float, psi: float) -> float:
    """Growth of the proliferating cells: L0 X1 of a small tumour, L1 X1/W of a large one."""
    return L0 * X1 / (1 + (L0 * W / L1) ** psi) ** (1 / psi)


def simeoni(cells: Four, C: float, L0: float, L1: float, psi: float, k1: float, k2: float) -> Four:
    """dX/dt of proliferating and of damaged cells (three stages)."""
    X1, X2, X3, X4 = cells
    damaged = k2 * C * X1
    (dX2, dX3, dX4), _ = transit3((X2, X3, X4), damaged, k1)
    return simeoni_growth(X1, X1 + X2 + X3 + X4, L0, L1, psi) - damaged, dX2, dX3, dX4
