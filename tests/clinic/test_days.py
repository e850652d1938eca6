"""Days of driven drugs: what they declare is true, and what is found in closed form is what other solvers find."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dosing_env import simulate
from dosing_env.cohort import Cohort
from dosing_env.pharmacology import Drug
from dosing_env.simulation import daily, recorded
from dosing_env.simulation.compiling import specialise
from dosing_env.simulation.control import TOLERANCE
from tests.bedside import different, one
from tests.clinic.clinics import (
    CALM,
    DRIVEN,
    admitted,
    clinic,
    constant,
    every_driven_drug,
    followed,
    irregular,
    treated,
)

DAYS, SIZE, WIDE = 60, 6, 4.0
TINY = 1e-11  # of the largest rate: rounding


def extreme(drug: Drug) -> Drug:
    """The drug with random effects of four times the variance."""
    return replace(
        drug,
        omega={eta: WIDE * variance for eta, variance in drug.omega.items()},
        covariance={pair: WIDE * value for pair, value in drug.covariance.items()},
    )


def some_parameters(drug: Drug, random: np.random.Generator, count: int) -> list[Any]:
    """Parameters of very different patients with large random effects."""
    people, root = different(drug.Patient, count), np.array(drug.omega_root())
    etas = np.sqrt(WIDE) * random.normal(size=(count, len(root))) @ root.T
    return [drug.individual(drug.covariates(one(people, i)), drug.Eta(*etas[i].tolist())) for i in range(count)]


def wrong_declarations(drug: Drug) -> set[str]:
    """What of `driven` is not true of the rates, tried with many patients and amounts."""
    random, m, n = np.random.default_rng(1), drug.driver, len(drug.compartments)
    found = set()
    for p in some_parameters(drug, random, 40):
        d1, d2 = (np.append(10.0 ** random.uniform(-6.0, 3.0, m), np.zeros(n - m)) for _ in range(2))
        y1, y2 = (np.append(np.zeros(m), 10.0 ** random.uniform(-6.0, 3.0, n - m)) for _ in range(2))

        def rate(a: Any, t: float = 0.0, p: Any = p) -> Any:
            return np.array(drug.rates(t, tuple(a.tolist()), p, (0.0,) * n))

        coefficients = rate(d1 + y1) - rate(d1), rate(d2 + y1) - rate(d2)
        scale = sum(np.abs(rate(a)) for a in (d1 + y1, d2 + y1, d1 + y2, d1, d2, y1, y2))
        wrong = {
            "time": rate(d1 + y1, 1234.5) - rate(d1 + y1),
            "others in the driver": (rate(d1 + y1) - rate(d1 + y2))[:m],
            "driver linear": (rate(d1 + 3.0 * d2) - rate(d1) - 3.0 * rate(d2))[:m],
            "others affine": rate(d1 + 0.3 * y1 + 0.7 * y2) - 0.3 * rate(d1 + y1) - 0.7 * rate(d1 + y2),
            "coefficients constant": coefficients[0] - coefficients[1],
            "pushed elsewhere": rate(d1)[[i for i in range(m, n) if i - m not in daily._pushed(drug)]],
        }
        found |= {what for what, rest in wrong.items() if np.any(np.abs(rest) > TINY * scale.max())}
    return found


def test_drugs_that_are_driven() -> None:
    assert len(DRIVEN) >= 5


@every_driven_drug
def test_the_declaration_is_true(drug: Drug) -> None:
    assert wrong_declarations(drug) == set()


def test_a_false_declaration_is_found() -> None:
    """A stage that is lost by its square; and a driver that is a compartment too long."""
    hamberg = DRIVEN["warfarin_hamberg2007"]

    def bent(t: float, A: Any, p: Any, R: Any) -> Any:
        *change, last = hamberg.rates(t, A, p, R)
        return (*change, last - 0.01 * A[-1] ** 2)

    assert "others affine" in wrong_declarations(replace(hamberg, rates=bent))
    assert "driver linear" in wrong_declarations(replace(hamberg, driver=hamberg.driver + 1))


def by_scipy(cohort: Cohort, slot: int) -> Any:
    """The INRs of a patient's days by SciPy, of a table of what acted."""
    drug, course = cohort.task.drug, cohort.courses[slot]
    days = np.arange(cohort.task.rules.decisions + 1)
    table = [
        {"TIME": 24.0 * k, "AMT": mg, "CMT": drug.dosed + 1} for k, mg in enumerate(course["taken"].tolist()) if mg > 0
    ]
    return simulate(
        drug,
        table,
        covariates=drug.Patient(*course["patient"])._asdict(),
        eta=dict(zip(drug.Eta._fields, course["eta"].tolist(), strict=True)),
        times=(24.0 * days).tolist(),
        solver="scipy",
        auc=False,
    )["level"]


@every_driven_drug
def test_days_are_those_of_scipy(drug: Drug) -> None:
    """Irregular doses, patients with random effects twice as large as there are."""
    task = clinic(drug=extreme(drug), decisions=DAYS)
    cohort, _ = treated(task, irregular(DAYS, SIZE), SIZE)
    assert daily.is_driven(drug)
    assert (cohort.courses["taken"] == 0.0).mean() > 0.1
    for slot in range(SIZE):
        np.testing.assert_allclose(cohort.courses["inr"][slot], by_scipy(cohort, slot), rtol=1e-6)
    assert cohort.courses["inr"].max() > 2.0


@every_driven_drug
def test_days_by_steps_are_the_same_in_a_whole_course(drug: Drug) -> None:
    """Missed doses, vitamin K, an interacting drug: everything as it was but the solver, as good as it can be."""
    task = clinic(drug=drug, interacting=1.0, interaction_first=10, interaction_last=20, decisions=30)
    own, steps = admitted(task, SIZE), admitted(task, SIZE, "compiled")
    steps.bench["work"][0, TOLERANCE, 0] = 1e-10
    orders = irregular(task.rules.decisions, SIZE)
    gained, by_steps = followed(own, orders), followed(steps, orders)
    np.testing.assert_allclose(own.courses["inr"], steps.courses["inr"], rtol=1e-7)
    np.testing.assert_allclose(gained, by_steps, rtol=1e-4, atol=1e-6)
    assert np.array_equal(own.courses["measured"], steps.courses["measured"])
    assert np.array_equal(own.observation, steps.observation)


def test_a_drug_that_declares_nothing_is_solved_by_steps() -> None:
    drug = replace(DRIVEN["warfarin_hamberg2007"], driven=False)
    assert not daily.is_driven(drug)
    assert daily.memory(drug) == 1
    orders = irregular(20, SIZE)
    mine, _ = treated(clinic(drug=drug, decisions=20), orders, SIZE)
    closed, _ = treated(clinic(decisions=20), orders, SIZE)
    np.testing.assert_allclose(mine.courses["inr"], closed.courses["inr"], rtol=1e-5)


@every_driven_drug
def test_without_warfarin_the_inr_stays_what_it_was(drug: Drug) -> None:
    cohort, _ = treated(clinic(drug=drug, decisions=DAYS), constant(0.0, 7.0, DAYS), 20)
    before = cohort.courses["patient"][:, [drug.Patient._fields.index("INR0")]]
    np.testing.assert_allclose(cohort.courses["inr"], np.tile(before, DAYS + 1), rtol=1e-9)


@pytest.mark.parametrize("first", [1.0, 15.0])
def test_a_dose_acts_from_the_day_it_is_taken(first: float) -> None:
    orders = constant(0.0, 7.0, 10)
    orders[3, :, 0] = first
    cohort, _ = treated(clinic(decisions=10, **CALM), orders, SIZE)
    inr = cohort.courses["inr"]
    assert np.allclose(inr[:, :4], inr[:, :1], rtol=1e-12)
    assert np.all(inr[:, 4] > inr[:, 3] * (1 + 1e-9))


@every_driven_drug
def test_matrices_that_are_kept_are_those_found_anew(drug: Drug) -> None:
    """Of one patient after the other in the same memory, some of whom share a matrix with the one before."""
    first, second, third = some_parameters(drug, np.random.default_rng(2), 3)
    mixed = type(first)(*[(first, third)[i % 2][i] for i in range(len(first))])
    prepare = specialise(recorded.prepare_for_days, **recorded.holes(drug))
    again = recorded.memory_of(drug, 1)
    for p in (first, second, first, first, mixed, third, first):
        fresh = recorded.memory_of(drug, 1)
        prepare(p, fresh)
        prepare(p, again)
        assert fresh[0].any()
        assert again[0].tobytes() == fresh[0].tobytes()


def into_the_body(t: float, A: Any, p: Any, R: Any) -> Any:
    return -p.ka * A[0], p.ka * A[0]


def by_what_was_absorbed(A: Any, p: Any) -> float:
    return 1.0 + 0.01 * float(A[1])


def test_what_only_adds_up() -> None:
    """Behind the driver nothing is lost: its matrix is 0, as that of a patient of whom nothing is known yet."""
    drug = replace(
        DRIVEN["warfarin_hamberg2007"],
        compartments=("depot", "body"),
        driver=1,
        rates=into_the_body,
        initial=None,
        output=by_what_was_absorbed,
        outputs={},
    )
    cohort, _ = treated(clinic(drug=drug, decisions=6, **CALM), constant(5.0, 1.0, 6), 2)
    np.testing.assert_allclose(cohort.courses["inr"], np.tile(1.0 + 0.05 * np.arange(7), (2, 1)), rtol=1e-7)
