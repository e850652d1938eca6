"""Doses that come late and in part, and random effects that vary: held against `simulate`, which knows both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import dosing_env
from dosing_env import scenario
from dosing_env.cohort import Cohort
from dosing_env.tasks.scenario import PartsScenario

HERE = Path(__file__).parent
MODEL = str(HERE / "models" / "oral_with_lag.toml")
N = 6


def case(**sections: Any) -> Any:
    """The scenario, with other sections."""
    found = scenario.load(str(HERE / "scenarios" / "oral_with_lag.toml"))
    assert isinstance(found, PartsScenario)
    return scenario.check(msgspec.structs.replace(found, drug=MODEL, **sections), "oral_with_lag")


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the path of the model in the scenario counts from."""
    monkeypatch.chdir(HERE.parents[1])


def treated(found: Any, doses: Any) -> Cohort:
    """Patients after their course."""
    cohort = Cohort(found.task(), N, "tune", 1)
    cohort.admit(np.arange(N))
    for dose in doses:
        cohort.treat(np.full((N, 1), dose), np.ones(N, dtype=bool))
    return cohort


def test_a_dose_comes_late_and_in_part() -> None:
    """The lags are 5 to 14 h, so that doses overtake decisions that come every 6 h."""
    doses = np.array([5.0, 0.0, 3.0, 8.0, 0.0, 0.0, 2.0, 10.0, 1.0, 0.0, 4.0, 6.0])
    cohort = treated(case(), doses)
    times, levels = cohort.curve(np.arange(N), 3)
    weights = cohort.courses["patient"][:, cohort.task.population.Patient._fields.index("WT")]
    events = [{"time": 6.0 * k, "amt": dose} for k, dose in enumerate(doses) if dose > 0.0]
    etas = cohort.courses["eta_now"][:, 0]
    assert np.ptp(9.0 * np.exp(etas)) > 3.0
    for i in range(N):
        eta = {"CL": float(etas[i])}
        seen = dosing_env.simulate(MODEL, events, covariates={"WT": weights[i]}, times=times.tolist(), eta=eta)
        np.testing.assert_allclose(levels[i], seen["level"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(cohort.observation[:, -10], levels[:, 6], rtol=1e-6)  # level_1, drawn at 12 h


def test_random_effects_vary_between_occasions() -> None:
    """As much as the model says, and only where the scenario says when an occasion ends."""
    happens = {"occasion": {"is": "occasion", "every_days": 1}}
    cohort, plain = (Cohort(found.task(), 300, "tune", 1) for found in (case(happens=happens), case()))
    seen = []
    for one in (cohort, plain):
        one.admit(np.arange(300))
    for k in range(12):
        cohort.treat(np.zeros((300, 1)), np.ones(300, dtype=bool))
        if k % 4 == 0:
            seen.append(np.log(cohort.courses["parameters"][:, 0] / 20.0) - cohort.courses["eta"][:, 0])
    np.testing.assert_array_equal(cohort.courses["eta"], plain.courses["eta"])
    added = np.array(seen)
    assert added.std(axis=1) == pytest.approx(0.3, rel=0.15)
    assert abs(np.corrcoef(added)[0, 1]) < 0.2


def test_a_model_that_varies_needs_to_know_when() -> None:
    with pytest.raises(ValueError, match=r"happens: .* varies between occasions: a part .* has to say how long one"):
        case(happens={})


def test_a_model_that_does_not_vary_is_refused() -> None:
    with pytest.raises(ValueError, match=r"happens\.kinds: vancomycin_goti2018 does not vary between occasions"):
        scenario.check(
            msgspec.structs.replace(
                case(), drug="vancomycin_goti2018", happens={"kinds": {"is": "occasion", "every_days": 1}}
            ),
            "own",
        )
