"""`simulate`: event table in, table out. Closed forms of one compartment, and every complaint."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import dosing_env
from dosing_env import catalogue, simulate
from dosing_env.pharmacology import Patient

ADANE = catalogue.load("drugs", "vancomycin_adane2015")  # one compartment: CL = 6.54 CRCL/125, V = 0.51 WT
THOMSON = catalogue.load("drugs", "vancomycin_thomson2009")
X = {"WT": 150.0, "CRCL": 125.0}
CL, V = 6.54, 76.5
K = CL / V
SOLVERS = ("exact", "compiled", "scipy")
BEDSIDE = {"AGE": 57.0, "WT": 79.0, "HT": 172.0, "SEX": 1.0, "SCR": 1.1, "DIAL": 0.0, "HAEM": 0.0}


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def run(events: Any, times: Any = None, **arguments: Any) -> pd.DataFrame:
    return simulate(ADANE, events, times=times, **({"covariates": X} | arguments))


def bolus(amount: Any, since: Any, k: Any = K) -> Any:
    """Amount left of a bolus; nothing before it, nor at its own time."""
    return np.where(np.asarray(since) > 0, amount * np.exp(-k * np.asarray(since)), 0.0)


def infusion(rate: float, duration: float, since: Any, k: Any = K) -> Any:
    """Amount on board of an infusion that started `since` hours ago."""
    since = np.maximum(since, 0.0)
    running = np.minimum(since, duration)
    return rate / k * (1 - np.exp(-k * running)) * np.exp(-k * (since - running))


def close(table: pd.DataFrame, amounts: Any, relative: float = 1e-9) -> None:
    np.testing.assert_allclose(table["A_central"], amounts, rtol=relative, atol=1e-12)


@pytest.mark.parametrize("solver", [*SOLVERS, None])
def test_bolus_infusion_and_exposure(solver: str | None) -> None:
    times = np.array([0, 0.5, 2, 3, 5, 11, 12, 12.5, 30])
    events = [{"TIME": 0, "AMT": 800}, {"TIME": 2, "AMT": 1500, "RATE": 500}, {"TIME": 12, "AMT": 600}]
    table = run(events, times, solver=solver)
    amounts = bolus(800, times) + infusion(500, 3, times - 2) + bolus(600, times - 12)
    close(table, amounts, 1e-7)
    np.testing.assert_allclose(table["level"], amounts / V, rtol=1e-7)
    given = 800.0 * (times > 0) + 500 * np.clip(times - 2, 0, 3) + 600 * (times > 12)
    np.testing.assert_allclose(table["auc"], (given - amounts) / CL, rtol=1e-7, atol=1e-9)


def test_a_row_at_the_time_of_a_dose_is_the_state_before_it() -> None:
    table = run([{"TIME": 0, "AMT": 1000}, {"TIME": 12, "AMT": 1000}], [0, 12])
    assert table["A_central"].iloc[0] == 0.0
    close(table, [0.0, 1000 * np.exp(-12 * K)])


def test_further_doses_and_overlapping_infusions() -> None:
    times = np.arange(0.5, 60, 0.5)
    events = [
        {"TIME": 1, "AMT": 900, "RATE": 100, "II": 6, "ADDL": 3},  # each of 9 h, one every 6 h
        {"TIME": 4, "AMT": 300, "RATE": 600},
        {"TIME": 7, "AMT": 50, "II": 0.1, "ADDL": 2},
    ]
    expected = infusion(600, 0.5, times - 4)
    for k in range(4):
        expected = expected + infusion(100, 9, times - 1 - 6 * k)
    for start in (7, 7.1, 7.2):
        expected = expected + bolus(50, times - start)
    close(run(events, times), expected)


def test_every_dose_of_a_series_written_out_gives_the_same() -> None:
    short = run([{"TIME": 3, "AMT": 750, "RATE": 750, "II": 12, "ADDL": 4}])
    long = run([{"TIME": 3 + 12 * k, "AMT": 750, "RATE": 750} for k in range(5)])
    pd.testing.assert_frame_equal(short, long)


def test_covariates_switch_exactly_at_their_time_and_count_in_that_row() -> None:
    steps = pd.DataFrame({"time": [0, 10.25, 20], "WT": [150, None, 75.0], "CRCL": [125, 62.5, None]})
    table = run([{"TIME": 0, "AMT": 1000}], [10.25, 15, 20, 30], covariates=steps)
    first = 1000 * np.exp(-K * 10.25)
    second = first * np.exp(-K / 2 * np.array([4.75, 9.75]))
    third = second[1] * np.exp(-K * 10)  # half the clearance, half the volume
    close(table, [first, *second, third])
    np.testing.assert_allclose(table["level"], table["A_central"] / [V, V, V / 2, V / 2], rtol=1e-12)
    exposure = np.cumsum([1000 - first, 2 * (first - second[0]), 2 * (second[0] - second[1]), 2 * (second[1] - third)])
    np.testing.assert_allclose(table["auc"], exposure / CL, rtol=1e-9)


def test_a_covariate_changes_while_an_infusion_runs() -> None:
    steps = [{"TIME": 0, "WT": 150, "CRCL": 125}, {"TIME": 2, "CRCL": 62.5}]
    table = run([{"TIME": 0, "AMT": 2000, "RATE": 500}], [2, 4], covariates=steps)
    at_two = infusion(500, 4, 2)
    close(table, [at_two, at_two * np.exp(-K) + infusion(500, 4, 2, K / 2)])


def test_bedside_values_go_through_the_drug() -> None:
    events = [{"TIME": 0, "AMT": 1000, "RATE": 1000}]
    own = THOMSON.covariates(Patient(**BEDSIDE))
    expected = simulate(THOMSON, events, covariates=own._asdict())
    for covariates in (BEDSIDE, Patient(**BEDSIDE), pd.DataFrame([BEDSIDE]), [{"TIME": 0} | BEDSIDE]):
        pd.testing.assert_frame_equal(simulate(THOMSON, events, covariates=covariates), expected)


def test_a_creatinine_that_rises_at_the_bedside() -> None:
    events = [{"TIME": 0, "AMT": 1000}]
    rising = [{"TIME": 0} | BEDSIDE, {"TIME": 6, "SCR": 2.2}]
    own = [THOMSON.covariates(Patient(**(BEDSIDE | {"SCR": SCR})))._asdict() for SCR in (1.1, 2.2)]
    steps = [{"TIME": 0} | own[0], {"TIME": 6} | own[1]]
    pd.testing.assert_frame_equal(
        simulate(THOMSON, events, covariates=rising), simulate(THOMSON, events, covariates=steps)
    )


def test_random_effects_not_named_are_zero() -> None:
    table = run([{"TIME": 0, "AMT": 1000}], [8], eta={"CL": np.log(2.0)})
    close(table, [1000 * np.exp(-2 * K * 8)])


def test_subjects_of_both_tables_keep_their_own() -> None:
    events = pd.DataFrame({"ID": ["b", "a", "b"], "TIME": [0, 0, 4], "AMT": [100, 200, 300]})
    patients = pd.DataFrame({"id": ["a", "b"], "WT": [150, 75], "CRCL": [125, 125]})
    table = run(events, [5, 6], covariates=patients)
    assert table["ID"].tolist() == ["b", "b", "a", "a"]
    t = np.array([5, 6])
    close(table, [*(bolus(100, t, 2 * K) + bolus(300, t - 4, 2 * K)), *bolus(200, t)])


def test_one_table_with_subjects_is_enough() -> None:
    dose, patients = [{"TIME": 0, "AMT": 100}], [{"ID": n, "WT": 150 / n, "CRCL": 125} for n in (1, 2)]
    close(run(dose, [1], covariates=patients), bolus(100, 1, np.array([K, 2 * K])))
    close(run([{"ID": n, "TIME": 0, "AMT": 100 * n} for n in (7, 8)], [1]), bolus(np.array([700, 800]), 1))


def test_a_subject_does_not_change_the_others() -> None:
    patients = [{"ID": n, "WT": 100 + 10 * n, "CRCL": 60 + n} for n in range(4)]
    together = run([{"TIME": 0, "AMT": 1000, "RATE": 300}], covariates=patients)
    alone = run([{"TIME": 0, "AMT": 1000, "RATE": 300}], covariates=patients[2:3])
    pd.testing.assert_frame_equal(together[together["ID"] == 2].reset_index(drop=True), alone)


def test_rows_of_the_output() -> None:
    doses = [{"TIME": 0, "AMT": 100}, {"TIME": 12, "AMT": 500, "RATE": 400}]  # the last one ends at 13.25 h
    assert run(doses)["time"].tolist() == list(range(39))
    seen = [*doses, {"TIME": 13, "EVID": 0}, {"TIME": 13}, {"TIME": 20.5, "EVID": 2}]
    assert run(seen)["time"].tolist() == [13, 13, 20.5]  # one for each row
    assert run(seen, (t for t in (1, 13, 20.5, 40)))["time"].tolist() == [1, 13, 13, 20.5, 40]
    assert run([])["time"].tolist() == list(range(25))
    assert (run([])["A_central"] == 0).all()


def test_columns_and_units() -> None:
    table = simulate(THOMSON, [{"TIME": 0, "AMT": 1}], covariates=BEDSIDE, times=[1])
    assert list(table.columns) == ["time", "A_central", "A_peripheral", "level", "auc"]
    assert table.attrs["units"] == {
        "time": "h", "A_central": "mg", "A_peripheral": "mg", "level": "mg/L", "auc": "mg/L h",
    }  # fmt: skip


@pytest.mark.parametrize("where", [2, 2.0, "2", "peripheral", " Peripheral"])
def test_compartment_by_number_or_name(where: Any) -> None:
    table = simulate(THOMSON, [{"TIME": 0, "AMT": 500, "CMT": where}], covariates=BEDSIDE, times=[1e-6])
    assert table["A_peripheral"].iloc[0] == pytest.approx(500, rel=1e-5)


@pytest.mark.parametrize("nothing", [0, None, ".", np.nan, pd.NA, ""])
def test_empty_cells_and_zeros_mean_nothing(nothing: Any) -> None:
    row = {"TIME": 0, "AMT": 500, "RATE": nothing, "II": nothing, "ADDL": nothing, "CMT": nothing, "SS": nothing}
    close(run([row], [1]), [500 * np.exp(-K)])


def test_a_dose_of_nothing_is_nothing() -> None:
    assert run([{"TIME": 0, "AMT": 0, "EVID": 1}], [1])["A_central"].tolist() == [0.0]


def test_a_table_of_text_reads_like_numbers() -> None:
    close(run(pd.DataFrame({"Time": ["0"], "Amt": ["500"], "Rate": ["."]}), [1]), [500 * np.exp(-K)])


def test_a_table_in_a_file(tmp_path: Path) -> None:
    events: list[dict[str, Any]] = [{"ID": 7, "TIME": 0, "AMT": 500}, {"ID": 7, "TIME": 3, "DV": 1.5}]
    steps = [X]
    expected = run(events, covariates=steps).drop(columns="ID")
    for ending, write in (("csv", pd.DataFrame.to_csv), ("parquet", pd.DataFrame.to_parquet)):
        files = tmp_path / f"events.{ending}", tmp_path / f"covariates.{ending}"
        for file, rows in zip(files, (events, steps), strict=True):
            write(pd.DataFrame(rows), file, index=False)
        own = run(files[0], covariates=str(files[1]))
        pd.testing.assert_frame_equal(own.drop(columns="ID"), expected)


def test_complaints_about_a_file_name_it(tmp_path: Path) -> None:
    file = tmp_path / "doses.csv"
    for text, message in (
        ("TIME,AMT\n0,100\n1,lots\n", "row 2, AMT: 'lots': not a number"),
        ("TIME,AMT\n0,100,7,8\n", "not a readable table: the rows have more cells than the heading"),
        ("TIME,AMUNT\n0,100\n", "unknown column 'AMUNT'"),
        ("", "not a readable table: No columns to parse from file"),
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=f"doses.csv: ({message})"):
            run(file)


def test_subjects_keep_their_names_and_types() -> None:
    for names in ([1, "a"], ["b", "a"], [(1, 2), (1, 3)], [2.5, 7.0], [3, 2]):
        own = run([{"ID": name, "TIME": 0, "AMT": 5} for name in names], [1, 2])["ID"]
        assert own.tolist() == [name for name in names for _ in (1, 2)]


def test_the_table_of_the_caller_is_not_changed() -> None:
    events = pd.DataFrame({"time": [0.0], "Amt": [5.0], "DV": [None]})
    before = events.copy(deep=True)
    run(events)
    pd.testing.assert_frame_equal(events, before)


def test_drug_by_name_path_and_object() -> None:
    path = Path(dosing_env.__file__).parent / "drugs" / "vancomycin_adane2015.py"
    one = run([{"TIME": 0, "AMT": 500}])
    for drug in ("vancomycin_adane2015", path, str(path)):
        pd.testing.assert_frame_equal(simulate(drug, [{"TIME": 0, "AMT": 500}], covariates=X), one)


DOSE = {"TIME": 0, "AMT": 100}


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ("a.csv", "a.csv: no such file"),
        (3.0, "events: expected a DataFrame, a list of dicts or a file, got float"),
        ([3.0], "events: expected a DataFrame, a list of dicts or a file, got list"),
        ([DOSE, {"AMT": 5}], "events: row 2, TIME: None: a number is needed here"),
        ([{"TIME": "noon", "AMT": 5}], "events: row 1, TIME: 'noon': not a number"),
        ([{"TIME": -1, "AMT": 5}], "events: row 1, TIME: -1: must be at least 0"),
        (
            [{"TIME": 5, "AMT": 5}, DOSE],
            "events: row 2, TIME: 0: rows are in order of time, and the one before is at 5",
        ),
        ([{"TIME": 5e6, "AMT": 5}], "events: row 1, TIME: 5000000.0: must be at most 4,000,000 h"),
        ([{"TIME": 0, "AMT": -5}], "events: row 1, AMT: -5: must be at least 0"),
        ([{"TIME": 0, "AMT": np.inf}], "events: row 1, AMT: inf: not a finite number"),
        ([{"TIME": 0, "AMT": [5]}], "events: row 1, AMT: [5]: not a number"),
        ([{"TIME": 0, "EVID": 1}], "events: row 1, AMT: None: a dose (EVID 1, 4) needs an amount"),
        ([DOSE | {"RATE": -2}], "events: row 1, RATE: -2: vancomycin_adane2015 has no modelled duration"),
        ([DOSE | {"RATE": -1}], "events: row 1, RATE: -1: vancomycin_adane2015 has no modelled infusion rate"),
        ([DOSE | {"RATE": -3}], "events: row 1, RATE: -3: must be at least 0, or -1 or -2 where modelled"),
        ([DOSE | {"AMT": 0, "RATE": 5}], "events: row 1, RATE: 5: a rate without an amount (AMT 0) is for steady"),
        ([DOSE | {"RATE": 1e9}], "events: row 1, RATE: 1000000000.0: the infusion would last less than 0.0001 h: give"),
        ([DOSE | {"RATE": 1e-320}], "events: row 1, RATE: 1e-320: the infusion would never end"),
        ([DOSE | {"ADDL": 3}], "events: row 1, ADDL: 3: further doses (ADDL) need their interval in II"),
        ([DOSE | {"II": 12}], "events: row 1, II: 12: an interval (II) needs the number of further doses in ADDL"),
        ([DOSE | {"II": 12, "ADDL": 1.5}], "events: row 1, ADDL: 1.5: must be a whole number"),
        ([DOSE | {"II": 12, "ADDL": -1}], "events: row 1, ADDL: -1: must be at least 0"),
        ([DOSE | {"II": -12, "ADDL": 1}], "events: row 1, II: -12: must be at least 0"),
        ([DOSE | {"CMT": 2}], "events: row 1, CMT: 2: vancomycin_adane2015 has the compartments 1 central"),
        ([DOSE | {"CMT": -1}], "events: row 1, CMT: -1: vancomycin_adane2015 has the compartments 1 central"),
        ([DOSE | {"CMT": "gut"}], "events: row 1, CMT: 'gut': vancomycin_adane2015 has the compartments 1 central"),
        ([{"TIME": 0, "CMT": "gut"}], "events: row 1, CMT: 'gut': vancomycin_adane2015 has the compartments 1 central"),
        ([DOSE | {"II": 1e-9, "ADDL": 9}], "events: row 1, II: 1e-09: an interval is from 0.0001 to 4,000,000 h long"),
        ([DOSE | {"EVID": 5}], "events: row 1, EVID: 5: must be 0 observation, 1 dose, 2 other, 3 reset or 4 both"),
        *(
            (
                [DOSE | {"EVID": n}],
                "events: row 1, AMT: 100: a row that is no dose (EVID 0, 2, 3) must have 0 or nothing",
            )
            for n in (0, 2, 3)
        ),
        ([{"TIME": 0, "EVID": 4}], "events: row 1, AMT: None: a dose (EVID 1, 4) needs an amount"),
        ([DOSE, DOSE | {"SS": 3, "II": 12}], "events: row 2, SS: 3: must be 0, 1 (set the steady state) or 2 (add it)"),
        ([DOSE, DOSE | {"SS": 1}], "events: row 2, SS: 1: the steady state of a dose needs its interval in II"),
        (
            [{"TIME": 0, "AMT": 0, "RATE": 5, "SS": 1, "II": 12}],
            "events: row 1, II: 12: the steady state of an endless infusion (AMT 0) has no interval",
        ),
        ([{"TIME": 0, "EVID": 0, "DV": "<2"}], "events: row 1, DV: '<2': not a number"),
        ([DOSE | {"AMOUNT": 3}], "events: unknown column 'AMOUNT'. Did you mean 'AMT'?"),
        ([DOSE | {"F1": 0.5}], "events: unknown column 'F1'. Known: ID, TIME"),
        ([DOSE | {"amt": 3}], "events: two columns are called 'AMT' (case does not count)"),
        ([DOSE | {"ID": 1}, DOSE], "events: row 2, ID: None: every row needs a subject"),
    ],
)
def test_events_that_cannot_be_carried_out(events: Any, message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011
        run(events)
    assert message in str(error.value)


def test_a_dataframe_with_the_same_column_twice() -> None:
    with pytest.raises(ValueError, match="events: two columns are called 'AMT'"):
        run(pd.DataFrame([[0, 1, 2]], columns=["TIME", "AMT", "AMT"]))


@pytest.mark.parametrize(
    ("covariates", "message"),
    [
        (
            None,
            "covariates: WT, CRCL: missing. vancomycin_adane2015 takes WT, CRCL; or else all its bedside values "
            "(dosing-env show vancomycin_adane2015)",
        ),
        ([], "covariates: WT, CRCL: missing"),
        ({"WT": 150}, "covariates: CRCL: missing. vancomycin_adane2015 takes WT, CRCL"),
        (X | {"CRLC": 1}, "covariates: unknown covariate 'CRLC'. Did you mean 'CRCL'?"),
        (X | {"AGE": 50}, "covariates: HT, SEX, SCR, DIAL, HAEM: missing"),
        (BEDSIDE | {"CRCL": 50}, "covariates: CRCL: too many"),
        ({"WT": "heavy", "CRCL": 90}, "covariates: WT: 'heavy': not a number"),
        ({"WT": np.nan, "CRCL": 90}, "covariates: WT: missing. vancomycin_adane2015 takes WT, CRCL"),
        ([{"TIME": 0, "WT": 150}, {"TIME": 1, "CRCL": 9}], "covariates: row 1, CRCL: None: a number is needed here"),
        ([{"TIME": 1} | X], "covariates: row 1, TIME: 1: the first row of a subject is at time 0"),
        ([{"TIME": 0} | X, X], "covariates: row 2, TIME: None: a number is needed here"),
        ([{"TIME": 0} | X, {"TIME": 0} | X], "covariates: row 2, TIME: 0: times ascend, and the one before is at 0"),
        ([X, X], "covariates: row 2, TIME: None: times ascend, and the one before is at 0"),
        (3.0, "covariates: expected a DataFrame, a list of dicts or a file, got float"),
        ("none.csv", "none.csv: no such file"),
    ],
)
def test_covariates_that_are_not_enough(covariates: Any, message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011
        run([DOSE], covariates=covariates)
    assert message in str(error.value)


@pytest.mark.parametrize("solver", SOLVERS)
def test_covariates_without_meaning(solver: str) -> None:
    with pytest.raises(ValueError, match=r"covariates: vancomycin_thomson2009 cannot use Patient\(AGE=57.0.*zero"):
        simulate(THOMSON, [DOSE], covariates=BEDSIDE | {"SCR": 0})
    with pytest.raises(
        ValueError, match=r"vancomycin_adane2015 makes Parameters\(CL=inf.* of Covariates\(.*CRCL=1e\+308"
    ):
        run([DOSE], covariates={"WT": 150, "CRCL": 1e308}, eta={"CL": 700}, solver=solver)


@pytest.mark.parametrize(("missing", "table"), [("events", "covariates"), ("covariates", "events")])
def test_both_tables_name_the_same_subjects(missing: str, table: str) -> None:
    ids = {table: (1, 2), missing: (1,)}
    with pytest.raises(ValueError, match=f"{missing}: ID: 2 of {table} has no row"):
        run([DOSE | {"ID": n} for n in ids["events"]], covariates=[X | {"ID": n} for n in ids["covariates"]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"times": [0, 2, 1]}, "times: row 3, time: 1: times ascend, and the one before is at 2"),
        ({"times": [1, 1]}, "times: row 2, time: 1: times ascend"),
        ({"times": [-1]}, "times: row 1, time: -1: must be at least 0"),
        ({"times": [np.nan]}, "times: row 1, time: nan: a number is needed here"),
        ({"eta": {"Cl": 0.1}}, "eta: unknown random effect 'Cl'. Did you mean 'CL'?"),
        ({"eta": {"CL": "much"}}, "eta: CL: 'much': not a number"),
        ({"solver": "euler"}, "solver: 'euler' is not one of exact, compiled, explicit, stiff, scipy"),
        ({"carry": "back"}, "carry: 'back' is not one of locf, nocb"),
        ({"times": [1e9]}, "times: row 1, time: 1000000000.0: must be at most 4,000,000"),
    ],
)
def test_other_arguments_that_are_wrong(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011
        run([DOSE], **arguments)
    assert message in str(error.value)


def test_unknown_drug_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"unknown drug 'vancomycin_adane2051'. Did you mean 'vancomycin_adane2015'?"):
        simulate("vancomycin_adane2051", [DOSE])


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_failed_solve_names_drug_subject_time_amounts_and_parameters(solver: str) -> None:
    steps = [{"ID": "a", "TIME": 0} | X, {"ID": "b", "TIME": 0} | X, {"ID": "b", "TIME": 5, "WT": 0.0}]  # no volume
    with pytest.raises(RuntimeError) as error:
        run([DOSE], [3, 8], covariates=steps, solver=solver)
    for part in (
        "vancomycin_adane2015: the solver failed between 5 and 8 h of subject 'b': amounts [65.2169] before",
        "Parameters(CL=6.54, V=0)",
    ):
        assert part in str(error.value)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_level_that_is_no_number_is_not_returned(solver: str) -> None:
    with pytest.raises(RuntimeError, match="an amount or output is not a finite number at 0 h: amounts"):
        run([{"TIME": 0}], covariates={"WT": 0.0, "CRCL": 90.0}, solver=solver)


def test_the_exported_name_is_the_function_and_loads_late(root: Path) -> None:
    program = (
        "import sys, dosing_env\n"
        "assert 'pandas' not in sys.modules and 'simulate' in dir(dosing_env)\n"
        "import dosing_env.simulation.tables\n"
        "from dosing_env import simulate\n"
        "assert callable(simulate) and simulate is dosing_env.simulate\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)
    with pytest.raises(AttributeError, match="has no attribute 'stimulate'"):
        dosing_env.stimulate  # noqa: B018


def test_a_negative_covariate_is_refused() -> None:
    events, covariates = [{"TIME": 0, "AMT": 1000, "RATE": 1000}], {"WT": -70.0, "CRCL": 90.0}
    with pytest.raises(ValueError, match=r"covariates: WT: -70\.0: must be at least 0"):
        simulate("vancomycin_thomson2009", events, covariates=covariates, times=[24.0])
