"""A training recipe (TOML) <-> a frozen, checked Recipe: everything that makes an agent, except the seed."""

from __future__ import annotations

import fnmatch
import hashlib
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from dosing_env import catalogue
from dosing_env.algorithms import ALGORITHMS, FITTED
from dosing_env.care import Feature
from dosing_env.files import decode, decode_text
from dosing_env.scenario import content_of
from dosing_env.sight import Sight
from dosing_env.simulation.compiling import specialise
from dosing_env.task import Task

Natural = Annotated[int, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[float, Meta(ge=0)]
Positive = Annotated[float, Meta(gt=0)]


class Scaling(Struct, frozen=True, forbid_unknown_fields=True):
    """How features are scaled: (x - center)/scale, or (ln(x) - center)/scale with log = true (0 stays 0)."""

    features: str  # name, or a pattern such as "dose_*"
    center: float = 0.0
    scale: Positive = 1.0
    log: bool = False


class Training(Struct, frozen=True, forbid_unknown_fields=True):
    """How long, on how many patients at once, and how often it is looked at."""

    steps: Count
    num_envs: Count
    seeds: tuple[Natural, ...]
    evaluate_every: Count  # steps
    evaluate_patients: Count  # of the tuning stream
    threads: Count = 1
    anneal: bool = False  # the learning rate falls linearly to 0
    discount_per_hour: Annotated[float, Meta(gt=0, le=1)] = 1.0  # instead of the hyperparameter gamma, per decision


class Network(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The policy network; networks of values have the same shape."""

    layers: tuple[Count, ...]
    activation: Literal["tanh", "relu"]
    lstm: Natural = 0  # of RecurrentPPO: units that remember from decision to decision, before the layers
    quantiles: Count = 25  # of QR-DQN and TQC: of the return, by which an action is valued


class Limit(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A limit on a safety cost, kept by a price on it that training finds (see `training.prices`)."""

    cost: str  # a term of the reward that is a harm, for example "aki"
    most: NotNegative  # mean over courses of its sum over a course
    integral: Positive = 1.0  # by how much an excess raises the price with each rollout
    proportional: NotNegative = 10.0  # and while it lasts


class Pretrain(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A policy that teaches the network before it learns by itself (see `training.warm_start`)."""

    policy: str  # as `evaluate` takes it
    patients: Count = 4096  # of each round
    rounds: Count = 4  # in the first the teacher treats, then the network while the teacher says what it would do
    epochs: Count = 20  # through all examples, in each round


class Equation(Struct, frozen=True, forbid_unknown_fields=True):
    """A dosing equation for each decision, fitted by least squares to the oracle's doses."""

    degree: Annotated[int, Meta(ge=1, le=2)] = 1  # 2: also squares and products of the scaled features
    ridge: NotNegative = 1e-6  # penalty on the squared coefficients, as a share of the mean square of a term


class Boosting(Struct, frozen=True, forbid_unknown_fields=True):
    """Regression trees for each decision, each fitted to what those before it leave of the oracle's doses."""

    trees: Count
    depth: Annotated[int, Meta(ge=1, le=10)]
    learning_rate: Annotated[float, Meta(gt=0, le=1)] = 0.1
    min_leaf: Count = 20  # patients


Choice = int | float | str | tuple[int, ...]  # a value, as recipes have it


class Range(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a search looks for a value: from low to high, both included, or among some."""

    low: int | float | None = None
    high: int | float | None = None  # whole numbers where both ends are
    log: bool = False  # tries 1 to 10 as often as 10 to 100
    step: int | float | None = None
    among: tuple[Choice, ...] | None = None

    def __str__(self) -> str:
        """In words."""
        if self.among is not None:
            return " or ".join(str(list(v) if isinstance(v, tuple) else v) for v in self.among)
        steps = "" if self.step is None else f" in steps of {self.step}"
        return f"{self.low} to {self.high}{steps}{', log' if self.log else ''}"

    def fault(self) -> str | None:
        """What cannot be right."""
        low, high, step = self.low, self.high, self.step
        if self.among is not None:
            if (low, high, step, self.log) != (None, None, None, False):
                return "has both among and a range"
            return None if self.among else "among: is empty"
        if low is None or high is None:
            return "needs low and high, or among"
        if not -math.inf < low < high < math.inf:
            return f"low {low} is not below high {high}"
        if self.log and (low <= 0 or step is not None):
            return "log: has no steps" if step is not None else f"log: needs low above 0, found {low}"
        return None if step is None or 0 < step <= high - low else f"step: {step} is not between 0 and high - low"


class Found(Struct, frozen=True, forbid_unknown_fields=True):
    """The search that gave a recipe its values."""

    study: str
    trial: Natural  # the best
    value: float  # its mean return on the tuning stream
    complete: Count  # trials
    pruned: Natural  # trials that were given up early
    seeds: tuple[Natural, ...]  # that each trial was trained with; the first is the search's own too
    steps: Count  # of each
    space: dict[str, str]  # where each value was looked for
    versions: dict[str, str]


class Recipe(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Who is trained, where, how."""

    title: str
    purpose: str
    scenario: str
    algorithm: str  # one of `algorithms`
    action: Literal["mg", "grid"]  # milligrams, or a choice among the products
    training: Training
    network: Network | None = None  # of the algorithms that train one
    equation: Equation | None = None  # of least_squares
    boosting: Boosting | None = None  # of gradient_boosting
    hold: bool = False  # in a clinic: the agent is asked on visits only, and its dose is held until the next one
    limits: tuple[Limit, ...] = ()  # on safety costs, in learning
    pretrain: Pretrain | None = None
    frames: Natural = 0  # of the last decisions that are seen in place of the whole chart; 0: the chart
    belief: str = ""  # the model whose belief the agent sees beside the chart
    observation: tuple[Scaling, ...]  # features that no pattern names are not seen by the agent
    hyperparameters: dict[str, float | int | str] = {}  # arguments of the algorithm, as its library names them
    search: dict[str, Range] = {}  # where `dosing-env search` looks for values; training does not ask
    found: Found | None = None  # the search that found the values, if one did
    name: str = ""  # of the file
    file: str = ""  # where it was read from

    @property
    def form(self) -> Network | Equation | Boosting:
        """What is learned.

        Raises:
            ValueError: none of them is there.
        """
        for part in _PARTS:
            if (form := getattr(self, part)) is not None:
                found: Network | Equation | Boosting = form
                return found
        raise ValueError(f"{self.name}: one of {', '.join(_PARTS)} is missing")


_PARTS = {  # whose each is
    "network": tuple(ALGORITHMS),
    "equation": FITTED[:1],
    "boosting": FITTED[1:],
}


class Scaler:
    """Observation -> what the network sees, fixed by the recipe."""

    def __init__(self, recipe: Recipe, features: tuple[Feature, ...]) -> None:
        names = [feature.name for feature in features]
        chosen = [(names.index(name), rule) for name in names if (rule := _rule(recipe, name)) is not None]
        self.columns: NDArray[np.int64] = np.array([column for column, _ in chosen])
        self.log: NDArray[np.bool_] = np.array([rule.log for _, rule in chosen])
        self.center: NDArray[np.float64] = np.array([rule.center for _, rule in chosen])
        self.scale: NDArray[np.float64] = np.array([rule.scale for _, rule in chosen])
        self.names = [names[column] for column, _ in chosen]
        self._scale = specialise(_scale)

    def __call__(self, observation: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, features) -> (n, inputs) float32."""
        x = np.empty((len(observation), len(self.columns)), dtype=np.float32)
        self._scale(observation, self.columns, self.log, self.center, self.scale, x)
        return x


def _scale(observation, columns, logs, center, scale, x):  # type: ignore[no-untyped-def]
    """Fill in x, (n, inputs)."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            seen = np.float64(observation[i, columns[j]])
            if not logs[j]:
                x[i, j] = (seen - center[j]) / scale[j]
            else:
                x[i, j] = (math.log(seen) - center[j]) / scale[j] if seen > 0.0 else 0.0


def _rule(recipe: Recipe, name: str) -> Scaling | None:
    """The first rule whose pattern fits a feature."""
    return next((rule for rule in recipe.observation if fnmatch.fnmatchcase(name, rule.features)), None)


def load(name: str) -> Recipe:
    """The recipe of a catalogue name or of a path to a .toml file.

    Raises:
        ValueError: one line with file, field, value, rule and the nearest right answer.
    """
    path = catalogue.find("agents", name)
    recipe = msgspec.structs.replace(decode(path, Recipe), name=path.stem, file=str(path))
    check(recipe, str(path))
    return recipe


def parse(text: str, name: str, where: str) -> Recipe:
    """The recipe in a text, named so; `where` it stands is for messages.

    Raises:
        ValueError: as `load`.
    """
    recipe = msgspec.structs.replace(decode_text(text, where, Recipe), name=name)
    check(recipe, where)
    return recipe


def fingerprint(recipe: Recipe) -> str:
    """A hash of what gives the learned numbers their meaning: their form, what is seen and how, what is said."""
    meaning: tuple[Any, ...] = (recipe.algorithm, recipe.action, recipe.form, recipe.observation)
    if recipe.hold:
        meaning += ("hold",)
    if recipe.frames:
        meaning += (recipe.frames,)
    if recipe.belief:
        meaning += (content_of("drugs", recipe.belief),)
    return hashlib.sha256(msgspec.json.encode(meaning)).hexdigest()[:12]


def text(recipe: Recipe) -> str:
    """The recipe as TOML: the file it was read from with its comments, unless it was changed since."""
    if recipe.file and load(recipe.file) == recipe:
        return Path(recipe.file).read_text(encoding="utf-8")
    content = msgspec.to_builtins(recipe)
    return msgspec.toml.encode({key: value for key, value in content.items() if key not in ("name", "file")}).decode()


def sight_of(recipe: Recipe, task: Task) -> Sight:
    """What the agent of a recipe can see.

    Raises:
        ValueError: the recipe scales a feature that is not there, or its model cannot be believed.
    """
    where = recipe.file or recipe.name
    sight = shown_to(recipe, task, where)
    require_features(recipe, sight, where)
    return sight


def shown_to(recipe: Recipe, task: Task, where: str) -> Sight:
    """What is shown to the agent of a recipe; it may be that it looks for more.

    Raises:
        ValueError: its model cannot be believed.
    """
    try:
        return Sight(task, recipe.belief or None, recipe.frames)
    except ValueError as error:
        fault = str(error)
        raise ValueError(f"{where}: {fault if fault.startswith('frames: ') else f'belief: {fault}'}") from None


def require_features(recipe: Recipe, sight: Sight, where: str) -> None:
    """Refuse a recipe that scales a feature that is not shown.

    Raises:
        ValueError: it is so.
    """
    names = [feature.name for feature in sight.features]
    for rule in recipe.observation:
        if not any(fnmatch.fnmatchcase(name, rule.features) for name in names):
            raise ValueError(f"{where}: observation: {catalogue.unknown('feature', rule.features, names)}")


def check(recipe: Recipe, where: str) -> None:
    """Raise a ValueError if a part of the recipe cannot be right."""
    for fault in _faults(recipe):
        raise ValueError(f"{where}: {fault}")


def _faults(recipe: Recipe) -> Iterator[str]:
    """What cannot be right, most telling first."""
    algorithm, training = recipe.algorithm, recipe.training
    if algorithm not in (*ALGORITHMS, *FITTED):
        yield f"algorithm: {catalogue.unknown('algorithm', algorithm, [*ALGORITHMS, *FITTED])}"
    for part, algorithms in _PARTS.items():
        if (getattr(recipe, part) is not None) != (algorithm in algorithms):
            wrong = "is missing" if algorithm in algorithms else f"belongs to {' and '.join(algorithms)}"
            yield f"{part}: {wrong}, algorithm is {algorithm}"
    if not training.seeds:
        yield "training.seeds: is empty, at least one seed is needed"
    if training.steps < training.num_envs:
        yield f"training.steps: {training.steps} is below num_envs"
    for field, said in (("title", recipe.title), ("purpose", recipe.purpose)):
        if not "".join(said.split()).isprintable():
            yield f"{field}: {said!r} cannot be printed"
    if not recipe.observation:
        yield "observation: is empty, an agent sees at least one feature"
    for rule in recipe.observation:
        if not (math.isfinite(rule.center) and math.isfinite(rule.scale)):
            yield f"observation: {rule.features}: center {rule.center} or scale {rule.scale} is not finite"
    if recipe.belief.endswith(".py"):
        yield f"belief: {recipe.belief!r} is code. A recipe names catalogue entries only"
    yield from _network_faults(recipe) if algorithm in ALGORITHMS else _fitted_faults(recipe)


def _fitted_faults(recipe: Recipe) -> Iterator[str]:
    if recipe.search:
        yield f"search: belongs to {', '.join(ALGORITHMS)}, algorithm is {recipe.algorithm}"
    if recipe.hyperparameters or recipe.action != "mg":
        yield f"{recipe.algorithm} has no section hyperparameters, and action 'mg'"
    if recipe.limits or recipe.pretrain:
        yield f"{'limits' if recipe.limits else 'pretrain'}: belongs to networks, algorithm is {recipe.algorithm}"


def _network_faults(recipe: Recipe) -> Iterator[str]:
    network, algorithm = recipe.network, ALGORITHMS[recipe.algorithm]
    if network is None:
        return
    if recipe.action not in algorithm.actions:
        yield f"action: {recipe.action!r}: {recipe.algorithm} takes {' or '.join(map(repr, algorithm.actions))} only"
    if (network.lstm > 0) != algorithm.remembers:
        yield f"network.lstm: {network.lstm}: RecurrentPPO has units that remember, {recipe.algorithm} none"
    if not network.layers:
        yield "network.layers: is empty, at least one layer is needed"
    if recipe.limits and not algorithm.on_policy:
        yield f"limits: {recipe.algorithm} learns from rewards at old prices; PPO may"
    if recipe.pretrain and algorithm.joint:
        yield f"pretrain: {recipe.algorithm} values actions and has no policy that could be taught"
    if recipe.pretrain and any(part.endswith(".py") for part in re.split("[:@]", recipe.pretrain.policy)):
        yield f"pretrain.policy: {recipe.pretrain.policy!r} is code. A recipe names catalogue entries only"
    if recipe.training.discount_per_hour < 1.0 and recipe.hyperparameters.get("gamma") != 1.0:
        yield "hyperparameters.gamma: has to be 1.0 beside training.discount_per_hour"
    if recipe.training.anneal and "learning_rate" not in recipe.hyperparameters:
        yield "hyperparameters.learning_rate: is missing, training.anneal needs it"
    for key, value in recipe.hyperparameters.items():
        if not isinstance(value, str) and not math.isfinite(value):
            yield f"hyperparameters.{key}: {value} is not finite"
    for key, found in recipe.search.items():
        if (fault := found.fault()) is not None:
            yield f"search.{key}: {fault}"
