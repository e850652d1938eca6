"""What the charts of a clinic tell a model, and Bayesian dosing by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dosing_env import catalogue, map_estimate, simulate
from dosing_env.clinic.chart import read
from dosing_env.clinic.charts import acted, believe, believed, patients_of
from dosing_env.clinic.most_probable import _SINCE, _STEADY, _Z, MAPPlan, next_inr
from dosing_env.clinic.oracle import OraclePlan
from dosing_env.clinic.tables import PRIMARY, outcomes
from dosing_env.cohort import Cohort
from dosing_env.inference.problem import root_of, spelt_out
from dosing_env.patients import WarfarinPatient
from dosing_env.pharmacology import Assay, Drug
from dosing_env.policies import policy_of
from dosing_env.residual import FORMS
from dosing_env.simulation.cells import Floats
from dosing_env.task import Task
from dosing_env.treatment import treat
from tests.clinic.clinics import CALM, INITIATION, admitted, clinic, constant, followed, irregular, treated

SIZE, DAYS = 6, 25
DRUG = INITIATION.task().drug
TESTED: dict[str, Any] = {"tested": np.array([0.5, 0.5, 0.5])}
EXACT: dict[str, Any] = CALM | {"proportional": 0.0, "digit": 1e-9, "lowest": 1e-3, "highest": 1e3}
NEAR = 1e-2  # how well a search by first derivatives alone finds random effects, in SD


def some_weeks(task: Task, days: int = DAYS) -> Cohort:
    """Patients under doses and visits of their own, up to the morning of a day."""
    cohort = admitted(task, SIZE)
    followed(cohort, irregular(days, SIZE, most=9.0, longest=6.0))
    return cohort


def read_charts(cohort: Cohort) -> Any:
    return read(np.ascontiguousarray(cohort.observation.T, dtype=np.float64), cohort.task.rules)


def sought(drug: Drug, chart: Any) -> Floats:
    """The random effects behind charts of patients without an interacting drug, (n, a), from the typical patient on."""
    doses = chart.doses[: round(chart.day[0]) - 1].T
    return believe(drug, chart, doses, np.zeros((len(doses), root_of(drug).shape[1])))


def some_outside(chart: Any) -> Any:
    """The chart with the newest INR of patients 0 and 1 not an INR but the limit below, or above, which it lies."""
    outside = np.zeros_like(chart.outside)
    for i, side in ((0, -1.0), (1, 1.0)):
        outside[round(chart.last_visit[i]) - 1, i] = side
    return chart._replace(outside=outside)


def table_of(chart: Any, i: int) -> tuple[list[dict[str, float]], dict[str, float]]:
    """The doses and INRs of a patient as an event table, and his bedside values."""
    rows = []
    for day in range(round(chart.day[i])):
        if day > 0 and chart.inrs[day, i] > 0.0:
            censored = float(chart.outside[day, i] < 0.0)
            rows.append({"TIME": 24.0 * day, "EVID": 0, "DV": chart.inrs[day, i], "BLQ": censored})
        if chart.doses[day, i] > 0.0:
            rows.append({"TIME": 24.0 * day, "AMT": chart.doses[day, i]})
    bedside = {name: float(getattr(chart, name)[i]) for name in WarfarinPatient._fields if name != "INR0"}
    if not chart.VKORC1_KNOWN[i]:
        bedside["VKORC1_A"] = 1.0  # the others are 0 where nobody tested them, as *1/*1 has them
    return rows, bedside | {"INR0": float(chart.inrs[0, i])}


def test_a_chart_tells_what_its_table_tells() -> None:
    """Also where genotypes are not known, and an INR is below or above what the assay can measure."""
    task = clinic(interacting=0.0, **TESTED)
    chart, drug = some_outside(read_charts(some_weeks(task))), believed(DRUG, task.rules)
    assert (chart.inrs > 0.0).sum(axis=0).min() > 3
    assert 0 < chart.VKORC1_KNOWN.sum() < SIZE
    etas = spelt_out(root_of(drug), sought(drug, chart))
    for i in range(SIZE):
        rows, bedside = table_of(chart, i)
        own = map_estimate(drug, rows, covariates=bedside)
        assert own.converged.all()
        scale = np.sqrt(np.diag(np.array(drug.omega_matrix())))
        assert etas[i] / scale == pytest.approx(own.eta.to_numpy()[0] / scale, abs=NEAR)
        assert np.abs(etas[i] / scale).max() > 0.1


def test_an_inr_below_the_range_of_the_assay_says_only_that() -> None:
    """One above counts as the limit."""
    drug, chart = believed(DRUG, INITIATION.task().rules), read_charts(some_weeks(clinic(interacting=0.0)))
    plain = chart._replace(outside=np.zeros_like(chart.outside))
    exact, cut = sought(drug, plain), sought(drug, some_outside(chart))
    assert np.abs(cut[0] - exact[0]).max() > 0.05
    assert cut[1:].tolist() == exact[1:].tolist()


def test_who_was_given_nothing_and_has_no_inr_is_the_typical_patient() -> None:
    drug, chart = believed(DRUG, INITIATION.task().rules), read_charts(admitted(clinic(), SIZE))
    assert not sought(drug, chart).any()


def test_bedside_values_are_those_of_the_chart_and_genotypes_nobody_tested_the_most_frequent() -> None:
    cohort = some_weeks(clinic(**TESTED), 3)
    found = WarfarinPatient(*patients_of(read_charts(cohort)).T)
    true = WarfarinPatient(*cohort.courses["patient"].astype(np.float32).T)
    tested = cohort.courses["tested"].T > 0.0
    usual = {"CYP2C9_2": (0, 0.0), "CYP2C9_3": (0, 0.0), "VKORC1_A": (1, 1.0), "CYP4F2_3": (2, 0.0)}
    for name in WarfarinPatient._fields:
        expected = getattr(true, name)
        if name in usual:
            test, most_frequent = usual[name]
            expected = np.where(tested[test], expected, most_frequent)
            assert 0 < tested[test].sum() < SIZE
        if name == "INR0":
            expected = cohort.courses["measured"][:, 0].astype(np.float32)
        assert np.array_equal(getattr(found, name), expected), name


def test_the_first_inr_stands_for_the_one_before_treatment_and_is_no_level() -> None:
    drug, chart = believed(DRUG, INITIATION.task().rules), read_charts(some_weeks(clinic(interacting=0.0), 1))
    inrs = np.zeros_like(chart.inrs)
    inrs[0] = np.array([0.9, 1.0, 1.1, 1.2, 1.3, 0.0])
    only_first = chart._replace(inrs=inrs)
    assert patients_of(only_first)[:, WarfarinPatient._fields.index("INR0")].tolist() == [0.9, 1.0, 1.1, 1.2, 1.3, 1.0]
    assert not sought(drug, only_first).any()


@pytest.mark.parametrize(
    ("assay", "form", "proportional", "vitamin_k", "sd"),
    [
        (Assay(form="log", proportional=0.3), "combined2", 0.4, 0.0, 0.4),
        (Assay(form="log", proportional=0.3), "combined2", 0.05, 0.4, 0.5),
        (Assay(form="log", proportional=0.3), "log", 0.9, 0.0, 0.3),
        (Assay(form="additive", additive=0.5), "combined2", 0.1, 0.0, 0.2),
        (Assay(proportional=0.12, additive=0.4), "combined2", 0.1, 0.0, 0.2),
    ],
)
def test_the_error_that_is_believed(assay: Assay, form: str, proportional: float, vitamin_k: float, sd: float) -> None:
    """The larger one of assay (where that alone is meant) and model, at an INR of 2.5; and what vitamin K does."""
    rules = clinic(form=FORMS.index(form), proportional=proportional, vitamin_k=vitamin_k).rules
    made = believed(replace(DRUG, assay=assay), rules)
    assert (made.assay.form, made.assay.additive) == ("log", 0.0)
    assert made.assay.proportional == pytest.approx(sd, rel=0.02)


def test_doses_count_more_from_the_day_on_which_the_chart_tells_of_the_interacting_drug() -> None:
    task = clinic(interacting=1.0, interaction_first=3, interaction_last=9, missed=0.0, vitamin_k=0.0, decisions=12)
    cohort, plan = admitted(task, SIZE), MAPPlan(task, DRUG, "map")
    state: Any = None
    begun = cohort.courses["interaction_day"]
    assert len(set(begun)) > 1
    for day in range(12):
        _, state = plan(cohort.observation, state)
        since = np.where(day >= begun, begun, np.inf)
        assert state[:, _SINCE].tolist() == since.tolist()
        does = acted(task.rules, read_charts(cohort), state[:, _SINCE])
        assert does.shape == (SIZE, day)
        assert does == pytest.approx(cohort.courses["taken"][:, :day], rel=1e-6)
        followed(cohort, constant(5.0, 3.0, 1))
    assert acted(task.rules, read_charts(cohort), np.full(SIZE, np.inf)).max() == 5.0


def test_a_patient_whose_inrs_are_exact_is_found_again() -> None:
    """What will be with other doses too: the dose that keeps the INR in the range is the oracle's."""
    drug = replace(DRUG, assay=Assay(form="log", proportional=0.01, unit="INR"))
    days = 60
    task = clinic(drug=drug, decisions=days + 30, **EXACT)
    orders = irregular(days, SIZE, most=9.0)
    orders[:, :, 1] = 1.0
    cohort, _ = treated(task, orders, SIZE)
    plan = MAPPlan(task, drug, "map")
    wanted, state = plan(cohort.observation, None)
    etas = spelt_out(root_of(drug), state[:, _Z:])
    for i in range(SIZE):
        rows, bedside = table_of(read_charts(cohort), i)
        doses = [row for row in rows if "AMT" in row]
        by_name = dict(zip(drug.Eta._fields, etas[i].tolist(), strict=True))
        times = (24.0 * np.arange(1.0, days + 1.0)).tolist()
        found = simulate(drug, doses, covariates=bedside, eta=by_name, times=times, auc=False)["level"].to_numpy()
        typical = simulate(drug, doses, covariates=bedside, times=times, auc=False)["level"].to_numpy()
        true = cohort.courses["inr"][i, 1 : days + 1]
        assert found == pytest.approx(true, rel=0.03)
        assert np.abs(typical / true - 1.0).max() > 0.05
    oracle = OraclePlan(task, cohort)
    best = oracle()
    assert oracle._doses is not None
    assert state[:, _STEADY] == pytest.approx(oracle._doses, rel=0.1)
    assert wanted[:, 0] == pytest.approx(best[:, 0], abs=1.0)
    assert np.ptp(oracle._doses) > 2.0


def plan_for(**rules: Any) -> tuple[Task, MAPPlan]:
    task = clinic(**{"interacting": 0.0} | rules)
    return task, MAPPlan(task, DRUG, "map")


def test_no_patient_depends_on_another() -> None:
    """Nor on the order of rows, nor on whether others are at another day of their course."""
    task, plan = plan_for()
    early, late = some_weeks(task, 3).observation, some_weeks(task, 11).observation
    together = np.concatenate([early, late])
    wanted, state = plan(together, None)
    order = np.random.default_rng(0).permutation(2 * SIZE)
    mixed, mixed_state = plan(together[order], None)
    assert mixed.tolist() == wanted[order].tolist()
    assert mixed_state.tolist() == state[order].tolist()
    for i in (0, 5, SIZE, 2 * SIZE - 1):
        alone, mine = plan(together[i : i + 1], None)
        assert alone[0].tolist() == wanted[i].tolist()
        assert mine[0].tolist() == state[i].tolist()
    assert len(np.unique(wanted[:, 0])) > 1


def test_what_was_found_before_is_only_where_the_search_begins() -> None:
    """And between visits nothing is sought, nor decided when he comes again; a new course forgets the one before."""
    task, plan = plan_for(decisions=30)
    cohort = admitted(task, SIZE)
    before, state, compared, kept = None, None, 0, 0
    for _ in range(20):
        observation = cohort.observation.copy()
        wanted, state = plan(observation, before)
        anew = np.array(read_charts(cohort).visit) > 0.0
        fresh = plan(observation, None)[0]
        assert np.abs(wanted - fresh)[anew].max(initial=0.0) <= task.rules.step
        compared += anew.sum()
        if before is not None:
            assert state[~anew, _STEADY:].tolist() == before[~anew, _STEADY:].tolist()
            assert (wanted[~anew, 1] == 2.0).all()
            assert (state[anew, _Z:] != before[anew, _Z:]).any(axis=1).all()
            kept += (~anew).sum()
        before = state
        followed(cohort, [wanted])
    assert compared > 3 * SIZE
    assert kept > 3 * SIZE
    first = admitted(task, SIZE).observation
    again, none = plan(first, state), plan(first, None)
    assert again[0].tolist() == none[0].tolist()
    assert again[1].tolist() == none[1].tolist()


@pytest.mark.parametrize(
    ("known", "days"),
    [
        ([], 2.0),
        ([1.0], 2.0),
        ([1.0, 2.5], 2.0),
        ([1.0, 2.5, 2.5], 2.0),
        ([1.0, 1.2, 2.0, 3.0], 14.0),
        ([1.0, 2.5, 2.5, 1.9], 7.0),
        ([1.0, 2.5, 3.1, 2.5], 7.0),
        ([1.0, 1.2, 1.5, 3.1, 2.1, 2.9], 14.0),
    ],
)
def test_when_he_comes_again(known: list[float], days: float) -> None:
    """The first INR is the one before treatment; days without a visit count for nothing."""
    inrs = np.zeros(60)
    inrs[3 * np.arange(len(known))] = known
    assert next_inr(inrs, 2.0, 3.0) == days


def test_a_model_that_goes_by_steps_is_believed_too() -> None:
    """Of a driven drug it finds the same."""
    task, plan = plan_for(decisions=12)
    steps = MAPPlan(task, replace(DRUG, driven=False), "map")
    cohort = admitted(task, 2)
    followed(cohort, irregular(7, 2, most=9.0, longest=3.0))
    (wanted, state), (by_steps, other) = plan(cohort.observation, None), steps(cohort.observation, None)
    assert other[:, _Z:] == pytest.approx(state[:, _Z:], abs=NEAR)
    assert other[:, _STEADY] == pytest.approx(state[:, _STEADY], rel=0.01)
    assert by_steps[:, 0] == pytest.approx(wanted[:, 0], abs=task.rules.step)
    assert np.abs(state[:, _Z:]).max() > 0.1


@pytest.mark.parametrize("name", ["warfarin_ohara2014", "warfarin_xia2024"])
def test_another_model_than_that_of_the_patients_may_be_believed(name: str) -> None:
    scenario = INITIATION.replace(policies=(f"map_dosing:{name}",))
    made, _ = treat(scenario, policy_of(f"map_dosing:{name}"), np.arange(2), seed=1, stream="tune")
    doses = made.courses["doses"]
    assert (doses[:, :3] > 0.0).all()
    assert len(np.unique(doses)) > 2
    assert (made.courses["inr"][:, 30:] > 1.0).all()


def in_range(policy: str) -> float:
    made, returns = treat(INITIATION, policy_of(policy), np.arange(60), seed=1, stream="tune")
    return float(outcomes(made, returns)[PRIMARY].mean())


def test_who_learns_from_inrs_keeps_more_in_range_and_who_knows_the_patient_most() -> None:
    wilson, bayes, oracle = (in_range(policy) for policy in ("warfarin_5mg_wilson", "map_dosing", "oracle"))
    assert wilson + 5.0 < bayes < oracle


def test_only_models_of_warfarin_with_an_error_can_be_believed() -> None:
    task = clinic()
    with pytest.raises(ValueError, match="no residual error"):
        MAPPlan(task, replace(DRUG, assay=Assay()), "map")
    with pytest.raises(ValueError, match="vancomycin_goti2018"):
        MAPPlan(task, catalogue.load("drugs", "vancomycin_goti2018"), "map")
