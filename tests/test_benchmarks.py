"""The benchmarks compare like with like, and run."""

import importlib
import math

import numpy as np
import pytest

from benchmarks.plain_env import DECISIONS, INTERVAL, plain_twin
from benchmarks.steps import some_doses
from tests.environment.rollouts import changed, environment, every_eventful_scenario, roll

PATIENTS = 20


@every_eventful_scenario
@pytest.mark.parametrize(
    ("tolerances", "agreement"), [({}, 0.02), ({"rtol": 1e-10, "atol": 1e-10}, 1e-6)], ids=["as timed", "tight"]
)
def test_the_plain_environment_gives_the_same(name: str, tolerances: dict[str, float], agreement: float) -> None:
    """The same concentrations and AUC under the same doses, where ours keeps the kidney as it was at the start."""
    steady = changed(name, kidney={"drift_cv_per_day": 0.0}, aki={"logit_intercept": -50.0})
    ours, doses = environment(steady, PATIENTS), some_doses(PATIENTS)
    aucs = roll(ours, doses).courses["auc"]
    assert ours.cohort is not None
    times, levels = ours.cohort.curve(np.arange(PATIENTS), 1)
    assert np.array_equal(times, INTERVAL * np.arange(DECISIONS + 1))
    plain = plain_twin(ours.task, PATIENTS, **tolerances)
    for patient in range(PATIENTS):
        plain.reset()
        steps = [plain.step(doses[k, patient]) for k in range(DECISIONS)]
        np.testing.assert_allclose([step[0][1] for step in steps], levels[patient, 1:], rtol=agreement)
        np.testing.assert_allclose([step[4]["auc24"] for step in steps[1::2]], aucs[patient], rtol=agreement)
        assert [step[3] for step in steps] == [False] * (DECISIONS - 1) + [True]


@pytest.mark.parametrize(
    "script", ["steps", "single", "clinic", "simulation", "forecasting", "deciding", "training", "trial", "starting"]
)
def test_the_smallest_setting_runs(script: str) -> None:
    if script == "training":
        pytest.importorskip("dosing_env.training")
    figures = list(importlib.import_module(f"benchmarks.{script}").figures(small=True))
    assert figures
    for figure in figures:
        assert math.isfinite(figure.ratio)
        assert figure.ratio > 0.0
        assert figure.what in str(figure)
