"""Tasks that are neither a ward nor a clinic, held against closed forms and SciPy; of models with made-up numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from dosing_env import scenario
from dosing_env.cohort import Cohort
from dosing_env.policies import policy_of
from dosing_env.tasks.parts import kinds
from dosing_env.treatment import followed

HERE = Path(__file__).parent
N = 5
DOCS = (HERE.parents[1] / "docs" / "tasks.md").read_text(encoding="utf-8")

INFUSED: dict[str, Any] = {
    "name": "infused",
    "version": 0,
    "title": "Infused",
    "question": "?",
    "drug": str(HERE / "models" / "one_compartment.toml"),
    "population": "adult_ward",
    "policies": ["oracle"],
    "course": {"lasts_days": 3, "decide_every_h": 12},
    "given": {"dose": {"is": "per_body", "by": "kg", "step": 0.5, "max_dose": 10.0, "infusion_min": 30}},
    "known": {"WT": {"is": "once", "cv": 0.02}, "BSA": "body_surface_dubois", "HT": "exact"},
    "watched": {
        "peak": {"is": "extreme", "which": "largest", "at_h": [0.5, 1.0], "window_h": 12},
        "trough": {"is": "extreme", "which": "least", "at_h": [12.0], "window_h": 12},
        "above": {"is": "time_above", "above": 4.0, "window_h": 24, "every_min": 5},
        "total": {"is": "total", "window_h": 36},
    },
    "judged": {
        "peaks": {"is": "share_of_windows", "of": "peak", "low": 15.0, "high": 30.0},
        "troughs": {"is": "share_of_windows", "of": "trough", "high": 3.0, "from": 2},
        "long": {"is": "share_of_windows", "of": "above", "low": 0.5},
        "exposed": {"is": "share_of_windows", "of": "total", "low": 100.0, "high": 900.0},
    },
    "harms": {"injury": {"is": "logistic", "of": "trough.worst", "intercept": -4.0, "per_unit": 0.8}},
    "paid": {"peaks": 1.0, "troughs": 1.0, "long": 0.5, "exposed": 0.5, "injury": -1.0},
}
ASLEEP: dict[str, Any] = {
    "name": "asleep",
    "version": 0,
    "title": "Asleep",
    "question": "?",
    "drug": str(HERE / "models" / "hypnotic.toml"),
    "population": "adult_ward",
    "policies": ["oracle"],
    "course": {"lasts_min": 30, "decide_every_s": 15},
    "given": {"pump": {"is": "rate", "max_rate_mg_per_min": 100}},
    "known": {"WT": "exact"},
    "measured": {"bis": {"is": "sensor", "sd": 2.0, "correlation": 0.8, "lowest": 0, "highest": 100, "delay_s": 20}},
    "watched": {"depth": {"is": "line", "of": "BIS"}},
    "judged": {"within": {"is": "share_of_time", "of": "depth", "low": 40.0, "high": 60.0, "from": 21}},
    "paid": {"within": 1.0},
}
TASKS = {"infused": INFUSED, "asleep": ASLEEP}
every_task = pytest.mark.parametrize("name", TASKS)


def treated(tables: dict[str, Any], action: float) -> tuple[Cohort, NDArray[Any], NDArray[Any]]:
    """Patients after a course of one action; the return, and the sum of each term."""
    task = scenario.load(tables).task()
    cohort = Cohort(task, N, "tune", 1)
    cohort.admit(np.arange(N))
    total, terms = np.zeros(N), np.zeros((N, len(task.terms)))
    for _ in range(task.decisions):
        paid = cohort.treat(np.full((N, 1), action), np.ones(N, dtype=bool))
        total, terms = total + paid.reward, terms + paid.terms
    return cohort, total, terms


def of(cohort: Cohort, path: str) -> Any:
    """What a part has of all patients."""
    return cohort.task.tables.of_part(cohort, next(p for p in cohort.task.made.parts if p.path == path))


def level(t: NDArray[Any], amount: float, k: float, V: float) -> NDArray[Any]:
    """Of infusions of half an hour every 12 h, before t = 72."""
    out = np.zeros_like(t)
    for start in np.arange(0.0, 72.0, 12.0):
        since = t - start
        rate = amount / 0.5 / (k * V)
        on = np.clip(since, 0.0, 0.5)
        out += np.where(since > 0, rate * (1.0 - np.exp(-k * on)) * np.exp(-k * np.maximum(since - 0.5, 0.0)), 0.0)
    return out


def test_what_is_watched_agrees_with_the_closed_form() -> None:
    """And the terms with it: 7 mg/kg twice a day."""
    cohort, total, terms = treated(INFUSED, 7.0)
    weights = cohort.courses["patient"][:, 1]
    peaks, troughs, above, sums = (of(cohort, f"watched.{name}") for name in ("peak", "trough", "above", "total"))
    for i in range(N):
        CL, V = cohort.courses["parameters"][i]
        amount, k = 7.0 * weights[i], CL / V
        assert of(cohort, "given.dose").amount[i] == pytest.approx(np.full(6, amount))
        peak = level(12.0 * np.arange(6)[:, None] + [0.5, 1.0], amount, k, V).max(axis=1)
        trough = level(12.0 * np.arange(1.0, 7.0), amount, k, V)
        assert peaks.best[i, :6] == pytest.approx(peak, rel=1e-9)
        assert troughs.best[i, :6] == pytest.approx(trough, rel=1e-9)
        fine = (level(np.arange(0.0, 72.0, 1 / 600) + 1 / 1200, amount, k, V) > 4.0).reshape(3, -1).mean(axis=1)
        assert above.share[i, :3] == pytest.approx(fine, abs=2e-3)
        left = level(np.array([36.0, 72.0]), amount, k, V) * V
        assert np.cumsum(sums.integral[i, :2]) == pytest.approx((amount * np.array([3.0, 6.0]) - left) / CL, rel=1e-9)
        judged = [((peak >= 15) & (peak <= 30)).mean(), (trough[1:] <= 3.0).mean(), (above.share[i, :3] >= 0.5).mean()]
        assert terms[i, :3] == pytest.approx(judged)
    np.testing.assert_allclose(total, terms @ cohort.task.prices, rtol=1e-12)
    np.testing.assert_allclose(cohort.courses["gained"], terms, rtol=1e-12)


def test_a_fast_task_agrees_with_scipy() -> None:
    """The first output is what the assay names; its sensor is late and limited."""
    cohort, _, _ = treated(ASLEEP, 12.0)
    for i in range(N):
        CL, V, KE0, EC50 = cohort.courses["parameters"][i]

        def rates(t: float, y: Any, CL: float = CL, V: float = V, KE0: float = KE0) -> list[float]:
            return [12.0 - CL / V * y[0], KE0 * (y[0] / V - y[1])]

        at = np.linspace(0.0, 30.0, 121)
        effect = solve_ivp(rates, (0.0, 30.0), [0.0, 0.0], t_eval=at, rtol=1e-10, atol=1e-12).y[1]
        bis = 97.0 - 97.0 * effect / (effect + EC50)
        seen = of(cohort, "watched.depth").seen[i]
        np.testing.assert_allclose(seen, bis, rtol=1e-6)
        late = np.interp(np.maximum(at - 1 / 3, 0.0), at, seen)
        error = of(cohort, "measured.bis").reading[i] - late
        assert error.std() == pytest.approx(2.0, rel=0.6)
        assert 0.5 < np.corrcoef(error[1:], error[:-1])[0, 1] < 0.95
    names = {feature.name: feature.unit for feature in cohort.task.features}
    assert names["recent_pump_1"] == "mg/min"
    assert (names["time"], names["bis"]) == ("min", "BIS")
    assert cohort.task.hours[-1] == pytest.approx(0.5)


@every_task
def test_gymnasium_is_content(name: str) -> None:
    env = gymnasium.make("dosing_env/Scenario-v0", scenario=TASKS[name])
    check_env(env.unwrapped, skip_render_check=True)


@every_task
def test_a_patient_is_the_same_in_every_batch(name: str) -> None:
    task = scenario.load(TASKS[name]).task()
    together, alone = Cohort(task, 3, "train", 4), Cohort(task, 1, "train", 4)
    together.admit(np.arange(3))
    alone.admit(np.array([2]))
    for _ in range(4):
        action = 0.4 * task.largest
        both = [c.treat(np.full((c.size, 1), action), np.ones(c.size, dtype=bool)) for c in (together, alone)]
        assert both[0].reward[2] == both[1].reward[0]
    np.testing.assert_array_equal(together.observation[2], alone.observation[0])


@every_task
def test_the_oracle_is_better_than_any_one_action(name: str) -> None:
    case = scenario.load(TASKS[name])
    _, best, _ = followed(case, policy_of("oracle"), np.arange(N), seed=1, stream="tune")
    fixed = [treated(TASKS[name], share * case.task().largest)[1].mean() for share in (0.0, 0.1, 0.3, 0.7)]
    assert best.mean() > max(fixed)


@every_task
def test_a_number_compiles_nothing(name: str) -> None:
    """Nor does another length: the machine code is that of the parts."""
    tables = TASKS[name]
    longer = {key: 2 * value if key.startswith("lasts") else value for key, value in tables["course"].items()}
    priced = {key: 3 * value for key, value in tables["paid"].items()}
    first = Cohort(scenario.load(tables).task(), 2, "train", 0)
    other = Cohort(scenario.load(tables | {"course": longer, "paid": priced}).task(), 2, "train", 0)
    assert other._step is first._step
    assert len(first._step.signatures) == 1


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"given": {"dose": {"is": "infusoin"}}}, r"given.dose: is: unknown kind of part.*Did you mean 'infusion'"),
        (
            {"given": {"dose": {"is": "rate", "max_rate": 3}}},
            r"given.dose: max_rate: needs its unit .* max_rate_mg_per_h",
        ),
        ({"given": {"dose": {"is": "rate", "max_rate_U_per_h": 3}}}, r"max_rate_U_per_h: needs its unit"),
        ({"known": {"WEIGHT": "exact"}}, r"known.WEIGHT: unknown bedside value.*Did you mean 'WT'"),
        ({"paid": {"peaks": 1.0}}, r"paid: troughs, long, exposed, injury: no price is said"),
        ({"paid": INFUSED["paid"] | {"peak": 1.0}}, r"paid: unknown term 'peak'. Did you mean 'peaks'"),
        ({"course": {"lasts_days": 3}}, r"course.decide_every_h: it or decide_at_h has to be there"),
        ({"course": {"lasts_days": 3, "decide_every_h": 7}}, r"course.decide_every: 10.2857 times"),
        ({"course": {"lasts": 3, "decide_every_h": 12}}, r"lasts: needs its unit behind it, such as lasts_h"),
        ({"measured": {"x": {"is": "planned", "drawn_h": [1.0], "of": "BIS"}}}, r"measured.x.of: unknown output"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(ValueError, match=line) as refused:
        scenario.load(INFUSED | changes)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("policy", "line"),
    [
        ("map_dosing:vancomycin_goti2018", "believes no model: nothing is measured that it can use in 'Infused'"),
        (
            "mpc:warfarin_hamberg2007",
            "warfarin_hamberg2007 reads CYP2C9_2, which the patients of 'Infused' do not have",
        ),
        ("ceiling:1", "ward"),
        ("shield:0.1:oracle", "infused"),
        ("tablets:5 mg", "infused"),
        ("guideline_2020", "guideline_2020: reads .* of a Chart; infused: unknown column"),
        ("warfarin_5mg_rely", "infused: unknown column of the chart"),
    ],
)
def test_what_cannot_be_had_yet_is_said(policy: str, line: str) -> None:
    with pytest.raises(ValueError, match=line):
        followed(scenario.load(INFUSED), policy_of(policy), np.arange(2), seed=1, stream="tune")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"frames": 2}, "frames: infused: a task made of parts is shown whole"),
        ({"hold": True}, "infused: hold: there are no visits"),
        ({"belief": "vancomycin_goti2018"}, "reads the charts of a ward"),
    ],
)
def test_an_environment_says_what_it_lacks(arguments: dict[str, Any], line: str) -> None:
    with pytest.raises(ValueError, match=line):
        gymnasium.make("dosing_env/Scenario-v0", scenario=INFUSED, **arguments)


def test_every_kind_of_part_says_what_it_is() -> None:
    for role in ("given", "known", "measured", "happens", "watched", "judged", "harms"):
        for kind in kinds(role):
            text = (Path(scenario.__file__).parent / "tasks" / role / f"{kind}.py").read_text(encoding="utf-8")
            first = text.split('"""')[1].split("\n\n")[0].replace("\n", " ").rstrip(".")
            assert f"| `{role}` | `{kind}` | {first} |" in DOCS, f"docs/tasks.md: {role}/{kind}"
