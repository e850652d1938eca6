"""A search for hyperparameters: a study of Optuna, worked on by several processes, and the recipe that it finds.

Trials are compared on the patients of the tuning stream, never on those of the evaluation stream.
"""

from __future__ import annotations

import importlib.metadata
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from dosing_env import __version__, files, processes
from dosing_env import recipe as recipes
from dosing_env import scenario as scenarios
from dosing_env.recipe import Found, Recipe
from dosing_env.report.search import TriedValues, drawn
from dosing_env.training import run
from dosing_env.training.space import space_of, with_values
from dosing_env.training.study import FrozenTrial, Plan, Study, TrialState, best_of, ended, excess_of, opened, rank_of
from dosing_env.training.trials import Tell, work

TRIALS = 50  # by default


class Searched(NamedTuple):
    """What a search leaves."""

    recipe: Recipe  # with the best values
    file: Path  # where it stands
    picture: Path
    tried: list[TriedValues]  # the trials that count, best first
    failed: int


def search(
    recipe: str | Recipe,
    *,
    trials: int = TRIALS,
    storage: str | None = None,
    study: str | None = None,
    seed: int | Sequence[int] | None = None,
    steps: int | None = None,
    jobs: int = 1,
    output: str | Path | None = None,
    progress: run.Progress | None = None,
) -> Searched:
    """Search for the values with the best return on the tuning stream, and write a recipe of them.

    A search goes on where the study in its storage is: until as many trials have ended (complete or pruned) as are
    wanted. One worker with the same seed makes the same trials, whether it was stopped meanwhile or not; how several
    share them depends on which is quicker.

    Args:
        recipe: a catalogue name, the path of a recipe file, or a `Recipe`; its section [search] says where to look.
        trials: that are to be there at the end.
        storage: URL as Optuna knows it, or journal:FILE; by default an SQLite file, `folder_of(study)`/study.db.
        study: its name there; by default the recipe's.
        seed: of the training of each trial, or several, over which the return is averaged; by default the recipe's
            first. The first of them is also that of the search.
        steps: of each training, instead of the recipe's; there are as many looks on the way.
        jobs: processes. What they have begun they end, so up to jobs - 1 trials more may be there. Other machines may
            work on the study too: the same command with the same storage.
        output: the recipe file to write; by default `folder_of(study)`/<study>_found.toml.
        progress: called with (steps done, steps in all, what).

    After Ctrl-C the best so far is written all the same, and KeyboardInterrupt is raised.

    Raises:
        ImportError: Optuna is not installed.
        ValueError: the recipe, its ranges or the storage cannot be right; the study is of another search; trial after
            trial fails.
    """
    return finish(*prepare(recipe, trials, storage, study, seed, steps, output), jobs=jobs, progress=progress)


def prepare(
    recipe: str | Recipe,
    trials: int,
    storage: str | None,
    study: str | None,
    seed: int | Sequence[int] | None,
    steps: int | None,
    output: str | Path | None,
) -> tuple[Plan, Path]:
    """The search as it is to be run, and the file it is to write: see `search`. Nothing is written yet.

    Raises:
        ValueError: the recipe or its ranges cannot be right.
    """
    rules = recipe if isinstance(recipe, Recipe) else recipes.load(recipe)
    run.check(rules, scenarios.load(rules.scenario))
    tried = _tried(rules, seed, steps)
    name = study or rules.name
    folder = folder_of(name)
    plan = Plan(rules, tried, space_of(tried), trials, name, storage or f"sqlite:///{folder / 'study.db'}", folder)
    return plan, Path(output) if output is not None else folder / f"{name}_found.toml"


def folder_of(study: str) -> Path:
    """Where a search works and writes."""
    return Path("runs") / f"{study}_search"


def finish(plan: Plan, file: Path, *, jobs: int = 1, progress: run.Progress | None = None) -> Searched:
    """Do what is left of a search, and write what it found: see `search`."""
    with processes.undisturbed():  # within the storage Ctrl-C would leave a lock behind
        study = opened(plan)
        standing = Standing(study, plan, progress)
        missing = plan.trials - len(ended(study))
    try:
        _work(plan, min(jobs, missing), standing)
    except KeyboardInterrupt:
        standing.give_up()
        kept = f"the best of {len(ended(study))} trials is in {file}; " if best_of(study) else ""
        if best_of(study):
            _written(study, plan, file)
        raise KeyboardInterrupt(f"stopped; {kept}the same command goes on") from None
    return _written(study, plan, file)


def _tried(recipe: Recipe, seed: int | Sequence[int] | None, steps: int | None) -> Recipe:
    """The recipe as trials run it. With fewer steps it is looked at just as often."""
    training = recipe.training
    changed = run.asked(recipe, training.seeds[:1] if seed is None else seed, steps)
    every = max(1, training.evaluate_every * changed.training.steps // training.steps)
    training = msgspec.structs.replace(changed.training, evaluate_every=every)
    return msgspec.structs.replace(changed, training=training)


def _work(plan: Plan, jobs: int, tell: Tell) -> None:
    """Make the trials that are missing."""
    if jobs < 2:
        work(plan, tell)
        return
    processes.work(jobs, [(_in_process, plan)] * jobs, tell)


def _in_process(plan: Plan) -> None:
    """Make trials in a process of its own."""
    work(plan, processes.tell)


class Standing:
    """How far the workers of a search are, all together."""

    def __init__(self, study: Study, plan: Plan, progress: run.Progress | None) -> None:
        self._study, self._plan, self._progress = study, plan, progress
        self._before = self._ended = len(ended(study))
        self._running: dict[int, int] = {}  # steps done, by trial
        self._most, self._best = 0, "none yet"

    def __call__(self, number: int, done: int | None, what: str) -> None:
        """A trial was told to be so far; a failed one is told to whoever waits, however quiet."""
        if done is not None:
            self._running[number] = done
        else:
            self._running.pop(number, None)
            with processes.undisturbed():
                self._look()
            if what.startswith("failed"):
                warnings.warn(f"trial {number} {what}", stacklevel=2)
        steps = self._plan.steps
        total = (self._plan.trials - self._before) * steps
        now = (self._ended - self._before) * steps + sum(self._running.values())
        self._most = max(self._most, min(now, total))  # what a failed trial had done stays
        if self._progress is not None:
            self._progress(self._most, total, f"trial {number}, {what}; best: {self._best}")

    def give_up(self) -> None:
        """The trials of workers that were stopped are over."""
        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if trial.user_attrs.get("command") == self._plan.command:  # of others the heartbeat decides
                self._study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
                shutil.rmtree(self._plan.folder / f"trial{trial.number}", ignore_errors=True)

    def _look(self) -> None:
        self._ended = len(ended(self._study))
        best = best_of(self._study)
        if best is not None:
            self._best = f"{best.value:.3f} (trial {best.number})"


def _written(study: Study, plan: Plan, file: Path) -> Searched:
    """Write the recipe with the best values, and the picture beside it."""
    _tidy(study, plan.folder)
    found = _found(study, plan)
    files.write_whole(file, recipes.text(found).encode())
    tried = [_values(trial) for trial in sorted(ended(study), key=rank_of, reverse=True)]
    picture = file.with_suffix(".png")
    files.write_whole(picture, drawn(plan.space, tried))
    failed = len(study.get_trials(deepcopy=False, states=(TrialState.FAIL,)))
    return Searched(recipes.load(str(file)), file, picture, tried, failed)


def _tidy(study: Study, folder: Path) -> None:
    """Remove what trials left behind that were killed, once their heartbeat has said so."""
    for trial in study.get_trials(deepcopy=False):
        if trial.state.is_finished():
            shutil.rmtree(folder / f"trial{trial.number}", ignore_errors=True)


def _found(study: Study, plan: Plan) -> Recipe:
    """The recipe with the values of the best trial, and how they were found.

    Raises:
        ValueError: no trial was trained to its end.
    """
    best, counted = best_of(study), [trial.state for trial in ended(study)]
    if best is None or best.value is None:
        raise ValueError(f"study {plan.study!r}: no trial was trained to its end")
    record = Found(
        study=plan.study,
        trial=best.number,
        value=best.value,
        complete=counted.count(TrialState.COMPLETE),
        pruned=counted.count(TrialState.PRUNED),
        seeds=plan.tried.training.seeds,
        steps=plan.tried.training.steps,
        space={key: str(found) for key, found in plan.space.items()},
        versions={"dosing-env": __version__, "optuna": importlib.metadata.version("optuna")},
    )
    rules = with_values(plan.recipe, best.user_attrs["values"], plan.recipe.file)
    return msgspec.structs.replace(rules, found=record, name="", file="")


def _values(trial: FrozenTrial) -> TriedValues:
    attributes: dict[str, Any] = trial.user_attrs
    pruned = trial.state == TrialState.PRUNED
    return TriedValues(
        trial.number, attributes["values"], trial.value, attributes.get("endpoint"), pruned, excess_of(trial)
    )
