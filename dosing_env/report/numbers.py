"""Every number of the report, taken from the tables of the trial and from nowhere else.

A `Cell` remembers where its number stands; in HTML it becomes `<data value=... data-cell="table/row/column">`, so that
a test can look each number of the page up in the table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from dosing_env.trial import ALL, CLINICAL, Arm, Endpoint, Kind, Trial, sign

if TYPE_CHECKING:
    import pandas as pd

DECIMALS = {"%": 1, "mg": 0, "days": 2, "count": 0}  # of an endpoint's unit; others: 1
PLAIN = Endpoint("", "", "", "neither")  # shown with one decimal
WHOLE = Endpoint("", "", "count", "neither")  # shown without
HUNDREDTHS = Endpoint("", "", "days", "neither")  # shown with two


@dataclass(frozen=True)
class Cell:
    """One number of one table, with its text."""

    place: str  # table/row.../column
    value: float
    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def size(self) -> Cell:
        """The same number without its sign, for "worse by 5.2 points"."""
        return Cell(self.place, self.value, self.text.lstrip("+−"))

    def __html__(self) -> Markup:
        """What Jinja and MarkupSafe put into a page."""
        if math.isnan(self.value):
            return Markup(self.text)
        return Markup('<data value="{}" data-cell="{}">{}</data>').format(repr(self.value), self.place, self.text)


class Numbers:
    """The tables of a trial, read cell by cell.

    summary: by drug and policy; subgroups: by policy and subgroup; rivals: difference to another policy than the
    reference, by policy, other policy and endpoint; patients: covariates by patient; leaks: policies above the ceiling.
    """

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.endpoints = {endpoint.name: endpoint for endpoint in trial.endpoints}
        self.tables: dict[str, pd.DataFrame] = {
            "summary": trial.summary().set_index(["drug", "policy"]),
            "patients": trial.patients(trial.arms()[0].name).set_index("patient"),
            "leaks": trial.leaks().set_index("policy"),
            "findings": trial.findings(),
        }
        if trial.subgroups:
            self.tables["subgroups"] = trial.subgroup_table().set_index(["policy", "subgroup"])

    def cell(self, table: str, row: Any, column: str, endpoint: Endpoint = PLAIN, *, signed: bool = False) -> Cell:
        """One number; `endpoint` gives the number of decimals."""
        value = float(self.tables[table].loc[row, column])  # type: ignore[arg-type]
        place = "/".join([table, *map(str, row if isinstance(row, tuple) else (row,)), column])
        return Cell(place, value, shown(value, endpoint, signed=signed))

    def has(self, drug: str, policy: str) -> bool:
        """Whether that policy met patients of that drug."""
        return (drug, policy) in self.tables["summary"].index

    def outcome(self, policy: str, endpoint: Endpoint, drug: str | None = None) -> tuple[Cell, Cell, Cell]:
        """Mean of an endpoint and its interval."""
        row = (drug or self.trial.drugs[0], policy)
        return self._triple("summary", row, endpoint.name, endpoint)

    def difference(self, policy: str, endpoint: Endpoint, drug: str | None = None) -> tuple[Cell, Cell, Cell]:
        """Paired difference to the reference and its interval."""
        row = (drug or self.trial.drugs[0], policy)
        return self._triple("summary", row, f"{endpoint.name}_difference", endpoint, signed=True)

    def versus(self, policy: str, other: str, endpoint: Endpoint) -> tuple[Cell, Cell, Cell]:
        """Paired difference to any other policy and its interval."""
        table = f"versus:{policy}:{other}"
        if table not in self.tables:
            self.tables[table] = self.trial.differences(policy, other).set_index("endpoint")
        names = ("difference", "low", "high")
        first, low, high = (self.cell(table, endpoint.name, name, endpoint, signed=True) for name in names)
        return first, low, high

    def worst(self, policy: str) -> tuple[str, Cell, tuple[Cell, Cell, Cell]] | None:
        """Title, size and difference (interval simultaneous over the subgroups) of the worst subgroup."""
        row = (self.trial.drugs[0], policy)
        title = self.tables["summary"].loc[row, "worst_subgroup"]
        if not isinstance(title, str):
            return None
        difference = self._triple("summary", row, "worst_difference", self.trial.primary, signed=True)
        return title, self.cell("summary", row, "worst_n", WHOLE), difference

    def seeds(self, policy: str) -> tuple[Cell, Cell, Cell] | None:
        """Number of training seeds, lowest and highest primary endpoint."""
        row = (self.trial.drugs[0], policy)
        count = self.cell("summary", row, "seeds", WHOLE)
        if count.value == 0:
            return None
        low, high = (self.cell("summary", row, name, self.trial.primary) for name in ("seed_low", "seed_high"))
        return count, low, high

    def finding(self, row: int, column: str, *, signed: bool = False) -> Cell:
        """A number of a published finding."""
        return self.cell("findings", row, column, self.trial.primary, signed=signed)

    def leaks(self) -> list[tuple[str, Cell, Cell]]:
        """Policies above the information ceiling: name, difference, and its one-sided lower limit."""
        return [
            (
                str(policy),
                self.cell("leaks", policy, "difference", self.trial.primary),
                self.cell("leaks", policy, "low", self.trial.primary),
            )
            for policy in self.tables["leaks"].index
        ]

    def subgroup(self, policy: str, title: str) -> tuple[Cell, Cell, Cell]:
        """Difference to the reference in a subgroup, with the interval that holds for all subgroups at once.

        For all patients, which are no subgroup, it is the ordinary interval.
        """
        ends = ("difference_low", "difference_high") if title == ALL else ("all_low", "all_high")
        mean, low, high = (
            self.cell("subgroups", (policy, title), column, self.trial.primary, signed=True)
            for column in ("difference", *ends)
        )
        return mean, low, high

    def group(self, policy: str, title: str) -> tuple[Cell, Cell, Cell]:
        """Mean of the primary endpoint in a subgroup and its interval."""
        mean, low, high = (
            self.cell("subgroups", (policy, title), column, self.trial.primary) for column in ("mean", "low", "high")
        )
        return mean, low, high

    def size(self, policy: str) -> Cell:
        """Number of patients of the scenario's own drug."""
        return self.cell("summary", (self.trial.drugs[0], policy), "n", WHOLE)

    def count(self, policy: str, subgroup: str) -> Cell:
        """Number of patients in a subgroup."""
        return self.cell("subgroups", (policy, subgroup), "n", WHOLE)

    def covariate(self, patient: int, column: str, decimals: int) -> Cell:
        """A covariate of one patient, with two decimals or without."""
        return self.cell("patients", patient, column, HUNDREDTHS if decimals else WHOLE)

    def _triple(
        self, table: str, row: Any, name: str, endpoint: Endpoint, *, signed: bool = False
    ) -> tuple[Cell, Cell, Cell]:
        mean, low, high = (
            self.cell(table, row, f"{name}{end}", endpoint, signed=signed) for end in ("", "_low", "_high")
        )
        return mean, low, high


def shown(value: float, endpoint: Endpoint, *, signed: bool = False) -> str:
    """A number as the reader sees it: fixed decimals, a real minus sign, no minus zero, an en dash for nothing."""
    if math.isnan(value):
        return "–"
    decimals = DECIMALS.get(endpoint.unit, 1)
    rounded = round(value, decimals) + 0.0
    text = f"{abs(rounded):,.{decimals}f}"
    before = "−" if rounded < 0 else "+" if signed and rounded > 0 else ""
    return before + text


def difference_unit(endpoint: Endpoint) -> str:
    """The unit of a difference: percentages differ by points."""
    return "points" if endpoint.unit == "%" else endpoint.unit


def verdict(difference: tuple[Cell, Cell, Cell], endpoint: Endpoint) -> str:
    """Whether the interval shows the policy "better" or "worse", or leaves it "open"."""
    low, high = sorted(sign(endpoint) * cell.value for cell in difference[1:])
    return "better" if low > 0 else "worse" if high < 0 else "open"


def harm_endpoint(trial: Trial) -> Endpoint | None:
    """The endpoint that stands for harm, if there is one."""
    return next((endpoint for endpoint in trial.endpoints if endpoint.harm), None)


def subject(trial: Trial) -> Arm:
    """Whom the report is about: the first agent, else the best Bayesian dosing, else the best clinical protocol."""
    agents = [arm for arm in trial.arms() if arm.kind == "agent"]
    return [*agents, *best_first(trial, ("bayes",)), *best_first(trial, CLINICAL), *trial.arms()][0]


def best_first(trial: Trial, kinds: tuple[Kind, ...], but: str = "") -> list[Arm]:
    """The policies of these kinds, other than `but`, best mean primary endpoint first."""
    arms = [arm for arm in trial.arms() if arm.kind in kinds and arm.name != but]
    means = {arm.name: trial.patients(arm.name)[trial.primary.name].mean() for arm in arms}
    return sorted(arms, key=lambda arm: -sign(trial.primary) * means[arm.name])
