"""Invented adults of one vancomycin decision, simple enough for the information ceiling to be computed.

    AGE  uniform, 20-85 years
    WT   log-normal, median 79 kg, log-SD 0.22, held within 40-160 kg (the ends are kept, not drawn again)
    HT   normal, 175 +- 7.6 cm men, 161 +- 7 cm women; correlation with ln WT 0.45, 0.35, with AGE -0.2
    SCR  log-normal, median 0.95 mg/dL, log-SD 0.35, held within 0.4-4 mg/dL
    55 % male

Source: no cohort. The distributions are those in which the ceiling was first worked out (DERIVED), independent of each
other but for the height, which no model of the scenario uses; the median weight is that of Goti V et al.,
doi:10.1097/FTD.0000000000000490. AGE is uniform by the distribution function of a standard normal.
"""

from statistics import NormalDist
from typing import NamedTuple

from dosing_env.arithmetic import exp, maximum, minimum, where
from dosing_env.pharmacology import Patient, Population
from dosing_env.populations._recipe import Published, correlated, uniform

MALE = NormalDist().inv_cdf(0.55)  # DERIVED


class Draws(NamedTuple):
    SEX: float
    AGE: float
    WT: float
    HT: float
    SCR: float


def sample(z: Draws) -> Patient:
    SEX = 1.0 * (z.SEX < MALE)
    mean = where(SEX > 0.5, 175.0, 161.0)  # cm  DERIVED
    SD = where(SEX > 0.5, 7.6, 7.0)  # cm  DERIVED
    r = where(SEX > 0.5, 0.45, 0.35)  # HT with ln WT  DERIVED
    return Patient(
        AGE=20 + 65 * uniform(z.AGE),  # years  DERIVED
        WT=minimum(maximum(79 * exp(0.22 * z.WT), 40.0), 160.0),  # kg  DERIVED
        HT=mean + SD * correlated(z.HT, r, z.WT, -0.2, z.AGE),  # cm  DERIVED
        SEX=SEX,
        SCR=minimum(maximum(0.95 * exp(0.35 * z.SCR), 0.4), 4.0),  # mg/dL  DERIVED
        DIAL=0.0,
        HAEM=0.0,
    )


def keep(patient: Patient) -> bool:
    return patient.HT > 140  # cm  DERIVED: no child's height; about 1 in 1,000 is drawn again


PUBLISHED = (
    Published("AGE, years", lambda p: p.AGE, "mean", 52.5, within=0.3),  # DERIVED  uniform 20-85
    Published("AGE, years", lambda p: p.AGE, "SD", 18.76, within=0.2),  # DERIVED  65/sqrt 12
    Published("WT, kg", lambda p: p.WT, "median", 79, within=0.5),  # DERIVED
    Published("male", lambda p: p.SEX, "mean", 0.55, within=0.01),  # DERIVED
    Published("SCR, mg/dL", lambda p: p.SCR, "median", 0.95, within=0.01),  # DERIVED
)

POPULATION = Population(
    name="oneshot_adults",
    title="Invented adults of one decision",
    sample=sample,
    keep=keep,
)
