"""The dosing task: what is to be done, with whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.care import Care, Feature, Frames, Term, chart_of
from dosing_env.pharmacology import Drug, Population, require_patients


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """The care, its numbers, the drug that generates the patients, and their population."""

    name: str
    care: Care
    rules: Any
    drug: Drug
    population: Population
    lead_in: Callable[[Any], Any] | None = None  # of a chart what is done before a policy is first asked

    def __post_init__(self) -> None:
        for model in (self.drug, self.population):
            require_patients(model, self.care.Patient, f"a {self.care.name}")

    def held(self) -> Task:
        """The same, but a policy is asked on visits only, and its dose is held until the next one.

        Raises:
            ValueError: this kind of care has no visits.
        """
        if self.care.held is None:
            raise ValueError(f"{self.name}: hold: a {self.care.name} has no visits between which a dose could be held")
        return replace(self, rules=self.care.held(self.rules))

    @property
    def kind(self) -> str:
        """The kind of care."""
        return self.care.name

    @property
    def terms(self) -> tuple[Term, ...]:
        """What adds to the reward."""
        return self.care.terms

    @property
    def limits(self) -> tuple[str, ...]:
        """Why a dose was lowered, by number; 0: it was not."""
        return self.care.limits

    @property
    def prices(self) -> NDArray[np.float64]:
        """(terms,) what the reward has of each."""
        return np.asarray(self.care.record(self.rules)["prices"][0])

    @property
    def hours(self) -> NDArray[np.float64]:
        """(decisions + 1,) h  decision points, and the end of the course."""
        return float(self.rules.interval) * np.arange(self.rules.decisions + 1)

    @property
    def decisions(self) -> int:
        """Number of decision points."""
        return int(self.rules.decisions)

    @property
    def step(self) -> float:
        """Between two products."""
        return float(self.rules.step)

    @property
    def largest(self) -> float:
        """The largest dose."""
        return float(self.rules.max_dose)

    @property
    def each(self) -> int:
        """Bytes of a patient: record and observation, twice."""
        from dosing_env.decision import course_type

        return course_type(self).itemsize + 8 * len(self.features)

    @property
    def record(self) -> Any:
        """The numbers, as compiled code takes them."""
        return self.care.record(self.rules)

    def reading(self, dose: Callable[[Any], Any]) -> Mapping[str, Any]:
        """What the holes `read` and `tell` hold for a protocol.

        Raises:
            ValueError: it reads charts of another kind.
        """
        chart = chart_of(dose)
        if chart not in (None, self.care.Chart):
            raise ValueError(f"reads a {chart.__name__}, the {self.care.name} has a {self.care.Chart.__name__}")
        return {name: self.care.compiled[name] for name in ("read", "tell")}

    def masks(self, charts: Any) -> NDArray[np.bool_]:
        """(n, grid values) what the limits allow now, of charts (n, features)."""
        return np.asarray(self.care.masks(self.rules, charts))

    def frames(self, count: int) -> Frames:
        """What shows charts with no history but that of so many decisions."""
        return self.care.frames(self.rules, count)

    @property
    def features(self) -> tuple[Feature, ...]:
        """The observation, number by number."""
        return self.care.features(self.rules)

    @property
    def actions(self) -> tuple[Feature, ...]:
        """The action, number by number."""
        return self.care.actions(self.rules)

    @property
    def grids(self) -> tuple[tuple[float, ...], ...]:
        """For each number of an action the values of a discrete one."""
        return self.care.grids(self.rules)

    @property
    def asked(self) -> Any:
        """Numbers of the decisions at which a policy is asked, at most: held doses leave some out."""
        return self.care.asked(self.rules)

    @property
    def doses(self) -> tuple[float, ...]:
        """Every dose that can be given, mg."""
        return self.grids[0]
