"""Warfarin by mouth and INR in Han Chinese adults, from doses and INRs alone (Xia 2024).

    CL   = (CLa + CLb) (1 - 0.00571 (AGE - 71))                L/h     AGE: years
    CLa  = 0.174 *1, 0.0879 *2, 0.0422 *3                      L/h     of each CYP2C9 allele; CLb of the other one
    V    = 14.3                                                L
    EC50 = (ECa + ECb) (WT/60)^1.34 F exp(eta_EC50)            mg/L    WT: kg
    ECa  = 4.3 G, 1.14 A                                       mg/L    of each VKORC1 -1639 allele; ECb of the other one
    F    = 1 - 0.602 with amiodarone, else 1
    g    = 1.39                                                -
    MTT1 = 27.2                                                h       of the three stages c together
    MTT2 = 110.9                                               h       of the three stages l together
    BASE = INR before treatment                                INR

    dA/dt  = R - CL/V A                                        mg/h    R: inflow of racemic warfarin: nothing is halved
    dc1/dt = 3/MTT1 (1 - E - c1)                               1/h     all stages start at 1
    dc2/dt = 3/MTT1 (c1 - c2),  dc3/dt = 3/MTT1 (c2 - c3)      1/h
    dl1/dt = 3/MTT2 (1 - E - l1)                               1/h
    dl2/dt = 3/MTT2 (l1 - l2),  dl3/dt = 3/MTT2 (l2 - l3)      1/h
    C      = A/V                                               mg/L    racemic, virtual: nobody measured it
    E      = C^g/(EC50^g + C^g)
    INR    = BASE + 20 (1 - (c3 + l3)/2)                       INR

The virtual infusion rate of the K-PD form is CL C, and half its effect is at CL EC50: the equations above are the same.

Source: Xia X et al. Sci Rep 2024;14:14894, doi:10.1038/s41598-024-65048-7; 646 patients, 5467 INRs. VERIFIED. CL, V, g
and both MTT were fixed. The printed variability of EC50 is a CV; its variance is exact log-normal, ln(1 + CV^2). BASE
is the patient's own; the mean of the cohort was 1.13.
The doses that the paper's supplement prints for INR 2, 2.5 and 3 are given again within 12 % of INR for *1/*1 of 40 and
55 years and of 60 and 80 kg. Those it prints for *1/*3 (1.875, 2.75 and 3.625 mg) give 2.42, 3.22 and 4.06: 21 to 35 %
too much. The clearance of *1/*2 would fit them better (2.13, 2.78 and 3.45).
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp, log
from dosing_env.blocks.coagulation import international_normalised_ratio
from dosing_env.blocks.disposition import one_compartment
from dosing_env.blocks.effect import inhibition
from dosing_env.blocks.genotype import per_allele, per_cyp2c9_allele
from dosing_env.blocks.transit import transit3
from dosing_env.evidence import Published, daily, seen
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Assay, Drug

Seven = tuple[float, float, float, float, float, float, float]


class Covariates(NamedTuple):
    AGE: float  # years
    WT: float  # kg
    CYP2C9_2: float  # copies of CYP2C9*2
    CYP2C9_3: float  # copies of CYP2C9*3
    VKORC1_A: float  # copies of VKORC1 -1639A
    AMIODARONE: float  # 1 takes amiodarone
    BASE: float  # INR  before treatment


class Eta(NamedTuple):
    EC50: float


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V: float  # L    volume
    EC50: float  # mg/L  racemic warfarin that halves the synthesis
    g: float  # steepness of the effect
    MTT1: float  # h    mean time in the first chain
    MTT2: float  # h    mean time in the second chain
    BASE: float  # INR  without drug


def covariates(patient: WarfarinPatient) -> Covariates:
    return Covariates(
        AGE=patient.AGE,
        WT=patient.WT,
        CYP2C9_2=patient.CYP2C9_2,
        CYP2C9_3=patient.CYP2C9_3,
        VKORC1_A=patient.VKORC1_A,
        AMIODARONE=patient.AMIODARONE,
        BASE=patient.INR0,
    )


def individual(x: Covariates, eta: Eta) -> Parameters:
    alleles = per_cyp2c9_allele(x.CYP2C9_2, x.CYP2C9_3, 0.174, 0.0879, 0.0422)  # L/h  VERIFIED
    EC50 = per_allele(x.VKORC1_A, 4.3, 1.14)  # mg/L  VERIFIED
    return Parameters(
        CL=alleles * (1 - 0.00571 * (x.AGE - 71)),  # L/h  VERIFIED
        V=14.3,  # L    VERIFIED
        EC50=EC50 * (x.WT / 60) ** 1.34 * (1 - 0.602 * x.AMIODARONE) * exp(eta.EC50),  # mg/L  VERIFIED
        g=1.39,  # VERIFIED
        MTT1=27.2,  # h    VERIFIED
        MTT2=110.9,  # h    VERIFIED
        BASE=x.BASE,
    )


def initial(p: Parameters) -> Seven:
    return 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0


def rates(t: float, A: Seven, p: Parameters, R: Seven) -> Seven:
    amount, c1, c2, c3, l1, l2, l3 = A  # mg; the stages relative to no drug
    R1, r1, r2, r3, s1, s2, s3 = R
    ktr1, ktr2 = 3 / p.MTT1, 3 / p.MTT2  # 1/h  VERIFIED
    made = inhibition(amount / p.V, 1.0, p.EC50, p.g)  # 1 - E
    (dc1, dc2, dc3), _ = transit3((c1, c2, c3), r1 + ktr1 * made, ktr1)
    (dl1, dl2, dl3), _ = transit3((l1, l2, l3), s1 + ktr2 * made, ktr2)
    return one_compartment(amount, R1, p.CL, p.V), dc1, r2 + dc2, r3 + dc3, dl1, s2 + dl2, s3 + dl3


def inr(A: Seven, p: Parameters) -> float:
    return international_normalised_ratio((A[3] + A[6]) / 2, p.BASE, 20.0, 1.0)  # VERIFIED


def concentration(A: Seven, p: Parameters) -> float:
    return A[0] / p.V  # mg/L  racemic, virtual


def of_the_supplement(who: str, AGE: float, WT: float, doses: tuple[float, ...]) -> list[Published]:
    """The daily doses for INR 2, 2.5 and 3 of *1/*1, VKORC1 AA, BASE 1.13."""
    x = {"AGE": AGE, "WT": WT, "CYP2C9_2": 0.0, "CYP2C9_3": 0.0, "VKORC1_A": 2.0, "AMIODARONE": 0.0}
    return [
        Published(
            what=f"INR after 120 days of {dose:g} mg/day, {who}",
            value=value,
            unit="INR",
            within=0.12,
            own=seen("level", daily(dose, 120), 2880.0, **x, BASE=1.13),
            source="SINGLE: supplement, section 1.6; doses are rounded",
        )
        for dose, value in zip(doses, (2.0, 2.5, 3.0), strict=True)  # INR  SINGLE
    ]


DRUG = Drug(
    name="warfarin_xia2024",
    title="Warfarin and INR, Han Chinese adults (Xia 2024)",
    compartments=("depot", "c1", "c2", "c3", "l1", "l2", "l3"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=inr,
    outputs={"warfarin_mg_L": concentration},
    linear=False,
    driver=1,
    driven=True,
    initial=initial,
    omega={
        "EC50": log(1 + 0.558**2),  # VERIFIED  CV 55.8 %
    },
    assay=Assay(
        form="proportional",
        proportional=0.365,  # VERIFIED
        unit="INR",
    ),
    published=(
        *of_the_supplement("55 years, 60 kg", 55.0, 60.0, (2.5, 3.5, 4.625)),  # mg  SINGLE
        *of_the_supplement("40 years, 60 kg", 40.0, 60.0, (2.625, 3.75, 5.0)),  # mg  SINGLE
        *of_the_supplement("55 years, 80 kg", 55.0, 80.0, (3.5, 5.125, 6.625)),  # mg  SINGLE
    ),
)
