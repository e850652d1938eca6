"""The result of a paired virtual trial: every policy met the same patients."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from dosing_env.care import Endpoint as Endpoint
from dosing_env.care import require_one_of
from dosing_env.statistics import Mask

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["label", "guideline", "equation", "regression", "bayes", "ceiling", "agent", "oracle"]

CLINICAL: tuple[Kind, ...] = ("label", "guideline", "equation")  # what a ward can do today without software
ALL = "All patients"


@dataclass(frozen=True)
class Arm:
    """One policy of the trial. Its kind chooses its colour."""

    name: str
    title: str
    kind: Kind

    def __post_init__(self) -> None:
        require_one_of(f"Arm {self.name}: kind", self.kind, get_args(Kind))


@dataclass(frozen=True)
class Subgroup:
    """Patients with `low <= column < high`; None: no bound on that side."""

    title: str
    column: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)  # tables have no single answer to ==
class Trial:
    """A paired virtual trial, with what its report needs.

    frame: one row per drug, policy and patient; columns `drug, policy, patient`, the covariates, one column per
        endpoint, `auc24_day1_mg_h_L` ..., `return`, `reward_<term>`.
    drugs: the models that generated the patients; the first is the scenario's own, the others are rivals.
    endpoints: the first is the primary one.
    policies, subgroups: in the order of the report.
    courses: sampled curves of chosen patients: `policy, patient, time_h, concentration_mg_L`.
    doses: what was given, all patients of the scenario's own drug: `policy, patient, decision, time_h, dose_mg`.
    levels: measured in the chosen patients: `policy, patient, drawn_h, level_mg_L, below`.
    learning: endpoint during training: `policy, seed, steps` and the primary endpoint.
    seeds: endpoint of each training seed on these patients: `policy, seed, shipped` and the primary endpoint.
    provenance: `version`, `scenario`, `scenario_title`, `scenario_version`, `scenario_hash`, `seed`, `patients`,
        `command`, `target` (in words), `auc24_target_mg_h_L` (lowest and highest), `partial` (True when the trial
        was interrupted: whole policies may be missing).

    Raises:
        ValueError: columns are missing, an outcome is not finite, or policies did not meet the same patients.
    """

    frame: pd.DataFrame
    drugs: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    policies: tuple[Arm, ...]
    subgroups: tuple[Subgroup, ...] = ()
    courses: pd.DataFrame | None = None
    doses: pd.DataFrame | None = None
    levels: pd.DataFrame | None = None
    learning: pd.DataFrame | None = None
    seeds: pd.DataFrame | None = None
    provenance: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.primary.better == "neither":
            raise ValueError(
                f"Trial.endpoints: {self.primary.name} is the primary one: better: must be higher or lower"
            )
        _check_columns(self)
        _check_outcomes(self)
        _check_pairs(self)

    @property
    def primary(self) -> Endpoint:
        """The endpoint the trial is about."""
        return self.endpoints[0]

    @property
    def partial(self) -> bool:
        """True when the trial was interrupted."""
        return bool(self.provenance.get("partial", False))

    @property
    def missing(self) -> tuple[Arm, ...]:
        """Policies without a single patient of the scenario's own drug: the trial was interrupted before."""
        return tuple(arm for arm in self.policies if arm not in self.arms())

    @cached_property
    def auc24_columns(self) -> tuple[str, ...]:
        """The daily AUC24 columns of `frame`, in the order of days."""
        found = {int(m[1]): c for c in self.frame.columns if (m := re.fullmatch(r"auc24_day(\d+)_mg_h_L", c))}
        return tuple(found[day] for day in sorted(found))

    def arm(self, policy: str) -> Arm:
        """The arm of that name."""
        for arm in self.policies:
            if arm.name == policy:
                return arm
        raise ValueError(f"policy: {policy!r} is not in this trial, known: {', '.join(a.name for a in self.policies)}")

    def arms(self, drug: str | None = None) -> tuple[Arm, ...]:
        """The policies that have patients of `drug` (default: the scenario's own), in order."""
        return tuple(arm for arm in self.policies if (drug or self.drugs[0], arm.name) in self._blocks)

    def patients(self, policy: str, drug: str | None = None) -> pd.DataFrame:
        """The rows of one policy, sorted by patient number."""
        return self._blocks[drug or self.drugs[0], policy]

    @cached_property
    def reference(self) -> str | None:
        """The best clinical protocol: of kinds label, guideline, equation, that with the best mean primary endpoint.

        It is picked on the patients it is then compared on, which flatters it, never the policy compared with it.
        """
        means = {arm.name: self.patients(arm.name)[self.primary.name].mean() for arm in self.arms()}
        clinical = [arm.name for arm in self.arms() if arm.kind in CLINICAL]
        return max(clinical, key=lambda name: sign(self.primary) * means[name], default=None)

    def summary(self) -> pd.DataFrame:
        """One row per drug and policy.

        `drug, policy, title, kind, n`; for each endpoint its mean `<endpoint>`, `<endpoint>_low`, `<endpoint>_high`
        (95 % interval) and the paired difference to `reference`: `<endpoint>_difference`, `..._low`, `..._high`;
        `worst_subgroup`, `worst_n`, `worst_difference`, `worst_difference_low`, `worst_difference_high` (primary
        endpoint, interval simultaneous over the subgroups); `seeds`, `seed_low`, `seed_high` (range over training
        seeds). NaN where there is nothing to compare or fewer than 20 patients.
        """
        return self._summary.copy()

    def subgroup_table(self, reference: str | None = None) -> pd.DataFrame:
        """One row per policy and subgroup (the first is all patients) of the scenario's own drug, primary endpoint.

        `policy, subgroup, n, mean, low, high, difference, difference_low, difference_high` (to `reference`, default
        the best clinical protocol) and `all_low, all_high`: interval of the difference simultaneous over subgroups.
        """
        from dosing_env.trial_summary import subgroup_table

        return subgroup_table(self, reference or self.reference)

    def differences(self, policy: str, reference: str, drug: str | None = None) -> pd.DataFrame:
        """Paired differences `policy - reference`, one row per endpoint: `endpoint, difference, low, high`."""
        from dosing_env.trial_summary import differences

        return differences(self, policy, reference, drug or self.drugs[0])

    def leaks(self) -> pd.DataFrame:
        """Policies above the information ceiling of all levels (arm "ceiling"): they know what they should not.

        `policy, difference, low`: paired difference to it in the primary endpoint, and its one-sided 99.9 % limit. A
        policy is named where that limit is above 0.5 (the noise of the ceiling's own particles). Oracles are not asked.
        """
        from dosing_env.trial_summary import leaks

        return leaks(self)

    def findings(self) -> pd.DataFrame:
        """What published trials found, and what this one finds.

        `source, arm, against`; as printed `published, published_low, published_high, published_arm, published_against`;
        here `difference, low, high, arm_mean, against_mean`, and `found`: the published interval holds the difference
        found here and, where it excludes 0, so does the interval here, on the same side.
        """
        from dosing_env.trial_summary import findings

        return findings(self)

    def save(self, directory: str | Path, *, parquet: bool = False, overwrite: bool = False) -> Path:
        """Write the trial: trial.csv (or trial.parquet), summary.csv and what the report needs. Whole or not at all.

        Args:
            directory: empty or absent, or that of the same trial, or of one that was interrupted.
            parquet: instead of trial.csv; needs the package pyarrow.
            overwrite: replace whatever lies there under the names of these files.

        Raises:
            ValueError: the directory holds another trial, or files of somebody else.
        """
        from dosing_env.trial_files import save

        return save(self, Path(directory), parquet=parquet, overwrite=overwrite)

    @classmethod
    def load(cls, directory: str | Path) -> Trial:
        """Read a trial written by `save`.

        Raises:
            ValueError: a file is missing, damaged or does not belong to the others; the message names it.
        """
        from dosing_env.trial_files import load

        return load(Path(directory))

    def report(self, path: str | Path) -> Path:
        """Write the self-contained HTML report."""
        from dosing_env.report import report

        return report(self, Path(path))

    @cached_property
    def _blocks(self) -> dict[tuple[str, str], pd.DataFrame]:
        grouped = self.frame.sort_values("patient", kind="stable").groupby(["drug", "policy"], sort=False)
        return {key: rows.reset_index(drop=True) for key, rows in grouped}  # type: ignore[misc]

    @cached_property
    def _summary(self) -> pd.DataFrame:
        from dosing_env.trial_summary import summary

        return summary(self)


def sign(endpoint: Endpoint) -> float:
    """+1 where more is better, -1 where less is, 0 where neither."""
    return {"higher": 1.0, "lower": -1.0, "neither": 0.0}[endpoint.better]


def members(rows: pd.DataFrame, subgroups: tuple[Subgroup, ...]) -> Mask:
    """Who belongs to which subgroup, (patients, subgroups)."""
    mask = np.ones((len(rows), len(subgroups)), dtype=bool)
    for g, subgroup in enumerate(subgroups):
        column = rows[subgroup.column].to_numpy()
        if subgroup.low is not None:
            mask[:, g] &= column >= subgroup.low
        if subgroup.high is not None:
            mask[:, g] &= column < subgroup.high
    return mask


def _check_columns(trial: Trial) -> None:
    needed = ["drug", "policy", "patient", *(e.name for e in trial.endpoints)]
    needed += [subgroup.column for subgroup in trial.subgroups]
    missing = [column for column in needed if column not in trial.frame.columns]
    if missing:
        raise ValueError(f"Trial.frame: column {missing[0]!r} is missing")
    for what, known in (("drug", set(trial.drugs)), ("policy", {arm.name for arm in trial.policies})):
        unknown = set(trial.frame[what]) - known
        if unknown:
            raise ValueError(f"Trial.frame: {what} {min(unknown)!r} is not declared, known: {', '.join(sorted(known))}")


def _check_outcomes(trial: Trial) -> None:
    for endpoint in trial.endpoints:
        values = trial.frame[endpoint.name].to_numpy(dtype=np.float64)
        if not np.isfinite(values).all():
            raise ValueError(f"Trial.frame: {endpoint.name} is not finite in {(~np.isfinite(values)).sum()} rows")
        for name, bound, outside in (("low", endpoint.low, np.less), ("high", endpoint.high, np.greater)):
            if bound is not None and outside(values, bound).any():
                raise ValueError(f"Trial.frame: {endpoint.name} passes its {name} bound {bound}")


def _check_pairs(trial: Trial) -> None:
    if not trial.arms():
        raise ValueError(f"Trial.frame: no patients of {trial.drugs[0]}, the scenario's own drug")
    for drug in trial.drugs:
        arms = trial.arms(drug)
        if len(arms) < len(trial.policies) and not trial.partial:
            absent = next(arm.name for arm in trial.policies if arm not in arms)
            raise ValueError(f"Trial.frame: {drug}: policy {absent!r} has no patients and the trial is not partial")
        numbers = [trial.patients(arm.name, drug)["patient"].to_numpy() for arm in arms]
        for arm, patients in zip(arms, numbers, strict=True):
            if not np.array_equal(patients, numbers[0]) or np.unique(patients).size != patients.size:
                raise ValueError(f"Trial.frame: {drug}: {arm.name} and {arms[0].name} did not meet the same patients")
