"""A recipe and its sections, as records."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from msgspec import Meta, Struct

from dosing_env.algorithms import ALGORITHMS, FITTED

Natural = Annotated[int, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]
Patients = Annotated[int, Meta(ge=1, le=10**6, description="their courses are in memory at once")]
Units = Annotated[int, Meta(ge=1, le=2**14, description="two such layers have as many weights as a gigabyte holds")]
Trees = Annotated[int, Meta(ge=1, le=10**5, description="the trees of all decisions are in memory at once")]
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
    num_envs: Patients
    seeds: tuple[Natural, ...]
    evaluate_every: Count  # steps
    evaluate_patients: Patients  # of the tuning stream
    threads: Count = 1
    anneal: bool = False  # the learning rate falls linearly to 0
    discount_per_hour: Annotated[float, Meta(gt=0, le=1)] = 1.0  # instead of the hyperparameter gamma, per decision


class Network(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The policy network; networks of values have the same shape."""

    layers: Annotated[tuple[Units, ...], Meta(max_length=20, description="deeper networks are not trained here")]
    activation: Literal["tanh", "relu"]
    lstm: Annotated[int, Meta(ge=0, le=2**14, description="their weights grow with the square")] = (
        0  # of RecurrentPPO: units that remember from decision to decision, before the layers
    )
    quantiles: Annotated[int, Meta(ge=1, le=10**4)] = (
        25  # of QR-DQN and TQC: of the return, by which an action is valued
    )


class Limit(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A limit on a safety cost, kept by a price on it that training finds (see `training.prices`)."""

    cost: str  # a term of the reward that is a harm, for example "aki"
    most: NotNegative  # mean over courses of its sum over a course
    integral: Positive = 1.0  # by how much an excess raises the price with each rollout
    proportional: NotNegative = 10.0  # and while it lasts

    @property
    def column(self) -> str:
        """Under which name a look at the tuning stream has the mean of the cost."""
        return f"cost_{self.cost}"


class Pretrain(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A policy that teaches the network before it learns by itself (see `training.warm_start`)."""

    policy: str  # as `evaluate` takes it
    patients: Patients = 4096  # of each round
    rounds: Count = 4  # in the first the teacher treats, then the network while the teacher says what it would do
    epochs: Count = 20  # through all examples, in each round


class Equation(Struct, frozen=True, forbid_unknown_fields=True):
    """A dosing equation for each decision, fitted by least squares to the oracle's doses."""

    degree: Annotated[int, Meta(ge=1, le=2)] = 1  # 2: also squares and products of the scaled features
    ridge: NotNegative = 1e-6  # penalty on the squared coefficients, as a share of the mean square of a term


class Boosting(Struct, frozen=True, forbid_unknown_fields=True):
    """Regression trees for each decision, each fitted to what those before it leave of the oracle's doses."""

    trees: Trees
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
        for part in PARTS:
            if (form := getattr(self, part)) is not None:
                found: Network | Equation | Boosting = form
                return found
        raise ValueError(f"{self.name}: one of {', '.join(PARTS)} is missing")


PARTS = {  # whose each is
    "network": tuple(ALGORITHMS),
    "equation": FITTED[:1],
    "boosting": FITTED[1:],
}
