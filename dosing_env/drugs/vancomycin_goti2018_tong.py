"""Goti's model of vancomycin without its rule for low creatinine in the old ("Tong"), within a stated range of CRCL.

    CL, V1, Q, V2   as in `vancomycin_goti2018`
    CRCL            Cockcroft-Gault, total weight, mL/min, from the creatinine as measured; held within 15 to 150

Source: Goti V et al. Ther Drug Monit 2018;40(2):212-221 (see `vancomycin_goti2018`). That creatinine is not raised to
1 mg/dL above 65 years is a published variant (SINGLE); the lower end of 15 mL/min is part of the setting in which the
information ceiling of one dose was first worked out (DERIVED), and belongs to no paper.
"""

from dataclasses import replace

from dosing_env.arithmetic import maximum
from dosing_env.drugs.vancomycin_goti2018 import DRUG as GOTI
from dosing_env.drugs.vancomycin_goti2018 import Covariates
from dosing_env.formulas import cockcroft_gault
from dosing_env.pharmacology import Patient


def covariates(patient: Patient) -> Covariates:
    CRCL = cockcroft_gault(patient.AGE, patient.WT, patient.SCR, patient.SEX)
    return Covariates(
        WT=patient.WT,
        CRCL=maximum(CRCL, 15.0),  # mL/min  DERIVED; the upper end, 150, stands in `individual`
        DIAL=patient.DIAL,
    )


DRUG = replace(
    GOTI,
    name="vancomycin_goti2018_tong",
    title="Vancomycin, adults (Goti 2018, creatinine as measured)",
    covariates=covariates,
)
