"""Warfarin by mouth and INR in adults: S-warfarin in two compartments, two chains of clotting factors (Hamberg 2007).

    CL     = 0.314 Fcyp (1 - 0.0091 (AGE - 71)) exp(eta_CL)    L/h     AGE: years
    Fcyp   = 1, 0.685, 0.547, 0.278, 0.310, 0.148              of CYP2C9 *1/*1, *1/*2, *1/*3, *2/*2, *2/*3, *3/*3
    V1     = 13.8 exp(eta_V1)                                  L
    Q      = 0.131                                             L/h
    V2     = 6.59 exp(eta_V2)                                  L
    ka     = 2                                                 1/h     fixed
    EC50   = 4.61 GG, 3.02 GA, 2.20 AA, times exp(eta_EC50)    mg/L    VKORC1 -1639
    g      = 0.424                                             -
    MTT1   = 11.6 exp(eta_MTT1)                                h       of each of six stages
    MTT2   = 120 exp(eta_MTT2)                                 h       of one stage
    LAMBDA = 3.61                                              -
    BASE   = INR before treatment                              INR

    dAd/dt = Rd - ka Ad                                        mg/h    Ad: racemate
    dA1/dt = R1 + ka Ad/2 - (CL + Q)/V1 A1 + Q/V2 A2           mg/h
    dA2/dt = R2 + Q/V1 A1 - Q/V2 A2                            mg/h
    dc1/dt = (1 - E - c1)/MTT1,  dc2/dt = (c1 - c2)/MTT1       1/h     all stages start at 1
    dc3/dt = (c2 - c3)/MTT1,     dc4/dt = (c3 - c4)/MTT1       1/h
    dc5/dt = (c4 - c5)/MTT1,     dc6/dt = (c5 - c6)/MTT1       1/h
    dl1/dt = (1 - E - l1)/MTT2                                 1/h
    C      = A1/V1                                             mg/L    S-warfarin
    E      = C^g/(EC50^g + C^g)                                        largest effect fixed at 1
    INR    = BASE + 20 (1 - c6 l1)^LAMBDA                      INR     largest rise fixed at 20

Doses are racemic warfarin, mg, half of it S-warfarin.

Source: Hamberg A-K et al. Clin Pharmacol Ther 2007;81:529-538, doi:10.1038/sj.clpt.6100084, PMID 17301738; 150 Italian
adults, 57 of them for the effect. VERIFIED; the doses of the paper's Table 5 give its INR again (REPRODUCED, within
3 %). Printed variabilities are CVs; variances are exact log-normal, ln(1 + CV^2). Between CL and V1, and among MTT1,
MTT2 and EC50, there are covariances that are not printed: none here. ka from 0.5 to 5 1/h makes no difference.
The residual error of INR is that of ln INR; that of ln S-warfarin, 0.0908 after one dose and 0.301 in steady state, is
not used: INR is what is measured here. R-warfarin does not act in this model.
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp, log
from dosing_env.blocks.absorption import first_order
from dosing_env.blocks.coagulation import international_normalised_ratio
from dosing_env.blocks.disposition import two_compartments
from dosing_env.blocks.effect import effect_compartment, inhibition
from dosing_env.blocks.genotype import by_copies, by_cyp2c9
from dosing_env.blocks.transit import transit3
from dosing_env.evidence import Published, daily, effective_half_life, half_life, seen
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Assay, Drug

Ten = tuple[float, float, float, float, float, float, float, float, float, float]


class Covariates(NamedTuple):
    AGE: float  # years
    CYP2C9_2: float  # copies of CYP2C9*2
    CYP2C9_3: float  # copies of CYP2C9*3
    VKORC1_A: float  # copies of VKORC1 -1639A
    BASE: float  # INR  before treatment


class Eta(NamedTuple):
    CL: float
    V1: float
    V2: float
    EC50: float
    MTT1: float
    MTT2: float


class Parameters(NamedTuple):
    CL: float  # L/h  clearance of S-warfarin
    V1: float  # L    central volume
    Q: float  # L/h  intercompartmental clearance
    V2: float  # L    peripheral volume
    ka: float  # 1/h  absorption
    EC50: float  # mg/L  S-warfarin that halves the synthesis
    g: float  # steepness of the effect
    MTT1: float  # h    mean time in each stage of the first chain
    MTT2: float  # h    mean time in the stage of the second chain
    LAMBDA: float  # steepness of INR
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
    Fcyp = by_cyp2c9(x.CYP2C9_2, x.CYP2C9_3, 1.0, 0.685, 0.547, 0.278, 0.310, 0.148)  # VERIFIED
    EC50 = by_copies(x.VKORC1_A, 4.61, 3.02, 2.20)  # mg/L  VERIFIED
    return Parameters(
        CL=0.314 * Fcyp * (1 - 0.0091 * (x.AGE - 71)) * exp(eta.CL),  # L/h  VERIFIED
        V1=13.8 * exp(eta.V1),  # L    VERIFIED
        Q=0.131,  # L/h  VERIFIED
        V2=6.59 * exp(eta.V2),  # L    VERIFIED
        ka=2.0,  # 1/h  VERIFIED
        EC50=EC50 * exp(eta.EC50),
        g=0.424,  # VERIFIED
        MTT1=11.6 * exp(eta.MTT1),  # h    VERIFIED
        MTT2=120 * exp(eta.MTT2),  # h    VERIFIED
        LAMBDA=3.61,  # VERIFIED
        BASE=x.BASE,
    )


def initial(p: Parameters) -> Ten:
    return 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0


def rates(t: float, A: Ten, p: Parameters, R: Ten) -> Ten:
    Ad, A1, A2, c1, c2, c3, c4, c5, c6, l1 = A  # mg; the stages relative to no drug
    Rd, R1, R2, r1, r2, r3, r4, r5, r6, s1 = R
    ktr = 1 / p.MTT1  # 1/h  of each stage, not of the chain
    dAd, absorbed = first_order(Ad, Rd, p.ka)
    S = 0.5 * absorbed  # VERIFIED  of the racemate is S-warfarin
    dA1, dA2 = two_compartments((A1, A2), (R1 + S, R2), p.CL, p.V1, p.Q, p.V2)
    made = inhibition(A1 / p.V1, 1.0, p.EC50, p.g)  # 1 - E
    (dc1, dc2, dc3), passed = transit3((c1, c2, c3), r1 + ktr * made, ktr)
    (dc4, dc5, dc6), _ = transit3((c4, c5, c6), r4 + passed, ktr)
    dl1 = s1 + effect_compartment(l1, made, 1 / p.MTT2)
    return dAd, dA1, dA2, dc1, r2 + dc2, r3 + dc3, dc4, r5 + dc5, r6 + dc6, dl1


def inr(A: Ten, p: Parameters) -> float:
    return international_normalised_ratio(A[8] * A[9], p.BASE, 20.0, p.LAMBDA)  # VERIFIED


def concentration(A: Ten, p: Parameters) -> float:
    return A[1] / p.V1  # mg/L  S-warfarin


def of_table_5(genotype: str, n2: float, n3: float, doses: tuple[float, ...]) -> list[Published]:
    """The daily doses for INR 2.5 at BASE 1: VKORC1 GG, GA and AA, each at 50 and 70 years."""
    who = [(A, AGE) for A in (0.0, 1.0, 2.0) for AGE in (50.0, 70.0)]  # VERIFIED
    return [
        Published(
            what=f"INR after 120 days, {dose:g} mg/day, {genotype} {('GG', 'GA', 'AA')[int(A)]}, {AGE:g} years",
            value=2.5,
            unit="INR",
            within=0.04,
            own=seen("level", daily(dose, 120), 2880.0, AGE=AGE, CYP2C9_2=n2, CYP2C9_3=n3, VKORC1_A=A, BASE=1.0),
            source="REPRODUCED: Table 5",
        )
        for (A, AGE), dose in zip(who, doses, strict=True)
    ]


def on_5_mg(genotype: str, n3: float, A: float, inrs: tuple[float, ...]) -> list[Published]:
    """INR just before the next dose after 3, 5, 7, 14 and 21 days of 5 mg/day at 50 years, BASE 1."""
    return [
        Published(
            what=f"INR after {days} days of 5 mg/day, {genotype}, 50 years",
            value=value,
            unit="INR",
            within=0.01,
            own=seen("level", daily(5.0, days), 24.0 * days, AGE=50.0, CYP2C9_2=0.0, CYP2C9_3=n3, VKORC1_A=A, BASE=1.0),
            source="DERIVED: another numerical solution of the paper's equations",
        )
        for days, value in zip((3, 5, 7, 14, 21), inrs, strict=True)  # DERIVED
    ]


DRUG = Drug(
    name="warfarin_hamberg2007",
    title="Warfarin and INR, adults (Hamberg 2007)",
    compartments=("depot", "central", "peripheral", "c1", "c2", "c3", "c4", "c5", "c6", "l1"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=inr,
    outputs={"S_warfarin_mg_L": concentration},
    linear=False,
    driver=3,  # VERIFIED  depot, central and peripheral compartment
    driven=True,
    initial=initial,
    omega={
        "CL": log(1 + 0.310**2),  # VERIFIED  CV 31.0 %
        "V1": log(1 + 0.262**2),  # VERIFIED  CV 26.2 %
        "V2": log(1 + 0.991**2),  # VERIFIED  CV 99.1 %
        "EC50": log(1 + 0.409**2),  # VERIFIED  CV 40.9 %
        "MTT1": log(1 + 0.141**2),  # VERIFIED  CV 14.1 %
        "MTT2": log(1 + 1.02**2),  # VERIFIED  CV 102 %
    },
    assay=Assay(
        form="log",
        proportional=0.0325,  # SD of ln INR  VERIFIED
        unit="INR",
    ),
    published=(
        *of_table_5("*1/*1", 0.0, 0.0, (9.08, 7.72, 5.94, 5.06, 4.32, 3.68)),  # mg  VERIFIED
        *of_table_5("*1/*2", 1.0, 0.0, (6.22, 5.30, 4.10, 3.50, 2.98, 2.54)),  # mg  VERIFIED
        *of_table_5("*1/*3", 0.0, 1.0, (5.04, 4.30, 3.30, 2.82, 2.40, 2.06)),  # mg  VERIFIED
        *of_table_5("*2/*2", 2.0, 0.0, (2.54, 2.16, 1.66, 1.41, 1.21, 1.03)),  # mg  VERIFIED
        *of_table_5("*2/*3", 1.0, 1.0, (2.82, 2.40, 1.85, 1.57, 1.35, 1.14)),  # mg  VERIFIED
        *of_table_5("*3/*3", 0.0, 2.0, (1.38, 1.18, 0.90, 0.77, 0.66, 0.56)),  # mg  VERIFIED
        *on_5_mg("*1/*1 GG", 0.0, 0.0, (1.049, 1.263, 1.431, 1.700, 1.776)),  # INR  DERIVED
        *on_5_mg("*1/*3 GG", 1.0, 0.0, (1.062, 1.365, 1.646, 2.187, 2.375)),  # INR  DERIVED
        *on_5_mg("*1/*1 AA", 0.0, 2.0, (1.113, 1.573, 1.915, 2.436, 2.581)),  # INR  DERIVED
        Published(
            what="effective half-life of S-warfarin, *1/*1, 71 years",
            value=30.0,
            unit="h",
            within=0.02,
            own=effective_half_life("CL", "V1", AGE=71.0, CYP2C9_2=0.0, CYP2C9_3=0.0, VKORC1_A=0.0, BASE=1.0),
            source="VERIFIED",
        ),
        Published(
            what="terminal half-life of S-warfarin, *1/*1, 71 years",
            value=63.0,
            unit="h",
            within=0.01,
            own=half_life(-1, AGE=71.0, CYP2C9_2=0.0, CYP2C9_3=0.0, VKORC1_A=0.0, BASE=1.0),
            source="VERIFIED",
        ),
    ),
)
