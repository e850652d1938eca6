"""What became of patients on a ward, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.care import Endpoint
from dosing_env.formulas import cockcroft_gault
from dosing_env.ward.rules import Rules

if TYPE_CHECKING:
    import pandas as pd

    from dosing_env.cohort import Cohort

COVARIATES = ("AGE_years", "WT_kg", "HT_cm", "male", "SCR_mg_dL", "CRCL_mL_min")
PRIMARY = "attainment_percent"
WITHIN = "of days within target"  # the primary endpoint, in words behind its number


def endpoints(rules: Rules) -> tuple[Endpoint, ...]:
    """What is counted in each patient; the first is the primary one."""
    target = f"AUC24 {rules.low:g}-{rules.high:g} mg·h/L"
    counted = rules.days - rules.first_day
    days = f"Days {rules.first_day + 1}-{rules.days}" if counted > 1 else f"Day {rules.days}"
    day2 = Endpoint("day2_attained_percent", f"Day 2 with {target}", "%", "higher", 0, 100)
    day1 = Endpoint("day1_below_target_percent", f"Day 1 with AUC24 below {rules.low:g}", "%", "lower", 0, 100)
    return (
        Endpoint(PRIMARY, f"{days} with {target}", "%", "higher", 0, 100),
        *([day2] if rules.first_day <= 1 else []),
        *([day1] if rules.asked[0] else []),
        Endpoint("days_above_target", f"Days with AUC24 above {rules.high:g}", "days", "lower", 0, counted),
        Endpoint("aki_predicted_percent", "Predicted kidney injury", "%", "lower", 0, harm=True),
        Endpoint("aki_drawn_percent", "Kidney injury that happened", "%", "lower", 0, 100),
        Endpoint("total_dose_mg", "Total dose", "mg", "neither", 0),
        Endpoint("levels_count", "Levels measured", "levels", "neither", 0),
    )


def said_of_target(rules: Rules) -> dict[str, Any]:
    """For the provenance of a trial."""
    return {
        "target": f"AUC24 between {rules.low:g} and {rules.high:g} mg·h/L",
        "auc24_target_mg_h_L": [rules.low, rules.high],
    }


def outcomes(cohort: Cohort, returns: dict[str, NDArray[np.float64]]) -> pd.DataFrame:
    """One row per patient: covariates, endpoints, daily AUC24, return."""
    import pandas as pd

    rules, c = cohort.task.rules, cohort.courses
    AGE, WT, HT, SEX, SCR = c["patient"][:, :5].T
    counted = c["auc"][:, rules.first_day :]
    within = (counted >= rules.low) & (counted <= rules.high)
    columns = {
        "patient": c["number"],
        "AGE_years": AGE,
        "WT_kg": WT,
        "HT_cm": HT,
        "male": SEX,
        "SCR_mg_dL": SCR,
        "CRCL_mL_min": cockcroft_gault(AGE, WT, SCR, SEX),
        PRIMARY: 100.0 * within.mean(axis=1),
        "day2_attained_percent": 100.0 * within_day(c["auc"], rules, 1),
        "day1_below_target_percent": 100.0 * (c["auc"][:, 0] < rules.low),
        "days_above_target": (counted > rules.high).sum(axis=1).astype(float),
        "aki_predicted_percent": 100.0 * c["risk"],
        "aki_drawn_percent": 100.0 * np.isfinite(c["onset"]),
        "total_dose_mg": c["doses"].sum(axis=1),
        "levels_count": np.full(cohort.size, float(len(rules.drawn))),
    }
    days = {f"auc24_day{d + 1}_mg_h_L": c["auc"][:, d] for d in range(rules.days)}
    return pd.DataFrame(columns | days | returns)


def within_day(auc: NDArray[np.float64], rules: Rules, day: int) -> NDArray[np.bool_]:
    """Who is within the target on a day (0-based; the last day of a shorter course)."""
    values = auc[:, min(day, rules.days - 1)]
    return np.asarray((values >= rules.low) & (values <= rules.high))


def doses(cohort: Cohort) -> pd.DataFrame:
    """What was given: one row per patient and decision."""
    import pandas as pd

    decisions, interval = cohort.task.rules.decisions, cohort.task.rules.interval
    return pd.DataFrame(
        {
            "patient": np.repeat(cohort.courses["number"], decisions),
            "decision": np.tile(np.arange(decisions), cohort.size),
            "time_h": interval * np.tile(np.arange(decisions, dtype=np.float64), cohort.size),
            "dose_mg": cohort.courses["doses"].ravel(),
        }
    )


def pictures(cohort: Cohort, patients: int, points: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Curves (with `points` between two decisions) and levels of the first patients."""
    import pandas as pd

    slots = np.flatnonzero(cohort.courses["number"] < patients)
    rules, number = cohort.task.rules, cohort.courses["number"][slots]
    times, concentrations = cohort.curve(slots, points)
    curves = pd.DataFrame(
        {
            "patient": np.repeat(number, len(times)),
            "time_h": np.tile(times, len(slots)),
            "concentration_mg_L": concentrations.ravel(),
        }
    )
    levels = pd.DataFrame(
        {
            "patient": np.repeat(number, len(rules.drawn)),
            "drawn_h": np.tile(rules.drawn, len(slots)),
            "level_mg_L": cohort.courses["levels"][slots].ravel(),
            "below": cohort.courses["below"][slots].ravel() > 0.5,
        }
    )
    return curves, levels
