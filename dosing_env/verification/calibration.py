"""Whether forecasts are as sure as they say: simulated patients, two levels each, and what became of them.

Patients of a model get an infusion every 12 h; two levels are measured; from 48 h on the dose is one of five, by turns.
The posterior of each patient says how probable an AUC24 of 400-600 mg h/L on the third day is, and within which bounds
level and AUC will lie; the simulation knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from dosing_env.inference.posterior import posterior
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.tables import simulate
from dosing_env.verification.check import Check, failed

DRUGS = ("vancomycin_goti2018", "vancomycin_thomson2009")
PATIENTS, PARTICLES, SEED = 2_000, 400, 3
LOW, HIGH = 400.0, 600.0  # mg h/L
SLOPE, COVERAGE = 0.1, 0.02  # limits: of the slope from 1, of a coverage from what is stated

_ADULT = {"AGE": 57.0, "WT": 79.0, "HT": 172.0, "SEX": 1.0, "SCR": 1.1, "DIAL": 0.0, "HAEM": 0.0}
_BEFORE = {"TIME": 0.0, "AMT": 1000.0, "RATE": 1000.0, "II": 12.0, "ADDL": 3}
_DOSES = (250.0, 500.0, 750.0, 1000.0, 1500.0)  # mg  every 12 h from 48 h on


class Forecasts(NamedTuple):
    """What was said of each patient, and what came."""

    stated: Floats  # (patients,) probability that the AUC24 of the third day is within the target
    reached: Floats  # (patients,) 1 where it was
    coverage: dict[tuple[str, float], float]  # of "level" and "auc" at 72 h: how often the interval of that size held

    @property
    def slope(self) -> float:
        """Of `reached` over `stated`, by least squares: 1 where a stated difference comes true."""
        return float(np.polyfit(self.stated, self.reached, 1)[0])

    def table(self, bins: int = 10) -> pd.DataFrame:
        """By stated probability: patients, mean stated, share that reached the target."""
        groups = np.minimum((self.stated * bins).astype(int), bins - 1)
        rows = pd.DataFrame({"bin": groups, "stated": self.stated, "reached": self.reached}).groupby("bin")
        return rows.agg(patients=("stated", "size"), stated=("stated", "mean"), reached=("reached", "mean"))


def forecasts(drug: str, patients: int = PATIENTS) -> Forecasts:
    """Forecasts of so many patients of a drug, and what came."""
    who = np.arange(1, patients + 1)
    planned = np.array(_DOSES)[(who - 1) % len(_DOSES)]
    later = pd.DataFrame({"ID": who, "TIME": 48.0, "AMT": planned, "RATE": 1000.0, "II": 12.0, "ADDL": 1})
    doses = pd.concat([pd.DataFrame({"ID": who, **_BEFORE}), later]).sort_values(["ID", "TIME"], kind="stable")
    truth = simulate(drug, doses, covariates=_ADULT, times=[25.5, 35.5, 48.0, 72.0], seed=SEED)
    seen = truth[truth["time"] < 48.0].rename(columns={"time": "TIME", "dv": "DV", "blq": "BLQ"})
    seen = seen[["ID", "TIME", "DV", "BLQ"]].assign(EVID=0, DV=seen["DV"].clip(lower=0.0))
    data = pd.concat([doses[doses["TIME"] < 48.0], seen]).sort_values(["ID", "TIME"], kind="stable")
    known = posterior(drug, data, covariates=_ADULT, particles=PARTICLES, seed=SEED)
    said = known.predict(doses, times=[48.0, 72.0], covariates=_ADULT)
    auc24 = said.auc[:, :, 1] - said.auc[:, :, 0]
    came = truth[truth["time"] == 72.0].reset_index(drop=True)
    real = came["auc"].to_numpy() - truth[truth["time"] == 48.0]["auc"].to_numpy()
    within = [((values >= LOW) & (values <= HIGH)).astype(float) for values in (auc24, real)]
    coverage = {}
    for what in ("level", "auc"):
        for share in (0.5, 0.8, 0.95):
            bounds = said.interval(share, what)
            bounds = bounds[bounds["time"] == 72.0].reset_index(drop=True)
            coverage[what, share] = float(((bounds["low"] <= came[what]) & (came[what] <= bounds["high"])).mean())
    return Forecasts(within[0].mean(axis=1), within[1], coverage)


def check(drug: str) -> Iterator[Check]:
    """The slope of the reliability plot, and the coverage of the intervals."""
    try:
        found = forecasts(drug)
    except (ValueError, RuntimeError) as error:
        yield failed("forecasts", drug, "reliability", SLOPE, error)
        return
    yield Check("forecasts", drug, "slope of P(target), from 1", abs(found.slope - 1.0), SLOPE, f"{found.slope:.3f}")
    for (what, share), held in found.coverage.items():
        yield Check("forecasts", drug, f"{share:.0%} of {what}", abs(held - share), COVERAGE, f"{held:.3f}")
