"""Ten thousand malformed tables: a result of finite numbers or a complaint of one line, never anything else.

A good table is damaged in one of two ways. `NONSENSE` must be refused with a ValueError; after `ODDITIES` a result is
allowed too. What is drawn depends on the seed alone, so that a failure can be looked at again.
"""

from __future__ import annotations

import datetime
import decimal
import fractions
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dosing_env import simulate
from tests.models import entering
from tests.simulation.by_hand import MAN

Rows = list[dict[str, Any]]
Chance = np.random.Generator

DRUG = entering.DRUG
X = DRUG.covariates(MAN)._asdict()
TABLES, PARTS = 10_000, 8
SLOWEST = 60.0  # s of computing for one table, with compiling: it stands for "does not hang"

TEXT = ("lots", "12:30", "1,5", "--1", "0x10", "1_000", "５", "²", "1e", "inf h", "None?", "5\n6", "\x00", "🙂", "1 2")
NO_NUMBER = (
    *TEXT, True, False, [5], (1, 2), {"a": 1}, {1}, object, 1j, b"5", datetime.datetime(2024, 1, 1),
    datetime.date(2024, 1, 1),
    datetime.timedelta(hours=1), pd.Timestamp("2024-01-01"), np.array([5.0]), np.array([1.0, 2.0]), np.array([[1.0]]),
    np.datetime64("2024-01-01"), pd.Interval(0, 1), slice(3), "1e999", float("inf"), -float("inf"), np.inf, 10**400,
    decimal.Decimal("sNaN"), decimal.Decimal("Infinity"),
)  # fmt: skip
NUMBERS = (
    0, -0.0, 1, 2.0, "3", " 4 ", np.float32(5), np.int8(1), decimal.Decimal("7.5"), fractions.Fraction(1, 3), 1e-320,
    1e308, -1e308, 1e15, 3e6, 5e-324, np.nan, np.float32("nan"), None, "", ".", "NA", "nan", pd.NA, pd.NaT, 0.5, -1, -2,
    -3, 1e6, 12,
)  # fmt: skip
COLUMNS = ("ID", "TIME", "EVID", "AMT", "RATE", "II", "ADDL", "SS", "CMT", "DV", "MDV", "BLQ", "CENS", "LIMIT")


def good(chance: Chance) -> Rows:
    """A table that can be carried out, with a row of each kind."""
    rows: Rows = []
    t = 0.0
    for _ in range(int(chance.integers(2, 7))):
        t += float(chance.integers(1, 9))
        row: dict[str, Any] = {
            "TIME": t,
            "EVID": 1,
            "AMT": float(chance.integers(1, 500)),
            "CMT": int(chance.integers(1, 3)),
        }
        kind = chance.integers(6)
        if kind == 0:
            row |= {"RATE": row["AMT"] / float(chance.integers(1, 9))}
        elif kind == 1:
            row |= {"II": 6.0, "ADDL": 3}
        elif kind == 2:
            row |= {"SS": int(chance.integers(1, 3)), "II": 8.0}
        elif kind == 3:
            row |= {"EVID": 4, "RATE": -2}
        elif kind == 4:
            rows.append({"TIME": t, "EVID": int(chance.choice([0, 2, 3]))})
        rows.append(row)
    if chance.random() < 0.3:
        rows = [{"ID": who} | row for who in ("a", "b") for row in rows]
    return rows


def any_of(chance: Chance, values: Any) -> Any:
    return values[int(chance.integers(len(values)))]


def put(column: str, *values: Any, **others: Any) -> Callable[[Rows, Chance], Any]:
    """Damage: a dose gets one of the values in a column, and other columns as given."""

    def damage(rows: Rows, chance: Chance) -> Rows:
        doses = [row for row in rows if "AMT" in row]
        any_of(chance, doses).update({column: any_of(chance, values)} | others)
        return rows

    return damage


def unsorted(rows: Rows, chance: Chance) -> Rows:
    k = int(chance.integers(1, len(rows)))
    rows[k]["TIME"] = rows[k - 1]["TIME"] - float(chance.integers(1, 9)) if "ID" not in rows[k] else -1.0
    return rows


def unknown_column(rows: Rows, chance: Chance) -> Rows:
    rows[0][any_of(chance, ("AMOUNT", "F1 ", "TAD", "", "WT ", "0", 7, None, ("A", "B"), "TIME\n"))] = any_of(
        chance, (1, "x")
    )
    return rows


def same_column(rows: Rows, chance: Chance) -> Any:
    if chance.random() < 0.5:
        rows[0][any_of(chance, ("time", "Time", "tIME"))] = 1.0
        return rows
    frame = pd.DataFrame(rows)
    return pd.concat([frame, frame[[any_of(chance, ("TIME", "AMT", "CMT"))]]], axis=1)


def no_subject(rows: Rows, chance: Chance) -> Rows:
    for row in rows:
        row["ID"] = 1
    rows[int(chance.integers(len(rows)))]["ID"] = any_of(chance, (None, np.nan, "", ".", [1], {1: 2}, {3}))
    return rows


def no_dose(rows: Rows, chance: Chance) -> Rows:
    row = any_of(chance, [row for row in rows if "AMT" in row])
    row["EVID"] = any_of(chance, (0, 2, 3))
    return rows


def no_time(rows: Rows, chance: Chance) -> Rows:
    row = any_of(chance, rows)
    if chance.random() < 0.5:
        del row["TIME"]
    else:
        row["TIME"] = any_of(chance, (None, np.nan, "", ".", pd.NA, "NA"))
    return rows


def no_table(rows: Rows, chance: Chance) -> Any:
    return any_of(chance, (
        None, 5, 2.5, "no such file.csv", Path("none.parquet"), [1, 2], [rows], {1, 2}, np.zeros((2, 2)), b"TIME",
        object(), print, {"TIME": 0}, ([],), iter(rows), Path(),
    ))  # fmt: skip


NONSENSE: dict[str, Callable[[Rows, Chance], Any]] = {
    "unsorted": unsorted,
    "unknown column": unknown_column,
    "two columns": same_column,
    "no subject": no_subject,
    "no dose": no_dose,
    "no time": no_time,
    "no table": no_table,
    "time": put("TIME", -1, -1e-9, 4.1e6, 1e12, 1e300, *NO_NUMBER),
    "amount": put("AMT", -1, -1e-300, None, "", ".", np.nan, *NO_NUMBER, EVID=1),
    "rate": put("RATE", -3, -0.5, -1.5, -1e-9, 1e12, 1e-320, *NO_NUMBER, AMT=1.0),
    "rate of nothing": put("RATE", 1, -1, -2, 1e-9, AMT=0, SS=0, II=0, ADDL=0),
    "endless duration": put("RATE", -2, AMT=0, SS=1, II=0, ADDL=0),
    "interval": put("II", -1, 1e-9, 1e-5, 4.1e6, 1e300, *NO_NUMBER, ADDL=2),
    "interval alone": put("II", 12, 1e-3, ADDL=None, SS=0),
    "further": put("ADDL", 0.5, -1, 100_001, 1e12, 1e300, *NO_NUMBER, II=12.0),
    "further without interval": put("ADDL", 1, 99, II=0),
    "steady": put("SS", 3, -1, 0.5, 1e9, *NO_NUMBER, II=12.0),
    "steady without interval": put("SS", 1, 2, II=0, ADDL=0),
    "steady endless with interval": put("SS", 1, 2, II=12, ADDL=0, AMT=0, RATE=5),
    "compartment": put("CMT", 3, -1, 0.5, 1e9, "liver", "GUT2", "CE NT", *NO_NUMBER),
    "event": put("EVID", 5, -1, 0.5, 1e9, "dose", *NO_NUMBER),
    "measured": put("DV", *NO_NUMBER),
    "censored": put("CENS", *NO_NUMBER),
}


def odd_cells(rows: Rows, chance: Chance) -> Rows:
    for _ in range(int(chance.integers(1, 5))):
        any_of(chance, rows)[any_of(chance, COLUMNS)] = any_of(chance, NUMBERS)
    return rows


def odd_frame(rows: Rows, chance: Chance) -> Any:
    frame = pd.DataFrame(rows)
    change = int(chance.integers(8))
    if change == 0:
        return frame.sample(frac=1.0, axis=1, random_state=int(chance.integers(1000)))
    if change == 1:
        return frame.astype(str)
    if change == 2:
        return frame.convert_dtypes()
    if change == 3:
        return frame.astype({"CMT": "category", "EVID": "category"})
    if change == 4:
        return frame.set_index("TIME", drop=False).rename_axis("TIME")
    if change == 5:
        return frame.sample(frac=1.0, random_state=int(chance.integers(1000)))
    if change == 6:
        return frame.iloc[:0]
    return frame.T


def odd_size(rows: Rows, chance: Chance) -> Rows:
    row = any_of(chance, [row for row in rows if "AMT" in row])
    row |= {"SS": 0} | any_of(chance, (
        {"ADDL": 100_000, "II": 1e-4}, {"ADDL": 100_000, "II": 4e6}, {"AMT": 1e300, "RATE": 1e-5}, {"AMT": 1e308},
        {"ADDL": 99, "II": 0.5, "RATE": 1e-3}, {"TIME": 4e6}, {"SS": 1, "II": 1e-4}, {"SS": 1, "II": 4e6},
        {"SS": 1, "II": 1e-4, "RATE": 1e-3}, {"SS": 2, "II": 1e-3, "RATE": 1.0, "ADDL": 50}, {"AMT": 1e-310},
    ))  # fmt: skip
    return rows


def fewer(rows: Rows, chance: Chance) -> Rows:
    return rows[: int(chance.integers(len(rows)))]


ODDITIES = {"cells": odd_cells, "frame": odd_frame, "size": odd_size, "fewer": fewer}

NO_COVARIATES: tuple[Any, ...] = (
    None, {}, [], 5, "none.csv", {"CL": 5}, X | {"CL": "much"}, X | {"CL": None}, X | {"CL": np.inf}, X | {"WT": 70},
    X | {"cl": 3}, [{"TIME": 1} | X], [{"TIME": 0} | X, {"TIME": 0} | X], [{"TIME": 0} | X, X], [X, 5], X | {"KA": [1]},
    [{"TIME": "0h"} | X], X | {"V": 10**400}, X | {"KA": True}, X | {"TIME": 3}, X | {"LAG1": 1j},
)  # fmt: skip
NO_TIMES: tuple[Any, ...] = (
    5, [1, 0], [1, 1], [-1], [np.nan], [None], ["noon"], [np.inf], [1e300], [[1, 2]], np.eye(2), [True], "abc", [1j],
    [datetime.date(2024, 1, 1)], np.array(3.0), print,
)  # fmt: skip
NO_EFFECTS: tuple[Any, ...] = (5, "x", {"V": 1}, {"CL": "big"}, {"CL": np.inf}, {"CL": [1]}, [1], {"ID": 1, "CL": True})


def damaged(seed: int) -> tuple[str, bool, dict[str, Any]]:
    """What was done to a good table, whether it is nonsense, and the arguments of `simulate`."""
    chance = np.random.default_rng(seed)
    events: Any = good(chance)
    arguments: dict[str, Any] = {"covariates": dict(X), "times": [0.0, 5.0, 12.0, 40.0], "eta": {"CL": 0.1}}
    draw = chance.random()
    if draw < 0.12:
        argument, choices = any_of(chance, (("covariates", NO_COVARIATES), ("times", NO_TIMES), ("eta", NO_EFFECTS)))
        what, nonsense, arguments[argument] = argument, True, any_of(chance, choices)
    else:
        nonsense = draw < 0.6
        kinds: dict[str, Any] = NONSENSE if nonsense else ODDITIES
        what = any_of(chance, list(kinds))
        events = kinds[what](events, chance)
        if isinstance(events, list) and chance.random() < 0.3:
            events = respelled(events, chance)
        if isinstance(events, list) and chance.random() < 0.3:
            events = as_frame(events)
        if not nonsense and chance.random() < 0.2:
            del arguments["times"]
    return what, nonsense, arguments | {"events": events}


def respelled(rows: Any, chance: Chance) -> Any:
    """Numbers in other spellings, which change nothing."""
    for row in rows:
        for column in row if isinstance(row, dict) else ():
            if type(row[column]) is float and chance.random() < 0.3:
                row[column] = any_of(chance, (str, decimal.Decimal, np.float64, " {} ".format))(row[column])
    return rows


def as_frame(rows: Any) -> Any:
    if rows and all(isinstance(row, dict) for row in rows):
        columns = list(dict.fromkeys(column for row in rows for column in row))
        return pd.DataFrame({c: pd.Series([row.get(c) for row in rows], dtype=object) for c in columns})
    return rows


def outcome(arguments: dict[str, Any]) -> str:
    """How `simulate` ends; anything unexpected is raised."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            table = simulate(DRUG, solver="exact", **arguments)
        except (ValueError, RuntimeError) as error:
            complaint, ended = str(error), type(error).__name__
        else:
            complaint, ended = "", "result"
    if complaint:
        assert len(complaint.splitlines()) == 1
        assert 10 < len(complaint) < 1000
        return ended
    numbers = table.drop(columns="ID", errors="ignore").to_numpy(dtype=float)
    assert np.isfinite(numbers).all(), "a result that is not finite"
    assert (table["time"] >= 0.0).all(), "a negative time"
    return ended


def test_the_good_tables_are_good() -> None:
    for seed in range(200):
        rows = good(np.random.default_rng(seed))
        assert outcome({"events": rows, "covariates": X, "times": [0.0, 5.0]}) == "result"


FEW = 250  # the first of them


@pytest.mark.parametrize(
    ("part", "tables"), [(0, FEW), *(pytest.param(part, TABLES, marks=pytest.mark.slow) for part in range(PARTS))]
)
def test_malformed_tables(part: int, tables: int) -> None:
    seen = set()
    for seed in range(part, tables, PARTS if tables == TABLES else 1):
        what, nonsense, arguments = damaged(seed)
        begin = time.process_time()
        try:
            end = outcome(arguments)
        except Exception as error:
            raise AssertionError(f"seed {seed}, {what}: {type(error).__name__}: {error}") from error
        assert not nonsense or end == "ValueError", f"seed {seed}, {what}: ended in {end}"
        assert time.process_time() - begin < SLOWEST, f"seed {seed}, {what}"
        seen.add((nonsense, end))
    assert seen >= {(True, "ValueError"), (False, "ValueError"), (False, "result")}
