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
from dosing_env.pharmacology import Population
from dosing_env.populations._recipe import Published, correlated, uniform
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
every_population = pytest.mark.parametrize("population", POPULATIONS, ids=NAMES)


def draws(population: Population, n: int) -> Any:
    return population.Draws(*np.random.default_rng(1976).standard_normal((len(population.Draws._fields), n)))


@cache
def drawn(name: str) -> tuple[Any, Any]:
    """A `Patient` of arrays, and which of them are kept."""
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
    for name in ("AGE", "WT", "HT", "SCR"):
        assert getattr(patients, name).min() > 0, name
    for name in ("SEX", "DIAL", "HAEM"):
        assert set(np.unique(getattr(patients, name))) <= {0.0, 1.0}, name


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


def test_correlated_draws() -> None:
    z, z1, z2 = np.random.default_rng(3).standard_normal((3, DRAWN))
    mixed = correlated(z, 0.45, z1, -0.2, z2)  # type: ignore[arg-type]
    assert np.std(mixed) == pytest.approx(1, abs=0.01)
    assert np.corrcoef(mixed, z1)[0, 1] == pytest.approx(0.45, abs=0.01)
    assert np.corrcoef(mixed, z2)[0, 1] == pytest.approx(-0.2, abs=0.01)
