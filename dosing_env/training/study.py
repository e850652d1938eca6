"""A search as a study of Optuna: where it is kept, what is proposed, and a trial, which trains what was proposed."""

from __future__ import annotations

import math
import re
import secrets
import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import msgspec
import numpy as np

from dosing_env import scenario as scenarios
from dosing_env.processes import undisturbed
from dosing_env.recipe import Limit, Range, Recipe
from dosing_env.scenario import Scenario
from dosing_env.training.seed import identity_of, train_seed
from dosing_env.training.space import present, proposed, with_values

try:
    import optuna
    from optuna.storages.journal import JournalFileBackend
    from optuna.study import MaxTrialsCallback, Study
    from optuna.trial import FrozenTrial, TrialState
    from sqlalchemy.exc import SQLAlchemyError
except ImportError as error:
    raise ImportError("searching needs the extra packages: pip install 'dosing-env[train,search]'") from error

ENDED = (TrialState.COMPLETE, TrialState.PRUNED)  # what counts; a trial that failed or was killed does not
REFUSED = (ValueError, AssertionError, ArithmeticError, RuntimeError)  # by the library, or numbers that ran away
AT_MOST = 10  # trials in a row that fail
SPARED = 2  # looks: the first is too early to give a trial up
JOURNAL = "journal:"  # a storage of this name is a file that machines may share
_WAIT = 120.0  # s that one writer of an SQLite file waits for another
_ALIVE = 60  # s between two signs of life of a trial

Tell = Callable[[int, int | None, str], None]  # trial, steps done (None: it has ended), what


@dataclass(frozen=True)
class Plan:
    """A search.

    `tried` is the recipe as a trial runs it: with the steps, the seeds and the looks of the search.
    """

    recipe: Recipe
    tried: Recipe
    space: dict[str, Range]
    trials: int
    study: str
    storage: str  # URL
    folder: Path
    command: str = field(default_factory=lambda: secrets.token_hex(4))  # whose trials are whose

    @property
    def steps(self) -> int:
        """Of a trial, all seeds together."""
        return self.tried.training.steps * len(self.tried.training.seeds)


def opened(plan: Plan) -> Study:
    """The study of a search: a new one, or the one to go on with.

    Raises:
        ValueError: its storage cannot be used, or it is of another search.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = optuna.create_study(
            storage=_storage(plan.storage),
            sampler=ByNumber(plan.tried.training.seeds[0]),
            pruner=optuna.pruners.MedianPruner(n_warmup_steps=SPARED),
            study_name=plan.study,
            direction="maximize",
            load_if_exists=True,
        )
        _require_same_search(study, plan)
    except (ImportError, OSError, SQLAlchemyError, optuna.exceptions.OptunaError) as error:
        raise ValueError(f"storage {shown(plan.storage)}: {str(error).splitlines()[0]}") from error
    return study


def shown(storage: str) -> str:
    """The URL of a storage without its password."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", storage)


def ended(study: Study) -> list[FrozenTrial]:
    """The trials that count."""
    return study.get_trials(deepcopy=False, states=ENDED)


def best_of(study: Study) -> FrozenTrial | None:
    """The trial with the best return, of those that keep the limits if one does; None before one was trained."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return max(complete, key=lambda trial: (-excess_of(trial), trial.value or 0.0), default=None)


def excess_of(trial: FrozenTrial) -> float:
    """By how much its costs were above the limits of the recipe, all together, at its last look."""
    return sum(max(0.0, value) for value in trial.constraints.values())


def work(plan: Plan, tell: Tell) -> None:
    """Try, until as many trials have ended as are wanted, here and wherever else the study is worked on.

    Raises:
        ValueError: trial after trial fails.
    """
    with undisturbed() as let_in:  # within the storage Ctrl-C would leave a lock behind
        study = opened(plan)
        if len(ended(study)) >= plan.trials:
            return
        enough = MaxTrialsCallback(plan.trials, ENDED)

        def telling(number: int, done: int | None, what: str) -> None:
            tell(number, done, what)
            if done is not None:  # within the training
                let_in()

        study.optimize(Trying(plan, telling), callbacks=[enough, Failures(telling)], catch=REFUSED)


class ByNumber(optuna.samplers.BaseSampler):
    """TPE, with the chance of each trial from seed and number: a search that was stopped goes on as if it was not.

    Two workers never draw the same, and the trials of one worker are always the same.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._tpe = optuna.samplers.TPESampler()

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Chance anew."""
        (own,) = np.random.SeedSequence((self._seed, trial.number)).generate_state(1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._tpe = optuna.samplers.TPESampler(seed=int(own), multivariate=True, constant_liar=True)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, Any]:
        """As TPE does."""
        return self._tpe.infer_relative_search_space(study, trial)

    def sample_relative(self, study: Study, trial: FrozenTrial, search_space: dict[str, Any]) -> dict[str, Any]:
        """As TPE does."""
        return self._tpe.sample_relative(study, trial, search_space)

    def sample_independent(self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any) -> Any:
        """As TPE does."""
        return self._tpe.sample_independent(study, trial, param_name, param_distribution)


class Trying:
    """What is done in a trial: train with what is proposed; give up where other trials were further by then."""

    def __init__(self, plan: Plan, tell: Tell) -> None:
        self._plan, self._tell = plan, tell
        self._case = scenarios.load(plan.recipe.scenario)

    def __call__(self, trial: optuna.Trial) -> float:
        """The mean return on the tuning stream, over the seeds."""
        plan, folder = self._plan, self._plan.folder / f"trial{trial.number}"
        trial.set_user_attr("command", plan.command)
        values = proposed(trial, plan.space)
        trial.set_user_attr("values", values)
        shutil.rmtree(folder, ignore_errors=True)  # of a trial that was killed
        try:
            rules = with_values(plan.tried, values, f"trial {trial.number}")
            rows = [self._last_row(trial, rules, i, folder) for i in range(len(rules.training.seeds))]
        except REFUSED as error:
            trial.set_user_attr("failed", " ".join(str(error).split()))
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        primary = self._case.kind.tables.PRIMARY
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


def _storage(url: str) -> optuna.storages.BaseStorage:
    for files in (JOURNAL, "sqlite:///"):
        if url.startswith(files):
            Path(url.removeprefix(files)).parent.mkdir(parents=True, exist_ok=True)
    if url.startswith(JOURNAL):
        return optuna.storages.JournalStorage(JournalFileBackend(url.removeprefix(JOURNAL)))
    waiting: dict[str, Any] = {"connect_args": {"timeout": _WAIT}} if url.startswith("sqlite") else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.storages.RDBStorage(url, engine_kwargs=waiting, heartbeat_interval=_ALIVE)


def _require_same_search(study: Study, plan: Plan) -> None:
    """Remember what is searched; refuse a study of another search."""
    case = scenarios.load(plan.recipe.scenario)
    now = _identity(plan, case)
    before = study.user_attrs.get("of")
    if before is None:
        study.set_user_attr("of", now)
        study.enqueue_trial(present(plan.tried, plan.space), skip_if_exists=True)
        return
    for what, value in now.items():
        if before.get(what) != value:
            place = f"study {plan.study!r} in {shown(plan.storage)}"
            raise ValueError(f"{place}: {what} of this search is another now. Name another --study")


def _identity(plan: Plan, case: Scenario) -> dict[str, Any]:
    """What has to be the same for a search to go on."""
    space = {key: str(found) for key, found in plan.space.items()}
    own = identity_of(plan.tried, case) | {"space": space, "seeds": list(plan.tried.training.seeds)}
    found: dict[str, Any] = msgspec.to_builtins(own)
    return found
