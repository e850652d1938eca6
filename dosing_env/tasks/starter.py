"""A scenario file to begin with: a drug, a population, a usual dose; the target is what that dose does."""

from __future__ import annotations

import tomllib
from typing import Any

import numpy as np

from dosing_env.cohort import Cohort
from dosing_env.pharmacology import Drug
from dosing_env.scenario import load
from dosing_env.tasks.units import hours_of
from dosing_env.tasks.vocabulary import VOCABULARY

PATIENTS = 200  # in whom the usual dose is tried
_DECISIONS = 14

TEXT = """\
# {title}: a task to begin with. Every number can be changed; none of them is compiled.
version = 0
title = "{title}"
question = "Which policy keeps {output} within {low:g}-{high:g} {unit} before each dose?"
drug = "{drug_file}"                # generates the patients
population = "{population}"
policies = ["oracle"]               # add protocols (.py, by their path on the command line) and agents

[course]
lasts_{time} = {length:g}
decide_every_{time} = {every:g}     # every decision gives a dose

[given]                             # what can be decided; other kinds: tablets, ...
dose = {{ is = "infusion", step_{amount} = {step:g}, max_dose_{amount} = {most:g}, max_daily_{amount} = {daily:g}, \
max_rate_{amount}_per_{time} = {rate:g} }}

[known]                             # what stands in the chart of the patient
{known}

[measured]                          # what is measured, when, and how well (the error is the drug model's)
level = {{ is = "planned", drawn_{time} = [{drawn}], turnaround_{time} = 0, highest = {highest:g} }}

[happens]                           # what befalls the patient: drift, missed, wander, occasion, ...
{happens}
[watched]                           # what of the true course is followed
trough = {{ is = "line" }}

[judged]                            # what is good; DERIVED: what {dose:g} {amount} every {every:g} {time} does in most
in_range = {{ is = "share_of_time", of = "trough", low = {low:g}, high = {high:g}, from = {first} }}

[paid]                              # the price of each term
in_range = 1.0
"""


def starter(name: str, drug: Drug, drug_file: str, population: str, bedside: tuple[str, ...], dose: float) -> str:
    """The text of the file.

    Args:
        name: of the scenario.
        drug: the drug; `drug_file`: how the file names it.
        population: a name of the catalogue; `bedside`: its bedside values.
        dose: the usual dose, in the drug's unit, twice a day.

    Raises:
        ValueError: drug and population do not go together.
    """
    day = 24.0 / hours_of(drug.time_unit)
    every = day / 2.0
    values: dict[str, Any] = {
        "title": name.replace("_", " ").capitalize(),
        "output": next((n for n in drug.outputs if n == "level"), "the level"),
        "unit": drug.assay.unit,
        "drug_file": drug_file,
        "population": population,
        "time": "days" if drug.time_unit == "d" else drug.time_unit,
        "length": _DECISIONS * every,
        "every": every,
        "amount": drug.amount_unit,
        "step": dose / 4.0,
        "most": 3.0 * dose,
        "daily": 4.0 * dose,
        "rate": dose / (day / 24.0),
        "known": "\n".join(f'{name} = "exact"' for name in bedside if name in VOCABULARY) or "# nothing",
        "drawn": ", ".join(f"{k * every:g}" for k in (2, 4, 8)),
        "happens": f'occasion = {{ is = "occasion", every_{drug.time_unit} = {day:g} }}\n' if drug.occasion else "",
        "dose": dose,
        "first": 3,
    }
    low, high = _reached(TEXT.format(**values, low=0.0, high=1.0, highest=1e6), dose)
    return TEXT.format(**values, low=low, high=high, highest=_round(10.0 * high))


def _reached(text: str, dose: float) -> tuple[float, float]:
    """Between what most patients are before a dose, on the usual one."""
    task: Any = load(tomllib.loads(text) | {"name": "starter"}).task()
    cohort = Cohort(task, PATIENTS, "tune", 0)
    cohort.admit(np.arange(PATIENTS))
    for _ in range(task.decisions):
        cohort.treat(np.full((PATIENTS, len(task.actions)), dose), np.ones(PATIENTS, dtype=bool))
    line = next(p for p in task.made.parts if p.kind == "line")
    seen = task.tables.of_part(cohort, line).seen[:, 3:]
    low, high = (_round(float(value)) for value in np.quantile(seen, (0.3, 0.7)))
    return low, high if high > low else 2.0 * low


def _round(value: float) -> float:
    """To two digits."""
    return float(f"{value:.1e}")
