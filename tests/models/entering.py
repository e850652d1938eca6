"""One compartment with absorption, and every way in which a model may say how doses enter. The numbers are made up.

    dGUT/dt  = R1 - KA GUT                       mg/h
    dCENT/dt = R2 + KA GUT - CL/V CENT           mg/h     CENT starts at BASE
    CP       = CENT/V                            mg/L

The parameters of a patient are its covariates.
"""

from typing import NamedTuple

from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.disposition import one_compartment
from dosing_env.pharmacology import Assay, Drug, Patient

Two = tuple[float, float]


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    volume
    KA: float  # 1/h  absorption
    F1: float  # bioavailability of GUT
    F2: float  # bioavailability of CENT
    LAG1: float  # h    lag of GUT
    LAG2: float  # h    lag of CENT
    D1: float  # h    duration of infusions into GUT with RATE -2
    D2: float  # h    the same of CENT
    R1: float  # mg/h  rate of infusions into GUT with RATE -1
    R2: float  # mg/h  the same of CENT
    BASE: float  # mg   in CENT without drug


class Eta(NamedTuple):
    CL: float


def covariates(patient: Patient) -> Parameters:
    return Parameters(
        CL=5.0, V=20.0, KA=1.2, F1=1.0, F2=1.0, LAG1=0.0, LAG2=0.0, D1=2.0, D2=3.0, R1=80.0, R2=50.0, BASE=0.0
    )


def individual(x: Parameters, eta: Eta) -> Parameters:
    return x


def rates(t: float, A: Two, p: Parameters, R: Two) -> Two:
    dGUT, absorbed = first_order(A[0], R[0], p.KA)
    return dGUT, one_compartment(A[1], R[1] + absorbed, p.CL, p.V)


def concentration(A: Two, p: Parameters) -> float:
    return A[1] / p.V  # mg/L


def initial(p: Parameters) -> Two:
    return 0.0, p.BASE


def bioavailability(p: Parameters) -> Two:
    return p.F1, p.F2


def lag(p: Parameters) -> Two:
    return p.LAG1, p.LAG2


def duration(p: Parameters) -> Two:
    return p.D1, p.D2


def infusion_rate(p: Parameters) -> Two:
    return p.R1, p.R2


DRUG = Drug(
    name="entering",
    title="How doses enter",
    compartments=("GUT", "CENT"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    linear=True,
    omega={"CL": 0.0},
    assay=Assay(proportional=0.1),
    initial=initial,
    bioavailability=bioavailability,
    lag=lag,
    duration=duration,
    infusion_rate=infusion_rate,
)
