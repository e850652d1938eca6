"""What a policy did to patients, as a Minari dataset: for offline reinforcement learning.

An episode is the course of one patient, exactly as the environment gives it. It keeps the seed and the patient's number
(`options`) with which a reset starts that course again.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium
import msgspec
import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from dosing_env import __version__, catalogue
from dosing_env import scenario as scenarios
from dosing_env.care import Feature
from dosing_env.io.arguments import MOST_PATIENTS, seed_of, whole
from dosing_env.io.writing import flush, scratch
from dosing_env.policies import arm_of, policy_of
from dosing_env.registration import environment_id
from dosing_env.scenario import Scenario
from dosing_env.sight import Sight
from dosing_env.treatment import begin, checked
from dosing_env.vector import DosingVectorEnv

try:
    import minari
    from minari.data_collector.episode_buffer import EpisodeBuffer
    from minari.dataset.minari_dataset import DATASET_ID_RE, parse_dataset_id
    from minari.namespace import create_namespace, list_local_namespaces
    from minari.storage import get_dataset_path
except ImportError as error:
    raise ImportError("datasets need the extra packages: pip install 'dosing-env[minari]'") from error

NUMBERS = 500_000_000  # of all observations: 4 bytes each, kept about five times over
FOLDER = "MINARI_DATASETS_PATH"
FORMAT = "hdf5"  # of the file; Arrow takes a folder for each course, and ten times as long for a thousand of them


class Step(NamedTuple):
    """One decision of every patient; the patient axis first."""

    observation: NDArray[np.float32]  # before it
    action: NDArray[np.float32]
    after: NDArray[np.float32]  # the observation after it
    reward: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    info: dict[str, Any]


def write_dataset(
    scenario: str, policy: Any, dataset_id: str, *, patients: int = 100, seed: int = 0, stream: str = "train"
) -> minari.MinariDataset:
    """Treat patients with a policy and write their courses as a Minari dataset.

    Args:
        scenario: a catalogue name, or the path of a scenario file.
        policy: a name as `evaluate` takes it, or an object with `predict`.
        dataset_id: such as "vancomycin_ward/ucsf-v0", in Minari's folder (MINARI_DATASETS_PATH).
        patients: how many: numbers 0 to patients - 1.
        seed, stream: the random world they come from.

    Returns the dataset, from which the environment can be had again. Its infos have a row more than its actions, the
    first of the reset: `dose` (mg given), `limited` (the rule that lowered it, as bytes), `cost`, `cost_<term>`,
    `reward_<term>`.

    Raises:
        ValueError: an unknown name, no patients, or an id that is none or is taken.
    """
    whole("patients", patients, 1, MOST_PATIENTS)
    seed = seed_of(seed)
    _require_free(dataset_id)
    case, treating = scenarios.load(scenario), policy_of(catalogue.given(policy))
    _require_room(case, patients)
    env = DosingVectorEnv(case, patients, stream=stream, autoreset_mode=AutoresetMode.DISABLED)
    arm, courses = arm_of(treating), _courses(list(_steps(env, treating, seed)), seed)
    with _moved_in(dataset_id), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Minari asks for an author, an address and a link
        dataset = minari.create_dataset_from_buffers(
            dataset_id,
            courses,
            env=_spec(scenario, case, stream),
            eval_env=_spec(scenario, case, "evaluate"),
            algorithm_name=arm.name,
            description=f"{case.title}: patients 0 to {patients - 1} of seed {seed} of stream {stream}, {arm.title}. "
            f"dosing-env {__version__}, scenario {scenarios.fingerprint(case)}",
            data_format=FORMAT,
        )
        dataset.storage.update_metadata({"features": _named(env.features), "actions": _named(env.task.actions)})
    return minari.load_dataset(dataset_id)


def _require_free(dataset_id: str) -> None:
    """Refuse an id before the long work.

    Raises:
        ValueError: Minari would not know it, or has it already.
    """
    match = DATASET_ID_RE.fullmatch(dataset_id)
    if not match or match["version"] is None:
        raise ValueError(f"dataset: {dataset_id!r} is no id of Minari. One is vancomycin_ward/ucsf-v0, with a version")
    folder = get_dataset_path(dataset_id)
    if folder.exists():
        raise ValueError(f"dataset: {dataset_id!r} is there already, in {folder}. Nearest: another version")


def _require_room(case: Scenario, patients: int) -> None:
    """Refuse more than fits into memory: the courses are kept until all have ended.

    Raises:
        ValueError: it is so.
    """
    task = case.task()
    numbers = (task.decisions + 1) * len(Sight(task, None, 0).features)
    if patients * numbers > NUMBERS:
        raise ValueError(
            f"patients: {patients:,} courses of {numbers:,} numbers each are more than {NUMBERS:,} numbers, which take "
            f"some 10 GB of memory. At most: {NUMBERS // numbers:,}"
        )


@contextmanager
def _moved_in(dataset_id: str) -> Iterator[None]:
    """What Minari writes meanwhile stands in a hidden folder, and is moved to where Minari looks for it at the end."""
    place = get_dataset_path(dataset_id)
    with scratch(get_dataset_path()) as hidden:
        with _kept_in(hidden):
            yield
        made = hidden / dataset_id
        for path in made.rglob("*"):
            flush(path)
        namespace, _, _ = parse_dataset_id(dataset_id)
        if namespace is not None and namespace not in list_local_namespaces():
            create_namespace(namespace)
        _require_free(dataset_id)
        made.rename(place)
        flush(place.parent)


@contextmanager
def _kept_in(folder: Path) -> Iterator[None]:
    """Minari's folder is another one meanwhile; it is told so by a variable of the environment only."""
    before = os.environ.get(FOLDER)
    os.environ[FOLDER] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(FOLDER)
        if before is not None:
            os.environ[FOLDER] = before


def _spec(scenario: str, case: Scenario, stream: str) -> EnvSpec:
    """How Gymnasium makes the environment again: by its own id, or by what the user's file says, not where it lies."""
    shipped = scenario in catalogue.names("scenarios")
    identifier = environment_id(catalogue.find("scenarios", scenario)) if shipped else None
    given: dict[str, Any] = {} if identifier else {"scenario": msgspec.to_builtins(case)}
    spec = gymnasium.make(identifier or "dosing_env/Scenario-v0", stream=stream, **given).spec
    assert spec is not None
    return spec


def _named(features: tuple[Feature, ...]) -> list[str]:
    return [f"{feature.name} ({feature.unit})" for feature in features]


def _steps(env: DosingVectorEnv, policy: Any, seed: int) -> Iterator[Step]:
    """Every decision from the first to the last; the actions lie in the action space."""
    observation, _ = env.reset(seed=seed)
    cohort, space, state, start = env.cohort, env.action_space, None, np.ones(env.num_envs, dtype=bool)
    assert cohort is not None
    assert isinstance(space, spaces.Box)
    begin(policy, cohort)
    while not env.over.all():
        wanted, state = policy.predict(observation, state=state, episode_start=start, deterministic=True)
        action = np.clip(checked(wanted, policy, cohort), space.low, space.high).astype(np.float32)
        yield (step := Step(observation, action, *env.step(action)))
        observation, start = step.after, np.zeros(env.num_envs, dtype=bool)


def _courses(steps: list[Step], seed: int) -> list[EpisodeBuffer]:
    """The course of each patient, to its own end."""
    observations = np.stack([steps[0].observation, *(step.after for step in steps)], axis=1)
    actions, rewards, terminated, truncated = (
        np.stack([getattr(step, part) for step in steps], axis=1)
        for part in ("action", "reward", "terminated", "truncated")
    )
    infos = _infos([step.info for step in steps])
    lengths = (terminated | truncated).argmax(axis=1) + 1
    return [
        EpisodeBuffer(
            seed=seed,
            options={"patients": [i]},
            observations=observations[i, : n + 1],
            actions=actions[i, :n],
            rewards=rewards[i, :n],
            terminations=terminated[i, :n],
            truncations=truncated[i, :n],
            infos={name: values[i, : n + 1].tolist() for name, values in infos.items()},
        )
        for i, n in enumerate(lengths)
    ]


def _infos(infos: list[dict[str, Any]]) -> dict[str, NDArray[Any]]:
    """The infos by name, (patients, decisions + 1), the first of the reset; flat, as every format can hold them."""
    flat = [
        {name: info[name] for name in ("dose", "limited", "cost")}
        | {f"cost_{name}": value for name, value in info["costs"].items()}
        | {f"reward_{name}": value for name, value in info["reward_terms"].items()}
        for info in infos
    ]
    return {name: np.stack([np.zeros_like(flat[0][name]), *(row[name] for row in flat)], axis=1) for name in flat[0]}
