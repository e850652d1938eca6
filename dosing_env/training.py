"""Recipe -> Stable-Baselines3 -> trained agent. The only module that imports Stable-Baselines3 and torch."""

from __future__ import annotations

import importlib.metadata
import inspect
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from dosing_env import __version__, files
from dosing_env import recipe as recipes
from dosing_env import scenario as scenarios
from dosing_env.agent import Agent, from_grids, load_agent, scaled
from dosing_env.catalogue import unknown
from dosing_env.fitting import fit
from dosing_env.recipe import Boosting, Network, Recipe, Scaler
from dosing_env.report.card import describe
from dosing_env.scenario import Scenario
from dosing_env.treatment import treat
from dosing_env.vector import DosingVectorEnv, action_space
from dosing_env.weights import State, write_weights

try:
    import torch
    from sb3_contrib import RecurrentPPO
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.vec_env import VecEnv
except ImportError as error:
    raise ImportError("training needs the extra packages: pip install 'dosing-env[train]'") from error

TUNE_SEED = 0  # of the patients on which checkpoints and seeds are compared
_OURS = ("self", "policy", "env", "seed", "policy_kwargs", "device", "tensorboard_log", "_init_setup_model", "verbose")

Progress = Callable[[int, int, str], None]  # steps done, steps in all, what


@dataclass(frozen=True)
class SeedRun:
    """What the training of one seed leaves."""

    seed: int
    state: State
    learning: list[dict[str, Any]]  # steps, primary endpoint and return on the tuning stream
    finished: bool


def train(
    recipe: str | Recipe,
    seed: int | None = None,
    *,
    output: str | Path | None = None,
    steps: int | None = None,
    progress: Progress | None = None,
    card: bool = True,
) -> Agent:
    """Train the agent of a recipe.

    Args:
        recipe: a catalogue name, the path of a recipe file, or a `Recipe`.
        seed: one training seed; by default all of the recipe.
        output: folder for checkpoints, TensorBoard, weights and recipe; by default `folder_of(recipe, seed)`.
        steps: instead of the recipe's.
        progress: called with (steps done, steps in all, what); then, for the model card, as by `evaluate`.
        card: also write the model card, for which the agent meets every policy of its scenario in a trial of its own.

    Returns the agent of the seed with the best return on the tuning stream. After Ctrl-C what was trained so far is
    written all the same, and KeyboardInterrupt is raised with the folder in its message.

    Raises:
        ValueError: the recipe cannot be right.
    """
    rules = recipe if isinstance(recipe, Recipe) else recipes.load(recipe)
    case = scenarios.load(rules.scenario)
    check(rules, case)
    folder = Path(output) if output is not None else folder_of(rules, seed)
    path = _train_seeds(_asked(rules, seed, steps), case, folder, progress)
    if card:
        _write_card(path, progress)
    return load_agent(str(path))


def folder_of(recipe: Recipe, seed: int | None) -> Path:
    """Where a training is written: one seed alone must not replace the weights of all."""
    return Path("runs") / (recipe.name if seed is None else f"{recipe.name}_seed{seed}")


def _asked(recipe: Recipe, seed: int | None, steps: int | None) -> Recipe:
    """The recipe with the seed and the steps that were asked for."""
    asked = {"seeds": recipe.training.seeds if seed is None else (seed,), "steps": steps or recipe.training.steps}
    changed = msgspec.structs.replace(recipe, training=msgspec.structs.replace(recipe.training, **asked))
    recipes.check(changed, Path(recipe.file))
    return changed


def _train_seeds(recipe: Recipe, case: Scenario, folder: Path, progress: Progress | None) -> Path:
    """Train one seed after the other; after each, the agent of all so far is written."""
    kept = f"no weights were written; checkpoints, if any, are in {folder}/seed*"
    runs: list[SeedRun] = []
    try:
        for seed in recipe.training.seeds:
            runs.append(train_seed(recipe, case, seed, folder, progress))
            path = _write(recipe, case, runs, folder)
            kept = f"what was trained so far is in {path.with_suffix('.safetensors')}"
            if not runs[-1].finished:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"stopped; {kept}") from None
    return path


def _write_card(path: Path, progress: Progress | None) -> None:
    """Evaluate the agent and write its model card beside its weights."""
    card = path.with_suffix(".md")

    def tell(done: int, total: int, what: str) -> None:
        if progress is not None:
            progress(done, total, f"model card: {what}")

    try:
        files.write_whole(card, describe(str(path), tell).encode())
    except KeyboardInterrupt:
        weights, command = path.with_suffix(".safetensors"), f"dosing-env card {path} -o {card}"
        raise KeyboardInterrupt(f"stopped; the trained agent is in {weights}, without its card: {command}") from None


def check(recipe: Recipe, case: Scenario) -> None:
    """Refuse a recipe before anything is trained.

    Raises:
        ImportError: it needs a package that is not installed.
        ValueError: it names a feature, an argument of PPO or a value that cannot be.
    """
    recipes.sight_of(recipe, case.task())
    if isinstance(recipe.form, Boosting):
        importlib.import_module("dosing_env.boosting")
    known = {name: p for name, p in inspect.signature(PPO.__init__).parameters.items() if name not in _OURS}
    for key, value in recipe.ppo.items():
        if key not in known:
            raise ValueError(f"{recipe.file}: ppo: {unknown('key', key, list(known))}")
        if known[key].annotation in (int, "int") and not isinstance(value, int):
            raise ValueError(f"{recipe.file}: ppo.{key}: {value} is not a whole number")
        if key in ("gamma", "gae_lambda") and not 0.0 <= value <= 1.0:
            raise ValueError(f"{recipe.file}: ppo.{key}: {value} is not between 0 and 1")


def train_seed(recipe: Recipe, case: Scenario, seed: int, folder: Path, progress: Progress | None = None) -> SeedRun:
    """Train one seed, with checkpoints and TensorBoard in `folder`/seed<seed> (of what is fitted there are none)."""
    if not isinstance(recipe.form, Network):
        return _fit_seed(recipe, case, seed, progress)
    torch.set_num_threads(recipe.training.threads)
    own, steps = folder / f"seed{seed}", recipe.training.steps
    model = build(
        recipe, PatientVecEnv(recipe, case, recipe.training.num_envs, seed), seed, log=str(own / "tensorboard")
    )
    watch = Watch(recipe, case, seed, own, steps, progress)
    try:
        model.learn(steps, callback=watch)
        finished = True
    except KeyboardInterrupt:
        finished = False
    watch.look()
    return SeedRun(seed, state_of(model), watch.learning, finished)


def _fit_seed(recipe: Recipe, case: Scenario, seed: int, progress: Progress | None) -> SeedRun:
    steps = recipe.training.steps

    def tell(done: int, rounds: int) -> None:
        if progress is not None:
            progress(done * steps // rounds, steps, f"seed {seed}")

    state = fit(recipe, case, seed, tell)
    row = {"seed": seed, "steps": steps} | tuned(Agent(recipe, {seed: state}, {}, seed, recipe.name), case)
    return SeedRun(seed, state, [row], True)


def build(recipe: Recipe, env: VecEnv, seed: int, log: str | None = None) -> PPO | RecurrentPPO:
    """Stable-Baselines3's PPO as the recipe describes it, untrained.

    Raises:
        ValueError: it refuses a value.
    """
    if not isinstance(recipe.form, Network):
        raise ValueError(f"{recipe.file}: network: is missing, {recipe.algorithm} has none")
    activation = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[recipe.form.activation]
    network = {"net_arch": list(recipe.form.layers), "activation_fn": activation}
    arguments: dict[str, Any] = dict(recipe.ppo)
    if recipe.training.anneal:
        rate = recipe.ppo["learning_rate"]
        arguments["learning_rate"] = lambda left: left * rate
    rest: dict[str, Any] = {"seed": seed, "device": "cpu", "policy_kwargs": network, "tensorboard_log": log}
    try:
        if recipe.form.lstm:
            network["lstm_hidden_size"] = recipe.form.lstm
            return RecurrentPPO("MlpLstmPolicy", env, **rest, **arguments)
        return PPO("MlpPolicy", env, **rest, **arguments)
    except (AssertionError, TypeError, ValueError) as error:
        raise ValueError(f"{recipe.file}: ppo: {error}") from error


def state_of(model: PPO | RecurrentPPO) -> State:
    """The policy's weights as arrays."""
    return {name: value.detach().numpy().copy() for name, value in model.policy.state_dict().items()}


class PatientVecEnv(VecEnv):
    """The vector environment as Stable-Baselines3 wants it, with the recipe's scaling of observation and action.

    A course has a fixed length and its end is part of the task (`time_left` is observed). So at the end
    `TimeLimit.truncated` is False for the learner: there is no value beyond it to bootstrap from.
    """

    def __init__(self, recipe: Recipe, case: Scenario, num_envs: int, seed: int, stream: str = "train") -> None:
        self.recipe, self.first_seed = recipe, seed
        mode = AutoresetMode.SAME_STEP
        self.env = DosingVectorEnv(
            case, num_envs, stream=stream, autoreset_mode=mode, hold=recipe.hold, belief=recipe.belief or None
        )
        self.scaler = Scaler(recipe, self.env.features)
        inputs = spaces.Box(-np.inf, np.inf, (len(self.scaler.columns),), np.float32)
        super().__init__(num_envs, inputs, network_actions(recipe, self.env))

    def reset(self) -> NDArray[np.float32]:
        """Start the first patients of the training seed."""
        observation, _ = self.env.reset(seed=self.first_seed)
        return self.scaler(observation)

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Treat every patient."""
        wanted = action_of(self.recipe, self.env, self._actions)
        observation, reward, terminated, truncated, info = self.env.step(wanted)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        over = terminated | truncated
        if over.any():
            slots = np.flatnonzero(over)
            last = self.scaler(np.stack([info["final_obs"][slot] for slot in slots]))
            for slot, seen in zip(slots, last, strict=True):
                infos[slot] = {"terminal_observation": seen, "TimeLimit.truncated": False}
        return self.scaler(observation), reward.astype(np.float32), over, infos

    def close(self) -> None:
        """Nothing to close."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The same attribute of the batch for every asked slot."""
        return [getattr(self.env, attr_name, None) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Refused: patients have no attributes of their own."""
        raise NotImplementedError(f"set_attr({attr_name!r}): the patients of a batch have no attributes of their own")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Action masks by patient; other methods are refused."""
        if method_name != "action_masks":
            raise NotImplementedError(f"env_method({method_name!r}): patients of a batch have no methods of their own")
        masks = self.env.action_masks()
        return [masks[slot] for slot in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Nothing is wrapped."""
        return [False for _ in self._get_indices(indices)]


def network_actions(recipe: Recipe, env: DosingVectorEnv) -> spaces.Space[Any]:
    """What the network says: numbers in [-1, 1], or which values of their grids."""
    if recipe.action == "grid":
        return action_space(env.task, discrete=True)
    return spaces.Box(-1.0, 1.0, (len(env.task.actions),), np.float32)


def action_of(recipe: Recipe, env: DosingVectorEnv, actions: NDArray[Any]) -> NDArray[np.float64]:
    """Sampled actions of the network as actions of the environment, (n, numbers)."""
    if recipe.action == "grid":
        return from_grids(env.task, actions.reshape(len(actions), -1))
    return scaled(env.task, actions)


class Watch(BaseCallback):
    """Every so often: endpoint and return on the tuning stream, a checkpoint, a line for whoever waits."""

    def __init__(
        self, recipe: Recipe, case: Scenario, seed: int, folder: Path, steps: int, progress: Progress | None
    ) -> None:
        super().__init__()
        self.recipe, self.case, self.seed, self.folder = recipe, case, seed, folder
        self.steps, self.progress = steps, progress
        self.learning: list[dict[str, Any]] = []
        self._next = recipe.training.evaluate_every

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        if self.progress is not None:
            self.progress(min(self.num_timesteps, self.steps), self.steps, self._line())
        if self.num_timesteps >= self._next:
            self._next += self.recipe.training.evaluate_every
            self.look()

    def look(self) -> None:
        """Evaluate the present network on the tuning stream and write a checkpoint."""
        if self.learning and self.learning[-1]["steps"] == self.num_timesteps:
            return
        state = state_of(self.model)  # type: ignore[arg-type]
        agent = Agent(self.recipe, {self.seed: state}, {}, self.seed, self.recipe.name)
        row = {"seed": self.seed, "steps": self.num_timesteps} | tuned(agent, self.case)
        self.learning.append(row)
        for name, value in row.items():
            self.logger.record(f"tune/{name}", value)
        card = {"shipped_seed": self.seed, "learning": self.learning}
        write_weights(self.folder / f"step{self.num_timesteps}.safetensors", {self.seed: state}, card)

    def _line(self) -> str:
        tables = self.case.kind.tables
        if not self.learning:
            return f"seed {self.seed}"
        return f"seed {self.seed}, {self.learning[-1][tables.PRIMARY]:.1f} % {tables.WITHIN}"


def tuned(agent: Agent, case: Scenario) -> dict[str, float]:
    """Primary endpoint and return of an agent on the patients of the tuning stream."""
    patients = np.arange(agent.recipe.training.evaluate_patients)
    cohort, returns = treat(case, agent, patients, seed=TUNE_SEED, stream="tune")
    table, primary = case.kind.tables.outcomes(cohort, returns), case.kind.tables.PRIMARY
    return {primary: float(table[primary].mean()), "return": float(table["return"].mean())}


def _write(recipe: Recipe, case: Scenario, runs: Sequence[SeedRun], folder: Path) -> Path:
    """Write the recipe and the weights of all seeds so far; the seed best on the tuning stream is the one shipped."""
    best = max(runs, key=lambda run: run.learning[-1]["return"])
    card = {
        "shipped_seed": best.seed,
        "recipe": recipes.fingerprint(recipe),
        "finished": all(run.finished for run in runs),
        "learning": [row for run in runs for row in run.learning],
        "scenario": case.name,
        "scenario_parts": scenarios.parts(case),
        "versions": versions(),
    }
    path = folder / f"{recipe.name}.toml"
    path.with_suffix(".md").unlink(missing_ok=True)  # the card of weights that were here before
    files.write_whole(path, recipes.text(recipe).encode())
    write_weights(path.with_suffix(".safetensors"), {run.seed: run.state for run in runs}, card)
    return path


def versions() -> dict[str, str]:
    """What the training ran on."""
    packages = ("stable-baselines3", "sb3-contrib", "scikit-learn")
    return {
        "dosing-env": __version__,
        **{name: importlib.metadata.version(name) for name in packages},
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }
