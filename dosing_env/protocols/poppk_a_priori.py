"""The dosing equation of a population model, no levels: the typical patient's dose (Goti 2018).

    CL, V1, V2   typical values for the charted age, weight, sex and creatinine (`vancomycin_goti2018`, VERIFIED)
    load         (V1 + V2) x 500/24 mg          fills the volume of distribution at steady state to the target's
                                                average concentration, 20.8 mg/L; at most 3000 mg
    daily dose   CL x 500 mg h/L                steady state: AUC24 = daily dose / CL  (exact, linear)

Target AUC24 500 mg h/L, the middle of 400-600 (VERIFIED). The daily dose follows each day's creatinine; levels are
not used. This is the best a fixed equation can do where the model is true, and shows its bias where it is not.

On our grid: q12h, rounded to the nearest 250 mg, halves (125 mg) up; at most 2250 mg (4500 mg a day). Where half a
day's dose is below 500 mg the interval is doubled, to 24 or 48 h, so that rounding errs less. q24h is every second
decision, q48h every fourth, counted from the last dose given.
"""

from dosing_env.drugs.vancomycin_goti2018 import Eta, Parameters, covariates, individual
from dosing_env.pharmacology import Patient
from dosing_env.policy import Chart, Protocol
from dosing_env.protocols._rules import AUC_TARGET, give, spread


def typical(chart: Chart) -> Parameters:
    """The typical patient's parameters for what is charted now."""
    patient = Patient(chart.AGE, chart.WT, chart.HT, chart.SEX, chart.SCR, 0.0, 0.0)
    return individual(covariates(patient), Eta(0.0, 0.0, 0.0))


def dose(chart: Chart) -> float:
    """The dose to give now, mg."""
    p = typical(chart)
    return give(chart, (p.V1 + p.V2) * AUC_TARGET / 24.0, spread(p.CL * AUC_TARGET, 12.0))


PROTOCOL = Protocol(name="poppk_a_priori", title="Population equation (Goti 2018)", dose=dose, kind="equation")
