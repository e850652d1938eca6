"""WHAT IF, and no published model: Hamberg 2007 with an allele that nobody tests for, in black patients alone.

    CL = that of Hamberg 2007 x LEFT^copies        L/h    copies: 0, 1, 2 by Hardy and Weinberg; 0 unless BLACK

Which patient has it is a random effect, HIDDEN, the last: no chart shows it, and the other draws of a patient stay what
they are without it. Everything else is `warfarin_hamberg2007`. `tools/what_if_hidden_allele.py` puts other numbers into
the line of FREQUENCY and LEFT; the file is a drug wherever a path is one: `scenario.replace(drug=path)`.
"""

from dataclasses import replace
from typing import NamedTuple

from dosing_env.drugs import warfarin_hamberg2007 as hamberg
from dosing_env.drugs.warfarin_hamberg2007 import Parameters
from dosing_env.drugs.warfarin_hamberg2007 import individual as as_published
from dosing_env.patients import WarfarinPatient
from dosing_env.populations._warfarin import copies, hardy_weinberg

FREQUENCY, LEFT = 0.2, 0.75  # DERIVED  of the allele; of clearance with each copy
EDGES = hardy_weinberg(FREQUENCY)
Known, KnownEta = hamberg.Covariates, hamberg.Eta


class Covariates(NamedTuple):
    """Those of Hamberg 2007, and BLACK."""

    AGE: float  # years
    CYP2C9_2: float  # copies of CYP2C9*2
    CYP2C9_3: float  # copies of CYP2C9*3
    VKORC1_A: float  # copies of VKORC1 -1639A
    BASE: float  # INR  before treatment
    BLACK: float


class Eta(NamedTuple):
    """Those of Hamberg 2007, and HIDDEN, which says how many copies."""

    CL: float
    V1: float
    V2: float
    EC50: float
    MTT1: float
    MTT2: float
    HIDDEN: float


def covariates(patient: WarfarinPatient) -> Covariates:
    """Of bedside values."""
    return Covariates(
        AGE=patient.AGE,
        CYP2C9_2=patient.CYP2C9_2,
        CYP2C9_3=patient.CYP2C9_3,
        VKORC1_A=patient.VKORC1_A,
        BASE=patient.INR0,
        BLACK=patient.BLACK,
    )


def individual(x: Covariates, eta: Eta) -> Parameters:
    """Those of Hamberg 2007, with what is left of CL."""
    known = Known(x.AGE, x.CYP2C9_2, x.CYP2C9_3, x.VKORC1_A, x.BASE)
    p = as_published(known, KnownEta(eta.CL, eta.V1, eta.V2, eta.EC50, eta.MTT1, eta.MTT2))
    CL = p.CL * LEFT ** (x.BLACK * copies(eta.HIDDEN, EDGES))
    return Parameters(CL, p.V1, p.Q, p.V2, p.ka, p.EC50, p.g, p.MTT1, p.MTT2, p.LAMBDA, p.BASE)


DRUG = replace(
    hamberg.DRUG,
    name="hidden_allele",
    title="WHAT IF: Hamberg 2007 with an untested allele",
    covariates=covariates,
    individual=individual,
    omega={**hamberg.DRUG.omega, "HIDDEN": 1.0},
    published=(),
)
