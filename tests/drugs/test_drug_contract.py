"""What every drug file must keep, whatever the drug: parametrised over the folder."""

import importlib
import inspect
import pkgutil
import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import dosing_env.drugs
from dosing_env import simulate
from dosing_env.evidence import EVIDENCE
from dosing_env.pharmacology import Drug
from dosing_env.simulation.compiling import HOLE, specialise
from tests.bedside import USUAL, different, one

NAMES = [module.name for module in pkgutil.iter_modules(dosing_env.drugs.__path__) if not module.name.startswith("_")]
ADULTS = 60
SUBJECTS = 40_000
UNITS = r"(L/h|L|1/h|/h|h|mg/L|mg/h|mg|ug/L|INR|-)"
Floats = NDArray[np.float64]


def load(name: str) -> Drug:
    drug = importlib.import_module(f"dosing_env.drugs.{name}").DRUG
    assert isinstance(drug, Drug)
    return drug


DRUGS = [load(name) for name in NAMES]
every_drug = pytest.mark.parametrize("drug", DRUGS, ids=NAMES)
every_linear_drug = pytest.mark.parametrize("drug", [d for d in DRUGS if d.linear], ids=lambda drug: drug.name)
every_nonlinear_drug = pytest.mark.parametrize("drug", [d for d in DRUGS if not d.linear], ids=lambda drug: drug.name)
every_clearance = pytest.mark.parametrize(
    "drug", [d for d in DRUGS if d.linear and "CL" in d.Parameters._fields], ids=lambda drug: drug.name
)


def adults(drug: Drug) -> Any:
    """Bedside values of very different adults, as a record of arrays."""
    return different(drug.Patient, ADULTS)


def man(drug: Drug) -> Any:
    """The covariates of a usual patient."""
    return drug.covariates(USUAL[drug.Patient])


def everyone(drug: Drug) -> Any:
    """Parameters of all the adults, without random effects."""
    p = drug.individual(drug.covariates(adults(drug)), drug.no_eta)
    return p._make(np.broadcast_to(values, ADULTS) for values in p)


def typical(drug: Drug) -> Any:
    """Parameters of a usual patient without random effects."""
    return drug.individual(man(drug), drug.no_eta)


def states(drug: Drug, seed: int) -> Any:
    """Random amounts and inflows, mg and mg/h."""
    A, R = 1000 * np.random.default_rng(seed).random((2, len(drug.compartments)))
    return tuple(map(float, A)), tuple(map(float, R))


def rate_matrix(drug: Drug, p: Any) -> Floats:
    """K of dA/dt = K A + R, 1/h."""
    n = len(drug.compartments)
    return np.array([drug.rates(0.0, tuple(unit), p, (0.0,) * n) for unit in np.eye(n)]).T


def slopes(drug: Drug) -> Floats:
    """How each log parameter changes with each eta, (parameters, etas)."""
    x, middle = man(drug), np.log(typical(drug))
    return np.array([np.log(drug.individual(x, drug.Eta(*unit))) - middle for unit in np.eye(len(drug.omega))]).T


def sampled(drug: Drug) -> Any:
    """Parameters of many subjects with the covariates of a usual patient, as arrays."""
    root = np.linalg.cholesky(np.array(drug.omega_matrix()))
    z = np.random.default_rng(20090101).standard_normal((len(root), SUBJECTS))
    return drug.individual(man(drug), drug.Eta(*root @ z))


# --- the file ---


@every_drug
def test_name_is_the_file_name(drug: Drug) -> None:
    assert inspect.getmodule(drug.covariates).__name__ == f"dosing_env.drugs.{drug.name}"  # type: ignore[union-attr]
    assert drug.title


@every_drug
def test_docstring_has_every_equation_with_its_unit(drug: Drug) -> None:
    text = docstring(drug)
    for name in (*drug.Parameters._fields, "C", *(["INR"] if drug.assay.unit == "INR" else [])):
        assert re.search(rf"^    {name} +=.*\S {{2,}}{UNITS}( |$)", text, re.MULTILINE), f"no equation for {name}"
    equations = "\n".join(re.findall(r"^    d\w+/dt.*", text, re.MULTILINE))
    assert len(re.findall(r"\bd\w+/dt", equations)) == len(drug.compartments)


@every_drug
def test_docstring_names_its_source(drug: Drug) -> None:
    text = docstring(drug)
    assert "Source: " in text
    assert re.search(r"PMID \d+|doi:10\.\d+/\S+|PMC\d+", text)
    assert any(label in text for label in EVIDENCE)


@every_drug
@pytest.mark.parametrize("record", ["Covariates", "Parameters"])
def test_every_field_has_its_unit(drug: Drug, record: str) -> None:
    fields = getattr(drug, record)
    lines = inspect.getsource(fields).splitlines()
    for name in fields._fields:
        assert [line for line in lines if re.match(rf" +{name}: \w+  # \S+", line)], f"{record}.{name}: no unit"


def docstring(drug: Drug) -> str:
    return inspect.getdoc(inspect.getmodule(drug.rates)) or ""


# --- the published figures ---


@every_drug
def test_published_figures_are_found_again(drug: Drug) -> None:
    assert drug.published
    for figure in drug.published:
        assert figure.own(drug, simulate) == pytest.approx(figure.value, rel=figure.within), figure.what


# --- the variability ---


@every_drug
def test_omega_is_positive_definite(drug: Drug) -> None:
    assert np.linalg.eigvalsh(np.array(drug.omega_matrix())).min() > 0


@every_drug
def test_each_eta_moves_its_own_parameter(drug: Drug) -> None:
    """ln P changes by eta_P itself, so that omega is the variance of the log parameter."""
    of = slopes(drug)
    for i, name in enumerate(drug.Eta._fields):
        assert of[drug.Parameters._fields.index(name), i] == pytest.approx(1, abs=1e-12)


@every_drug
def test_sampled_parameters_have_the_declared_variability(drug: Drug) -> None:
    middle = np.log(typical(drug))
    variances = np.diag(slopes(drug) @ np.array(drug.omega_matrix()) @ slopes(drug).T)
    for values, mean, SD in zip(sampled(drug), middle, np.sqrt(variances), strict=True):
        logs = np.log(np.broadcast_to(values, SUBJECTS))
        assert logs.mean() == pytest.approx(mean, abs=3 * SD / np.sqrt(SUBJECTS) + 1e-12)
        assert logs.std() == pytest.approx(SD, rel=0.03, abs=1e-12)


@every_drug
def test_sampled_parameters_have_the_declared_correlations(drug: Drug) -> None:
    covariance = slopes(drug) @ np.array(drug.omega_matrix()) @ slopes(drug).T
    varied = np.flatnonzero(np.diag(covariance) > 0)
    SD = np.sqrt(np.diag(covariance)[varied])
    logs = [np.log(sampled(drug)[i]) for i in varied]
    assert np.corrcoef(logs) == pytest.approx(covariance[np.ix_(varied, varied)] / np.outer(SD, SD), abs=0.02)


@every_drug
def test_declared_covariances_are_those_of_the_file(drug: Drug) -> None:
    omega = np.array(drug.omega_matrix())
    names = drug.Eta._fields
    for pair, value in drug.covariance.items():
        i, j = map(names.index, pair)
        assert omega[i, j] == omega[j, i] == value
    assert np.count_nonzero(omega) == len(names) + 2 * len(drug.covariance)


@every_drug
def test_levels_are_measured_with_error(drug: Drug) -> None:
    assert drug.assay.proportional + drug.assay.additive > 0


# --- the equations ---


@every_drug
def test_parameters_are_positive(drug: Drug) -> None:
    for name, values in everyone(drug)._asdict().items():
        assert np.all(np.isfinite(values)), name
        assert np.all(values > 0), name


@every_drug
def test_arrays_equal_floats(drug: Drug) -> None:
    patients = adults(drug)
    A, R = states(drug, 5)
    p = everyone(drug)
    rates: Any = drug.rates(0.0, A, p, R)
    levels: Any = drug.output(A, p)
    for i in range(ADULTS):
        alone = drug.individual(drug.covariates(one(patients, i)), drug.no_eta)
        assert alone == pytest.approx(one(p, i), rel=1e-13)
        assert drug.rates(0.0, A, alone, R) == pytest.approx([rate[i] for rate in rates], rel=1e-12)
        assert drug.output(A, alone) == pytest.approx(levels[i], rel=1e-13)


covariates: Any = HOLE
individual: Any = HOLE
rates: Any = HOLE
output: Any = HOLE


def _whole(patient, eta, A, R):  # type: ignore[no-untyped-def]
    p = individual(covariates(patient), eta)
    return p, rates(0.0, A, p, R), output(A, p)


@every_drug
def test_compiled_equals_interpreted(drug: Drug) -> None:
    functions = {name: getattr(drug, name) for name in ("covariates", "individual", "rates", "output")}
    compiled = specialise(_whole, **functions)
    A, R = states(drug, 6)
    eta = drug.Eta(*[0.1] * len(drug.omega))
    for i in range(20):
        patient = one(adults(drug), i)
        p = drug.individual(drug.covariates(patient), eta)
        expected = p, drug.rates(0.0, A, p, R), drug.output(A, p)
        for got, wanted in zip(compiled(patient, eta, A, R), expected, strict=True):
            assert got == pytest.approx(wanted, rel=1e-12)


@every_linear_drug
def test_declared_linearity(drug: Drug) -> None:
    """`rates` and `output` superpose in amounts and inflow, and do not change with time."""
    p = typical(drug)
    (A, R), (B, S) = states(drug, 1), states(drug, 2)
    both = (
        tuple(2 * a - 3 * b for a, b in zip(A, B, strict=True)),
        tuple(2 * r - 3 * s for r, s in zip(R, S, strict=True)),
    )
    summed = 2 * np.array(drug.rates(0.0, A, p, R)) - 3 * np.array(drug.rates(0.0, B, p, S))
    assert drug.rates(0.0, both[0], p, both[1]) == pytest.approx(summed, rel=1e-9)
    assert drug.output(both[0], p) == pytest.approx(2 * drug.output(A, p) - 3 * drug.output(B, p), rel=1e-9)
    assert drug.rates(77.7, A, p, R) == drug.rates(0.0, A, p, R)


@every_linear_drug
def test_amounts_stay_positive_and_vanish(drug: Drug) -> None:
    for i in range(ADULTS):
        K = rate_matrix(drug, one(everyone(drug), i))
        assert np.all(K - np.diag(np.diag(K)) >= 0)
        assert np.linalg.eigvals(K).real.max() < 0


@every_nonlinear_drug
def test_the_driver_is_a_linear_system_of_its_own(drug: Drug) -> None:
    """The first compartments superpose, and what is in the others is nothing to them."""
    p, n = typical(drug), drug.driver
    assert n > 0
    (A, R), (B, S) = states(drug, 1), states(drug, 2)
    alone = drug.rates(0.0, (*A[:n], *B[n:]), p, (*R[:n], *S[n:]))[:n]
    assert alone == pytest.approx(drug.rates(77.7, A, p, R)[:n], rel=1e-12)
    mixed = tuple(2 * a - 3 * b for a, b in zip(A, B, strict=True))
    of_a, of_b, of_both = (np.array(drug.rates(0.0, x, p, (0.0,) * len(x))[:n]) for x in (A, B, mixed))
    assert of_both == pytest.approx(2 * of_a - 3 * of_b, rel=1e-9)


@every_nonlinear_drug
def test_nothing_changes_without_drug(drug: Drug) -> None:
    for i in range(ADULTS):
        p = one(everyone(drug), i)
        start = drug.initial(p) if drug.initial else (0.0,) * len(drug.compartments)
        assert drug.rates(0.0, start, p, (0.0,) * len(start)) == pytest.approx((0.0,) * len(start), abs=1e-13)


@every_clearance
def test_what_does_not_stay_was_cleared(drug: Drug) -> None:
    """Mass balance: the amounts in all compartments change by the inflow less CL C."""
    p = typical(drug)
    A, R = states(drug, 3)
    assert sum(drug.rates(0.0, A, p, R)) == pytest.approx(sum(R) - p.CL * drug.output(A, p), rel=1e-9)


@every_clearance
def test_exposure_is_dose_over_clearance(drug: Drug) -> None:
    """The AUC to infinity of a bolus: -C(K^-1 dose)."""
    for i in range(ADULTS):
        p = one(everyone(drug), i)
        dose = np.zeros(len(drug.compartments))
        dose[drug.dosed] = 1000.0
        auc = drug.output(tuple(-np.linalg.solve(rate_matrix(drug, p), dose)), p)
        assert auc == pytest.approx(1000.0 / p.CL, rel=1e-9)
