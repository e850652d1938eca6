"""Warfarin by mouth and INR in adults: clearance and sensitivity by allele, two chains of three stages (Hamberg 2010).

    CL   = (CLa + CLb) (1 - 0.00571 (AGE - 71)) exp(eta_CL)    L/h     AGE: years
    CLa  = 0.174 *1, 0.0879 *2, 0.0422 *3                      L/h     of each CYP2C9 allele; CLb of the other one
    V    = 14.3 exp(eta_V)                                     L
    ka   = 2                                                   1/h     fixed
    EC50 = (ECa + ECb) exp(eta_EC50)                           mg/L
    ECa  = 2.05 G, 0.96 A                                      mg/L    of each VKORC1 -1639 allele; ECb of the other one
    g    = 1.15                                                -
    MTT1 = 28.6                                                h       of the three stages c together
    MTT2 = 118.3                                               h       of the three stages l together
    BASE = INR before treatment                                INR

    dAd/dt = Rd - ka Ad                                        mg/h    Ad: racemate
    dA1/dt = R1 + ka Ad/2 - CL/V A1                            mg/h
    dc1/dt = 3/MTT1 (1 - E - c1)                               1/h     all stages start at 1
    dc2/dt = 3/MTT1 (c1 - c2),  dc3/dt = 3/MTT1 (c2 - c3)      1/h
    dl1/dt = 3/MTT2 (1 - E - l1)                               1/h
    dl2/dt = 3/MTT2 (l1 - l2),  dl3/dt = 3/MTT2 (l2 - l3)      1/h
    C      = A1/V                                              mg/L    S-warfarin
    E      = C^g/(EC50^g + C^g)
    INR    = BASE + 20 (1 - (c3 + l3)/2)                       INR

Doses are racemic warfarin, mg, half of it S-warfarin.

Source: Hamberg A-K et al. Clin Pharmacol Ther 2010;87:727-734, doi:10.1038/clpt.2010.37. Structure and typical values
VERIFIED; variabilities and residual errors SINGLE. Those of CL and V, 0.089 and 0.054, are variances: as CVs they are
the 30 and 23 % of 2007. Whether the 0.34 of EC50 is a variance or an SD is not known: it is taken for a variance (CV
64 %), because a later fit to other patients found a CV of 55.8 % (`warfarin_xia2024`). The residual error of INR is
printed as 0.20: taken for the SD of INR itself. One public code base has it so, another takes such a number for the SD
of ln INR; were it a variance, the SD would be 0.45. That of ln S-warfarin, 0.099, is not used: INR is what is
measured here. The paper also has the model without absorption and concentrations (K-PD), with its own variability of
KDE = CL/V, 0.589: not here.
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp
from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.coagulation import international_normalised_ratio
from dosing_env.blocks.disposition import one_compartment
from dosing_env.blocks.effect import inhibition
from dosing_env.blocks.genotype import per_allele, per_cyp2c9_allele
from dosing_env.blocks.transit import transit3
from dosing_env.evidence import Published, daily, seen
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Assay, Drug

Eight = tuple[float, float, float, float, float, float, float, float]


class Covariates(NamedTuple):
    AGE: float  # years
    CYP2C9_2: float  # copies of CYP2C9*2
    CYP2C9_3: float  # copies of CYP2C9*3
    VKORC1_A: float  # copies of VKORC1 -1639A
    BASE: float  # INR  before treatment


class Eta(NamedTuple):
    CL: float
    V: float
    EC50: float


class Parameters(NamedTuple):
    CL: float  # L/h  clearance of S-warfarin
    V: float  # L    volume
    ka: float  # 1/h  absorption
    EC50: float  # mg/L  S-warfarin that halves the synthesis
    g: float  # steepness of the effect
    MTT1: float  # h    mean time in the first chain
    MTT2: float  # h    mean time in the second chain
    BASE: float  # INR  without drug


def covariates(patient: WarfarinPatient) -> Covariates:
    return Covariates(
        AGE=patient.AGE,
        CYP2C9_2=patient.CYP2C9_2,
        CYP2C9_3=patient.CYP2C9_3,
        VKORC1_A=patient.VKORC1_A,
        BASE=patient.INR0,
    )


def individual(x: Covariates, eta: Eta) -> Parameters:
    alleles = per_cyp2c9_allele(x.CYP2C9_2, x.CYP2C9_3, 0.174, 0.0879, 0.0422)  # L/h  VERIFIED
    return Parameters(
        CL=alleles * (1 - 0.00571 * (x.AGE - 71)) * exp(eta.CL),  # L/h  VERIFIED
        V=14.3 * exp(eta.V),  # L    VERIFIED
        ka=2.0,  # 1/h  VERIFIED
        EC50=per_allele(x.VKORC1_A, 2.05, 0.96) * exp(eta.EC50),  # mg/L  VERIFIED
        g=1.15,  # VERIFIED
        MTT1=28.6,  # h    VERIFIED
        MTT2=118.3,  # h    VERIFIED
        BASE=x.BASE,
    )


def initial(p: Parameters) -> Eight:
    return 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0


def rates(t: float, A: Eight, p: Parameters, R: Eight) -> Eight:
    Ad, A1, c1, c2, c3, l1, l2, l3 = A  # mg; the stages relative to no drug
    Rd, R1, r1, r2, r3, s1, s2, s3 = R
    ktr1, ktr2 = 3 / p.MTT1, 3 / p.MTT2  # 1/h  VERIFIED
    dAd, absorbed = first_order(Ad, Rd, p.ka)
    S = 0.5 * absorbed  # VERIFIED  of the racemate is S-warfarin
    dA1 = one_compartment(A1, R1 + S, p.CL, p.V)
    made = inhibition(A1 / p.V, 1.0, p.EC50, p.g)  # 1 - E
    (dc1, dc2, dc3), _ = transit3((c1, c2, c3), r1 + ktr1 * made, ktr1)
    (dl1, dl2, dl3), _ = transit3((l1, l2, l3), s1 + ktr2 * made, ktr2)
    return dAd, dA1, dc1, r2 + dc2, r3 + dc3, dl1, s2 + dl2, s3 + dl3


def inr(A: Eight, p: Parameters) -> float:
    return international_normalised_ratio((A[4] + A[7]) / 2, p.BASE, 20.0, 1.0)  # VERIFIED


def concentration(A: Eight, p: Parameters) -> float:
    return A[1] / p.V  # mg/L  S-warfarin


def in_steady_state(genotype: str, n2: float, n3: float, A: float, value: float) -> Published:
    """INR just before the next dose of 5 mg/day, 71 years, BASE 1."""
    return Published(
        what=f"INR after 120 days of 5 mg/day, {genotype}, 71 years",
        value=value,
        unit="INR",
        within=0.01,
        own=seen("level", daily(5.0, 120), 2880.0, AGE=71.0, CYP2C9_2=n2, CYP2C9_3=n3, VKORC1_A=A, BASE=1.0),
        source="DERIVED: another numerical solution of the paper's equations, without the delay of absorption",
    )


DRUG = Drug(
    name="warfarin_hamberg2010",
    title="Warfarin and INR, adults, by allele (Hamberg 2010)",
    compartments=("depot", "central", "c1", "c2", "c3", "l1", "l2", "l3"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=inr,
    outputs={"S_warfarin_mg_L": concentration},
    linear=False,
    driver=2,
    driven=True,
    initial=initial,
    omega={
        "CL": 0.089,  # SINGLE
        "V": 0.054,  # SINGLE
        "EC50": 0.34,  # SINGLE  taken for a variance
    },
    assay=Assay(
        form="additive",
        additive=0.20,  # INR  SINGLE
        unit="INR",
    ),
    published=(
        in_steady_state("*1/*1 GG", 0.0, 0.0, 0.0, 1.942),  # INR  DERIVED
        in_steady_state("*1/*2 GG", 1.0, 0.0, 0.0, 2.282),  # INR  DERIVED
        in_steady_state("*1/*3 GG", 0.0, 1.0, 0.0, 2.573),  # INR  DERIVED
        in_steady_state("*1/*1 AA", 0.0, 0.0, 2.0, 3.112),  # INR  DERIVED
        in_steady_state("*1/*3 AA", 0.0, 1.0, 2.0, 4.388),  # INR  DERIVED
    ),
)
