"""What a printed table may ask of a clinic's chart: few numbers, each counted in steps that people read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.clinic.kind import CLINIC
from dosing_env.task import Task

Floats = NDArray[np.float64]
Counts = Mapping[str, NDArray[np.int64]]  # of each column so many of its steps, (n,)

LEAST = 1.0  # mg/day  a change is one of at least so much: of nothing, no percentage leads away


class Column(NamedTuple):
    """A number of the chart."""

    words: str
    unit: str = ""
    step: float = 1.0
    yes: bool = False  # 1 yes, 0 no


COLUMNS: Mapping[str, Column] = {
    "day": Column("day of treatment"),
    "AGE": Column("age", "years"),
    "WT": Column("weight", "kg"),
    "HT": Column("height", "cm"),
    "SEX": Column("male", yes=True),
    "CYP2C9_2": Column("copies of CYP2C9 allele 2"),
    "CYP2C9_3": Column("copies of CYP2C9 allele 3"),
    "VKORC1_A": Column("copies of VKORC1 -1639A"),
    "AMIODARONE": Column("takes amiodarone", yes=True),
    "INTERACTING": Column("a drug that strengthens warfarin was started", yes=True),
    "INR": Column("INR today", step=0.1),
    "LAST_INR": Column("INR before", step=0.1),
    "INR_RISE": Column("rise of the INR since the one before", step=0.1),
    "DAYS_SINCE": Column("days since the INR before"),
    "WEEK": Column("mean daily dose of the last 7 days", "mg", 0.5),
}
PATIENT = ("AGE", "WT", "HT", "SEX", "CYP2C9_2", "CYP2C9_3", "VKORC1_A", "AMIODARONE")
COURSE = ("day", "INR", "LAST_INR", "INR_RISE", "DAYS_SINCE", "INTERACTING", "WEEK")


class Reader:
    """Reads the observations of a task.

    Raises:
        ValueError: it is not that of a clinic.
    """

    def __init__(self, task: Task) -> None:
        if task.kind != CLINIC.name:
            raise ValueError(f"{task.name}: a bedside table is for a clinic with visits, this is a {task.kind}")
        self._at = {feature.name: at for at, feature in enumerate(task.features)}

    def __call__(self, observation: NDArray[Any]) -> Counts:
        """Every column of the charts."""
        return {
            name: np.floor(self._value(name, observation) / column.step + 0.5).astype(np.int64)
            for name, column in COLUMNS.items()
        }

    def of(self, name: str, observation: NDArray[Any]) -> Floats:
        """A number of the chart by its own name, (n,)."""
        return observation[:, self._at[name]].astype(np.float64)

    def base(self, observation: NDArray[Any]) -> Floats:
        """What a change is a change of, (n,) mg/day."""
        return np.maximum(self.of("recent_week", observation), LEAST)

    def _value(self, name: str, observation: NDArray[Any]) -> Floats:
        inr, before = self.of("recent_inr_1", observation), self.of("recent_inr_2", observation)
        own = {
            "INR": inr,
            "LAST_INR": before,
            "INR_RISE": np.where(before > 0.0, inr - before, 0.0),
            "DAYS_SINCE": np.where(before > 0.0, self.of("recent_days_2", observation), 0.0),
            "WEEK": self.of("recent_week", observation),
        }
        return own[name] if name in own else self.of(name, observation)
