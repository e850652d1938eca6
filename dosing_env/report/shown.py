"""What the pictures of a trial show of a patient, in which units: what a task declares, concentrations, or INRs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from dosing_env.trial import Trial

if TYPE_CHECKING:
    from dosing_env.report.numbers import Numbers


@dataclass(frozen=True)
class Shown:
    """Columns of the tables, and the words for them.

    person: of a patient after sex and age: words, column of `Trial.frame`, unit, decimals.
    """

    title: str
    curve: str  # column of `Trial.courses`
    measured: str  # column of `Trial.levels`
    unit: str
    round_to: float  # axes end at a multiple of it
    band: tuple[float, float] | None  # the target
    band_words: str
    sorted_by: str  # the column of `Trial.frame` by which example patients are chosen
    sorted_words: str
    person: tuple[tuple[str, str, str, int], ...]
    dose: str = "dose_mg"  # column of `Trial.doses`
    dose_unit: str = "mg"
    time: str = "day"  # of the horizontal axis
    time_h: float = 24.0


def shown_of(trial: Trial) -> Shown:
    """What is shown of the patients of a trial."""
    shown = trial.provenance.get("shown")
    if shown is not None:
        return _declared(shown, trial)
    inr = trial.provenance.get("inr_range")
    if inr is not None:
        return _inrs((float(inr[0]), float(inr[1])))
    auc24 = trial.provenance.get("auc24_target_mg_h_L")
    return _concentrations((auc24[0] / 24, auc24[1] / 24) if auc24 else None)


def _declared(shown: dict[str, Any], trial: Trial) -> Shown:
    """As a task made of parts says it."""
    band, columns = shown["band"], trial.frame.columns
    sorted_by = next((column for column in ("WT_kg", "AGE_years") if column in columns), columns[3])
    return Shown(
        title=f"True course, {shown['unit']}",
        curve=shown["curve"],
        measured=shown["measured"],
        unit=shown["unit"],
        round_to=1,
        band=(float(band[0]), float(band[1])) if band else None,
        band_words="the target",
        sorted_by=sorted_by,
        sorted_words={"WT_kg": "weight", "AGE_years": "age"}.get(sorted_by, sorted_by.replace("_", " ")),
        person=(("", "WT_kg", "kg", 0),) if "WT_kg" in columns else (),
        dose=shown["dose"],
        dose_unit=shown["dose_unit"],
        time=shown["time"],
        time_h=shown["time_h"],
    )


def _concentrations(band: tuple[float, float] | None) -> Shown:
    return Shown(
        title="True concentrations",
        curve="concentration_mg_L",
        measured="level_mg_L",
        unit="mg/L",
        round_to=10,
        band=band,
        band_words="the target as an average concentration, AUC24 / 24 h",
        sorted_by="CRCL_mL_min",
        sorted_words="creatinine clearance",
        person=(
            ("", "WT_kg", "kg", 0),
            ("creatinine", "SCR_mg_dL", "mg/dL", 2),
            ("clearance", "CRCL_mL_min", "mL/min", 0),
        ),
    )


def _inrs(band: tuple[float, float]) -> Shown:
    return Shown(
        title="True INRs",
        curve="inr",
        measured="inr",
        unit="INR",
        round_to=1,
        band=band,
        band_words="the target",
        sorted_by="sensitivity",
        sorted_words="sensitivity by genotype",
        person=(
            ("", "WT_kg", "kg", 0),
            ("", "CYP2C9_2", "copies of CYP2C9*2", 0),
            ("", "CYP2C9_3", "of *3", 0),
            ("", "VKORC1_A", "of VKORC1 -1639A", 0),
        ),
    )


def person(trial: Trial, numbers: Numbers, patient: int) -> Markup:
    """Who a patient is, in words."""
    known = numbers.tables["patients"]
    parts = [Markup("{}").format(f"patient {patient}")]
    if "male" in known:
        parts = [Markup("{}").format("man" if known.loc[patient, "male"] == 1 else "woman")]
    age = (("", "AGE_years", "years", 0),) if "AGE_years" in known else ()
    for words, column, unit, decimals in (*age, *shown_of(trial).person):
        cell = numbers.covariate(patient, column, decimals)
        parts.append(Markup(" ").join(part for part in (words, cell, unit) if part))
    return Markup(", ").join(parts)


def ticks(shown: Shown, length: float) -> range:
    """What to write on an axis of time, from 0 to a length in its unit: not more than about fifteen."""
    steps = (1, 7, 14, 28, 56) if shown.time == "day" else (1, 2, 5, 10, 30, 60, 120)
    step = next((step for step in steps if length / step <= 14), steps[-1])
    return range(0, math.floor(length + 1e-9) + 1, step)


def scale_of(shown: Shown, doses: Any) -> tuple[str, float]:
    """The unit in which doses are drawn, and how much of the table's one it is: many milligrams are grams."""
    if shown.dose_unit == "mg" and doses[shown.dose].max() >= 1000:
        return "g", 1000.0
    return shown.dose_unit, 1.0
