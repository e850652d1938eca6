"""Every kind of random effect in one drug: log-normal, logit and additive, correlated, between occasions; made up.

CL = 4.5 (WT/70)^0.75 exp(eta_CL)              L/h   log-normal; also between occasions
V  = 30 exp(eta_V)                             L     log-normal, correlated with CL and F
F  = expit(logit 0.7 + eta_F)                        logit-normal; also between occasions
E0 = 120 + eta_E0                              mmHg  additive
dGUT/dt  = R1 - ka GUT                         mg/h  ka = 1.1/h
dCENT/dt = R2 + ka GUT - CL/V CENT             mg/h
C = CENT/V                                     mg/L  measured with SD 0.5 + 0.1 C, not quantified below 2
E = E0 - 4 C                                   mmHg
"""

from typing import NamedTuple

from dosing_env.arithmetic import power
from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.disposition import one_compartment
from dosing_env.blocks.variability import additive, log_normal, logit_normal
from dosing_env.pharmacology import Assay, Drug, Patient

Two = tuple[float, float]


class Covariates(NamedTuple):
    WT: float  # kg


class Eta(NamedTuple):
    CL: float
    V: float
    F: float
    E0: float


class Parameters(NamedTuple):
    CL: float  # L/h   clearance
    V: float  # L     volume
    F: float  # fraction  bioavailability
    E0: float  # mmHg  pressure without drug


def covariates(patient: Patient) -> Covariates:
    return Covariates(WT=patient.WT)


def individual(x: Covariates, eta: Eta) -> Parameters:
    return Parameters(
        CL=log_normal(4.5 * power(x.WT / 70.0, 0.75), eta.CL),
        V=log_normal(30.0, eta.V),
        F=logit_normal(0.7, eta.F),
        E0=additive(120.0, eta.E0),
    )


def rates(t: float, A: Two, p: Parameters, R: Two) -> Two:
    GUT, CENT = A  # mg
    dGUT, absorbed = first_order(GUT, R[0], 1.1)
    return dGUT, one_compartment(CENT, R[1] + absorbed, p.CL, p.V)


def concentration(A: Two, p: Parameters) -> float:
    return A[1] / p.V


def pressure(A: Two, p: Parameters) -> float:
    return p.E0 - 4.0 * A[1] / p.V


def bioavailability(p: Parameters) -> Two:
    return p.F, 1.0


def clearance(A: Two, p: Parameters) -> float:
    return p.CL


def volume(A: Two, p: Parameters) -> float:
    return p.V


def fraction(A: Two, p: Parameters) -> float:
    return p.F


DRUG = Drug(
    name="variable",
    title="One compartment with absorption and an effect on pressure",
    compartments=("GUT", "CENT"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    outputs={"pressure": pressure, "CL": clearance, "V": volume, "F": fraction},
    bioavailability=bioavailability,
    linear=True,
    omega={"CL": 0.09, "V": 0.06, "F": 0.25, "E0": 64.0},
    covariance={("CL", "V"): 0.045, ("V", "F"): -0.04},
    occasion={"CL": 0.03, "F": 0.1},
    assay=Assay(form="combined1", proportional=0.1, additive=0.5, lloq=2.0),
)
