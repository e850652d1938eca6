"""A patient's forecast: its numbers are those of the posterior, and it doubts what does not fit and little else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dosing_env import catalogue, forecast, posterior, simulate
from dosing_env.inference.forecast import DISCLAIMER, Outlook
from dosing_env.inference.goals import GOALS, goal_of
from dosing_env.inference.regimens import Regimen, parse, round_step
from dosing_env.interchange.text_models import drugs_of_tables
from dosing_env.outcomes import aki_risk
from dosing_env.pharmacology import Assay, Drug
from dosing_env.scenario import load
from tests.bedside import GIVEN, SEEN, usual
from tests.models import variable

DRUG = "vancomycin_goti2018"
ADULT = {"AGE": 57.0, "WT": 79.0, "HT": 172.0, "SEX": 1.0, "SCR": 1.1, "DIAL": 0.0, "HAEM": 0.0}
INFUSIONS = {"TIME": 0.0, "AMT": 1500.0, "RATE": 1000.0, "II": 12.0, "ADDL": 3}
LATER = {"TIME": 48.0, "AMT": 1000.0, "RATE": 500.0, "II": 12.0, "ADDL": 3}


def level(time: float, dv: Any, **more: Any) -> dict[str, Any]:
    return {"TIME": time, "EVID": 0, "DV": dv} | more


DATA = [INFUSIONS, level(13.5, 38.0), level(35.5, 21.0)]


@pytest.fixture(scope="module")
def outlook() -> Outlook:
    return forecast(DRUG, DATA, covariates=ADULT, regimens=["1000 q12h over 2h", "none"], seed=4)


def doubted(data: list[dict[str, Any]], **more: Any) -> tuple[str, ...]:
    return forecast(DRUG, data, covariates=ADULT, regimens=["1000 q12h"], particles=300, **more).warnings


# The numbers.


def test_exposure_and_chances_are_those_counted_by_hand(outlook: Outlook) -> None:
    known = posterior(DRUG, DATA, covariates=ADULT, particles=1000, seed=4)
    assert known.eta.tolist() == outlook.known.eta.tolist()
    seen = known.predict([INFUSIONS, LATER], times=[72.0, 86.0, 96.0], covariates=ADULT)
    auc24 = seen.auc[0, :, 2] - seen.auc[0, :, 0]
    row = outlook.regimens.iloc[0]
    assert row["p_target"] == ((auc24 >= 400.0) & (auc24 <= 600.0)).mean()
    assert row["p_above"] == (auc24 > 600.0).mean()
    assert row["p_injury"] == pytest.approx(np.mean([aki_risk(auc, -4.0, 0.004) for auc in auc24]), rel=1e-12)
    expected = {"auc24": auc24, "peak": seen.level[0, :, 1], "trough": seen.level[0, :, 2]}
    for name, values in expected.items():
        own = row[[f"{name}_low", name, f"{name}_high"]].tolist()
        assert own == pytest.approx(np.quantile(values, [0.05, 0.5, 0.95]).tolist(), rel=1e-9)


def test_without_a_further_dose_levels_fall(outlook: Outlook) -> None:
    seen = outlook.known.predict([INFUSIONS], times=[72.0, 96.0], covariates=ADULT)
    row = outlook.regimens.iloc[1]
    assert row["regimen"] == "none"
    assert row["trough"] == pytest.approx(np.median(seen.level[0, :, 1]), rel=1e-9)
    assert row["peak"] == pytest.approx(np.median(seen.level[0, :, 0]), rel=1e-9)


@pytest.mark.parametrize(
    ("regimen", "day", "trough"), [("750 q36h", 1, 36.0), ("750 q8h", 1, 24.0), ("750 q48h", 2, 48.0)]
)
def test_the_trough_is_the_one_before_a_dose(regimen: str, day: int, trough: float) -> None:
    own = forecast(DRUG, DATA, covariates=ADULT, regimens=[regimen], day=day, particles=50)
    made = parse(regimen, own.drug)
    plan = {"TIME": 48.0, "AMT": 750.0, "RATE": 500.0, "II": made.interval, "ADDL": 9}  # 1.5 h, as the doses before
    seen = own.known.predict([INFUSIONS, plan], times=[48.0 + trough], covariates=ADULT)
    assert own.regimens["trough"][0] == pytest.approx(np.median(seen.level[0, :, 0]), rel=1e-9)


def test_parameters_are_those_of_the_particles(outlook: Outlook) -> None:
    table: Any = outlook.parameters.set_index("parameter")
    drug = catalogue.load("drugs", DRUG)
    eta = outlook.known.estimates.eta["CL"][0]
    assert table.loc["CL", "individual"] == pytest.approx(table.loc["CL", "typical"] * np.exp(eta), rel=1e-12)
    drawn = table.loc["CL", "typical"] * np.exp(outlook.known.eta[0, :, 0])
    assert table.loc["CL", ["low", "high"]].tolist() == pytest.approx(np.quantile(drawn, [0.025, 0.975]), rel=1e-9)
    assert table.loc["CL", "typical"] == drug.individual(drug.Covariates(**outlook.history.now), drug.no_eta).CL
    assert table.loc["Q", ["low", "high"]].tolist() == [6.5, 6.5]


def test_without_levels_nothing_is_learned_and_nothing_doubted() -> None:
    own = forecast(DRUG, [INFUSIONS], covariates=ADULT, particles=4000)
    assert own.effects["learned"].to_numpy() == pytest.approx(0.0, abs=0.04)
    assert own.warnings == ()
    assert own.levels.empty


def test_what_is_learned_of_a_normal_effect_has_a_closed_form() -> None:
    """level = A X of which ln is seen with SD s: posterior SD = 1/sqrt(1/omega + n/s^2)."""
    row = {"model": "m", "cmt": "1", "name": "A", "derivative": "-0.1*A"}
    row |= dict.fromkeys(("initial", "bioavailability", "lag", "duration"), "")
    made = drugs_of_tables([row], [{"model": "m", "output": "level", "expression": "A*X"}])["m"]
    drug = replace(made, omega={"X": 0.25}, assay=Assay(proportional=0.3, form="log"))
    data = [{"TIME": 0.0, "AMT": 10.0}, level(1.0, 12.0), level(2.0, 9.0)]
    own = forecast(drug, data, covariates={"X": 1.0}, particles=8000)
    left = 1.0 / np.sqrt(1.0 / 0.25 + 2.0 / 0.09)
    assert own.effects["learned"][0] == pytest.approx(1.0 - left / 0.5, abs=0.02)


def test_the_limits_of_the_population_are_those_of_simulated_patients(outlook: Outlook) -> None:
    others = simulate(DRUG, [INFUSIONS], covariates=ADULT, times=[35.5], seed=77, subjects=20_000)["dv"]
    own = outlook.levels.iloc[1]
    assert (others < own["median"]).mean() == pytest.approx(0.5, abs=0.04)
    assert (others > own["high"]).mean() == pytest.approx(0.005, abs=0.004)


# Doubts.


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_a_level_in_another_unit_is_doubted(factor: float) -> None:
    drug = replace(catalogue.load("drugs", DRUG), assay=Assay(proportional=0.2))
    data = [INFUSIONS, level(13.5, 38.0), level(35.5, 21.0 * factor)]
    own = forecast(drug, data, covariates=ADULT, particles=300)
    told = [warning for warning in own.warnings if "at 35.5 h looks like another unit" in warning]
    assert len(told) == 1
    assert "levels are in mg/L (the same as ug/mL) here" in told[0]
    assert not [warning for warning in own.warnings if "13.5 h looks like another unit" in warning]


def test_levels_of_which_the_model_knows_nothing_bring_no_regimen() -> None:
    own = forecast(DRUG, [INFUSIONS, level(13.5, 38_000.0), level(35.5, 21_000.0)], covariates=ADULT)
    assert any("nothing can be said of this patient" in warning for warning in own.warnings)
    assert any(warning.startswith("the random effect of CL is -") for warning in own.warnings)
    assert own.regimens.empty
    assert own.parameters["low"].isna().all()
    assert own.curves().own is None


def test_a_level_that_contradicts_the_others_is_named() -> None:
    told = doubted([INFUSIONS, level(11.0, 14.0), level(11.5, 110.0), level(23.5, 20.0), level(35.5, 21.0)])
    assert [warning for warning in told if warning.startswith("110 mg/L at 11.5 h does not fit this patient: ")]
    assert [
        warning for warning in told if "110 mg/L at 11.5 h lies outside what 99 % of the model's patients" in warning
    ]


def test_a_level_below_a_low_limit_is_doubted_and_below_a_high_one_not() -> None:
    assert doubted([INFUSIONS, level(35.5, 60.0, BLQ=1)]) == ()
    drug = replace(catalogue.load("drugs", DRUG), assay=Assay(proportional=0.1))
    own = forecast(drug, [INFUSIONS, level(13.5, 1.0, BLQ=1)], covariates=ADULT, particles=300)
    assert own.warnings[0].startswith("below 1 mg/L at 13.5 h lies outside")


def test_patients_of_the_model_are_hardly_doubted() -> None:
    """200 patients, three levels each: 1 % outside 99 %, and next to none beyond 3 SD."""
    seen = simulate(DRUG, [INFUSIONS], covariates=ADULT, times=[13.5, 25.0, 35.5], seed=9, subjects=200)
    told: list[str] = []
    for _, mine in seen.groupby("ID"):
        levels = [level(row.time, max(float(row.dv), 0.0), BLQ=row.blq) for row in mine.itertuples()]  # type: ignore[arg-type]
        told += doubted([INFUSIONS, *levels])
    outside = [warning for warning in told if "lies outside" in warning]
    assert len(outside) <= 18  # 3 %
    assert len(told) - len(outside) <= 6  # 1 %


# Regimens.


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("750 q12h", Regimen(750.0, 12.0)),
        (" 750  mg q12h over 2h ", Regimen(750.0, 12.0, 2.0)),
        ("0.5mg q1.5h over 0h", Regimen(0.5, 1.5, 0.0)),
        ("none", Regimen(0.0, 24.0)),
    ],
)
def test_a_regimen_is_read_and_named(text: str, made: Regimen) -> None:
    drug = catalogue.load("drugs", DRUG)
    assert parse(text, drug) == made
    assert parse(made.named("mg"), drug) == made


@pytest.mark.parametrize(
    "text", ["", "750", "750 bid", "750 g q12h", "1e3 q12h", "-5 q12h", "750 q12h q12h", "q12h", "nan q12h"]
)
def test_what_is_no_regimen(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"regimen: .*: expected something like '750 q12h', '750 mg q12h over 2h' or 'none'"
    ):
        parse(text, catalogue.load("drugs", DRUG))


@pytest.mark.parametrize("text", ["0 q12h", "750 q0h"])
def test_a_regimen_of_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="amount and interval are above 0"):
        parse(text, catalogue.load("drugs", DRUG))


def test_five_doses_around_the_target() -> None:
    own = forecast(DRUG, DATA, covariates=ADULT)
    doses = [regimen.amount for regimen in own.tried]
    step = round_step(doses[2])
    assert np.diff(doses).tolist() == [step] * 4
    assert abs(own.regimens["auc24"][2] - 500.0) <= np.diff(own.regimens["auc24"]).max()
    assert own.best == int(own.regimens["p_target"].argmax())


def test_where_none_is_low_enough_nothing_more_is_tried_than_before() -> None:
    own = forecast(DRUG, [INFUSIONS, level(13.5, 90.0), level(35.5, 80.0)], covariates=ADULT, day=1)
    assert [regimen.amount for regimen in own.tried] == [0.0, 375.0, 750.0, 1125.0, 1500.0]
    assert own.best == 0


def test_without_a_target_nothing_is_aimed_at() -> None:
    drug = replace(catalogue.load("drugs", DRUG), name="gentamicin_mine")
    own = forecast(drug, DATA, covariates=ADULT, particles=50)
    assert own.goal is None
    assert [regimen.amount for regimen in own.tried] == [750.0, 1125.0, 1500.0, 1875.0, 2250.0]
    assert not [column for column in own.regimens if str(column).startswith("p_")]
    asked = forecast(drug, DATA, covariates=ADULT, particles=50, target_auc24=(70.0, 120.0))
    assert {"p_target", "p_above"} == {column for column in asked.regimens if str(column).startswith("p_")}


@pytest.mark.parametrize(("amount", "step"), [(1000.0, 250.0), (1500.0, 500.0), (400.0, 100.0), (0.3, 0.1), (7.0, 1.0)])
def test_steps_are_round(amount: float, step: float) -> None:
    assert round_step(amount) == pytest.approx(step)


def test_the_setting_of_vancomycin_is_that_of_the_ward() -> None:
    rules, goal = load("vancomycin_ward").task().rules, GOALS["vancomycin"]
    assert (goal.low, goal.high) == (rules.low, rules.high)
    assert goal.injury == (rules.aki_intercept, rules.aki_slope)
    drug = catalogue.load("drugs", DRUG)
    assert goal_of(replace(drug, assay=replace(drug.assay, unit="umol/L")), None) is None


# Whom, when and what.


@pytest.mark.parametrize(
    ("data", "at"),
    [
        ([INFUSIONS, level(35.5, 21.0)], 48.0),
        ([INFUSIONS, level(48.0, 21.0)], 48.0),
        ([INFUSIONS, level(48.1, 21.0)], 60.0),
        ([{"TIME": 0.0, "AMT": 1000.0}, {"TIME": 8.0, "AMT": 500.0}, level(9.0, 21.0)], 16.0),
        ([{"TIME": 3.0, "AMT": 1000.0}, level(9.0, 21.0)], 27.0),
    ],
)
def test_when_the_next_dose_falls_due(data: list[dict[str, Any]], at: float) -> None:
    assert forecast(DRUG, data, covariates=ADULT, particles=20, regimens=["500 q12h"]).at == at


def test_covariates_that_change_at_a_level_are_kept() -> None:
    """The rows of levels go, what they say of the kidney stays."""
    drug, x = "vancomycin_thomson2009", {"WT": 70.0, "CRCL": 90.0}
    data = [INFUSIONS | x, level(35.5, 21.0) | x | {"CRCL": 30.0}]
    own = forecast(drug, data, particles=50, regimens=["1000 q12h over 2h"])
    assert own.history.now == {"WT": 70.0, "CRCL": 30.0}
    steps = [x | {"TIME": 0.0}, x | {"TIME": 35.5, "CRCL": 30.0}]
    seen = own.known.predict([INFUSIONS, LATER], times=[96.0], covariates=steps)
    assert own.regimens["trough"][0] == pytest.approx(np.median(seen.level[0, :, 0]), rel=1e-9)


def test_a_patient_of_several_is_the_same_as_alone() -> None:
    rows = [row | {"ID": who} for who, dv in (("a", 9.0), ("b", 21.0)) for row in (INFUSIONS, level(30.0, dv))]
    one = forecast(DRUG, rows, id="b", covariates=ADULT, particles=50)
    alone = forecast(DRUG, rows[2:], covariates=ADULT, particles=50)
    assert one.regimens.equals(alone.regimens)
    with pytest.raises(ValueError, match=r"data: ID: a, b: these are 2 patients: say which \(--id, id=\)"):
        forecast(DRUG, rows, covariates=ADULT)
    floats = [row | {"ID": 2.0 if row["ID"] == "b" else 1.0} for row in rows]
    assert forecast(DRUG, floats, id="2", covariates=ADULT, particles=20).history.who == 2.0
    with pytest.raises(ValueError, match="id: 'c': data has the patients a, b"):
        forecast(DRUG, rows, id="c", covariates=ADULT)


@pytest.mark.parametrize("name", catalogue.names("drugs"))
def test_every_drug(name: str) -> None:
    drug = catalogue.load("drugs", name)
    given, times, dv = GIVEN[drug.Patient], SEEN[drug.Patient], (1.4, 2.0) if drug.assay.unit == "INR" else (38.0, 21.0)
    own = forecast(name, [given, *map(level, times, dv)], covariates=usual(drug), particles=100)
    assert len(own.regimens) == 5
    assert np.isfinite(own.regimens.drop(columns="regimen").to_numpy(dtype=float)).all()


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        ([INFUSIONS, level(5.0, 3.0), level(5.0, 4.0)], "row 3, DV: 4.0: row 2 says 3 for the same time: one level at"),
        ([{"TIME": 0.0, "EVID": 2}], "data: AMT: no dose was given"),
        ([INFUSIONS, level(11.5, -1.0)], r"row 2, DV: -1.0: a level is not negative \(its unit is mg/L\)"),
    ],
)
def test_records_that_cannot_be(data: list[dict[str, Any]], answer: str) -> None:
    with pytest.raises(ValueError, match=answer):
        forecast(DRUG, data, covariates=ADULT)


def test_a_level_before_and_after_a_dose_at_one_time_is_no_contradiction() -> None:
    data = [INFUSIONS, level(48.0, 20.0), {"TIME": 48.0, "AMT": 1000.0}, level(48.0, 45.0)]
    assert len(forecast(DRUG, data, covariates=ADULT, particles=20).levels) == 2


def test_covariates_that_contradict_each_other() -> None:
    x = {"WT": 70.0, "CRCL": 90.0}
    data = [INFUSIONS | x, level(5.0, 3.0) | x, {"TIME": 5.0, "EVID": 2} | x | {"CRCL": 80.0}]
    with pytest.raises(
        ValueError, match=r"row 3, CRCL: 80\.0: row 2 says 90 for the same time: a covariate has one value"
    ):
        forecast("vancomycin_thomson2009", data)


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"at": 36.0}, "at: 36: the next dose comes after the last one of data, at 36 h"),
        ({"at": float("nan")}, "at: nan: the next dose comes after"),
        ({"day": 0}, "day: 0: a day after the next dose, 1 to 60"),
        ({"target_auc24": (600.0, 400.0)}, "target_auc24: 600-400: two numbers"),
        ({"particles": 5}, "particles: 5: fewer than 20 say nothing"),
        ({"regimens": ["1 q0.001h"]}, "more than 1,000 doses until the day is over"),
    ],
)
def test_what_cannot_be_asked(more: dict[str, Any], answer: str) -> None:
    with pytest.raises(ValueError, match=answer):
        forecast(DRUG, DATA, covariates=ADULT, **more)


def test_drugs_of_which_nothing_can_be_forecast() -> None:
    drug: Drug = catalogue.load("drugs", DRUG)
    with pytest.raises(ValueError, match="it varies between occasions: of those to come nothing is predicted"):
        forecast(variable.DRUG, [{"TIME": 0.0, "AMT": 1.0}])
    with pytest.raises(ValueError, match=r"it has no residual error \(assay\)"):
        forecast(replace(drug, assay=Assay()), DATA, covariates=ADULT)
    with pytest.raises(ValueError, match="it counts time in 'day'"):
        forecast(replace(drug, time_unit="day"), DATA, covariates=ADULT)


def test_files_hold_everything_and_the_disclaimer(outlook: Outlook, tmp_path: Path) -> None:
    content = json.loads(outlook.save(tmp_path / "all.json").read_text())
    assert content["note"] == DISCLAIMER
    assert content["regimens"] == outlook.regimens.to_dict("records")
    assert len(content["levels"]) == 2
    lines = outlook.save(tmp_path / "regimens.csv").read_text().splitlines()
    assert len(lines) == 3
    assert all(line.endswith(DISCLAIMER) for line in lines[1:])
