"""The result of a trial: its numbers against plain pandas, its checks, its files."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dosing_env.io.folders import digest_of
from dosing_env.trial import ALL, Arm, Endpoint, Subgroup, Trial
from tests.synthetic import ARMS, DRUGS, ENDPOINTS, SUBGROUPS, interrupted, make_trial


@pytest.fixture(scope="module")
def trial() -> Trial:
    return make_trial()


@pytest.fixture(scope="module")
def table(trial: Trial) -> Any:
    return trial.summary().set_index(["drug", "policy"])


def test_one_row_per_drug_and_policy(table: Any):
    assert list(table.index) == [(drug, arm.name) for drug in DRUGS for arm in ARMS]
    assert (table["n"] == 300).all()


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: e.name)
def test_means_are_the_means_of_the_frame(trial: Trial, table: Any, endpoint: Endpoint):
    expected = trial.frame.groupby(["drug", "policy"], sort=False)[endpoint.name].mean()
    pd.testing.assert_series_equal(table[endpoint.name], expected, check_names=False)
    assert (table[f"{endpoint.name}_low"] <= table[endpoint.name] + 1e-9).all()
    assert (table[f"{endpoint.name}_high"] >= table[endpoint.name] - 1e-9).all()
    assert endpoint.low is None or (table[f"{endpoint.name}_low"] >= endpoint.low).all()
    assert endpoint.high is None or (table[f"{endpoint.name}_high"] <= endpoint.high).all()


def test_reference_is_the_best_clinical_protocol(trial: Trial):
    assert trial.reference == "guideline_2020"
    assert make_trial(arms=ARMS[3:]).reference is None


def test_where_less_is_better_the_reference_is_the_lowest():
    trial = make_trial()
    turned = replace(trial, endpoints=(Endpoint("days_above_600", "Days above", "days", "lower", 0, 6),))
    clinical = [turned.patients(arm.name)["days_above_600"].mean() for arm in ARMS[:3]]
    assert turned.reference == ARMS[int(np.argmin(clinical))].name


def test_differences_are_paired(trial: Trial, table: Any):
    wide = trial.frame[trial.frame["drug"] == DRUGS[0]].pivot(
        index="patient", columns="policy", values="attainment_percent"
    )
    expected = (wide["vancomycin_ward_ppo"] - wide["guideline_2020"]).mean()
    row = table.loc[(DRUGS[0], "vancomycin_ward_ppo")]
    assert row["attainment_percent_difference"] == pytest.approx(expected)
    assert row["attainment_percent_difference_low"] < expected < row["attainment_percent_difference_high"]
    assert row["reference"] == "guideline_2020"
    assert np.isnan(table.loc[(DRUGS[0], "guideline_2020"), "attainment_percent_difference"])
    versus: Any = trial.differences("vancomycin_ward_ppo", "guideline_2020").set_index("endpoint")
    assert versus.loc["attainment_percent", "difference"] == pytest.approx(expected)


def test_subgroups_against_pandas(trial: Trial):
    table: Any = trial.subgroup_table().set_index(["policy", "subgroup"])
    agent = trial.patients("vancomycin_ward_ppo")
    heavy = agent[agent["WT_kg"] >= 100]
    row = table.loc[("vancomycin_ward_ppo", "Weight > 100 kg")]
    assert row["n"] == len(heavy)
    assert row["mean"] == pytest.approx(heavy["attainment_percent"].mean())
    assert row["all_low"] < row["difference_low"]
    assert row["all_high"] > row["difference_high"]
    by_sex = table.loc["vancomycin_ward_ppo"].loc[["Women", "Men"], "n"]
    assert by_sex.sum() == table.loc[("vancomycin_ward_ppo", ALL), "n"]
    assert table.loc["vancomycin_ward_ppo"].loc["Women", "n"] == (agent["male"] == 0).sum()


def test_worst_subgroup_is_the_one_the_agent_overdoses(trial: Trial, table: Any):
    row = table.loc[(DRUGS[0], "vancomycin_ward_ppo")]
    groups: Any = trial.subgroup_table().query("policy == 'vancomycin_ward_ppo' and subgroup != @ALL")
    assert row["worst_subgroup"] == "Weight > 100 kg"
    assert row["worst_difference"] == groups["difference"].min()
    assert row["worst_difference_high"] < 0


def test_small_groups_cannot_be_the_worst(trial: Trial):
    few = Subgroup("Three patients", "patient", None, 3)
    summary = replace(trial, subgroups=(few, *SUBGROUPS)).summary()
    assert "Three patients" not in set(summary["worst_subgroup"].dropna())
    assert replace(trial, subgroups=(few,)).summary()["worst_subgroup"].isna().all()


def test_seed_range(table: Any):
    row = table.loc[(DRUGS[0], "vancomycin_ward_ppo")]
    assert row["seeds"] == 3
    assert row["seed_low"] == pytest.approx(row["attainment_percent"] - 2.1)
    assert row["seed_high"] == pytest.approx(row["attainment_percent"])
    assert table.loc[(DRUGS[0], "oracle"), "seeds"] == 0


def test_row_order_changes_nothing(trial: Trial):
    shuffled = trial.frame.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(replace(trial, frame=shuffled).summary(), trial.summary())


def test_the_summary_cannot_be_changed_from_outside(trial: Trial):
    summary = trial.summary()
    summary["n"] = 0
    assert (trial.summary()["n"] == 300).all()


def test_one_patient_has_means_and_no_intervals():
    row = make_trial(patients=1).summary().iloc[0]
    assert np.isfinite(row["total_dose_mg"])
    assert np.isnan(row["total_dose_mg_low"])


def test_interrupted_trial_names_what_is_missing(trial: Trial):
    part = interrupted(trial, 3)
    assert part.partial
    assert [arm.name for arm in part.missing] == [arm.name for arm in ARMS[3:]]
    assert len(part.summary()) == 3


def test_missing_policies_are_refused_unless_partial(trial: Trial):
    frame = trial.frame[trial.frame["policy"] != "oracle"]
    with pytest.raises(ValueError, match="'oracle' has no patients and the trial is not partial"):
        replace(trial, frame=frame)


def test_unpaired_patients_are_refused(trial: Trial):
    with pytest.raises(ValueError, match="did not meet the same patients"):
        replace(trial, frame=trial.frame.iloc[1:])
    with pytest.raises(ValueError, match="did not meet the same patients"):
        replace(trial, frame=pd.concat([trial.frame, trial.frame.iloc[:1]]))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("attainment_percent", np.nan, "attainment_percent is not finite in 1 rows"),
        ("attainment_percent", 100.5, "passes its high bound 100"),
        ("total_dose_mg", -1.0, "passes its low bound 0"),
        ("policy", "nobody", "policy 'nobody' is not declared"),
        ("drug", "unknown", "drug 'unknown' is not declared"),
    ],
)
def test_impossible_outcomes_are_refused(trial: Trial, column: str, value: object, message: str):
    frame: Any = trial.frame.copy()
    frame.loc[frame.index[0], column] = value
    with pytest.raises(ValueError, match=message):
        replace(trial, frame=frame)


def test_wrong_declarations_are_refused(trial: Trial):
    with pytest.raises(ValueError, match="kind: 'robot' is not one of label"):
        Arm("x", "X", "robot")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="better: 'more' is not one of higher"):
        Endpoint("x", "X", "%", "more")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="column 'nothing' is missing"):
        replace(trial, endpoints=(Endpoint("nothing", "Nothing", "%", "higher"),))
    with pytest.raises(ValueError, match="must be higher or lower"):
        replace(trial, endpoints=(ENDPOINTS[5],))
    with pytest.raises(ValueError, match="'nobody' is not in this trial"):
        trial.arm("nobody")


@pytest.mark.parametrize("parquet", [False, True])
def test_a_saved_trial_comes_back_bit_for_bit(trial: Trial, tmp_path: Path, parquet: bool):
    trial.save(tmp_path / "run", parquet=parquet)
    back = Trial.load(tmp_path / "run")
    pd.testing.assert_frame_equal(back.summary(), trial.summary(), check_exact=True)
    for name in ("frame", "courses", "doses", "levels", "learning", "seeds"):
        pd.testing.assert_frame_equal(getattr(back, name), getattr(trial, name), check_exact=True, check_dtype=False)
    assert (back.policies, back.endpoints, back.subgroups) == (trial.policies, trial.endpoints, trial.subgroups)
    assert back.provenance == trial.provenance
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert ("trial.parquet" if parquet else "trial.csv") in names
    assert {"summary.csv", "trial.json"} < names
    assert not any(name.startswith(".") for name in names)


def test_a_failed_save_leaves_the_old_trial(trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    make_trial(patients=30).save(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(OSError, match="no space left"):
        trial.save(tmp_path, overwrite=True)
    monkeypatch.undo()
    assert len(Trial.load(tmp_path).frame) == 30 * len(ARMS) * len(DRUGS)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_saving_over_a_trial_leaves_nothing_of_it(trial: Trial, tmp_path: Path):
    trial.save(tmp_path, parquet=True)
    replace(trial, learning=None, seeds=None).save(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert {"trial.parquet", "learning.csv", "seeds.csv"}.isdisjoint(names)


def test_a_finished_trial_gives_way_to_the_same_one_only(trial: Trial, tmp_path: Path):
    before = trial.save(tmp_path) / "trial.csv"
    old = before.read_bytes()
    others = (
        replace(trial, provenance=trial.provenance | {"seed": 8}),
        replace(trial, provenance=trial.provenance | {"scenario_hash": "another"}),
        make_trial(patients=30),
        make_trial(arms=ARMS[1:5]),
        interrupted(trial, 3),
    )
    for other in others:
        with pytest.raises(ValueError, match=r"holds a finished trial that would be replaced \(scenario"):
            other.save(tmp_path)
    assert before.read_bytes() == old
    trial.save(tmp_path)
    others[0].save(tmp_path, overwrite=True)
    assert Trial.load(tmp_path).provenance["seed"] == 8


def test_an_interrupted_trial_gives_way_to_any(trial: Trial, tmp_path: Path):
    interrupted(trial, 3).save(tmp_path)
    interrupted(trial, 2).save(tmp_path)
    make_trial(patients=30).save(tmp_path)
    (tmp_path / "doses.csv").unlink()  # no trial either that could be lost
    trial.save(tmp_path)
    assert len(Trial.load(tmp_path).arms()) == len(ARMS)


@pytest.mark.parametrize("name", ["seeds.csv", "trial.json", "my notes.txt"])
def test_files_of_somebody_else_are_neither_replaced_nor_deleted(trial: Trial, tmp_path: Path, name: str):
    own, bare = tmp_path / name, replace(trial, seeds=None)
    own.write_text("mine")
    with pytest.raises(ValueError, match=rf"{name}: is in the way: .* holds files of somebody else"):
        bare.save(tmp_path)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
    bare.save(tmp_path, overwrite=True)
    assert Trial.load(tmp_path).seeds is None
    assert own.read_text() == "mine" or name == "trial.json"


def test_beside_a_trial_only_files_that_would_be_replaced_are_in_the_way(trial: Trial, tmp_path: Path):
    bare = replace(trial, seeds=None)
    bare.save(tmp_path)
    (tmp_path / "my notes.txt").write_text("mine")
    bare.save(tmp_path)
    (tmp_path / "seeds.csv").write_text("mine")
    with pytest.raises(ValueError, match=r"seeds\.csv: is in the way"):
        trial.save(tmp_path)
    assert (tmp_path / "my notes.txt").exists()


def test_a_table_that_was_edited_is_not_replaced(trial: Trial, tmp_path: Path):
    trial.save(tmp_path)
    with (tmp_path / "summary.csv").open("a") as file:
        file.write("mine\n")
    with pytest.raises(ValueError, match=r"summary\.csv: was changed since it was written"):
        trial.save(tmp_path)


def test_a_report_beside_the_tables_belongs_to_the_trial(trial: Trial, tmp_path: Path):
    trial.save(tmp_path)
    trial.report(tmp_path / "report.html")
    trial.report(tmp_path / "again.html")
    assert Trial.load(tmp_path).provenance == trial.provenance
    trial.save(tmp_path, parquet=True)
    assert not {"report.html", "again.html", "trial.csv"} & {path.name for path in tmp_path.iterdir()}
    trial.report(tmp_path / "report.html")
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(ValueError, match=r"report\.html: was changed since it was written"):
        trial.save(tmp_path)


def test_a_record_deletes_nothing_outside_its_folder(trial: Trial, tmp_path: Path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    folder = trial.save(tmp_path / "run")
    index = json.loads((folder / "trial.json").read_text())
    index["reports"] = {name: digest_of(victim) for name in ("../victim", str(victim))}
    (folder / "trial.json").write_text(json.dumps(index))
    trial.save(folder, overwrite=True)
    assert victim.exists()


def test_damaged_files_are_named(trial: Trial, tmp_path: Path):
    with pytest.raises(ValueError, match="not the directory of a trial"):
        Trial.load(tmp_path)
    trial.save(tmp_path)
    with (tmp_path / "doses.csv").open("a") as file:
        file.write("x\n")
    with pytest.raises(ValueError, match=r"doses\.csv: was changed after the trial was saved"):
        Trial.load(tmp_path)
    (tmp_path / "doses.csv").unlink()
    with pytest.raises(ValueError, match=r"doses\.csv: missing"):
        Trial.load(tmp_path)
    (tmp_path / "trial.json").write_text("{")
    with pytest.raises(ValueError, match="not readable as JSON"):
        Trial.load(tmp_path)
    (tmp_path / "trial.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(ValueError, match="format: must be 1"):
        Trial.load(tmp_path)
