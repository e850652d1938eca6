"""The trials of a search: each trains what the study proposes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from dosing_env import scenario as scenarios
from dosing_env.io.writing import scratch
from dosing_env.processes import undisturbed
from dosing_env.recipe import Limit, Recipe
from dosing_env.training.seed import train_seed
from dosing_env.training.space import proposed, with_values
from dosing_env.training.study import ENDED, FrozenTrial, Plan, Study, TrialState, ended, opened, optuna

REFUSED = (ValueError, AssertionError, ArithmeticError, RuntimeError)  # by the library, or numbers that ran away
AT_MOST = 10  # trials in a row that fail

Tell = Callable[[int, int | None, str], None]  # trial, steps done (None: it has ended), what


def work(plan: Plan, tell: Tell) -> None:
    """Try, until as many trials have ended as are wanted, here and wherever else the study is worked on.

    Raises:
        ValueError: trial after trial fails.
    """
    with undisturbed() as let_in:  # within the storage Ctrl-C would leave a lock behind
        study = opened(plan)
        if len(ended(study)) >= plan.trials:
            return
        enough = optuna.study.MaxTrialsCallback(plan.trials, ENDED)

        def telling(number: int, done: int | None, what: str) -> None:
            tell(number, done, what)
            if done is not None:  # within the training
                let_in()

        study.optimize(Trying(plan, telling), callbacks=[enough, Failures(telling)], catch=REFUSED)


class Trying:
    """What is done in a trial: train with what is proposed; give up where other trials were further by then."""

    def __init__(self, plan: Plan, tell: Tell) -> None:
        self._plan, self._tell = plan, tell
        self._case = scenarios.load(plan.recipe.scenario)

    def __call__(self, trial: optuna.Trial) -> float:
        """The mean return on the tuning stream, over the seeds."""
        plan = self._plan
        trial.set_user_attr("command", plan.command)
        values = proposed(trial, plan.space)
        trial.set_user_attr("values", values)
        try:
            rules = with_values(plan.tried, values, f"trial {trial.number}")
            with scratch(plan.folder) as folder:
                rows = [self._last_row(trial, rules, i, folder) for i in range(len(rules.training.seeds))]
        except REFUSED as error:
            trial.set_user_attr("failed", " ".join(str(error).split()))
            raise
        primary = self._case.tables.primary
        trial.set_user_attr("endpoint", fmean(row[primary] for row in rows))
        _note_costs(trial, rules.limits, rows)
        return fmean(row["return"] for row in rows)

    def _last_row(self, trial: optuna.Trial, rules: Recipe, i: int, folder: Path) -> dict[str, Any]:
        """What the last look at the i-th seed found."""
        before = i * rules.training.steps

        def tell(done: int, what: str) -> None:
            self._tell(trial.number, before + done, what)

        def looked(row: dict[str, Any]) -> None:
            if not math.isfinite(row["return"]):
                raise ValueError(f"the return at step {row['steps']} is no number")
            if row["steps"] < rules.training.steps:
                # By the number of the look: rollouts of another length end at other steps.
                trial.report(row["return"], (before + row["steps"]) // rules.training.evaluate_every)
                if trial.should_prune():
                    _note_costs(trial, rules.limits, [row])
                    raise optuna.TrialPruned

        return train_seed(rules, self._case, rules.training.seeds[i], folder, tell, looked).learning[-1]


def _note_costs(trial: optuna.Trial, limits: Sequence[Limit], rows: Sequence[dict[str, Any]]) -> None:
    """Tell by how much costs are above their limits, for the sampler and for `best_of`."""
    for limit in limits:
        trial.set_constraint(limit.cost, fmean(row[limit.column] for row in rows) - limit.most)


class Failures:
    """Tells how each trial of a worker ended, and ends the search where trial after trial fails."""

    def __init__(self, tell: Tell) -> None:
        self._tell, self._in_a_row = tell, 0

    def __call__(self, study: Study, trial: FrozenTrial) -> None:
        """A trial has ended."""
        failed = trial.state == TrialState.FAIL
        why = trial.user_attrs.get("failed", "")
        self._tell(trial.number, None, f"failed: {why}" if failed else f"{trial.state.name.lower()}")
        self._in_a_row = self._in_a_row + 1 if failed else 0
        if self._in_a_row == AT_MOST:
            raise ValueError(f"{AT_MOST} trials in a row have failed, the last one: {why}")
