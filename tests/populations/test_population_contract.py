"""What every population file must keep: parametrised over the folder."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

import dosing_env.populations
from dosing_env.evidence import EVIDENCE
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Population
from dosing_env.populations._recipe import Published, correlated, uniform
from dosing_env.populations._warfarin import (
    copies,
    cyp2c9_hardy_weinberg,
    cyp2c9_star2,
    cyp2c9_star3,
    edges,
    hardy_weinberg,
)
from dosing_env.simulation.compiling import HOLE, specialise

NAMES = [m.name for m in pkgutil.iter_modules(dosing_env.populations.__path__) if not m.name.startswith("_")]
DRAWN = 200_000
STATISTICS: dict[str, Callable[..., Any]] = {
    "mean": np.mean,
    "SD": np.std,
    "Q1": lambda values: np.quantile(values, 0.25),
    "median": np.median,
    "Q3": lambda values: np.quantile(values, 0.75),
}


def file_of(name: str) -> Any:
    return importlib.import_module(f"dosing_env.populations.{name}")


POPULATIONS = [file_of(name).POPULATION for name in NAMES]
TARGETS = [(name, target) for name in NAMES for target in file_of(name).PUBLISHED]
POSITIVE = ("AGE", "WT", "HT", "SCR", "INR0", "INR_LOW", "INR_HIGH")
COPIES = ("CYP2C9_2", "CYP2C9_3", "VKORC1_A", "CYP4F2_3")
of_warfarin = [population for population in POPULATIONS if population.Patient is WarfarinPatient]
every_warfarin_population = pytest.mark.parametrize("population", of_warfarin, ids=lambda population: population.name)
every_population = pytest.mark.parametrize("population", POPULATIONS, ids=NAMES)


def draws(population: Population, n: int) -> Any:
    return population.Draws(*np.random.default_rng(1976).standard_normal((len(population.Draws._fields), n)))


@cache
def drawn(name: str) -> tuple[Any, Any]:
    """Patients as a record of arrays, and which of them are kept."""
    population = file_of(name).POPULATION
    z = draws(population, DRAWN)
    patients: Any = population.sample(z)
    return patients._make(np.broadcast_to(values, DRAWN) for values in patients), population.keep(patients)


@cache
def kept(name: str) -> Any:
    patients, keep = drawn(name)
    return patients._make(values[keep] for values in patients)


@every_population
def test_name_is_the_file_name(population: Population) -> None:
    assert inspect.getmodule(population.sample) is file_of(population.name)
    assert population.title


@every_population
def test_docstring_names_its_source(population: Population) -> None:
    text = file_of(population.name).__doc__
    assert "Source: " in text
    assert re.search(r"PMID \d+|doi:10\.\d+/\S+|PMC\d+", text)
    assert any(label in text for label in EVIDENCE)


@every_population
def test_docstring_describes_every_draw(population: Population) -> None:
    for name in set(population.Draws._fields) - {"SEX"}:
        assert re.search(rf"^    {name} ", file_of(population.name).__doc__, re.MULTILINE), name


@every_population
def test_values_are_finite_and_human(population: Population) -> None:
    patients = kept(population.name)
    for name, values in patients._asdict().items():
        assert np.all(np.isfinite(values)), name
    for name in {*POSITIVE} & {*patients._fields}:
        assert getattr(patients, name).min() > 0, name
    for name in {*patients._fields} - {*POSITIVE, *COPIES}:
        assert set(np.unique(getattr(patients, name))) <= {0.0, 1.0}, name
    for name in {*COPIES} & {*patients._fields}:
        assert set(np.unique(getattr(patients, name))) <= {0.0, 1.0, 2.0}, name


@every_warfarin_population
def test_genotypes_targets_and_ancestries_are_possible(population: Population) -> None:
    patients = kept(population.name)
    assert np.max(patients.CYP2C9_2 + patients.CYP2C9_3) <= 2
    assert np.max(patients.BLACK + patients.ASIAN + patients.OTHER) <= 1
    assert np.all((patients.INR_LOW < patients.INR_HIGH) & (patients.INR0 < patients.INR_LOW))


@every_population
def test_most_draws_are_kept(population: Population) -> None:
    """Rejection trims the ends of a distribution; it must not make it."""
    assert np.mean(drawn(population.name)[1]) > 0.9


@every_population
def test_someone_is_turned_away(population: Population) -> None:
    patients, keep = drawn(population.name)
    assert 0 < (~keep).sum() < 0.2 * keep.size
    ages = np.asarray(patients.AGE)
    if population.name != "oneshot_adults":  # uniform between its ends
        assert ages[keep].min() > ages.min()
        assert ages[keep].max() < ages.max()


@pytest.mark.parametrize(("name", "target"), TARGETS, ids=[f"{n}-{t.what}-{t.statistic}" for n, t in TARGETS])
def test_published_figure(name: str, target: Published) -> None:
    values = target.of(kept(name))
    assert STATISTICS[target.statistic](values) == pytest.approx(target.value, abs=target.within)


@every_population
def test_figures_are_published(population: Population) -> None:
    whats = {target.what.split(",")[0] for target in file_of(population.name).PUBLISHED}
    assert {"AGE", "WT", "male"} <= whats


@every_population
def test_height_goes_with_weight_and_against_age(population: Population) -> None:
    patients = kept(population.name)
    men = np.asarray(patients.SEX) > 0.5
    for sex in (men, ~men):
        AGE, WT, HT = (np.asarray(values)[sex] for values in (patients.AGE, patients.WT, patients.HT))
        assert 0.25 < np.corrcoef(np.log(WT), HT)[0, 1] < 0.6
        assert -0.25 < np.corrcoef(AGE, HT)[0, 1] < -0.1


@every_population
def test_arrays_equal_floats(population: Population) -> None:
    z = draws(population, 200)
    patients = population.sample(z)
    keep: Any = population.keep(patients)
    for i in range(200):
        alone = population.sample(population.Draws(*[float(values[i]) for values in z]))
        assert alone == pytest.approx([float(np.broadcast_to(values, 200)[i]) for values in patients], rel=1e-13)
        assert bool(population.keep(alone)) == bool(keep[i])


sample: Any = HOLE
keep: Any = HOLE


def _admit(z):  # type: ignore[no-untyped-def]
    patient = sample(z)
    return patient, keep(patient)


@every_population
def test_compiled_equals_interpreted(population: Population) -> None:
    compiled = specialise(_admit, sample=population.sample, keep=population.keep)
    z = draws(population, 200)
    for i in range(200):
        one = population.Draws(*[float(values[i]) for values in z])
        patient, admitted = compiled(one)
        expected = population.sample(one)
        assert patient == pytest.approx(expected, rel=1e-13)
        assert admitted == bool(population.keep(expected))


def test_uniform_draws() -> None:
    z = np.linspace(-6.0, 6.0, 2001)
    np.testing.assert_allclose(uniform(z), ndtr(z), atol=1e-7)  # type: ignore[arg-type]
    assert uniform(0.3) == pytest.approx(float(ndtr(0.3)), abs=1e-7)


def test_genotype_frequencies_add_up_and_follow_hardy_weinberg() -> None:
    z = np.random.default_rng(5).standard_normal(DRAWN)
    found: Any = copies(z, hardy_weinberg(0.3))  # type: ignore[arg-type]
    assert np.bincount(found.astype(int)) / DRAWN == pytest.approx([0.49, 0.42, 0.09], abs=0.003)
    with pytest.raises(ValueError, match=r"they add up to 0\.9, not to 1"):
        edges(0.5, 0.4)


def test_pairs_of_cyp2c9_alleles() -> None:
    """*1 0.6, *2 0.3, *3 0.1: the pairs by hand."""
    z = np.random.default_rng(6).standard_normal(DRAWN)
    between = cyp2c9_hardy_weinberg(0.3, 0.1)
    star2: Any = cyp2c9_star2(z, between)  # type: ignore[arg-type]
    star3: Any = cyp2c9_star3(z, between)  # type: ignore[arg-type]
    by_hand = {(0, 0): 0.36, (1, 0): 0.36, (0, 1): 0.12, (2, 0): 0.09, (1, 1): 0.06, (0, 2): 0.01}
    for (n2, n3), share in by_hand.items():
        assert np.mean((star2 == n2) & (star3 == n3)) == pytest.approx(share, abs=0.004)


def test_correlated_draws() -> None:
    z, z1, z2 = np.random.default_rng(3).standard_normal((3, DRAWN))
    mixed = correlated(z, 0.45, z1, -0.2, z2)  # type: ignore[arg-type]
    assert np.std(mixed) == pytest.approx(1, abs=0.01)
    assert np.corrcoef(mixed, z1)[0, 1] == pytest.approx(0.45, abs=0.01)
    assert np.corrcoef(mixed, z2)[0, 1] == pytest.approx(-0.2, abs=0.01)
