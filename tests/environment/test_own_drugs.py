"""A user's own drug in an environment: nonlinear ones work, and one that cannot be solved raises instead of paying."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.environment.rollouts import columns, environment, roll
from tests.models import exploding, michaelis_menten

NAME = "vancomycin_ward"


def test_a_nonlinear_drug_from_a_file_is_treated() -> None:
    env = environment(NAME, 5, drug=michaelis_menten.__file__)
    course = roll(env)
    assert env.task.drug.name == "michaelis_menten"
    assert np.all(course.courses["auc"] > 0)
    assert np.all(course.observations[-1][:, columns(env, "level_")] > 0)


def test_a_failed_solve_raises_with_drug_time_patient_and_parameters() -> None:
    env = environment(NAME, 3, drug=exploding.__file__)
    env.reset(seed=0, options={"patients": [40, 41, 42]})
    for _ in range(2):
        env.step(np.zeros(3))
    with pytest.raises(RuntimeError, match=r"exploding.* 24 h .*patient 41.*G=0.001.*V="):
        env.step(np.array([0.0, 1000.0, 0.0]))


def test_the_exact_solver_is_refused_for_a_nonlinear_drug() -> None:
    with pytest.raises(ValueError, match="michaelis_menten is not linear"):
        environment(NAME, 1, drug=michaelis_menten.__file__, solver="exact")


def test_a_drug_that_cannot_be_compiled_is_told_in_one_line(tmp_path: Path) -> None:
    text = Path(michaelis_menten.__file__).read_text()
    assert text.count("p.KM") == 1
    (tmp_path / "wrong.py").write_text(text.replace("p.KM", "p.KMM"))
    answer = r"^michaelis_menten or adult_ward cannot be compiled: line \d+: Unknown attribute 'KMM' of the parameters"
    with pytest.raises(ValueError, match=answer) as told:
        environment(NAME, 1, drug=tmp_path / "wrong.py").reset(seed=0)
    assert "\n" not in str(told.value)
