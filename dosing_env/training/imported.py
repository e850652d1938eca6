"""What Stable-Baselines3 saved -> a bundle. The only place that reads a file which may run code."""

from __future__ import annotations

import zipfile
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm

from dosing_env import recipe as recipes
from dosing_env import scenario as scenarios
from dosing_env.agent import Agent, load_agent
from dosing_env.algorithms import ALGORITHMS
from dosing_env.io import folders, printable, reading, writing
from dosing_env.learned import starting
from dosing_env.recipe import Recipe
from dosing_env.scenario import Scenario
from dosing_env.training.algorithms import CLASSES, state_of
from dosing_env.training.patients import PatientVecEnv
from dosing_env.training.record import require_free
from dosing_env.training.run import check, write_bundle
from dosing_env.training.seed import SeedRun
from dosing_env.training.watch import tuned

ASKED = 256  # observations on which the model and the agent made of it have to agree
NEAR = 1e-3  # of a number in [-1, 1], or of a value: torch counts in single precision


def import_sb3(
    model: str | Path, recipe: str, *, trust: bool, output: str | Path | None = None, overwrite: bool = False
) -> Agent:
    """The agent of a zip that Stable-Baselines3 or sb3-contrib saved, as a bundle with its recipe beside it.

    Args:
        model: the zip. It is unpickled, and that may run code: for files that you made yourself.
        recipe: a catalogue name or the path of a recipe: how the model sees and acts.
        trust: that the file may run code.
        output: folder, empty or absent; by default runs/<name>_imported.
        overwrite: also in a folder that is not, where an agent of that name is replaced.

    Raises:
        ValueError: it is not trusted, it is not what the recipe describes, or something in the folder would be lost.
    """
    zipped = Path(model)
    if not trust:
        raise ValueError(
            f"{zipped}: a zip of Stable-Baselines3 holds pickles, which may run code when they are read: give --trust "
            "for a file that you made yourself"
        )
    rules = recipes.load(recipe)
    if rules.algorithm not in ALGORITHMS:
        raise ValueError(f"{rules.file}: algorithm: {rules.algorithm} is none of Stable-Baselines3")
    case = scenarios.load(rules.scenario)
    check(rules, case)
    folder = Path(output) if output is not None else Path("runs") / f"{rules.name}_imported"
    path = folder / f"{rules.name}.toml"
    folders.require_not_read(rules.file, path)
    if not overwrite:
        require_free(folder)
    agent, steps = _agent(zipped, rules, case)
    row = {"seed": agent.seed, "steps": steps} | tuned(agent, case)
    run = SeedRun(agent.seed, agent.states[agent.seed], [row], finished=True)
    writing.write_whole(path, recipes.text(agent.recipe).encode())
    write_bundle(path.with_suffix(".safetensors"), agent.recipe, case, [run], imported=zipped.name)
    return load_agent(str(path))


def _agent(path: Path, rules: Recipe, case: Scenario) -> tuple[Agent, int]:
    """The model as an agent of the recipe, and how many steps it learned."""
    model = _unpickled(path, rules)
    _require_spaces(model, PatientVecEnv(rules, case, 1, seed=0), path, rules)
    seed = rules.training.seeds[0] if model.seed is None else model.seed
    own = msgspec.structs.replace(rules, training=msgspec.structs.replace(rules.training, seeds=(seed,)))
    agent = Agent(own, {seed: state_of(model)}, {}, seed, str(path))
    agent.begin(case.task(), None)
    if not _alike(model, agent):
        raise ValueError(
            f"{path}: acts otherwise than a network as {rules.file} describes it: another activation, layers of its "
            "own, or inputs that are scaled once more?"
        )
    return agent, model.num_timesteps


def _unpickled(path: Path, rules: Recipe) -> BaseAlgorithm:
    """What is in the zip."""
    own, kind = ALGORITHMS[rules.algorithm], CLASSES[rules.algorithm]
    reading.require(path, reading.ARRAYS)
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path}: not a zip, as {own.library} saves it")
    try:
        model = kind.load(path, device="cpu")
    except Exception as error:  # whatever a pickle of another algorithm or version raises
        said = printable.one_line(f"{type(error).__name__}: {error}", 200)
        raise ValueError(f"{path}: not what {rules.algorithm} of {own.library} saved: {said}") from error
    policy = next(iter(kind.policy_aliases.values()))
    if not isinstance(model.policy, policy):
        found = type(model.policy).__name__
        raise ValueError(f"{path}: holds a {found}, {rules.algorithm} ({rules.file}) has a {policy.__name__}")
    return model


def _require_spaces(model: BaseAlgorithm, env: PatientVecEnv, path: Path, rules: Recipe) -> None:
    """Refuse a model that sees or says something else than the recipe's."""
    for what in ("observation", "action"):
        found, expected = (getattr(one, f"{what}_space") for one in (model, env))
        same = found.shape == expected.shape if what == "observation" else found == expected
        if not same:
            shown = [printable.one_line(str(space), 100) for space in (found, expected)]
            raise ValueError(f"{path}: {what}: the model has {shown[0]}, by {rules.file} it is {shown[1]}")


def _alike(model: BaseAlgorithm, agent: Agent) -> bool:
    """Whether the agent without torch says what the model says."""
    x = np.random.default_rng(0).normal(size=(ASKED, agent.learned.inputs)).astype(np.float32)
    said, _ = model.predict(x, deterministic=True)
    outputs = starting(agent.learned, x.astype(np.float64), np.zeros(ASKED, dtype=np.int64))
    if agent.recipe.action == "mg":
        return bool(np.allclose(np.clip(outputs, -1.0, 1.0), said, rtol=0.0, atol=NEAR))
    sizes = [len(grid) for grid in agent.task.grids]
    joint = ALGORITHMS[agent.recipe.algorithm].joint
    parts = [outputs] if joint else np.split(outputs, np.cumsum(sizes)[:-1], axis=1)
    return all(_best(part, chosen) for part, chosen in zip(parts, said.reshape(ASKED, -1).T, strict=True))


def _best(values: NDArray[np.float64], chosen: NDArray[np.int64]) -> bool:
    """Whether of each row of values (n, choices) the best was chosen, or one that is as good."""
    own, most = values[np.arange(len(values)), chosen], values.max(axis=1)
    return bool((own >= most - NEAR * (1.0 + np.abs(most))).all())
