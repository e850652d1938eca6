"""The training of a recipe: its seeds, one after the other or in several processes, and the bundle they make.

A run is a folder: the recipe as it is run, and a folder of each seed. Whatever a seed has done stands there, so that to
resume a run is to do what is left of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from dosing_env import processes
from dosing_env import recipe as recipes
from dosing_env import scenario as scenarios
from dosing_env.agent import Agent, load_agent, spaces_of
from dosing_env.catalogue import unknown
from dosing_env.io import folders, writing
from dosing_env.io.arguments import LARGEST_TRAINING_SEED, whole
from dosing_env.policies import policy_of
from dosing_env.recipe import Boosting, Network, Recipe, Scaler, sight_of
from dosing_env.report.card import describe
from dosing_env.scenario import Scenario
from dosing_env.training import algorithms
from dosing_env.training.prices import standing
from dosing_env.training.record import begin, recipe_of, record, require_free, write_file
from dosing_env.training.seed import SeedRun, so_far, train_seed, versions
from dosing_env.weights import write_weights

Progress = Callable[[int, int, str], None]  # steps done, steps in all, what


def train(
    recipe: str | Recipe,
    seed: int | Sequence[int] | None = None,
    *,
    output: str | Path | None = None,
    steps: int | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
    card: bool = True,
    overwrite: bool = False,
) -> Agent:
    """Train the agent of a recipe.

    Args:
        recipe: a catalogue name, the path of a recipe file, or a `Recipe`.
        seed: one training seed, or several; by default all of the recipe.
        output: folder for bundle, recipe, checkpoints and logs, empty or absent; by default `folder_of(recipe, seed)`.
        steps: instead of the recipe's.
        jobs: processes: as many seeds are trained at once. What is learned does not depend on it.
        progress: called with (steps done, steps in all, what); then, for the model card, as by `evaluate`.
        card: also write the model card, for which the agent meets every policy of its scenario in a trial of its own.
        overwrite: also in a folder that is not empty. A training that is there is deleted, as far as its record
            (written.json) says that its files were not changed; never the recipe that is trained.

    Returns the agent of the seed with the best return on the tuning stream. After Ctrl-C what was trained so far is
    written all the same, and KeyboardInterrupt is raised with the folder in its message; `resume` goes on from there.

    Raises:
        ValueError: the recipe cannot be right, something in the folder would be lost, or a training runs there.
    """
    prepared = prepare(recipe, seed, output, steps, overwrite)
    return finish(*prepared, jobs=jobs, progress=progress, card=card, overwrite=overwrite)


def resume(folder: str | Path, *, jobs: int = 1, progress: Progress | None = None, card: bool = True) -> Agent:
    """Go on with a training that was stopped: the seeds that are not trained yet, each from its last checkpoint.

    Arguments and what is returned as for `train`. The weights at the end are those of a training never stopped.

    Raises:
        ValueError: the folder is not that of a training, its recipe, scenario or card was changed since, or it runs.
    """
    return finish(*reopen(folder), jobs=jobs, progress=progress, card=card)


def prepare(
    recipe: str | Recipe,
    seed: int | Sequence[int] | None,
    output: str | Path | None,
    steps: int | None,
    overwrite: bool = False,
) -> tuple[Recipe, Path]:
    """The recipe as it is to be run, and the folder to run it in: see `train`. Nothing is written yet.

    Raises:
        ImportError: it needs a package that is not installed.
        ValueError: the recipe cannot be right, or something in the folder would be lost.
    """
    rules = recipe if isinstance(recipe, Recipe) else recipes.load(recipe)
    check(rules, scenarios.load(rules.scenario))
    folder = Path(output) if output is not None else folder_of(rules, seed)
    if not overwrite:
        require_free(folder)
    return asked(rules, seed, steps), folder


def reopen(folder: str | Path) -> tuple[Recipe, Path]:
    """The recipe of a run, and its folder: see `resume`.

    Raises:
        ValueError: the folder holds no recipe, or several.
    """
    found = recipe_of(Path(folder)) or sorted(Path(folder).glob("*.toml"))
    if len(found) != 1:
        raise ValueError(f"{folder}: holds {len(found)} recipes (*.toml), a run that can be resumed holds one")
    rules = recipes.load(str(found[0]))
    check(rules, scenarios.load(rules.scenario))
    return rules, Path(folder)


def folder_of(recipe: Recipe, seed: int | Sequence[int] | None) -> Path:
    """Where a training is written: one seed alone must not replace the weights of all."""
    if seed is None:
        return Path("runs") / recipe.name
    several = isinstance(seed, Sequence | np.ndarray)
    return Path("runs") / (f"{recipe.name}_{len(_seeds(seed))}_seeds" if several else f"{recipe.name}_seed{seed}")


def check(recipe: Recipe, case: Scenario) -> None:
    """Refuse a recipe before anything is trained.

    Raises:
        ImportError: it needs a package that is not installed.
        ValueError: it names a feature, a hyperparameter or a value that cannot be.
    """
    task = case.task()
    sight_of(recipe, task)
    costs = [term.name for term in task.terms if term.harm]
    for limit in recipe.limits:
        if limit.cost not in costs:
            raise ValueError(f"{recipe.file}: limits: {unknown('cost', limit.cost, costs)}")
    if recipe.pretrain:
        policy_of(recipe.pretrain.policy)
    if isinstance(recipe.form, Network):
        algorithms.check(recipe)
    if isinstance(recipe.form, Boosting):
        import dosing_env.boosting  # noqa: F401  needs a package


def _seeds(seed: int | Sequence[int]) -> tuple[int, ...]:
    listed = seed if isinstance(seed, Sequence | np.ndarray) and not isinstance(seed, str) else [seed]
    return tuple(whole("seed", one, 0, LARGEST_TRAINING_SEED) for one in listed)


def asked(recipe: Recipe, seed: int | Sequence[int] | None, steps: int | None) -> Recipe:
    """The recipe with the seeds and the steps that were asked for."""
    seeds = recipe.training.seeds if seed is None else _seeds(seed)
    training = msgspec.structs.replace(recipe.training, seeds=seeds, steps=steps or recipe.training.steps)
    changed = msgspec.structs.replace(recipe, training=training)
    recipes.check(changed, recipe.file)
    return changed


def finish(
    recipe: Recipe,
    folder: Path,
    *,
    jobs: int = 1,
    progress: Progress | None = None,
    card: bool = True,
    overwrite: bool = False,
) -> Agent:
    """Do what is left of a training, and write the bundle and its card: see `train`."""
    path = folder / f"{recipe.name}.toml"
    with folders.alone(folder):
        begin(recipe, path, card=card, overwrite=overwrite)
        try:
            _learn(recipe, path, jobs, progress)
        finally:
            for seed in recipe.training.seeds:
                writing.clean(folder / f"seed{seed}")  # a process may have been ended while it wrote
            record(path)
        if card:
            _write_card(path, progress)
        return load_agent(str(path))


def _learn(recipe: Recipe, path: Path, jobs: int, progress: Progress | None) -> None:
    """Train what is left to be trained, and write the bundle; after Ctrl-C that of what there is."""
    case, folder, weights = scenarios.load(recipe.scenario), path.parent, path.with_suffix(".safetensors")
    try:
        runs = _trained(recipe, case, folder, jobs, Total(recipe, progress))
    except KeyboardInterrupt:
        runs = [run for seed in recipe.training.seeds if (run := so_far(recipe, case, seed, folder)) is not None]
        if runs:
            write_bundle(weights, recipe, case, runs)
        kept = f"what was trained so far is in {weights}; " if runs else ""
        raise KeyboardInterrupt(f"stopped; {kept}`dosing-env train --resume {folder}` goes on") from None
    write_bundle(weights, recipe, case, runs)


def _trained(recipe: Recipe, case: Scenario, folder: Path, jobs: int, total: Total) -> list[SeedRun]:
    """What each seed learned."""
    seeds = recipe.training.seeds
    if min(jobs, len(seeds)) == 1:
        return [train_seed(recipe, case, seed, folder, partial(total.tell, seed)) for seed in seeds]
    calls = [(_in_process, recipe, seed, folder) for seed in seeds]
    return processes.work(min(jobs, len(seeds)), calls, total.tell)


def _in_process(recipe: Recipe, seed: int, folder: Path) -> SeedRun:
    """Train a seed in a process of its own."""
    return train_seed(recipe, scenarios.load(recipe.scenario), seed, folder, partial(processes.tell, seed))


class Total:
    """The progress of all seeds together."""

    def __init__(self, recipe: Recipe, progress: Progress | None) -> None:
        self._steps, self._progress = recipe.training.steps, progress
        self._done = dict.fromkeys(recipe.training.seeds, 0)

    def tell(self, seed: int, done: int, what: str) -> None:
        """A seed tells how far it is."""
        self._done[seed] = done
        if self._progress is not None:
            self._progress(sum(self._done.values()), self._steps * len(self._done), what)


def write_bundle(path: Path, recipe: Recipe, case: Scenario, runs: Sequence[SeedRun], **more: str) -> None:
    """Write what was learned: weights of every seed, recipe, scenario, versions, in one file with a checksum.

    The seed best on the tuning stream is the one shipped, of those that keep the limits if one does. `more` stands in
    the card too.
    """
    best = max(runs, key=lambda run: standing(recipe.limits, run.learning[-1]))
    task = case.task()
    card = {
        "name": recipe.name,
        "recipe_text": recipes.text(recipe),
        "shipped_seed": best.seed,
        "recipe": recipes.fingerprint(recipe),
        "finished": all(run.finished for run in runs),
        "learning": [row for run in runs for row in run.learning],
        "seconds": {str(run.seed): round(run.seconds, 1) for run in runs},
        "resumed": {str(run.seed): run.resumed for run in runs if run.resumed},
        "scenario": case.name,
        "scenario_parts": scenarios.parts(case),
        "spaces": spaces_of(recipe, task, Scaler(recipe, sight_of(recipe, task).features)),
        "versions": versions(),
    }
    write_weights(path, {run.seed: run.state for run in runs}, card | more)


def _write_card(path: Path, progress: Progress | None) -> None:
    """Evaluate the agent and write its model card beside its weights."""
    card = path.with_suffix(".md")

    def tell(done: int, total: int, what: str) -> None:
        if progress is not None:
            progress(done, total, f"model card: {what}")

    try:
        write_file(path, card.name, describe(str(path), tell).encode())
    except KeyboardInterrupt:
        weights, command = path.with_suffix(".safetensors"), f"dosing-env card {path} -o {card}"
        raise KeyboardInterrupt(f"stopped; the trained agent is in {weights}, without its card: {command}") from None
