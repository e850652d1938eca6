"""What the charts of a clinic tell a model: for each patient the most probable one behind his doses and INRs.

A chart has the doses that were ordered, not those that were missed, and nothing of vitamin K: that changes what a dose
does from week to week. So an INR says less of the patient than its assay would let it: of its logarithm

    SD^2 = larger of the assay's and the model's residual SD^2 + SD^2 of ln of what a dose does, by vitamin K

(DERIVED: an INR near its target changes about as much as the dose, in per cent). INR before treatment is the first one
measured. A genotype that nobody tested is believed to be the most frequent one of people of European ancestry, *1/*1
and GA, *1/*1 of CYP4F2 (DERIVED). From the day on which the chart first tells of the interacting drug a dose is
believed to do as much more as the task says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from dosing_env.clinic.rules import ClinicRules
from dosing_env.inference.problem import Problem, problem_of_patients, solve
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Assay, Drug
from dosing_env.residual import FORMS, LOG
from dosing_env.simulation import subject
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.daily import DAY

_UNTESTED = {"CYP2C9_2": 0.0, "CYP2C9_3": 0.0, "VKORC1_A": 1.0, "CYP4F2_3": 0.0}  # copies  DERIVED
_TEST = {"CYP2C9_2": "CYP2C9_KNOWN", "CYP2C9_3": "CYP2C9_KNOWN", "VKORC1_A": "VKORC1_KNOWN", "CYP4F2_3": "CYP4F2_KNOWN"}
_USUAL_INR = 2.5  # at which the SD of an additive residual error is that of a proportional one


def believed(drug: Drug, rules: ClinicRules) -> Drug:
    """The drug with the error of an INR that a clinic of these rules has to expect."""
    own = drug.assay
    model = own.proportional if FORMS.index(own.form) == LOG else np.hypot(own.proportional, own.additive / _USUAL_INR)
    assay = rules.proportional if rules.form == FORMS.index("combined2") else 0.0
    sd = float(np.hypot(max(model, assay), rules.vitamin_k))
    return replace(drug, assay=Assay(form="log", proportional=sd, unit=own.unit))


def patients_of(chart: Any) -> Floats:
    """Bedside values as charted, (n, fields of WarfarinPatient)."""
    n = len(chart.day)
    columns = {name: getattr(chart, name, np.zeros(n)) for name in WarfarinPatient._fields}
    for name, most_frequent in _UNTESTED.items():
        columns[name] = np.where(getattr(chart, _TEST[name]) > 0.0, columns[name], most_frequent)
    columns["INR0"] = np.where(chart.inrs[0] > 0.0, chart.inrs[0], 1.0)
    return np.stack([columns[name] for name in WarfarinPatient._fields], axis=1)


def acted(rules: ClinicRules, chart: Any, since: Floats) -> Floats:
    """What the doses so far are believed to have done, as mg without the interacting drug, (n, days so far).

    since: (n,) day, 0-based, from which the interacting drug acts; inf: it does not.
    """
    day = round(chart.day[0]) - 1
    doses = chart.doses[:day].T
    return np.where(np.arange(day) >= since[:, None], rules.interaction, 1.0) * doses


def believe(drug: Drug, chart: Any, doses: Floats, start: Floats) -> Floats:
    """The most probable patient behind each chart: his random effects, (n, a), as the search has them.

    Where it finds none they are 0, those of the typical patient.

    Args:
        drug: as `believed` made it.
        chart: `chart.read` of observations (features, n), all of one day: each of its fields for n patients.
        doses: (n, days so far) mg, see `acted`.
        start: (n, a) where the search begins: what was found on the visit before; 0: the typical patient.
    """
    found = solve(_posed(drug, chart, doses), np.ravel(start), spread=False)
    z = found.z.reshape(len(doses), -1)
    return np.where(np.isfinite(z), z, 0.0)


def _posed(drug: Drug, chart: Any, doses: Floats) -> Problem:
    """The problem: on each day a look and a dose, today a look."""
    n, day = doses.shape
    records = np.zeros((n, 2 * day + 1, subject.WIDTH))
    records[:, :, subject.TIME] = DAY * (np.arange(2 * day + 1) // 2)
    records[:, 0::2, subject.KIND], records[:, 1::2, subject.KIND] = subject.LOOK, subject.DOSE
    records[:, 1::2, subject.AMT], records[:, :, subject.CMT] = doses, drug.dosed
    level = np.where(chart.inrs[: day + 1] > 0.0, chart.inrs[: day + 1], np.nan).T
    level[:, 0] = np.nan  # that of before treatment
    below = (chart.outside[: day + 1] < 0.0).T.astype(np.float64)
    return problem_of_patients(drug, patients_of(chart)[:, None], np.zeros(1), records, level, below)
