"""What became of patients of a clinic, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.anticoagulation import first_in_range, share_of_line, time_in_range
from dosing_env.care import Endpoint
from dosing_env.clinic.rules import ClinicRules

if TYPE_CHECKING:
    import pandas as pd

    from dosing_env.cohort import Cohort

PRIMARY = "ttr_percent"
WITHIN = "of the time in range"  # the primary endpoint, in words behind its number
MONTH = 28  # days
STABLE_DAYS = 7.0  # MEMORY  a run of INRs in range that lasts so long is a stable INR

COVARIATES = (
    "AGE_years", "WT_kg", "HT_cm", "male", "CYP2C9_2", "CYP2C9_3", "VKORC1_A", "CYP4F2_3", "sensitivity",
    "white", "black", "asian", "other", "amiodarone", "inducer", "smoker", "genotyped", "interacting",
)  # fmt: skip


def endpoints(rules: ClinicRules) -> tuple[Endpoint, ...]:
    """What is counted in each patient; the first is the primary one."""
    counted = rules.decisions - rules.counted
    month = min(counted, MONTH)
    return (
        Endpoint(PRIMARY, "Time in range (Rosendaal)", "%", "higher", 0, 100),
        Endpoint("true_in_range_percent", "Time in range (true INR)", "%", "higher", 0, 100),
        Endpoint("first_month_percent", f"Time in range (true INR), first {month} days", "%", "higher", 0, 100),
        Endpoint("unsafe_percent", f"Time with INR above {rules.unsafe:g}", "%", "lower", 0, 100, harm=True),
        Endpoint("visits_count", "INRs measured", "INRs", "lower", 0),
        Endpoint("ineffective_percent", f"Time with INR below {rules.ineffective:g}", "%", "lower", 0, 100),
        Endpoint("first_in_range_days", "First INR in range", "days", "lower", 0, counted),
        Endpoint("stable_days", "Stable INR", "days", "lower", 0, counted),
        Endpoint("mean_dose_mg", "Mean daily dose", "mg/day", "neither", 0),
    )


def said_of_target(rules: ClinicRules) -> dict[str, Any]:
    """For the provenance of a trial."""
    return {"target": "the patient's INR range, mostly 2 to 3", "inr_range": [2.0, 3.0]}


def outcomes(cohort: Cohort, returns: dict[str, NDArray[np.float64]]) -> pd.DataFrame:
    """One row per patient: covariates, endpoints, return."""
    import pandas as pd

    rules, c = cohort.task.rules, cohort.courses
    first, days = rules.counted, rules.decisions
    low, high = (c["patient"][:, _at(cohort, name)] for name in ("INR_LOW", "INR_HIGH"))
    columns: dict[str, Any] = {"patient": c["number"]} | _covariates(cohort)
    measured = [_measured(course, first) for course in c]
    before, after = c["inr"][:, first:days], c["inr"][:, first + 1 :]
    columns |= {
        PRIMARY: [100.0 * time_in_range(*m, a, b) for m, a, b in zip(measured, low, high, strict=True)],
        "true_in_range_percent": 100.0 * _share(before, after, low, high),
        "first_month_percent": 100.0 * _share(before[:, :MONTH], after[:, :MONTH], low, high),
        "unsafe_percent": 100.0 * _share(before, after, rules.unsafe, np.inf),
        "ineffective_percent": 100.0 * _share(before, after, -np.inf, rules.ineffective),
        "first_in_range_days": [
            min(first_in_range(*m, a, b) / 24.0, days - first) for m, a, b in zip(measured, low, high, strict=True)
        ],
        "stable_days": [min(_stable(*m, a, b), days - first) for m, a, b in zip(measured, low, high, strict=True)],
        "visits_count": (c["measured"][:, first:days] > 0.0).sum(axis=1).astype(float),
        "mean_dose_mg": c["doses"][:, first:].mean(axis=1),
    }
    return pd.DataFrame(columns | returns)


def doses(cohort: Cohort) -> pd.DataFrame:
    """What was prescribed, in tablets: one row per patient and day."""
    import pandas as pd

    days = cohort.task.rules.decisions
    return pd.DataFrame(
        {
            "patient": np.repeat(cohort.courses["number"], days),
            "decision": np.tile(np.arange(days), cohort.size),
            "time_h": 24.0 * np.tile(np.arange(days, dtype=np.float64), cohort.size),
            "dose_mg": cohort.courses["doses"].ravel(),
        }
    )


def pictures(cohort: Cohort, patients: int, points: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """True INRs day by day, and measured ones, of the first patients."""
    import pandas as pd

    some = cohort.courses[cohort.courses["number"] < patients]
    days = np.arange(cohort.task.rules.decisions + 1)
    number, hours = np.repeat(some["number"], len(days)), 24.0 * np.tile(days, len(some))
    curves = pd.DataFrame({"patient": number, "time_h": hours, "inr": some["inr"].ravel()})
    measured, outside = some["measured"].ravel(), some["outside"].ravel()
    levels = pd.DataFrame({"patient": number, "drawn_h": hours, "inr": measured, "outside": outside})
    return curves, levels[measured > 0.0].reset_index(drop=True)


def curve(cohort: Cohort, slots: Any, per_interval: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times and true INRs as each day begins; see `Cohort.curve`. Between two days there are no more."""
    courses = cohort.courses[np.atleast_1d(slots)]
    days = np.arange(cohort.task.rules.decisions + 1)
    return 24.0 * days, np.where(days <= courses["decision"][:, None], courses["inr"], np.nan)


def _at(cohort: Cohort, name: str) -> int:
    return int(cohort.task.drug.Patient._fields.index(name))


def _covariates(cohort: Cohort) -> dict[str, Any]:
    c = cohort.courses
    patient = cohort.task.drug.Patient(*c["patient"].T)
    return {
        "AGE_years": patient.AGE,
        "WT_kg": patient.WT,
        "HT_cm": patient.HT,
        "male": patient.SEX,
        "CYP2C9_2": patient.CYP2C9_2,
        "CYP2C9_3": patient.CYP2C9_3,
        "VKORC1_A": patient.VKORC1_A,
        "CYP4F2_3": patient.CYP4F2_3,
        "sensitivity": sensitivity(patient.CYP2C9_2, patient.CYP2C9_3, patient.VKORC1_A),
        "white": 1.0 - patient.BLACK - patient.ASIAN - patient.OTHER,
        "black": patient.BLACK,
        "asian": patient.ASIAN,
        "other": patient.OTHER,
        "amiodarone": patient.AMIODARONE,
        "inducer": patient.INDUCER,
        "smoker": patient.SMOKER,
        "genotyped": c["tested"][:, :2].min(axis=1),
        "interacting": 1.0 * np.isfinite(c["interaction_day"]),
    }


def sensitivity(star2: Any, star3: Any, A: Any) -> NDArray[np.float64]:
    """Sensitivity to warfarin by genotype: 0 normal, 1 sensitive, 2 highly sensitive.

    The classes of the virtual cohort of Ravvaz and others (SINGLE): normal is *1/*1 with GG or GA and *1/*2 with GG;
    highly sensitive is *3/*3, *2/*3 with GA or AA, *2/*2 with AA and *1/*3 with AA.
    """
    star2, star3, A = (np.asarray(copies) for copies in (star2, star3, A))
    normal = ((star2 + star3 == 0) & (A <= 1)) | ((star2 == 1) & (star3 == 0) & (A == 0))
    one_of_each = (star2 == 1) & (star3 == 1) & (A >= 1)
    highly = (star3 == 2) | one_of_each | (((star2 == 2) | ((star3 == 1) & (star2 == 0))) & (A == 2))
    return np.where(highly, 2.0, np.where(normal, 0.0, 1.0))


def _measured(course: Any, first: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times, h from the first day that counts, and INRs of a patient's visits and of the end."""
    visits = np.flatnonzero(course["measured"] > 0.0)
    visits = visits[visits >= first]
    return 24.0 * (visits - first).astype(np.float64), course["measured"][visits]


def _share(before: Any, after: Any, low: Any, high: Any) -> NDArray[np.float64]:
    """Mean over the days of the share of each between two INRs, (n,)."""
    lows, highs = (np.broadcast_to(limit, len(before)) for limit in (low, high))
    days = np.vectorize(share_of_line)(before, after, lows[:, None], highs[:, None])
    return np.asarray(days.mean(axis=1))


def _stable(times: Any, inrs: Any, low: float, high: float) -> float:
    """Day of the first INR of a run in range that lasts `STABLE_DAYS`, from INR to INR; inf: there is none."""
    inside = (inrs >= low) & (inrs <= high)
    for first in np.flatnonzero(inside):
        run = inside[first:]
        last = first + (len(run) if run.all() else int(np.argmin(run))) - 1
        if times[last] - times[first] >= 24.0 * STABLE_DAYS:
            return float(times[first] / 24.0)
    return np.inf
