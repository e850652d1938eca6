"""A search as a study of Optuna: where it is kept, what is proposed, which trial is the best."""

from __future__ import annotations

import math
import re
import secrets
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import numpy as np

from dosing_env import scenario as scenarios
from dosing_env.io import printable
from dosing_env.recipe import Range, Recipe
from dosing_env.scenario import Scenario
from dosing_env.training.seed import identity_of
from dosing_env.training.space import present

try:
    import optuna
    from optuna.storages.journal import JournalFileBackend
    from optuna.study import Study
    from optuna.trial import FrozenTrial, TrialState
    from sqlalchemy.exc import SQLAlchemyError
except ImportError as error:
    raise ImportError("searching needs the extra packages: pip install 'dosing-env[train,search]'") from error

ENDED = (TrialState.COMPLETE, TrialState.PRUNED)  # what counts; a trial that failed or was killed does not
SPARED = 2  # looks: the first is too early to give a trial up
JOURNAL = "journal:"  # a storage of this name is a file that machines may share
_WAIT = 120.0  # s that one writer of an SQLite file waits for another
_ALIVE = 60  # s between two signs of life of a trial


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
        said = str(error).splitlines()[0].replace(plan.storage, shown(plan.storage))
        for secret in secrets_of(plan.storage):
            said = said.replace(secret, "***")
        raise ValueError(f"storage {shown(plan.storage)}: {said}") from None  # its traceback would show the URL
    return study


def shown(storage: str) -> str:
    """The URL of a storage without its passwords: before the host, or behind "?"."""
    url = re.sub(r"(://[^:/@]*):.*@", r"\1:***@", storage)
    url = re.sub(r"(?i)([?&][^=&]*(?:pass|pwd|secret|token|key)[^=&]*)=[^&]*", r"\1=***", url)
    return printable.one_line(url, 2 * printable.VALUE)


def secrets_of(storage: str) -> set[str]:
    """Passwords in the URL of a storage, as they are written and as they are meant."""
    written = re.findall(r"://[^:/@]*:(.*)@", storage)
    written += re.findall(r"(?i)[?&][^=&]*(?:pass|pwd|secret|token|key)[^=&]*=([^&]*)", storage)
    return {text for one in written for text in (one, unquote(one)) if text}


def ended(study: Study) -> list[FrozenTrial]:
    """The trials that count."""
    return study.get_trials(deepcopy=False, states=ENDED)


def best_of(study: Study) -> FrozenTrial | None:
    """The trial with the best return, of those that keep the limits if one does; None before one was trained."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return max(complete, key=rank_of, default=None)


def rank_of(trial: FrozenTrial) -> tuple[bool, float, float]:
    """Higher is better; one that was pruned is below all that were not, one that keeps the limits above others."""
    value = -math.inf if trial.value is None else trial.value
    return trial.state == TrialState.COMPLETE, -excess_of(trial), value


def excess_of(trial: FrozenTrial) -> float:
    """By how much its costs were above the limits of the recipe, all together, at its last look."""
    return sum(max(0.0, value) for value in trial.constraints.values())


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
