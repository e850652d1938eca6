"""Every protocol of the wards: legal doses, the same ones compiled, pure, documented, sane in kidney function."""

from __future__ import annotations

import dis
import importlib
import pkgutil
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import numba
import numpy as np
import pytest

import dosing_env.protocols
from dosing_env.clinic.orders import ClinicChart
from dosing_env.evidence import EVIDENCE
from dosing_env.formulas import cockcroft_gault
from dosing_env.policy import Chart, Protocol
from dosing_env.virtual_trial import evaluate

INTERVAL, DAYS, DECISIONS = 12.0, 7, 14
DRAWN = np.array([28.5, 34.0, 58.0, 106.0])  # h  the scenario's plan
TURNAROUND = 1.5  # h
LLOQ = 5.0  # mg/L

FILES = [m.name for m in pkgutil.iter_modules(dosing_env.protocols.__path__) if not m.name.startswith("_")]
TABLES = ("renal_table", "camera2", "ucsf", "guideline_2020", "poppk_a_priori")
BLIND_TO_LEVELS = ("camera2", "fixed_1g_q12h", "poppk_a_priori", "renal_table", "weight_15mgkg_q12h")
LEVEL_GUIDED = ("guideline_2020", "sawchuk_zaske", "trough_rules")


def load(name: str) -> Protocol:
    return importlib.import_module(f"dosing_env.protocols.{name}").PROTOCOL


def for_the_ward(name: str) -> bool:
    """Whether the protocol reads the chart of a ward, not that of an anticoagulation clinic."""
    return ClinicChart not in get_type_hints(load(name).dose).values()


NAMES = [name for name in FILES if for_the_ward(name)]


def lift(function: types.FunctionType, done: dict[types.FunctionType, Any]) -> Any:
    """The function compiled in nopython mode, with the functions it calls by global name compiled first."""
    if function not in done:
        names = dict(function.__globals__)
        # `co_names` would list attributes too: `regimen.dose` is not the global `dose`.
        for name in [i.argval for i in dis.get_instructions(function) if i.opname == "LOAD_GLOBAL"]:
            if isinstance(names.get(name), types.FunctionType):
                names[name] = lift(names[name], done)
        copy = types.FunctionType(function.__code__, names, function.__name__, function.__defaults__)
        done[function] = numba.njit(copy)
    return done[function]


def compiled(protocol: Protocol) -> Callable[[Chart], float]:
    return lift(protocol.dose, {})  # type: ignore[arg-type]


def chart_at(
    k: int,
    doses: np.ndarray,
    levels: np.ndarray,
    AGE: float = 57.0,
    WT: float = 79.0,
    HT: float = 172.0,
    SEX: float = 1.0,
    creatinine: np.ndarray | float = 1.0,
    lost: tuple[int, ...] = (),
) -> Chart:
    """The chart at decision k: what is later than the decision is blanked."""
    time = k * INTERVAL
    creatinine = np.broadcast_to(creatinine, (DAYS,)).astype(float)
    charted = np.where(24.0 * np.arange(DAYS) <= time, creatinine, 0.0)
    given = np.where(np.arange(DECISIONS) < k, doses, 0.0)
    resulted = (time >= DRAWN + TURNAROUND).astype(float)
    resulted[list(lost)] = 0.0
    below = ((levels < LLOQ) & (resulted > 0)).astype(float)
    SCR = charted[int(time // 24)]
    return Chart(
        interval=INTERVAL,
        time=time,
        time_left=DAYS * 24.0 - time,
        AGE=AGE,
        WT=WT,
        HT=HT,
        SEX=SEX,
        SCR=SCR,
        CRCL=float(cockcroft_gault(AGE, WT, SCR, SEX)),
        creatinine=charted,
        doses=given,
        levels=np.where(resulted > 0, np.maximum(levels, LLOQ), 0.0),
        drawn=np.where(resulted > 0, DRAWN, 0.0),
        arrived=np.where(resulted > 0, DRAWN + TURNAROUND, 0.0),
        resulted=resulted,
        below=below,
    )


def random_chart(random: np.random.Generator) -> Chart:
    """A chart nobody planned: any doses, lost samples, levels from 0 to 120 mg/L, all kidney functions."""
    lost = tuple(int(j) for j in np.flatnonzero(random.random(4) < 0.15))
    return chart_at(
        int(random.integers(DECISIONS)),
        doses=250.0 * random.integers(0, 13, DECISIONS) * (random.random(DECISIONS) < 0.8),
        levels=np.where(random.random(4) < 0.1, 0.0, np.exp(random.normal(2.7, 0.8, 4)).clip(0.0, 120.0)),
        AGE=random.uniform(18.0, 100.0),
        WT=random.uniform(33.0, 250.0),
        HT=random.uniform(145.0, 200.0),
        SEX=float(random.integers(2)),
        creatinine=np.exp(random.normal(0.2, 0.7, DAYS)),
        lost=lost,
    )


def random_charts(n: int = 400) -> list[Chart]:
    random = np.random.default_rng(1)
    return [random_chart(random) for _ in range(n)]


def follow(protocol: Protocol, levels: np.ndarray, **patient: Any) -> np.ndarray:
    """The doses of a whole course in which the given levels are measured."""
    doses = np.zeros(DECISIONS)
    for k in range(DECISIONS):
        doses[k] = protocol.dose(chart_at(k, doses, levels, **patient))
    return doses


@pytest.fixture(params=NAMES)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return load(request.param)


def test_the_folder_is_found() -> None:
    assert {"guideline_2020", "renal_table", "fixed_1g_q12h"} <= set(NAMES)


def test_named_after_its_file_and_documented(protocol: Protocol) -> None:
    module = importlib.import_module(f"dosing_env.protocols.{protocol.name}")
    assert module.PROTOCOL is protocol
    assert protocol.title
    assert module.__doc__
    assert "grid" in module.__doc__, "the docstring says how the rule is put on the decision grid"
    assert any(word in module.__doc__ for word in EVIDENCE), "the docstring says how well the rule is known"


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="kind"):
        Protocol(name="x", title="x", dose=lambda chart: 0.0, kind="other")  # type: ignore[arg-type]


def test_doses_are_legal(protocol: Protocol) -> None:
    for chart in random_charts():
        dose = protocol.dose(chart)
        assert 0.0 <= dose <= 3000.0, chart
        if protocol.name != "auc500_typical":  # a lead-in: the task rounds it to whatever product it has
            assert dose % 250.0 == 0.0, chart


def test_compiled_gives_the_same(protocol: Protocol) -> None:
    fast = compiled(protocol)
    for chart in random_charts():
        dose = fast(chart)
        assert isinstance(dose, float)
        assert dose == protocol.dose(chart), chart


def test_pure_and_leaves_the_chart_alone(protocol: Protocol) -> None:
    for chart in random_charts(50):
        before = [np.copy(field) for field in chart]
        first = protocol.dose(chart)
        assert protocol.dose(chart) == first
        assert all(np.array_equal(a, b) for a, b in zip(before, chart, strict=True))


def test_first_decision_is_a_dose(protocol: Protocol) -> None:
    for scr in (0.5, 1.0, 2.0, 6.0):
        assert protocol.dose(chart_at(0, np.zeros(DECISIONS), np.zeros(4), creatinine=scr)) > 0.0


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("WT", [50.0, 79.0, 110.0])
def test_better_kidneys_never_get_less_a_day(name: str, WT: float) -> None:
    protocol = load(name)
    lost = (0, 1, 2, 3)
    # Six days after the load: whole intervals of 12, 24, 36 and 48 h.
    totals = [
        follow(protocol, np.zeros(4), WT=WT, creatinine=scr, lost=lost)[1:13].sum()
        for scr in np.geomspace(6.0, 0.5, 60)
    ]
    assert totals[-1] > totals[0]
    assert np.all(np.diff(totals) >= 0.0)


@pytest.mark.parametrize("name", LEVEL_GUIDED)
@pytest.mark.parametrize("scr", [0.7, 1.0, 1.6, 3.0])
def test_higher_levels_never_get_more(name: str, scr: float) -> None:
    pair = np.array([1.5, 1.0, 1.0, 1.0])
    patient = {"creatinine": scr, "lost": (2, 3)}  # the pair alone: later levels would answer other doses
    totals = [follow(load(name), c * pair, **patient).sum() for c in (5.5, 9.0, 15.0, 25.0, 40.0, 70.0)]
    assert totals[-1] < totals[0]
    assert np.all(np.diff(totals) <= 0.0)


@pytest.mark.parametrize("name", BLIND_TO_LEVELS)
def test_the_others_ignore_levels(name: str) -> None:
    low, high = follow(load(name), np.full(4, 6.0)), follow(load(name), np.full(4, 60.0))
    assert np.array_equal(low, high)


@pytest.mark.parametrize("name", LEVEL_GUIDED)
def test_a_pair_that_does_not_fall_still_gives_a_dose_of_the_usual_size(name: str) -> None:
    """C1 <= C2 falls back on the population's rate constant: near a pair with that constant and the same middle."""
    rising = follow(load(name), np.array([17.0, 18.0, 17.0, 17.0]))
    assert 500.0 <= rising[4] <= 2000.0
    falling = follow(load(name), np.array([21.3, 14.4, 17.0, 17.0]))  # ke 0.071, middle 17.5; CRCL 91 predicts 0.080
    assert abs(rising[4] - falling[4]) <= 250.0


@pytest.mark.parametrize("name", LEVEL_GUIDED)
def test_levels_after_the_first_pair_still_count(name: str) -> None:
    usual = np.array([28.0, 15.0, 15.0, 15.0])
    for later in (2, 3):
        high = usual.copy()
        high[later] = 45.0
        assert follow(load(name), high).sum() < follow(load(name), usual).sum()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (
            "return 15.0 * chart.wt",
            r"own\.py: dose\(chart\) cannot be compiled: line 5: Unknown attribute 'wt' of the chart",
        ),
        ("return 500.0 if chart.time < 12.0 else None", r"own\.py: dose\(chart\) cannot be compiled"),
    ],
)
def test_a_mistake_in_an_own_protocol_is_answered_in_one_line(tmp_path: Path, body: str, named: str) -> None:
    file = tmp_path / "own.py"
    head = "from dosing_env.policy import Protocol\n\n\ndef dose(chart):\n    "
    file.write_text(f'{head}{body}\n\n\nPROTOCOL = Protocol(name="own", title="Own", dose=dose)\n')
    with pytest.raises(ValueError, match=named) as error:
        evaluate("vancomycin_ward", [str(file)], patients=2, rivals=False)
    assert "\n" not in str(error.value)
