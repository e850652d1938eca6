"""What a policy is, the chart it reads, and a rule for one patient lifted to batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple


class Chart(NamedTuple):
    """Everything a clinician could know at a decision. Arrays have fixed lengths; what is not known yet is 0.

    Decision k is at `k * interval` hours; day d starts at `24 * d` hours. Level j is known once `resulted[j]` is 1;
    it may be reported below the assay's limit (`below[j]` is 1 and `levels[j]` is that limit).
    """

    interval: float  # h       between decisions
    time: float  # h       since the start of treatment
    time_left: float  # h       to the end of treatment
    AGE: float  # years
    WT: float  # kg      as charted
    HT: float  # cm      as charted
    SEX: float  # 1 male, 0 female
    SCR: float  # mg/dL   newest charted creatinine
    CRCL: float  # mL/min  Cockcroft-Gault from the charted values, total weight
    creatinine: Any  # (days,) mg/dL        charted at the start of each day
    doses: Any  # (decisions,) mg      given at each earlier decision
    levels: Any  # (levels,) mg/L        measured concentrations
    drawn: Any  # (levels,) h           when the blood was drawn
    arrived: Any  # (levels,) h           when the result was known
    resulted: Any  # (levels,) 1 known, 0 not yet
    below: Any  # (levels,) 1 reported as "< LLOQ"


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A clinical dosing rule: `dose(chart)` returns the dose to give now, mg (0: none).

    `kind` says what it rests on: "label" (a fixed or weight-based dose for everybody), "guideline" (a published
    decision table, with or without levels), "equation" (a fitted dosing equation, no levels).
    """

    name: str
    title: str
    dose: Callable[[Chart], float]
    kind: Literal["label", "guideline", "equation"] = "guideline"

    def __post_init__(self) -> None:
        if self.kind not in ("label", "guideline", "equation"):
            raise ValueError(f"{self.name}: kind: {self.kind!r} is none of label, guideline, equation")
