"""The reference model PK3: three compartments, absorption and effect site, in minutes; parameters as covariates.

    dGUT/dt  = R1 - KA GUT                                                       mg/min
    dCENT/dt = R2 + KA GUT - (CL + Q + Q2)/V CENT + Q/V2 PER1 + Q2/V3 PER2       mg/min
    dPER1/dt = R3 + Q/V CENT - Q/V2 PER1                                         mg/min
    dPER2/dt = R4 + Q2/V CENT - Q2/V3 PER2                                       mg/min
    dEFF/dt  = R5 + KE0 (CENT/V - EFF)                                           mg/L/min
    CP       = CENT/V                                                            mg/L

The reference's bioavailabilities are 1 and its lags 0 in the case used here, and are left out.
"""

from typing import NamedTuple

from dosing_env.pharmacology import Assay, Drug, Patient

Five = tuple[float, float, float, float, float]


class Covariates(NamedTuple):
    CL: float  # L/min
    V: float  # L
    Q: float  # L/min
    V2: float  # L
    Q2: float  # L/min
    V3: float  # L
    KA: float  # 1/min
    KE0: float  # 1/min


class Eta(NamedTuple):
    CL: float


class Parameters(NamedTuple):
    CL: float  # L/min  clearance
    V: float  # L      central volume
    Q: float  # L/min  clearance to the first periphery
    V2: float  # L      first peripheral volume
    Q2: float  # L/min  clearance to the second periphery
    V3: float  # L      second peripheral volume
    KA: float  # 1/min  absorption
    KE0: float  # 1/min  to the effect site


def covariates(patient: Patient) -> Covariates:
    return Covariates(CL=1.89, V=4.27, Q=1.29, V2=18.9, Q2=0.836, V3=238.0, KA=1.0, KE0=0.456)


def individual(x: Covariates, eta: Eta) -> Parameters:
    return Parameters(CL=x.CL, V=x.V, Q=x.Q, V2=x.V2, Q2=x.Q2, V3=x.V3, KA=x.KA, KE0=x.KE0)


def rates(t: float, A: Five, p: Parameters, R: Five) -> Five:
    GUT, CENT, PER1, PER2, EFF = A  # mg; EFF mg/L
    R1, R2, R3, R4, R5 = R
    return (
        R1 - p.KA * GUT,
        R2 + p.KA * GUT - (p.CL + p.Q + p.Q2) / p.V * CENT + p.Q / p.V2 * PER1 + p.Q2 / p.V3 * PER2,
        R3 + p.Q / p.V * CENT - p.Q / p.V2 * PER1,
        R4 + p.Q2 / p.V * CENT - p.Q2 / p.V3 * PER2,
        R5 + p.KE0 * (CENT / p.V - EFF),
    )


def concentration(A: Five, p: Parameters) -> float:
    return A[1] / p.V


DRUG = Drug(
    name="pk3",
    title="Three compartments with absorption and effect site",
    compartments=("GUT", "CENT", "PER1", "PER2", "EFF"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    linear=True,
    omega={"CL": 0.0},
    assay=Assay(proportional=0.1),
    dosed=1,
)
