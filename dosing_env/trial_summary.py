"""The numbers of a trial as tables: means, paired differences, subgroups, seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dosing_env import statistics
from dosing_env.statistics import Array, Means
from dosing_env.trial import ALL, Arm, Endpoint, Subgroup, Trial, members, sign

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
CEILING = "ceiling"  # the arm that looks at all levels
LEAK_LEVEL = 0.999  # of the one-sided limit
CEILING_NOISE = 0.5  # of the primary endpoint: what the ceiling may lose by its particles (0.3 found with 1,000)


def summary(trial: Trial) -> pd.DataFrame:
    """One row per drug and policy; see `Trial.summary`."""
    import pandas as pd

    worst, seeds = _worst_subgroups(trial), _seed_ranges(trial)
    own = trial.drugs[0]
    rows = []
    for drug in trial.drugs:
        for row in _drug_rows(trial, drug):
            policy = row["policy"] if drug == own else None  # subgroups and seeds: on the scenario's own drug
            rows.append(row | worst.get(policy, _NO_WORST) | seeds.get(policy, _NO_SEEDS))
    return pd.DataFrame(rows)


def differences(trial: Trial, policy: str, reference: str, drug: str) -> pd.DataFrame:
    """Paired differences between two policies, one row per endpoint; see `Trial.differences`."""
    import pandas as pd

    contrast = _outcomes(trial, policy, drug) - _outcomes(trial, reference, drug)
    means = statistics.group_means(contrast)
    columns = {"difference": means.estimate[0], "low": means.low[0], "high": means.high[0]}
    return pd.DataFrame({"endpoint": [e.name for e in trial.endpoints]} | columns)


def leaks(trial: Trial) -> pd.DataFrame:
    """The policies above the information ceiling; see `Trial.leaks`."""
    import pandas as pd

    rows = []
    if CEILING in {arm.name for arm in trial.arms()}:
        best = _outcomes(trial, CEILING)[:, 0]
        for arm in trial.arms():
            more = sign(trial.primary) * (_outcomes(trial, arm.name)[:, 0] - best)
            low = statistics.lower_limit(more, LEAK_LEVEL)
            if arm.kind not in ("oracle", "ceiling") and low > CEILING_NOISE:
                rows.append({"policy": arm.name, "difference": float(more.mean()), "low": low})
    return pd.DataFrame(rows, columns=["policy", "difference", "low"])


def findings(trial: Trial) -> pd.DataFrame:
    """One row per published finding whose two arms took part; see `Trial.findings`."""
    import pandas as pd

    present = {arm.name for arm in trial.arms()}
    met = [f for f in trial.provenance.get("published", []) if {f["arm"], f["against"]} <= present]
    return pd.DataFrame([_finding(trial, printed) for printed in met], columns=list(_FINDING))


_FINDING = (
    "source", "arm", "against", "published", "published_low", "published_high", "published_arm", "published_against",
    "difference", "low", "high", "arm_mean", "against_mean", "found",
)  # fmt: skip


def _finding(trial: Trial, printed: dict[str, Any]) -> dict[str, Any]:
    table = differences(trial, printed["arm"], printed["against"], trial.drugs[0]).set_index("endpoint")
    own = table.loc[trial.primary.name]
    low, high = printed["low"], printed["high"]
    same_side = low <= 0.0 <= high or (own["low"] > 0.0 if low > 0.0 else own["high"] < 0.0)
    means = {name: float(_outcomes(trial, printed[name])[:, 0].mean()) for name in ("arm", "against")}
    values = (
        printed["source"], printed["arm"], printed["against"], printed["difference"], low, high,
        _or_nan(printed.get("arm_mean")), _or_nan(printed.get("against_mean")),
        own["difference"], own["low"], own["high"], means["arm"], means["against"],
        bool(low <= own["difference"] <= high and same_side),
    )  # fmt: skip
    return dict(zip(_FINDING, values, strict=True))


def _or_nan(value: float | None) -> float:
    return NAN if value is None else value


def subgroup_table(trial: Trial, reference: str | None) -> pd.DataFrame:
    """One row per policy and subgroup; see `Trial.subgroup_table`."""
    import pandas as pd

    arms = trial.arms()
    primary = np.column_stack([_outcomes(trial, arm.name)[:, 0] for arm in arms])
    baseline = _outcomes(trial, reference)[:, [0]] if reference else np.zeros((len(primary), 1))
    mask = members(trial.patients(arms[0].name), (Subgroup(ALL, "patient"), *trial.subgroups))
    outcomes = statistics.group_means(primary, mask)
    contrasts = statistics.group_means(primary - baseline, mask)
    rows = []
    for a, arm in enumerate(arms):
        compared = reference is not None and arm.name != reference
        rows += _subgroup_rows(trial, arm, primary[:, a], mask, (outcomes, contrasts, a), compared)
    return pd.DataFrame(rows)


def _subgroup_rows(
    trial: Trial, arm: Arm, values: Array, mask: statistics.Mask, means: tuple[Means, Means, int], compared: bool
) -> list[dict[str, Any]]:
    outcomes, contrasts, a = means
    together = np.full((2, mask.shape[1]), NAN)
    together[:, 1:] = statistics.simultaneous_interval(contrasts.estimate[1:, a], contrasts.draws[:, 1:, a])
    rows = []
    for g, title in enumerate((ALL, *(subgroup.title for subgroup in trial.subgroups))):
        low, high = _interval(values[mask[:, g]], trial.primary, outcomes.low[g, a], outcomes.high[g, a])
        against = (contrasts.estimate[g, a], contrasts.low[g, a], contrasts.high[g, a], *together[:, g])
        names = ("difference", "difference_low", "difference_high", "all_low", "all_high")
        row = {"policy": arm.name, "subgroup": title, "n": int(outcomes.n[g])}
        row |= {"mean": outcomes.estimate[g, a], "low": low, "high": high}
        rows.append(row | dict(zip(names, against if compared else [NAN] * 5, strict=True)))
    return rows


def _drug_rows(trial: Trial, drug: str) -> list[dict[str, Any]]:
    """Means and paired differences of every policy that met patients of `drug`."""
    arms = trial.arms(drug)
    if not arms:
        return []
    reference = trial.reference if trial.reference in {arm.name for arm in arms} else None
    cube = np.stack([_outcomes(trial, arm.name, drug) for arm in arms], axis=1)  # (patients, arms, endpoints)
    baseline = _outcomes(trial, reference, drug)[:, None] if reference else np.zeros_like(cube[:, :1])
    both = np.stack([cube, cube - baseline])  # outcomes, contrasts
    means = statistics.group_means(np.moveaxis(both, 0, 1).reshape(len(cube), -1))
    estimate, low, high = (x[0].reshape(2, len(arms), -1) for x in (means.estimate, means.low, means.high))
    rows = []
    for a, arm in enumerate(arms):
        row = {"drug": drug, "policy": arm.name, "title": arm.title, "kind": arm.kind, "n": len(cube)}
        row["reference"] = reference if reference != arm.name else None
        for e, endpoint in enumerate(trial.endpoints):
            ends = _interval(cube[:, a, e], endpoint, low[0, a, e], high[0, a, e])
            row |= _named(endpoint.name, estimate[0, a, e], *ends)
            contrast = (estimate[1, a, e], low[1, a, e], high[1, a, e]) if row["reference"] else (NAN, NAN, NAN)
            row |= _named(f"{endpoint.name}_difference", *contrast)
        rows.append(row)
    return rows


def _interval(values: Array, endpoint: Endpoint, low: float, high: float) -> tuple[float, float]:
    """Wilson where the mean is a proportion, else the bootstrap interval given."""
    return statistics.proportion_interval(values, endpoint.low, endpoint.high) or (low, high)


_NO_WORST = dict.fromkeys(("worst_subgroup",)) | {
    f"worst_{name}": NAN for name in ("n", "difference", "difference_low", "difference_high")
}
_NO_SEEDS = {"seeds": 0, "seed_low": NAN, "seed_high": NAN}


def _worst_subgroups(trial: Trial) -> dict[str | None, dict[str, Any]]:
    """For each policy the subgroup with the least favourable difference to the reference."""
    if not trial.subgroups or trial.reference is None:
        return {}
    table = subgroup_table(trial, trial.reference)
    table = table[(table["subgroup"] != ALL) & table["all_low"].notna()]
    worst: dict[str | None, dict[str, Any]] = {}
    for policy, rows in table.groupby("policy", sort=False):
        row = rows.iloc[int((sign(trial.primary) * rows["difference"].to_numpy()).argmin())]
        values = (row["subgroup"], row["n"], row["difference"], row["all_low"], row["all_high"])
        worst[str(policy)] = dict(zip(_NO_WORST, values, strict=True))
    return worst


def _seed_ranges(trial: Trial) -> dict[str | None, dict[str, Any]]:
    """Lowest and highest primary endpoint over the training seeds of each trained policy."""
    if trial.seeds is None:
        return {}
    grouped = trial.seeds.groupby("policy")[trial.primary.name]
    return {
        str(policy): {"seeds": len(values), "seed_low": values.min(), "seed_high": values.max()}
        for policy, values in grouped
    }


def _outcomes(trial: Trial, policy: str, drug: str | None = None) -> Array:
    """The endpoints of one policy, (patients, endpoints), in the order of patient numbers."""
    names = [endpoint.name for endpoint in trial.endpoints]
    return trial.patients(policy, drug)[names].to_numpy(dtype=np.float64)


def _named(name: str, estimate: float, low: float, high: float) -> dict[str, Any]:
    return {name: estimate, f"{name}_low": low, f"{name}_high": high}
