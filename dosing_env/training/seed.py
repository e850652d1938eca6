"""The training of one seed, in a folder of its own: whatever was done there before is gone on with."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from dosing_env import __version__
from dosing_env import scenario as scenarios
from dosing_env.agent import Agent
from dosing_env.algorithms import ALGORITHMS
from dosing_env.fitting import fit
from dosing_env.recipe import Network, Recipe
from dosing_env.scenario import Scenario
from dosing_env.training import checkpoints
from dosing_env.training.algorithms import build, state_of
from dosing_env.training.patients import PatientVecEnv
from dosing_env.training.warm_start import warm_start
from dosing_env.training.watch import Looked, Tell, Watch, ignored, logger_for, silent, tuned
from dosing_env.weights import State, read_weights, write_weights

TRAINED = "trained.safetensors"  # in the folder of a seed, once it is


@dataclass(frozen=True)
class SeedRun:
    """What the training of one seed leaves."""

    seed: int
    state: State
    learning: list[dict[str, Any]]  # steps, primary endpoint and return on the tuning stream
    finished: bool
    seconds: float = 0.0  # of the processor
    resumed: tuple[str, ...] = ()  # how it went on, each time it was stopped


def train_seed(
    recipe: Recipe, case: Scenario, seed: int, folder: Path, tell: Tell = silent, looked: Looked = ignored
) -> SeedRun:
    """Train one seed in `folder`/seed<seed>, where checkpoints and logs are (of what is fitted there are none).

    A seed that is trained there is read, one that was stopped is gone on with. `looked` is called with each new row of
    `learning`, and may raise to end the training.

    Raises:
        ValueError: what is there is of another training.
    """
    own = folder / f"seed{seed}"
    identity = identity_of(recipe, case)
    found = _trained(own, seed, identity)
    if found is not None:
        return found
    if isinstance(recipe.form, Network):
        run = _learn(recipe, case, seed, own, identity, tell, looked)
    else:
        run = _fit(recipe, case, seed, tell, looked)
    card = {"learning": run.learning, "seconds": run.seconds, "resumed": run.resumed}
    write_weights(own / TRAINED, {seed: run.state}, card | {"of": identity})
    return run


def so_far(recipe: Recipe, case: Scenario, seed: int, folder: Path) -> SeedRun | None:
    """What a training that was stopped has learned until its last checkpoint; None where there is none."""
    own, identity = folder / f"seed{seed}", identity_of(recipe, case)
    whole = _trained(own, seed, identity)
    found = None if whole is not None else checkpoints.latest(own, identity)
    if found is None:
        return whole
    watched = found.card["watched"]
    state, resumed = checkpoints.policy_in(found), tuple(watched["resumed"])
    return SeedRun(seed, state, watched["learning"], False, watched["seconds"], resumed)


def identity_of(recipe: Recipe, case: Scenario) -> dict[str, Any]:
    """What has to be the same for a training to go on exactly."""
    own = msgspec.structs.replace(recipe, title="", purpose="", name="", file="", scenario="", search={}, found=None)
    training = msgspec.structs.replace(own.training, seeds=())
    own = msgspec.structs.replace(own, training=training)
    # Its repr, not its JSON: that leaves out defaults, by identity, so it is another one after the way to a process.
    return {"recipe": hashlib.sha256(repr(own).encode()).hexdigest()[:12], "scenario": scenarios.parts(case)}


def versions() -> dict[str, str]:
    """What the training runs on."""
    packages = ("stable-baselines3", "sb3-contrib", "scikit-learn")
    return {
        "dosing-env": __version__,
        **{name: importlib.metadata.version(name) for name in packages},
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _trained(own: Path, seed: int, identity: dict[str, Any]) -> SeedRun | None:
    """What a training that has come to its end left; None where it has not, or the file is damaged."""
    path = own / TRAINED
    try:
        states, card = read_weights(path)
    except ValueError:
        return None
    checkpoints.require_same_training(path, card["of"], identity)
    return SeedRun(seed, states[seed], card["learning"], True, card["seconds"], tuple(card["resumed"]))


def _learn(
    recipe: Recipe, case: Scenario, seed: int, own: Path, identity: dict[str, Any], tell: Tell, looked: Looked
) -> SeedRun:
    torch.set_num_threads(recipe.training.threads)
    env = PatientVecEnv(recipe, case, recipe.training.num_envs, seed)
    model = build(recipe, env, seed)
    watch = Watch(recipe, case, seed, own, {"of": identity, "versions": versions()}, tell, looked)
    found = checkpoints.latest(own, identity)
    if found is not None:
        env.restore(checkpoints.restore(model, found.arrays, found.card))
        watch.go_on(found.card["watched"], _how(model.num_timesteps, found))
    model.set_logger(logger_for(own, model.num_timesteps))
    if found is None and recipe.pretrain:
        warm_start(model, recipe, case, seed, tell)
        watch.init_callback(model)
        watch.look()
    left = recipe.training.steps - model.num_timesteps
    try:
        model.learn(left, callback=watch, reset_num_timesteps=False, log_interval=_log_interval(recipe))
    finally:
        model.logger.close()
    return SeedRun(seed, state_of(model), watch.learning, True, watch.seconds(), tuple(watch.resumed))


def _how(steps: int, found: checkpoints.Checkpoint) -> str:
    """How a training was gone on with, for its card."""
    words = [f"at step {steps}"]
    if not found.card["exact"]:
        words.append("resumed, not exact: what it remembered was too much to be written")
    if found.card["versions"] != versions():
        words.append("resumed, not exact: on other versions or another machine")
    return "; ".join([*words, *found.damaged])


def _log_interval(recipe: Recipe) -> int:
    """Rollouts, or for those that learn from memory courses, between two lines of the log."""
    return 1 if ALGORITHMS[recipe.algorithm].on_policy else 8 * recipe.training.num_envs


def _fit(recipe: Recipe, case: Scenario, seed: int, tell: Tell, looked: Looked) -> SeedRun:
    begin, steps = time.process_time(), recipe.training.steps
    state = fit(recipe, case, seed, lambda done, rounds: tell(done * steps // rounds, f"seed {seed}"))
    row = {"seed": seed, "steps": steps} | tuned(Agent(recipe, {seed: state}, {}, seed, recipe.name), case)
    looked(row)
    return SeedRun(seed, state, [row], True, time.process_time() - begin)
