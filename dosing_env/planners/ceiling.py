"""The information ceiling of a task with one decision: the best dose that can be chosen on what is known.

Where nothing is unknown of a patient but the random effects of the model that generates him (one decision, no error in
the chart, a kidney that does not change), his posterior is exact, and the product that reaches the target with the
highest probability is Bayes' decision: no policy that sees the same can reach more patients, save by chance. What it
reaches is the ceiling of that information, up to the noise of 1,024 particles per patient. `ceiling` sees all levels,
`ceiling:none` no level, `ceiling:2` the second one drawn, `ceiling:1+2` both.

A policy with a higher share of the same patients knows what it should not. The alarm (`virtual_trial`) compares pairs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dosing_env.pharmacology import Drug
from dosing_env.planners.posterior_optimal import PosteriorOptimal
from dosing_env.residual import FORMS
from dosing_env.task import Task
from dosing_env.ward.belief import require_ward
from dosing_env.ward.rules import Rules

PARTICLES = 1_024


class Ceiling(PosteriorOptimal):
    """See the module.

    Args:
        levels: "none", or the numbers of the levels that are looked at, from 1, with plus signs; left out, all of them.
    """

    name = "ceiling"
    title = "Ceiling"
    kind = "ceiling"
    takes = "the levels that are looked at: none, 1, 2, 1+2, ..."

    def __init__(self, levels: str | None = None) -> None:
        super().__init__(particles=PARTICLES, harm_limit=np.inf)
        if levels is not None:
            self.levels = _numbers(levels)
            self.name = f"ceiling:{levels}"
        seen = {None: "all levels", "none": "no level"}.get(levels, f"level {levels}")
        self.title = f"Ceiling, {seen}"

    def begin(self, task: Task, patients: Any) -> None:
        """Learn the task.

        Raises:
            ValueError: a task whose ceiling cannot be computed, and why.
        """
        require_ward(task, self.name)
        for reason in _unknowns(task.rules, task.drug):
            raise ValueError(f"{self.name}: no ceiling can be computed: {reason}. Nearest: posterior_optimal, oracle")
        missing = [j + 1 for j in self.levels or () if j >= len(task.rules.drawn)]
        if missing:
            raise ValueError(f"{self.name}: level {missing[0]} is not drawn: there are {len(task.rules.drawn)}")
        super().begin(task, patients)


def _numbers(levels: str) -> tuple[int, ...]:
    """From "1+2" the numbers 0 and 1."""
    if levels == "none":
        return ()
    parts = levels.split("+")
    if not all(part.isdecimal() and part.isascii() and int(part) > 0 for part in parts):
        raise ValueError(f"ceiling: {levels!r} is neither none nor numbers of levels from 1 on, such as 2 or 1+2")
    return tuple(int(part) - 1 for part in parts)


def _unknowns(rules: Rules, drug: Drug) -> list[str]:
    """What stands against an exact posterior, or against its being enough."""
    assay = drug.assay
    own = (FORMS.index(assay.form), assay.proportional, assay.additive)
    reasons = {
        f"{np.count_nonzero(rules.asked)} decisions are taken (course.decided_h)": np.count_nonzero(rules.asked) > 1,
        "charted weight or creatinine has an error (charting)": rules.weight_cv > 0 or rules.creatinine_cv > 0,
        "the kidney changes (kidney.drift_cv_per_day)": rules.drift > 0,
        "kidney injury changes the kidney (aki.creatinine_factor)": rules.aki_factor > 1,
        "levels do not have the model's residual error": (rules.form, rules.proportional, rules.additive) != own,
    }
    return [reason for reason, holds in reasons.items() if holds]


PLANNER = Ceiling
