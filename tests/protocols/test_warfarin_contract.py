"""Every protocol of an anticoagulation clinic: legal orders, the same compiled, no peeking, numbers with a source."""

from __future__ import annotations

import importlib
import math
from pathlib import Path

import numpy as np
import pytest

import dosing_env.protocols
from dosing_env.clinic.orders import ClinicChart, Order
from dosing_env.evidence import EVIDENCE
from dosing_env.policy import Protocol
from dosing_env.simulation.compiling import specialise
from tests.protocols.clinic import NAMES, course, load, random_charts
from tests.test_sources import unlabelled

FOLDER = Path(dosing_env.protocols.__path__[0])
SHARED = ("_aurora", "_fixed", "_intermountain", "_kovacs", "_refinement", "_titration", "_wilson")
TRIALS = {f"coag_{arm}_{then}" for arm in ("genetic", "clinical") for then in ("intermountain", "aurora")}
LENZINI = {f"warfarin_iwpc_genetic_lenzini_{then}" for then in ("intermountain", "aurora", "wilson")}
FIXED = {f"warfarin_5mg_{then}" for then in ("intermountain", "wilson", "rely", "timi")}
EU_PACT = {"eu_pact_control", "eu_pact_genetic"}
OTHERS = {"warfarin_kovacs_intermountain", "warfarin_aurora_clinic", "coumagen_genetic"}
IWPC = {"warfarin_iwpc_clinical_aurora", "warfarin_iwpc_genetic_aurora"}
CHARTS = random_charts(2000)


@pytest.fixture(params=NAMES)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return load(request.param)


def test_all_are_there() -> None:
    assert set(NAMES) == TRIALS | LENZINI | FIXED | EU_PACT | OTHERS | IWPC


def test_named_after_its_file_and_documented(protocol: Protocol) -> None:
    module = importlib.import_module(f"dosing_env.protocols.{protocol.name}")
    assert module.PROTOCOL is protocol
    assert protocol.title
    assert any(word in str(module.__doc__) for word in EVIDENCE), "the docstring says how well the rule is known"


def test_kinds() -> None:
    equations = {name for name in NAMES if load(name).kind == "equation"}
    assert equations == TRIALS | LENZINI | IWPC | {"eu_pact_genetic", "coumagen_genetic"}


@pytest.mark.parametrize("file", [*NAMES, *SHARED, "../warfarin_dosing"])
def test_every_number_has_a_source(file: str) -> None:
    assert unlabelled((FOLDER / f"{file}.py").read_text(encoding="utf-8")) == []


def test_orders_are_legal(protocol: Protocol) -> None:
    for chart in CHARTS:
        order = protocol.dose(chart)
        assert isinstance(order, Order)
        assert math.isfinite(order.dose), chart
        assert 0.0 <= order.dose <= 60.0, chart
        assert 1.0 <= order.next <= 30.0 if chart.visit else order.next == 0.0, chart


def test_compiled_gives_the_same(protocol: Protocol) -> None:
    fast = specialise(protocol.dose)
    for chart in CHARTS[:300]:
        assert tuple(fast(chart)) == pytest.approx(tuple(protocol.dose(chart)), rel=1e-12), chart


def test_the_future_is_not_read(protocol: Protocol) -> None:
    random = np.random.default_rng(2)
    for chart in CHARTS[:500]:
        assert protocol.dose(with_other_future(chart, random)) == protocol.dose(chart)


def with_other_future(chart: ClinicChart, random: np.random.Generator) -> ClinicChart:
    """The chart with nonsense in what is not known yet: today's dose, and everything of later days."""
    today = int(chart.day) - 1
    nonsense = {name: getattr(chart, name).copy() for name in ("ordered", "doses", "inrs", "outside")}
    for name, array in nonsense.items():
        later = today if name in ("ordered", "doses") else today + 1
        array[later:] = random.uniform(0.0, 20.0, len(array) - later)
    return chart._replace(**nonsense)


def test_pure_and_leaves_the_chart_alone(protocol: Protocol) -> None:
    for chart in CHARTS[:100]:
        before = [np.copy(field) for field in chart]
        first = protocol.dose(chart)
        assert protocol.dose(chart) == first
        assert all(np.array_equal(a, b) for a, b in zip(before, chart, strict=True))


@pytest.mark.parametrize("known", [0.0, 1.0])
def test_starts_with_a_dose_and_a_date(protocol: Protocol, known: float) -> None:
    for visit in ({}, {1: 1.0}):
        doses, wanted = course(protocol.name, visit, 3, CYP2C9_KNOWN=known, VKORC1_KNOWN=known)
        assert all(1.0 < dose <= 15.0 for dose in doses)
        assert all(2.0 <= days <= 4.0 for days in wanted.values())


def test_a_higher_inr_never_gets_more(protocol: Protocol) -> None:
    """The dose of the fourth day after an INR of day 30, everything before being the same."""
    for first in (1.2, 2.5, 3.6):
        totals = [sum(course(protocol.name, usual(first) | {30: INR}, 33)[0][29:]) for INR in np.arange(1.0, 8.0, 0.1)]
        assert np.all(np.diff(totals) <= 1e-9)


def usual(first: float) -> dict[int, float]:
    """INRs of the first weeks."""
    return {3: first, 5: first, 8: first, 15: 2.5, 22: 2.5}
