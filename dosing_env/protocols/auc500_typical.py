"""The typical patient's daily dose for an AUC24 of 500, from the first dose on (Goti 2018, creatinine as measured).

    dose   CL x 500 mg h/L / 2 q12h     CL: typical for the charted age, weight, sex and creatinine (VERIFIED; see
                                        `vancomycin_goti2018_tong`)

Steady state: AUC24 = daily dose / CL (exact, linear). No load, no levels: how the patients of `vancomycin_oneshot` are
treated before the one dose that is decided there. On our grid: at every decision, rounded to the product there is.
"""

from dosing_env.drugs.vancomycin_goti2018 import Eta, individual
from dosing_env.drugs.vancomycin_goti2018_tong import covariates
from dosing_env.pharmacology import Patient
from dosing_env.policy import Chart, Protocol
from dosing_env.protocols._rules import AUC_TARGET


def dose(chart: Chart) -> float:
    """The dose to give now, mg."""
    patient = Patient(chart.AGE, chart.WT, chart.HT, chart.SEX, chart.SCR, 0.0, 0.0)
    return individual(covariates(patient), Eta(0.0, 0.0, 0.0)).CL * AUC_TARGET / 2.0


PROTOCOL = Protocol(name="auc500_typical", title="AUC24 500 in the typical patient", dose=dose, kind="equation")
