"""The dosing task: what is to be done, with whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dosing_env.care import Care, Feature
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
