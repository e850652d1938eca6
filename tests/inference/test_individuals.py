"""The check of another engine's MAP estimates notices what is wrong. That ours agree is what `verify` checks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dosing_env.verification import individuals
from tests.simulation.reference_data import FOLDER
from tests.text_files import replace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in FOLDER.glob("map_*.csv"):
        shutil.copy(path, tmp_path)
    lines = (tmp_path / individuals.MARK).read_text().splitlines()
    kept = [line for line in lines if line.startswith(("case_id", "van_1s"))]
    (tmp_path / individuals.MARK).write_text("\n".join(kept))
    return tmp_path


@pytest.mark.parametrize(
    ("table", "old", "new", "wrong"),
    [
        ("expected", "4.54818713565", "4.54818713565", []),
        ("expected_eta", "-0.135129620922", "-0.1353", ["etas"]),
        ("expected_eta", "0.161994655002", "0.1623", ["standard errors"]),
        ("expected", "4.54818713565", "4.5481891", ["objective"]),
        ("expected", "21.0010981667", "21.004", ["prediction"]),
        ("sigma", "0.0225", "0.0226", ["etas", "objective", "prediction"]),
    ],
)
def test_what_differs_fails(folder: Path, table: str, old: str, new: str, wrong: list[str]) -> None:
    replace(folder / f"map_{table}.csv", old, new)
    checks = list(individuals.check(folder))
    assert [check.way for check in checks] == list(individuals.LIMITS)
    assert set(wrong) <= {check.way for check in checks if not check.passed} <= {*wrong, "standard errors"}


@pytest.mark.parametrize(
    ("table", "old", "new", "answer"),
    [
        ("covariates", "VAN2", "VAN3", "map_covariates.csv: model: unknown model 'VAN3'. Did you mean 'VAN2'?"),
        ("sigma", "var_prop", "prop", "map_sigma.csv: unknown column 'var_prop'. Did you mean 'prop'?"),
        ("omega", "0.09", "much", "map_omega.csv: row 1, omega: 'much': not a number"),
    ],
)
def test_a_wrong_table(folder: Path, table: str, old: str, new: str, answer: str) -> None:
    replace(folder / f"map_{table}.csv", old, new)
    with pytest.raises(ValueError, match=answer.replace(".", r"\.").replace("?", r"\?")):
        list(individuals.check(folder))


def test_levels_that_cannot_be_used_fail_and_say_why(folder: Path) -> None:
    replace(folder / "map_observations.csv", "16.2", "-16.2")
    (check,) = individuals.check(folder)
    assert not check.passed
    assert "a level is not negative" in check.note
