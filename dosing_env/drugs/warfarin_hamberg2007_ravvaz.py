"""The "Ravvaz variant" of Hamberg's model of 2007: as two simulators of the literature have it, for comparison only.

    CL, V1, Q, V2, ka, EC50, g, MTT2, LAMBDA, all equations   as in `warfarin_hamberg2007`, but for
    AGE     at least 71 years in CL: clearance does not rise below that age
    ktr     6/MTT1 in each of the six stages, where the paper has 1/MTT1; MTT1 here is that of a stage, 11.6/6 h
    BASE    1, whatever the patient's INR before treatment
    omega   the printed CVs taken for variances: the SD of ln CL is sqrt(0.310) in place of 0.303, and so on, so that
            patients differ about twice as much as in the paper

Source: Hamberg A-K et al. Clin Pharmacol Ther 2007;81:529-538, doi:10.1038/sj.clpt.6100084 (see
`warfarin_hamberg2007`). The variant is that of the clinical avatars of Ravvaz and of the reinforcement learning built
on them (Anzabi Zadeh, J Biomed Inform 2023;137:104267, doi:10.1016/j.jbi.2022.104267), SINGLE. The age limit is that
of the older of the two; the later one has the paper's effect at every age.
Not here: both draw each log-normal parameter from a middle part of its distribution only (one public version: between
its quartiles), which hides much of the doubled spread, and round doses to 0.5 mg, at most 15 mg a day. A drug's random
effects are normal without limits, and what can be given is a scenario's. One public version of the code also takes 90 %
of a dose as absorbed; the paper has no such factor.
"""

from dataclasses import replace

from dosing_env.arithmetic import maximum
from dosing_env.drugs.warfarin_hamberg2007 import DRUG as HAMBERG
from dosing_env.drugs.warfarin_hamberg2007 import Covariates, Eta, Parameters
from dosing_env.drugs.warfarin_hamberg2007 import individual as of_hamberg
from dosing_env.evidence import Published, daily, parameter, seen
from dosing_env.patients import WarfarinPatient


def covariates(patient: WarfarinPatient) -> Covariates:
    return Covariates(
        AGE=patient.AGE,
        CYP2C9_2=patient.CYP2C9_2,
        CYP2C9_3=patient.CYP2C9_3,
        VKORC1_A=patient.VKORC1_A,
        BASE=1.0,  # SINGLE
    )


def individual(x: Covariates, eta: Eta) -> Parameters:
    AGE = maximum(x.AGE, 71.0)  # years  SINGLE
    p = of_hamberg(Covariates(AGE, x.CYP2C9_2, x.CYP2C9_3, x.VKORC1_A, x.BASE), eta)
    MTT1 = p.MTT1 / 6  # h  SINGLE  of each stage: the rate constant is 6/MTT1
    return Parameters(p.CL, p.V1, p.Q, p.V2, p.ka, p.EC50, p.g, MTT1, p.MTT2, p.LAMBDA, p.BASE)


def on_5_mg(genotype: str, n3: float, A: float, inrs: tuple[float, ...]) -> list[Published]:
    """INR just before the next dose after 3, 7 and 21 days of 5 mg/day at 50 years."""
    return [
        Published(
            what=f"INR after {days} days of 5 mg/day, {genotype}, 50 years",
            value=value,
            unit="INR",
            within=0.01,
            own=seen("level", daily(5.0, days), 24.0 * days, AGE=50.0, CYP2C9_2=0.0, CYP2C9_3=n3, VKORC1_A=A, BASE=1.0),
            source="DERIVED: another numerical solution of the variant's equations",
        )
        for days, value in zip((3, 7, 21), inrs, strict=True)  # DERIVED
    ]


DRUG = replace(
    HAMBERG,
    name="warfarin_hamberg2007_ravvaz",
    title="Warfarin and INR, the Ravvaz variant of Hamberg 2007: for comparison only",
    covariates=covariates,
    individual=individual,
    omega={
        "CL": 0.310,  # SINGLE  the CV
        "V1": 0.262,  # SINGLE  the CV
        "V2": 0.991,  # SINGLE  the CV
        "EC50": 0.409,  # SINGLE  the CV
        "MTT1": 0.141,  # SINGLE  the CV
        "MTT2": 1.02,  # SINGLE  the CV
    },
    published=(
        *on_5_mg("*1/*1 GG", 0.0, 0.0, (1.228, 1.534, 1.920)),  # INR  DERIVED
        *on_5_mg("*1/*3 GG", 1.0, 0.0, (1.303, 1.802, 2.594)),  # INR  DERIVED
        *on_5_mg("*1/*1 AA", 0.0, 2.0, (1.502, 2.107, 2.837)),  # INR  DERIVED
        Published(
            what="CL, *1/*1, 50 years",
            value=0.314,
            unit="L/h",
            within=1e-9,
            own=parameter("CL", AGE=50.0, CYP2C9_2=0.0, CYP2C9_3=0.0, VKORC1_A=0.0, BASE=1.0),
            source="SINGLE: no age effect below 71 years",
        ),
    ),
)
