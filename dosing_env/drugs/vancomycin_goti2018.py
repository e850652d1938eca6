"""Intravenous vancomycin in adults with or without haemodialysis, two compartments (Goti 2018).

    CL = 4.5 (CRCL/120)^0.8 0.7^DIAL exp(eta_CL)       L/h     CRCL: Cockcroft-Gault, total weight, mL/min, at most 150
    V1 = 58.4 WT/70 0.5^DIAL exp(eta_V1)               L       WT: kg     DIAL: 1 on haemodialysis, else 0
    Q  = 6.5                                           L/h
    V2 = 38.4 exp(eta_V2)                              L

    dA1/dt = R1 - (CL + Q)/V1 A1 + Q/V2 A2             mg/h    R: infusion rate
    dA2/dt = R2 + Q/V1 A1 - Q/V2 A2                    mg/h
    C      = A1/V1                                     mg/L

Source: Goti V et al. Ther Drug Monit 2018;40(2):212-221, doi:10.1097/FTD.0000000000000490, PMID 29470227;
erratum PMID 31306395. VERIFIED in four independent model libraries. Variances are exact log-normal, ln(1 + CV^2).
Disagreements: serum creatinine below 1 mg/dL is raised to 1 in the old, above 60 years in the paper, above 65 in the
erratum: 65 here (a published variant, "Tong", drops the rule). One library scales V2 by WT/70, three do not: unscaled
here. One library takes CV^2 as variance, and ships a smaller residual error (19.7 % and 1.42 mg/L) for the stability of
Bayesian estimates: not the paper's values.
The authors report that the last minimisation ended with rounding errors, though its covariance step succeeded.
Population: 1812 patients, Atlanta 2011-2012; median age 57 (17-101) years, weight 79 (33-255) kg, CRCL 62 (4-150)
mL/min; 53.5 % male, 18.5 % on haemodialysis. DIAL is fixed per patient: the model knows no times of dialysis sessions.
"""

from typing import NamedTuple

from dosing_env.arithmetic import exp, maximum, minimum
from dosing_env.blocks.disposition import two_compartments
from dosing_env.evidence import Own, Published, half_life, parameter
from dosing_env.formulas import cockcroft_gault
from dosing_env.pharmacology import Assay, Drug, Patient


class Covariates(NamedTuple):
    WT: float  # kg      total body weight
    CRCL: float  # mL/min  Cockcroft-Gault
    DIAL: float  # 1 on intermittent haemodialysis, else 0


class Eta(NamedTuple):
    CL: float
    V1: float
    V2: float


class Parameters(NamedTuple):
    CL: float  # L/h  clearance
    V1: float  # L    central volume
    Q: float  # L/h  intercompartmental clearance
    V2: float  # L    peripheral volume


def covariates(patient: Patient) -> Covariates:
    floor = 1.0 * (patient.AGE > 65)  # mg/dL  VERIFIED, the age after the erratum
    CRCL = cockcroft_gault(patient.AGE, patient.WT, maximum(patient.SCR, floor), patient.SEX)
    return Covariates(
        WT=patient.WT,
        CRCL=CRCL,
        DIAL=patient.DIAL,
    )


def individual(x: Covariates, eta: Eta) -> Parameters:
    CRCL = minimum(x.CRCL, 150.0)  # mL/min  VERIFIED
    return Parameters(
        CL=4.5 * (CRCL / 120) ** 0.8 * 0.7**x.DIAL * exp(eta.CL),  # L/h  VERIFIED
        V1=58.4 * (x.WT / 70) * 0.5**x.DIAL * exp(eta.V1),  # L    VERIFIED
        Q=6.5,  # L/h  VERIFIED
        V2=38.4 * exp(eta.V2),  # L    VERIFIED
    )


def rates(t: float, A: tuple[float, float], p: Parameters, R: tuple[float, float]) -> tuple[float, float]:
    return two_compartments(A, R, p.CL, p.V1, p.Q, p.V2)


def concentration(A: tuple[float, float], p: Parameters) -> float:
    return A[0] / p.V1  # mg/L


def volume_per_kg(DIAL: float) -> Own:
    x = Covariates(WT=70.0, CRCL=120.0, DIAL=DIAL)  # VERIFIED

    def own(drug: Drug, simulate: object) -> float:
        p = individual(x, Eta(0.0, 0.0, 0.0))
        return (p.V1 + p.V2) / x.WT

    return own


DRUG = Drug(
    name="vancomycin_goti2018",
    title="Vancomycin, adults with or without haemodialysis (Goti 2018)",
    compartments=("central", "peripheral"),
    covariates=covariates,
    individual=individual,
    rates=rates,
    output=concentration,
    linear=True,
    omega={
        "CL": 0.14705,  # VERIFIED  CV 39.8 %
        "V1": 0.51019,  # VERIFIED  CV 81.6 %
        "V2": 0.28232,  # VERIFIED  CV 57.1 %
    },
    assay=Assay(
        proportional=0.227,  # VERIFIED
        additive=3.4,  # mg/L  VERIFIED
        lloq=5.0,  # mg/L  VERIFIED
    ),
    published=(
        Published(
            what="CL, 70 kg, CRCL 120",
            value=4.5,
            unit="L/h",
            within=0.01,
            own=parameter("CL", WT=70.0, CRCL=120.0, DIAL=0.0),
            source="VERIFIED equation; worked out by hand",
        ),
        Published(
            what="terminal half-life, 70 kg, CRCL 120",
            value=16.8,
            unit="h",
            within=0.01,
            own=half_life(-1, WT=70.0, CRCL=120.0, DIAL=0.0),
            source="DERIVED from the VERIFIED equations in closed form",
        ),
        Published(
            what="CL, 79 kg, CRCL 62",
            value=2.65,
            unit="L/h",
            within=0.01,
            own=parameter("CL", WT=79.0, CRCL=62.0, DIAL=0.0),
            source="VERIFIED equation; worked out by hand",
        ),
        Published(
            what="terminal half-life, 79 kg, CRCL 62",
            value=28.9,
            unit="h",
            within=0.01,
            own=half_life(-1, WT=79.0, CRCL=62.0, DIAL=0.0),
            source="DERIVED from the VERIFIED equations in closed form",
        ),
        Published(
            what="CL, 70 kg, CRCL 12, dialysis",
            value=0.5,
            unit="L/h",
            within=0.01,
            own=parameter("CL", WT=70.0, CRCL=12.0, DIAL=1.0),
            source="VERIFIED equation; worked out by hand",
        ),
        Published(
            what="terminal half-life, 70 kg, CRCL 12, dialysis",
            value=96,
            unit="h",
            within=0.01,
            own=half_life(-1, WT=70.0, CRCL=12.0, DIAL=1.0),
            source="DERIVED from the VERIFIED equations in closed form",
        ),
        Published(
            what="volume in steady state, 70 kg",
            value=1.4,
            unit="L/kg",
            within=0.05,
            own=volume_per_kg(DIAL=0.0),
            source="VERIFIED, printed in the paper with two digits",
        ),
        Published(
            what="volume in steady state, 70 kg, dialysis",
            value=1.0,
            unit="L/kg",
            within=0.05,
            own=volume_per_kg(DIAL=1.0),
            source="VERIFIED, printed in the paper with two digits",
        ),
    ),
)
