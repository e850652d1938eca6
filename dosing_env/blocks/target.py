"""Target-mediated drug disposition: the drug is bound by its target in the central volume, and removed with it.

Full (Mager and Jusko):

    bound   = kon C R - koff RC                            nmol/L/h     taken from the free drug
    dR/dt   = ksyn - kdeg R - bound                        nmol/L/h     R0 = ksyn/kdeg
    dRC/dt  = bound - kint RC                              nmol/L/h

Quasi-steady state (Gibiansky), where binding is fast; Ctot = C + RC and Rtot = R + RC are the states:

    KSS      = (koff + kint)/kon                           nmol/L
    C        = (Ctot - Rtot - KSS + sqrt((Ctot - Rtot - KSS)^2 + 4 KSS Ctot))/2
    removed  = kint Rtot C/(KSS + C)                       nmol/L/h     taken from the total drug
    dRtot/dt = ksyn - kdeg Rtot - (kint - kdeg) Rtot C/(KSS + C)

Michaelis-Menten, where there is also far more drug than target and Rtot stays: `removed` at a constant Rtot, in which
Ctot = C. Vmax is then kint Rtot and Km is KSS.

Concentrations: nmol/L; kon: L/nmol/h; koff, kdeg, kint: 1/h; ksyn: nmol/L/h. Distribution and linear elimination are
those of disposition.py and act on the free drug: `bound` or `removed` times the volume is taken from their inflow.

Sources: Mager and Jusko, J Pharmacokinet Pharmacodyn 2001;28:507-532; Gibiansky and others, J Pharmacokinet Pharmacodyn
2008;35:573-591, doi:10.1007/s10928-008-9102-8.
"""

from dosing_env.arithmetic import sqrt

Three = tuple[float, float, float]


def target_binding(
    C: float, R: float, RC: float, ksyn: float, kdeg: float, kint: float, kon: float, koff: float
) -> Three:
    """The full model: drug bound per volume, kon C R - koff RC, then dR/dt and dRC/dt."""
    bound = kon * C * R - koff * RC
    return bound, ksyn - kdeg * R - bound, bound - kint * RC


def quasi_steady_constant(kon: float, koff: float, kint: float) -> float:
    """KSS = (koff + kint)/kon."""
    return (koff + kint) / kon


def free_concentration(Ctot: float, Rtot: float, KSS: float) -> float:
    """The free drug in quasi-steady state, the root of C + Rtot C/(KSS + C) = Ctot."""
    unbound = Ctot - Rtot - KSS
    return 0.5 * (unbound + sqrt(unbound * unbound + 4 * KSS * Ctot))


def target_removal(C: float, Rtot: float, kint: float, KSS: float) -> float:
    """Drug removed with its target per volume, kint Rtot C/(KSS + C); of quasi-steady state or Michaelis-Menten."""
    return kint * Rtot * C / (KSS + C)


def target_turnover(C: float, Rtot: float, ksyn: float, kdeg: float, kint: float, KSS: float) -> float:
    """dRtot/dt in quasi-steady state, ksyn - kdeg Rtot - (kint - kdeg) Rtot C/(KSS + C)."""
    return ksyn - kdeg * Rtot - (kint - kdeg) * Rtot * C / (KSS + C)
