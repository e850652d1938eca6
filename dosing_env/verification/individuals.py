"""The most probable patients of another engine (map_*.csv): random effects, objective, prediction, standard errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from dosing_env.catalogue import unknown
from dosing_env.inference.estimates import map_estimate
from dosing_env.interchange.text_models import drugs_of_tables
from dosing_env.pharmacology import Assay, Drug
from dosing_env.simulation.tables import simulate
from dosing_env.verification.check import Check, failed
from dosing_env.verification.reference import EVENT, table_of

MARK = "map_covariates.csv"  # a directory without it has no such cases
KIND = "MAP"
TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # columns of text, columns of numbers
    "covariates": (("case_id", "model", "name"), ("value",)),
    "typical": (("model", "name"), ("value",)),
    "omega": (("model",), ("row", "col", "omega")),
    "sigma": (("model",), ("var_prop", "var_add")),
    "doses": (("case_id",), EVENT),
    "observations": (("case_id",), ("time", "dv")),
    "expected_eta": (("case_id",), ("eta", "map", "laplace_se")),
    "expected": (("case_id",), ("ofv_at_map", "pred_time", "pred_map")),
}
LIMITS = {"etas": 1e-4, "objective": 1e-6, "prediction": 1e-4, "standard errors": 1e-3}
COVARIATES = ("WT", "CRCL", "HCT")

# The models of tests/reference/README.md, section "MAP cases": states and what is measured.
_CL = {"VAN2": "TVCL*pow(CRCL/100,THCR)", "ORAL1": "TVCL*pow(WT/70,0.75)*pow(HCT/35,-0.9)"}
_VM, _V = "TVVM*pow(WT/70,0.75)", "TVV*WT/70"
MODELS = {
    "VAN2": {
        "central": f"-({_CL['VAN2']}+TVQ)/({_V})*central+TVQ/(TVV2*WT/70)*peripheral",
        "peripheral": f"TVQ/({_V})*central-TVQ/(TVV2*WT/70)*peripheral",
    },
    "ORAL1": {"gut": "-TVKA*gut", "central": f"TVKA*gut-({_CL['ORAL1']})/({_V})*central"},
    "MMEL": {"gut": "-KA*gut", "central": f"KA*gut-{_VM}*(central/({_V}))/(TVKM+central/({_V}))"},
}
OUTPUTS = {"VAN2": f"central/({_V})", "ORAL1": f"1000*central/({_V})", "MMEL": f"central/({_V})"}
ETAS = {"VAN2": ("TVCL", "TVV", "TVV2"), "ORAL1": ("TVCL", "TVV", "TVKA"), "MMEL": ("TVVM", "TVKM")}
_GUT = {"bioavailability": "BIO", "lag": "LAG"}  # of ORAL1


def models() -> dict[str, Drug]:
    """The models, with a log-normal random effect on every parameter and no variance yet."""
    rows = [
        {"model": model, "cmt": str(number), "name": state, "derivative": text, "initial": "", "duration": ""}
        | (_GUT if (model, state) == ("ORAL1", "gut") else dict.fromkeys(_GUT, ""))
        for model, states in MODELS.items()
        for number, (state, text) in enumerate(states.items(), start=1)
    ]
    outputs = [{"model": model, "output": "level", "expression": text} for model, text in OUTPUTS.items()]
    return drugs_of_tables(rows, outputs, COVARIATES)


def check(folder: Path) -> Iterator[Check]:
    """Every case of the directory."""
    tables = {name: _read(folder, name) for name in TABLES}
    drugs = {model: _with_variances(drug, model, tables) for model, drug in models().items()}
    for name, own in tables["covariates"].groupby("case_id", sort=False):
        model = str(own["model"].iloc[0])
        if model not in drugs:
            raise ValueError(f"{folder / MARK}: model: {unknown('model', model, list(drugs))}")
        typical = tables["typical"][tables["typical"]["model"] == model]
        case = {key: table[table["case_id"] == name] for key, table in tables.items() if "case_id" in table}
        try:
            yield from _compared(str(name), drugs[model], ETAS[model], _by_name(typical) | _by_name(own), case)
        except (ValueError, RuntimeError, LookupError) as error:
            yield failed(KIND, str(name), "etas", LIMITS["etas"], error)


def _compared(
    name: str, drug: Drug, etas: tuple[str, ...], x: dict[str, float], case: dict[str, pd.DataFrame]
) -> Iterator[Check]:
    doses = case["doses"][list(EVENT)].rename(columns=str.upper)
    seen = case["observations"][["time", "dv"]].rename(columns=str.upper).assign(EVID=0)
    data = pd.concat([seen, doses]).sort_values("TIME", kind="stable")
    covariates = {field: x[field] for field in drug.Covariates._fields}
    own = map_estimate(drug, data, covariates=covariates)
    expected, theirs = case["expected"].iloc[0], case["expected_eta"]
    names = [etas[int(number) - 1] for number in theirs["eta"]]
    off = np.abs(own.eta[names].iloc[0].to_numpy() - theirs["map"].to_numpy())
    times = [expected["pred_time"]]
    later = simulate(drug, doses, covariates=covariates, times=times, eta=own.eta)["level"].iloc[0]
    se = own.standard_errors()[names].iloc[0].to_numpy() / theirs["laplace_se"].to_numpy()
    figures = {
        "etas": off.max() if own.converged.all() else math.nan,
        "objective": abs(own.objective[0] - expected["ofv_at_map"]),
        "prediction": abs(later / expected["pred_map"] - 1.0),
        "standard errors": np.abs(se - 1.0).max(),
    }
    for what, figure in figures.items():
        yield Check(KIND, name, what, float(figure), LIMITS[what], own.why[0])


def _with_variances(drug: Drug, model: str, tables: dict[str, pd.DataFrame]) -> Drug:
    omega, covariance = dict(drug.omega), {}
    of_model = tables["omega"][tables["omega"]["model"] == model]
    for row, column, value in of_model[["row", "col", "omega"]].to_numpy():
        one, other = ETAS[model][int(row) - 1], ETAS[model][int(column) - 1]
        if one == other:
            omega[one] = float(value)
        elif value != 0.0:
            covariance[one, other] = float(value)
    sigma = tables["sigma"][tables["sigma"]["model"] == model]
    if sigma.empty:
        return drug
    proportional, additive = np.sqrt(sigma[["var_prop", "var_add"]].to_numpy(dtype=float)[0])
    assay = Assay(proportional=float(proportional), additive=float(additive))
    return replace(drug, omega=omega, covariance=covariance, assay=assay)


def _by_name(rows: pd.DataFrame) -> dict[str, float]:
    return {str(name): float(value) for name, value in zip(rows["name"], rows["value"], strict=True)}


def _read(folder: Path, name: str) -> pd.DataFrame:
    texts, numbers = TABLES[name]
    table = table_of(folder / f"map_{name}.csv", (*texts, *numbers))
    words = {column: table.frame[column].astype(str) for column in texts}
    return pd.DataFrame(words | {column: table.numbers(column) for column in numbers})
