"""Typical clearances of the models beside an independent cohort: `python -m tests.drugs.clearances` prints them."""

from __future__ import annotations

from collections.abc import Sequence

from dosing_env import catalogue
from dosing_env.formulas import body_surface_dubois, cockcroft_gault
from dosing_env.pharmacology import Patient

AGE, WT, HT = 60.0, 70.0, 170.0  # years, kg, cm: a man; ours
# CRCL (mL/min, ours: inside the groups > 70, 40-70, 10-39) -> clearance of the group, mL/min/1.73 m2 (Rodvold 1988)
COHORT = {90.0: 98.4, 55.0: 52.6, 25.0: 31.3}


def table(studies: Sequence[str]) -> list[str]:
    """The lines of a Markdown table of vancomycin models, L/h."""
    drugs = [catalogue.load("drugs", f"vancomycin_{study}") for study in studies]
    lines = [f"| CRCL, mL/min | Rodvold | {' | '.join(studies)} |", "|---|--:|" + "--:|" * len(drugs)]
    for crcl, measured in COHORT.items():
        creatinine = cockcroft_gault(AGE, WT, 1.0, 1.0) / crcl
        patient = Patient(AGE=AGE, WT=WT, HT=HT, SEX=1.0, SCR=creatinine, DIAL=0.0, HAEM=0.0)
        own = measured * body_surface_dubois(WT, HT) / 1.73 * 60.0 / 1000.0
        typical = [drug.individual(drug.covariates(patient), drug.no_eta).CL for drug in drugs]
        lines.append(f"| {crcl:g} | {own:.1f} | {' | '.join(f'{CL:.2f}' for CL in typical)} |")
    return lines


if __name__ == "__main__":
    print("\n".join(table([name.split("_")[1] for name in catalogue.names("drugs") if name.startswith("vancomycin_")])))
