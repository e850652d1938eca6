"""What is random in `simulate`: between subjects, between occasions, and in what is measured."""

from __future__ import annotations

import dataclasses
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from dosing_env import simulate
from dosing_env.clinic import course as clinic_course
from dosing_env.interchange.model_files import read_drug
from dosing_env.pharmacology import Assay, Drug
from dosing_env.simulation import batch, chance, tables
from dosing_env.simulation.subjects import numbers_of
from dosing_env.tasks import follow, parts
from dosing_env.verification import population
from dosing_env.ward import course as ward_course
from tests.models.variable import DRUG

N = 40_000
NO_OCCASIONS = dataclasses.replace(DRUG, occasion={})
X = {"WT": 70.0}
DOSE = [{"TIME": 0.0, "AMT": 500.0, "II": 12.0, "ADDL": 5}]
ETAS = ("CL", "V", "F", "E0")
OMEGA = np.array(DRUG.omega_matrix())
PI = np.array([DRUG.occasion.get(eta, 0.0) for eta in ETAS])


def run(drug: Drug = DRUG, events: Any = DOSE, **arguments: Any) -> pd.DataFrame:
    defaults: dict[str, Any] = {"covariates": X, "times": [0.0, 6.0, 30.0], "seed": 5}
    return simulate(drug, events, **(defaults | arguments))


def etas(table: pd.DataFrame) -> NDArray[np.float64]:
    """The random effects behind the parameters of a table: the four forms solved for eta."""
    logit = np.log(table["F"] / (1.0 - table["F"])) - math.log(0.7 / 0.3)
    E0 = table["pressure"] + 4.0 * table["level"]
    return np.column_stack([np.log(table["CL"] / 4.5), np.log(table["V"] / 30.0), logit, E0 - 120.0])


def assert_moments(values: NDArray[np.float64], omega: NDArray[np.float64]) -> None:
    """Means and covariances within 4 standard errors."""
    n, variances = len(values), np.diag(omega)
    assert np.all(np.abs(values.mean(axis=0)) <= 4.0 * np.sqrt(variances / n))
    errors = np.sqrt((np.outer(variances, variances) + omega**2) / n)
    assert np.all(np.abs(np.cov(values.T) - omega) <= 4.0 * errors)


def test_the_page_shows_what_it_really_gives(root: Path) -> None:
    page = (root / "docs" / "variability.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (shown,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    command, here = [sys.executable, "-c", program], os.environ | {"PYTHONPATH": str(root)}
    assert subprocess.run(command, cwd=root, env=here, capture_output=True, text=True, check=True).stdout == shown


# Between subjects.


def test_random_effects_have_the_variances_and_covariances_of_the_drug() -> None:
    assert_moments(etas(run(NO_OCCASIONS, subjects=N, times=[0.0])), OMEGA)


def test_percentiles_of_a_population_are_those_of_another_engine(root: Path) -> None:
    checks = list(population.check(root / "tests" / "reference"))
    assert len(checks) == 35
    assert [check for check in checks if not check.passed] == []


def test_effects_that_are_named_are_kept_and_the_others_drawn_as_ever() -> None:
    free = etas(run(NO_OCCASIONS, subjects=50, times=[0.0]))
    kept = etas(run(NO_OCCASIONS, subjects=50, times=[0.0], eta={"V": 0.25}))
    np.testing.assert_allclose(kept[:, 1], 0.25, rtol=1e-12)
    np.testing.assert_allclose(kept[:, [0, 2, 3]], free[:, [0, 2, 3]], rtol=1e-12)


def test_perfectly_correlated_effects_go_together() -> None:
    drug = dataclasses.replace(NO_OCCASIONS, covariance={("CL", "V"): math.sqrt(0.09 * 0.06)})
    values = etas(run(drug, subjects=100, times=[0.0]))
    np.testing.assert_allclose(values[:, 1], math.sqrt(0.06 / 0.09) * values[:, 0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "covariance", [{("CL", "V"): 0.08}, {("CL", "V"): 0.07, ("V", "F"): -0.07}, {("CL", "V"): math.nan}]
)
def test_correlations_that_cannot_be_are_refused_where_the_drug_is_made(covariance: Any) -> None:
    with pytest.raises(ValueError, match=r"variable: omega\.[VF]: 0\.\d+: .* is not positive definite"):
        dataclasses.replace(DRUG, covariance=covariance)


def test_a_pair_of_effects_stands_there_once() -> None:
    with pytest.raises(ValueError, match=r"variable: covariance: \('V', 'CL'\): .* each pair once"):
        dataclasses.replace(DRUG, covariance={("V", "CL"): 0.01, ("CL", "V"): 0.02})


# Between occasions.

DAYS = [{"TIME": 24.0 * day, "OCC": occasion} for day, occasion in enumerate((1, 1, 2, 1))]
TIMES = [12.0, 36.0, 60.0, 84.0]


def by_occasion(**arguments: Any) -> NDArray[np.float64]:
    """(subjects, days, effects)."""
    table = run(covariates=[X | day for day in DAYS], times=TIMES, **arguments)
    return etas(table).reshape(-1, len(DAYS), len(ETAS))


def test_an_occasion_adds_its_own_effect() -> None:
    values = by_occasion(subjects=N)
    np.testing.assert_allclose(values[:, 1], values[:, 0], rtol=0, atol=1e-10)
    np.testing.assert_allclose(values[:, 3], values[:, 0], rtol=0, atol=1e-10)  # the first occasion again
    change = values[:, 2] - values[:, 0]
    assert_moments(change[:, [0, 2]], 2.0 * np.diag(PI[[0, 2]]))
    np.testing.assert_allclose(change[:, [1, 3]], 0.0, atol=1e-10)
    assert_moments(values[:, 0], OMEGA + np.diag(PI))
    between = np.cov(values[:, 0, 0], values[:, 2, 0])[0, 1]  # what two occasions share is what is between subjects
    assert abs(between - OMEGA[0, 0]) <= 4.0 * math.sqrt((0.12**2 + 0.09**2) / N)


def test_no_effect_changes_between_steps_of_one_occasion() -> None:
    steps = [{"TIME": 0.0, "WT": 70.0, "OCC": 3}, {"TIME": 24.0, "WT": 90.0}, {"TIME": 48.0, "WT": 50.0}]
    table = run(covariates=steps, subjects=20, times=[12.0, 36.0, 60.0])
    CL = table["CL"].to_numpy().reshape(20, 3)
    expected = np.array([1.0, (90 / 70) ** 0.75, (50 / 70) ** 0.75])
    np.testing.assert_allclose(CL / CL[:, :1], np.tile(expected, (20, 1)), rtol=1e-12)
    assert len(np.unique(CL[:, 0])) == 20


def test_occasions_stand_in_either_table() -> None:
    dose = [
        {"TIME": 0.0, "AMT": 500.0, "OCC": 1},
        {"TIME": 48.0, "AMT": 500.0, "OCC": 2},
        {"TIME": 72.0, "AMT": 500.0, "OCC": 1},
    ]
    bare = [{key: value for key, value in row.items() if key != "OCC"} for row in dose]
    weights = [{"TIME": 0.0, "WT": 70.0}, {"TIME": 30.0, "WT": 60.0}]
    both = [{"TIME": 0.0, "OCC": 1} | X, {"TIME": 30.0, "WT": 60.0}, {"TIME": 48.0, "OCC": 2}, {"TIME": 72.0, "OCC": 1}]
    apart = run(events=dose, covariates=weights, subjects=5, times=TIMES)
    pd.testing.assert_frame_equal(apart, run(events=bare, covariates=both, subjects=5, times=TIMES))
    people = [{"ID": n} | row for n in (4, 2) for row in both]
    events = [{"ID": n} | row for n in (4, 2) for row in dose]
    one = run(events=events, covariates=weights, times=TIMES)
    pd.testing.assert_frame_equal(one, run(events=bare, covariates=people, times=TIMES))
    with pytest.raises(ValueError, match="covariates: OCC: it stands in the event table too"):
        run(events=dose, covariates=both)


def test_an_occasion_has_a_whole_number() -> None:
    with pytest.raises(ValueError, match=r"covariates: row 2, OCC: 1\.5: the number of an occasion must be a whole"):
        run(covariates=[X | {"TIME": 0.0, "OCC": 1}, {"TIME": 5.0, "OCC": 1.5}])


GENTAMICIN = """
title = "Gentamicin in intensive care: Hodiamont et al., Ther Drug Monit 2017;39:522-530"
parameters = { CL = "2.3*exp(eta_CL)", V1 = "21.6*exp(eta_V1)", Q = 1.3, V2 = 10.2 }
omega = { CL = 0.446287, V1 = 0.070365 }
covariance = [{ etas = ["CL", "V1"], covariance = 0.037214 }]
occasion = { CL = 0.0560, V1 = 0.0611 }
outputs = { C = "central/V1" }
assay = { form = "combined1", proportional = 0.194, additive = 0.13 }

[[compartments]]
name = "central"
derivative = "-(CL + Q)/V1*central + Q/V2*peripheral"

[[compartments]]
name = "peripheral"
derivative = "Q/V1*central - Q/V2*peripheral"
"""


def test_gentamicin_reaches_its_target_as_often_as_published(tmp_path: Path) -> None:
    """5 mg/kg over 30 min at 70 kg, level at 1 h: median 14.0 mg/L; 27.7 % in 15 to 20, 13.7 % above (dossier S-GEN-1).

    Without the variability between occasions 31.9 % would be in the target.
    """
    path = tmp_path / "gentamicin.toml"
    path.write_text(GENTAMICIN, encoding="utf-8")
    dose = [{"TIME": 0.0, "AMT": 350.0, "RATE": 700.0}]
    level = simulate(read_drug(path), dose, times=[1.0], subjects=N, seed=1)["level"]
    assert level.median() == pytest.approx(14.0, abs=0.1)
    assert 100.0 * level.between(15.0, 20.0).mean() == pytest.approx(27.7, abs=0.7)
    assert 100.0 * (level > 20.0).mean() == pytest.approx(13.7, abs=0.7)


# What is measured.


@pytest.mark.parametrize(
    ("assay", "scale"),
    [
        (Assay(form="additive", additive=0.7), lambda f: 0.7 + 0.0 * f),
        (Assay(form="proportional", proportional=0.2), lambda f: 0.2 * f),
        (Assay(form="combined1", proportional=0.2, additive=0.7), lambda f: 0.7 + 0.2 * f),
        (Assay(form="combined2", proportional=0.2, additive=0.7), lambda f: np.hypot(0.7, 0.2 * f)),
        (Assay(form="log", proportional=0.2), None),
    ],
    ids=lambda value: getattr(value, "form", ""),
)
def test_residual_errors_are_standard_normal_on_the_scale_of_their_form(assay: Assay, scale: Any) -> None:
    table = run(dataclasses.replace(DRUG, assay=assay), subjects=N, times=[6.0, 30.0, 60.0])
    level, dv = (table[name].to_numpy().reshape(N, 3) for name in ("level", "dv"))
    z = np.log(dv / level) / 0.2 if scale is None else (dv - level) / scale(level)
    assert_moments(z, np.eye(3))
    assert not table["blq"].any()


def test_below_the_limit_the_limit_and_a_flag_stand_there() -> None:
    limited = run(subjects=500, times=[0.0, 1.0, 12.0, 24.0])
    free = run(
        dataclasses.replace(DRUG, assay=dataclasses.replace(DRUG.assay, lloq=0.0)),
        subjects=500,
        times=[0.0, 1.0, 12.0, 24.0],
    )
    below = free["dv"] < 2.0
    assert 0.1 < below.mean() < 0.9
    assert np.array_equal(limited["blq"], below.astype(int))
    assert (limited["dv"][below] == 2.0).all()
    assert np.array_equal(limited["dv"][~below], free["dv"][~below])
    assert (free["dv"] < 0.0).any()  # an additive error of a level of 0
    assert not free["blq"].any()


def test_two_looks_at_one_time_are_two_measurements() -> None:
    twice = [*DOSE, *[{"TIME": 30.0, "EVID": 0}] * 2]
    table = run(events=twice, subjects=3, times=[6.0])
    first, second = (table["dv"].to_numpy()[i::3] for i in (1, 2))
    assert not np.any(first == second)
    assert np.array_equal(run(subjects=3)["dv"].to_numpy()[2::3], first)


# The same subject.


def rows_of(table: pd.DataFrame, who: Any) -> pd.DataFrame:
    return table[table["ID"] == who].reset_index(drop=True)


def test_a_subject_is_the_same_alone_in_parts_and_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = run(subjects=60)
    alone = [{"ID": 17} | row for row in DOSE]
    pd.testing.assert_frame_equal(run(events=alone), rows_of(everybody, 17))
    parts = [run(subjects=part) for part in (range(1, 24), range(24, 61))]
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), everybody)
    order = np.random.default_rng(0).permutation(np.arange(1, 61))
    shuffled = run(events=[{"ID": int(n)} | row for n in order for row in DOSE])
    for n in (1, 17, 60):
        pd.testing.assert_frame_equal(rows_of(shuffled, n), rows_of(everybody, n))
    monkeypatch.setattr(batch, "_ROWS_PER_THREAD", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    pd.testing.assert_frame_equal(run(subjects=60), everybody)


def test_what_else_is_asked_changes_no_draw() -> None:
    few, many = run(subjects=8), run(subjects=8, times=np.arange(0.0, 40.0, 0.5))
    pd.testing.assert_frame_equal(
        many[many["time"].isin([0, 6, 30])].reset_index(drop=True)[["ID", "time", "dv"]],
        few[["ID", "time", "dv"]],
        rtol=1e-9,
    )
    more = run(events=[{"TIME": 0.0, "AMT": 900.0}], subjects=8)
    np.testing.assert_allclose(etas(more), etas(few), atol=1e-9)
    z = [(t["dv"] - t["level"]) / (0.5 + 0.1 * t["level"]) for t in (few, more)]
    seen = (few["blq"] == 0) & (more["blq"] == 0)
    np.testing.assert_allclose(z[0][seen], z[1][seen], rtol=1e-9)


def test_seeds_differ_and_without_one_nothing_is_drawn() -> None:
    one, other, none = run(subjects=30, seed=1), run(subjects=30, seed=2), run(subjects=30, seed=None)
    assert not np.any(etas(one)[::3] == etas(other)[::3])
    assert not {"dv", "blq"} & set(none)
    np.testing.assert_allclose(etas(none), 0.0, atol=1e-12)
    assert list(one.columns[5:8]) == ["dv", "blq", "auc"]
    assert one.attrs["units"]["dv"] == "mg/L"
    assert "dv" not in none.attrs["units"]


def test_a_subject_draws_by_its_id() -> None:
    numbers = numbers_of([3, "3", 3.0, np.int64(3), "03", "3 ", 3.5, -3, "anna", "Anna", None, "9" * 40])
    assert list(numbers[:4]) == [3] * 4
    assert numbers[10] == 1
    rest = [*numbers[4:10], numbers[11]]
    assert len(set(rest)) == len(rest)
    assert min(rest) >= 2**63
    assert list(numbers_of(list(range(5)))) == list(range(5))
    named = run(events=[{"ID": n, "TIME": 0.0, "AMT": 100.0} for n in ("b", "a")])
    pd.testing.assert_frame_equal(run(events=[{"ID": "a", "TIME": 0.0, "AMT": 100.0}]), rows_of(named, "a"))


def test_no_subject_shares_a_draw_with_a_patient_of_an_environment() -> None:
    """Neither the stream nor the purposes: nothing that is simulated has been trained on."""
    assert len(set(chance.STREAMS.values())) == len(chance.STREAMS)
    streams = {int(chance.key_of(stream, 0).stream) for stream in ("train", "tune", "evaluate")}
    assert int(chance.world(0).stream) not in streams
    rooms = (follow, ward_course, clinic_course)
    theirs = {int(value) for room in rooms for value in vars(room).values() if isinstance(value, np.uint64)}
    own = {int(getattr(chance, name)) for name in ("SUBJECT", "OCCASION", "RESIDUAL", "MISSED", "LATE", "AMOUNT")}
    assert len(theirs) == 2 + 4 + 5
    assert len(own) == 6
    assert not theirs & own
    assert min(int(parts.code(path)[0]) for path in ("happens.mine", "given.dose", "a.b")) > max(theirs | own) << 16


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": 1.5}, "seed: 1.5 is not a whole number"),
        ({"seed": True}, "seed: True is not a whole number"),
        ({"seed": -1}, "seed: -1 is not a whole number from 0 to 2**64 - 1"),
        ({"subjects": 0}, "subjects: 0 is not a whole number from 1 to 10000000, nor a range of their numbers"),
        ({"subjects": 10**12}, "subjects: 1000000000000 is not a whole number from 1 to 10000000"),
        ({"subjects": range(10**9)}, "subjects: range(0, 1000000000) are more than 10,000,000"),
        ({"subjects": "ten"}, "subjects: 'ten' is not a whole number from 1"),
        ({"subjects": range(-1, 3)}, "subjects: range(-1, 3) is empty, or has numbers that are not from 0"),
        ({"subjects": 3, "eta": [{"ID": 1, "CL": 0.1}]}, "subjects: 3: eta has an ID; only tables without one"),
    ],
)
def test_worlds_and_subjects_that_do_not_exist(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011
        run(**arguments)
    assert message in str(error.value)


def test_a_table_that_no_memory_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_MOST_NUMBERS", 100)
    with pytest.raises(ValueError, match=r"^simulate: 30 rows of 9 numbers are more than 100 .*_in_parts"):
        run(subjects=10)
