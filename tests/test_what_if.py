"""The allele that nobody tested: whom it is in, what it leaves of clearance, and nothing else of a patient changes."""

from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dosing_env import catalogue, scenario
from dosing_env.cohort import Cohort
from dosing_env.drugs import warfarin_hamberg2007 as hamberg
from dosing_env.pharmacology import Drug
from dosing_env.scenario import Scenario
from dosing_env.statistics import group_means
from tools.what_if_hidden_allele import ARMS, KNOWN, NOTHING, PUBLISHED, SWEPT, Cell, measured, shown, write_drug

SIZE = 20
TRIAL = scenario.load("trial_coag")
SIZES = pytest.mark.parametrize("cell", [Cell("test", 0.24, 0.5), Cell("test", 0.4, 0.75)], ids=str)


def with_allele(cell: Cell, folder: Path) -> Scenario:
    """The trial, loaded with the file of a cell."""
    return TRIAL.replace(drug=str(write_drug(cell, folder)))


def clearance(drug: Drug, black: float, draws: Any) -> Any:
    """Of patients of 60 years with *1/*2, by their random effects in the order of `Eta`."""
    patient = drug.Patient(*[1.0] * len(drug.Patient._fields))
    patient = patient._replace(AGE=60.0, CYP2C9_2=1.0, CYP2C9_3=0.0, BLACK=black)
    root = np.array(drug.omega_root())
    return drug.individual(drug.covariates(patient), drug.Eta(*root @ draws[: len(root)])).CL


def drawn(size: int) -> Any:
    return np.random.default_rng(5).standard_normal((len(hamberg.Eta._fields) + 1, size))


def test_an_allele_that_does_nothing_leaves_clearance_as_it_was(tmp_path: Path) -> None:
    changed = with_allele(Cell("test", 0.3, 1.0), tmp_path).load_drug()
    z = drawn(SIZE)
    np.testing.assert_array_equal(clearance(changed, 1.0, z), clearance(hamberg.DRUG, 1.0, z))


@SIZES
def test_each_copy_leaves_its_share_in_as_many_patients_as_hardy_and_weinberg_say(cell: Cell, tmp_path: Path) -> None:
    changed = with_allele(cell, tmp_path).load_drug()
    z = drawn(100_000)
    ratio = clearance(changed, 1.0, z) / clearance(hamberg.DRUG, 1.0, z)
    found, counts = np.unique(ratio.round(9), return_counts=True)
    other = 1 - cell.frequency
    np.testing.assert_allclose(found, [cell.left**2, cell.left, 1.0])
    np.testing.assert_allclose(
        counts / z.shape[1], [cell.frequency**2, 2 * cell.frequency * other, other**2], atol=0.005
    )
    assert cell.carriers == pytest.approx(1 - other**2)


@SIZES
def test_nobody_else_has_it(cell: Cell, tmp_path: Path) -> None:
    changed = with_allele(cell, tmp_path).load_drug()
    z = drawn(SIZE)
    np.testing.assert_array_equal(clearance(changed, 0.0, z), clearance(hamberg.DRUG, 0.0, z))


def admitted(case: Scenario) -> Cohort:
    cohort = Cohort(case.task(), SIZE, "evaluate", 7)
    cohort.admit(np.arange(SIZE))
    return cohort


def test_compiled_patients_of_the_trial_differ_in_clearance_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = admitted(TRIAL)
    monkeypatch.setattr("numba.config.CACHE_DIR", str(tmp_path))  # a file that no other run will have
    changed = with_allele(Cell("test", 0.4, 0.5), tmp_path)
    ours = admitted(changed)
    drug, patients = changed.load_drug(), ours.courses["patient"]
    np.testing.assert_array_equal(patients, theirs.courses["patient"])
    black = patients[:, drug.Patient._fields.index("BLACK")] == 1.0
    ratio = ours.courses["parameters"] / theirs.courses["parameters"]
    CL = hamberg.Parameters._fields.index("CL")
    assert np.allclose(np.delete(ratio, CL, axis=1), 1.0)
    assert np.allclose(ratio[~black, CL], 1.0)
    assert {0.25, 0.5, 1.0} >= set(ratio[black, CL].round(9)) > {1.0}


@pytest.mark.parametrize(("frequency", "left"), [(-0.1, 0.5), (1.0, 0.5), (0.1, 0.0), (0.1, float("nan"))])
def test_an_allele_that_cannot_be_is_refused(frequency: float, left: float) -> None:
    with pytest.raises(ValueError, match=r"^(frequency|left): \S+ is not"):
        Cell("test", frequency, left)


def test_no_chart_shows_it_and_the_hash_of_the_scenario_does(tmp_path: Path) -> None:
    cases = [with_allele(cell, tmp_path) for cell in (*KNOWN, SWEPT[-1])]
    assert len({scenario.fingerprint(case) for case in (TRIAL, *cases)}) == 1 + len(cases)
    assert {case.task().features for case in cases} == {TRIAL.task().features}
    assert all(name in catalogue.names("protocols") for pair in ARMS.values() for name in pair)


def trial(genetic: float) -> Any:
    """What `measured` asks of a trial: 30 black patients and 30 others, in which genes do something else."""
    black = np.repeat([1.0, 0.0], 30)
    ttr = np.random.default_rng(3).uniform(30, 50, 60)
    tables = {
        name: pd.DataFrame({"black": black, "ttr_percent": ttr + (genetic if arm == 0 else 0.0) * (2 * black - 1)})
        for pair in ARMS.values()
        for arm, name in enumerate(pair)
    }
    return SimpleNamespace(patients=tables.__getitem__, primary=SimpleNamespace(name="ttr_percent"))


def test_only_black_patients_are_counted_and_arms_are_paired() -> None:
    rows = list(measured(trial(-5.0)))
    assert [row["nomogram"] for row in rows] == list(ARMS)
    for row in rows:
        assert row["black"] == 30
        assert [row["difference"], row["low"], row["high"]] == pytest.approx([-5.0] * 3)
        assert row["genetic"] - row["clinical"] == pytest.approx(row["difference"])
    black = trial(0.0).patients("coag_clinical_aurora")["ttr_percent"].to_numpy()[:30, None]
    assert rows[1]["clinical"] == pytest.approx(group_means(black).estimate[0, 0])


def test_the_table_ends_with_what_was_published() -> None:
    rows = [
        asdict(cell) | {"carriers": cell.carriers} | row for cell in (NOTHING, *KNOWN) for row in measured(trial(1.0))
    ]
    table = shown(pd.DataFrame(rows))
    assert table.row_count == 2 * (1 + len(KNOWN)) + 1
    assert list(table.columns[-1].cells)[-1] == str(PUBLISHED["difference"])
