"""An invented trial that looks like a real one: a one-compartment drug, six policies, the same patients for each.

Nothing here is published; the numbers only have to be of the right size. `make_trial()` is deterministic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dosing_env.trial import Arm, Endpoint, Subgroup, Trial

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

DECISIONS, INTERVAL = 14, 12.0  # every 12 h for seven days
DRAWN = (28.5, 34.0, 58.0, 106.0)  # h
DRUGS = ("vancomycin_goti2018", "vancomycin_thomson2009", "vancomycin_colin2019")

ENDPOINTS = (
    Endpoint("attainment_percent", "Days 2-7 with AUC24 400-600 mg·h/L", "%", "higher", 0, 100),
    Endpoint("day2_attained_percent", "Day 2 in target", "%", "higher", 0, 100),
    Endpoint("days_above_600", "Days above 600 mg·h/L", "days", "lower", 0, 6),
    Endpoint("aki_predicted_percent", "Predicted kidney injury", "%", "lower", 0, 100, harm=True),
    Endpoint("aki_drawn_percent", "Drawn kidney injury", "%", "lower", 0, 100),
    Endpoint("total_dose_mg", "Total dose", "mg", "neither", 0),
    Endpoint("levels_count", "Levels measured", "levels", "neither", 0),
)
ARMS = (
    Arm("fixed_1g_q12h", "1 g every 12 h", "label"),
    Arm("guideline_2020", "Guideline 2020", "guideline"),
    Arm("equation", "Dosing equation", "equation"),
    Arm("bayes_map", "Bayesian dosing", "bayes"),
    Arm("vancomycin_ward_ppo", "PPO agent", "agent"),
    Arm("oracle", "Oracle", "oracle"),
)
SUBGROUPS = (
    Subgroup("CRCL < 60 mL/min", "CRCL_mL_min", None, 60),
    Subgroup("CRCL 60-120 mL/min", "CRCL_mL_min", 60, 120),
    Subgroup("CRCL ≥ 120 mL/min", "CRCL_mL_min", 120, None),
    Subgroup("Weight > 100 kg", "WT_kg", 100, None),
    Subgroup("Age ≥ 75 years", "AGE_years", 75, None),
    Subgroup("Women", "male", 0, 1),
    Subgroup("Men", "male", 1, None),
)
PROVENANCE: dict[str, Any] = {
    "version": "0.1.0",
    "scenario": "vancomycin_ward",
    "scenario_title": "Vancomycin on an adult ward",
    "scenario_version": 1,
    "scenario_hash": "3f9a61c2e07b",
    "seed": 7,
    "command": "dosing-env evaluate vancomycin_ward --patients 300 --seed 7",
    "target": "AUC24 between 400 and 600 mg·h/L",
    "auc24_target_mg_h_L": [400, 600],
}


def make_trial(
    patients: int = 300, arms: Sequence[Arm] = ARMS, drugs: Sequence[str] = DRUGS, agent_error: float = 0.15
) -> Trial:
    """A trial of the given policies. `agent_error`: SD of the agent's guess of log clearance; 0.15 wins, 0.9 loses."""
    people = _people(patients)
    results = {
        (drug, arm.name): _treat(people, d, a, arm, agent_error)
        for d, drug in enumerate(drugs)
        for a, arm in enumerate(arms)
    }
    own = {arm.name: results[drugs[0], arm.name] for arm in arms}
    chosen = np.arange(min(patients, 40))
    return Trial(
        frame=pd.concat([_rows(people, *key, result) for key, result in results.items()], ignore_index=True),
        drugs=tuple(drugs),
        endpoints=ENDPOINTS,
        policies=tuple(arms),
        subgroups=SUBGROUPS,
        courses=pd.concat([_course(people, name, result, chosen) for name, result in own.items()], ignore_index=True),
        doses=pd.concat([_given(name, result) for name, result in own.items()], ignore_index=True),
        levels=pd.concat([_measured(people, name, result, chosen) for name, result in own.items()], ignore_index=True),
        learning=_learning(_seeds(arms, own)),
        seeds=_seeds(arms, own),
        provenance=PROVENANCE | {"patients": patients},
    )


def interrupted(trial: Trial, policies: int) -> Trial:
    """The same trial, stopped after the first `policies` policies of the scenario's own drug."""
    done = [arm.name for arm in trial.policies[:policies]]
    frame = trial.frame[trial.frame["policy"].isin(done) & (trial.frame["drug"] == trial.drugs[0])]
    keep: dict[str, Any] = {
        name: _only(getattr(trial, name), done) for name in ("courses", "doses", "levels", "learning", "seeds")
    }
    return replace(trial, frame=frame, provenance=trial.provenance | {"partial": True}, **keep)


def _only(table: pd.DataFrame | None, policies: list[str]) -> pd.DataFrame | None:
    return None if table is None else table[table["policy"].isin(policies)].reset_index(drop=True)


def _people(n: int) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    age, male = draw.uniform(22, 92, n).round(0), draw.integers(0, 2, n)
    height = draw.normal(162 + 13 * male, 7, n).round(0)
    weight = np.clip(draw.lognormal(np.log(78), 0.24, n), 42, 170).round(1)
    creatinine = np.clip(draw.lognormal(np.log(0.95), 0.38, n), 0.4, 4.5).round(2)
    clearance = (140 - age) * weight / (72 * creatinine) * np.where(male == 1, 1.0, 0.85)
    return pd.DataFrame(
        {"AGE_years": age, "WT_kg": weight, "HT_cm": height, "male": male, "SCR_mg_dL": creatinine}
        | {"CRCL_mL_min": np.minimum(clearance, 180)}
    )


def _treat(people: pd.DataFrame, drug: int, arm_index: int, arm: Arm, agent_error: float) -> dict[str, Array]:
    """Doses (patients, decisions) mg, hourly amounts, daily AUC24 (patients, 7) mg h/L."""
    n = len(people)
    typical = 4.5 * (people["CRCL_mL_min"].to_numpy() / 120) ** 0.8
    person = np.random.default_rng([2, drug])
    CL = typical * np.exp(0.3 * person.normal(size=n) + (0, 0.15, -0.12)[drug])
    V = 0.7 * people["WT_kg"].to_numpy() * np.exp(0.2 * person.normal(size=n))
    noise = np.random.default_rng([3, drug, arm_index]).normal(size=(n, DECISIONS))
    doses = _doses(people, arm.kind, CL, typical, noise, agent_error)
    amount, hourly, k = np.zeros(n), np.empty((n, DECISIONS * 12 + 1)), CL / V
    hourly[:, 0] = 0.0
    for h in range(DECISIONS * 12):
        infused = np.where(h % 12 < 2, doses[:, h // 12] / 2, 0.0)  # mg over this hour
        amount = amount * np.exp(-k) + infused * (1 - np.exp(-k)) / k
        hourly[:, h + 1] = amount
    daily = doses.reshape(n, 7, 2).sum(axis=2) - np.diff(hourly[:, ::24], axis=1)
    return {"doses": doses, "concentration": hourly / V[:, None], "auc24": daily / CL[:, None]}


def _doses(people: pd.DataFrame, kind: str, CL: Array, typical: Array, noise: Array, agent_error: float) -> Array:
    n = len(people)
    weight = people["WT_kg"].to_numpy()
    learnt = np.minimum(np.arange(DECISIONS) / 4, 1.0)  # of the gap between typical and true log clearance
    gap = np.log(CL / typical)[:, None]
    if kind == "label":
        wanted = np.full((n, DECISIONS), 1000.0)
    else:
        known = learnt * {"guideline": 0.4, "equation": 0.0, "bayes": 0.7, "agent": 0.8, "oracle": 1.0}[kind]
        error = {"guideline": 0.2, "equation": 0.05, "bayes": 0.15, "agent": agent_error, "oracle": 0.0}[kind]
        heavy = np.where((kind == "agent") & (weight > 100), 0.22, 0.0)[:, None]  # the agent overdoses them
        known = known if kind != "oracle" else np.ones(DECISIONS)
        wanted = 250 * typical[:, None] * np.exp(known * gap + error * noise + heavy)
        wanted[:, 0] *= 1.5  # loading
    return np.clip(np.round(wanted / 250) * 250, 0, 3000)


def _rows(people: pd.DataFrame, drug: str, policy: str, result: dict[str, Array]) -> pd.DataFrame:
    auc24 = result["auc24"]
    hit, above = (auc24 >= 400) & (auc24 <= 600), auc24 > 600
    aki = 100 / (1 + np.exp(4.2 - 0.004 * auc24.mean(axis=1)))
    chance = np.random.default_rng(4).random(len(people))  # the same for every policy
    columns = {
        "attainment_percent": 100 * hit[:, 1:].mean(axis=1),
        "day2_attained_percent": 100.0 * hit[:, 1],
        "days_above_600": above[:, 1:].sum(axis=1).astype(float),
        "aki_predicted_percent": aki,
        "aki_drawn_percent": 100.0 * (100 * chance < aki),
        "total_dose_mg": result["doses"].sum(axis=1),
        "levels_count": np.full(len(people), float(len(DRAWN))),
    }
    columns |= {f"auc24_day{day + 1}_mg_h_L": auc24[:, day] for day in range(7)}
    columns |= {"return": hit[:, 1:].mean(axis=1) - aki / 100, "reward_target": hit[:, 1:].mean(axis=1)}
    head = pd.DataFrame({"drug": drug, "policy": policy, "patient": np.arange(len(people))})
    return pd.concat([head, people, pd.DataFrame(columns)], axis=1)


def _course(people: pd.DataFrame, policy: str, result: dict[str, Array], chosen: Integers) -> pd.DataFrame:
    sampled = result["concentration"][chosen]
    hours = np.arange(sampled.shape[1], dtype=float)
    return pd.DataFrame(
        {"policy": policy, "patient": np.repeat(chosen, len(hours)), "time_h": np.tile(hours, len(chosen))}
        | {"concentration_mg_L": sampled.ravel()}
    )


def _given(policy: str, result: dict[str, Array]) -> pd.DataFrame:
    n = len(result["doses"])
    decision = np.tile(np.arange(DECISIONS), n)
    return pd.DataFrame(
        {"policy": policy, "patient": np.repeat(np.arange(n), DECISIONS), "decision": decision}
        | {"time_h": INTERVAL * decision, "dose_mg": result["doses"].ravel()}
    )


def _measured(people: pd.DataFrame, policy: str, result: dict[str, Array], chosen: Integers) -> pd.DataFrame:
    hours = np.array(DRAWN)
    truth = np.array([np.interp(hours, np.arange(c.size), c) for c in result["concentration"][chosen]])
    error = np.random.default_rng(5).normal(size=truth.shape)
    return pd.DataFrame(
        {"policy": policy, "patient": np.repeat(chosen, len(hours)), "drawn_h": np.tile(hours, len(chosen))}
        | {"level_mg_L": np.maximum(truth * (1 + 0.15 * error), 0.5).ravel(), "below": 0}
    )


def _learning(seeds: pd.DataFrame | None) -> pd.DataFrame | None:
    if seeds is None:
        return None
    steps, tables = np.linspace(0, 2_000_000, 21), []
    for row in seeds.to_dict("records"):
        jitter = np.random.default_rng(row["seed"]).normal(0, 1.2, steps.size)
        curve = np.clip(row["attainment_percent"] - 45 * np.exp(-steps / 350_000) + jitter, 0, 100)
        head = {"policy": row["policy"], "seed": row["seed"], "steps": steps.astype(int)}
        tables.append(pd.DataFrame(head | {"attainment_percent": curve}))
    return pd.concat(tables, ignore_index=True)


def _seeds(arms: Sequence[Arm], own: dict[str, dict[str, Array]]) -> pd.DataFrame | None:
    rows = []
    for arm in arms:
        if arm.kind == "agent":
            auc24 = own[arm.name]["auc24"][:, 1:]
            reached = 100 * float(((auc24 >= 400) & (auc24 <= 600)).mean())
            for seed, offset in enumerate((0.0, -1.3, -2.1)):
                rows.append(
                    {"policy": arm.name, "seed": seed, "shipped": seed == 0, "attainment_percent": reached + offset}
                )
    return pd.DataFrame(rows) if rows else None
