"""What a kind of care is: what is known, decided, done and judged from one decision to the next."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from dosing_env.io.arguments import whole

Better = Literal["higher", "lower", "neither"]


class Feature(NamedTuple):
    """One number of an observation or of an action."""

    name: str
    unit: str
    low: float
    high: float


class Frames(NamedTuple):
    """What shows the present and the last decisions of charts."""

    features: tuple[Feature, ...]  # number by number
    show: Callable[[Any], Any]  # of charts (n, features of a chart), (n, features)


class Term(NamedTuple):
    """What adds to the reward."""

    name: str
    harm: bool = False  # whether it is a safety cost


@dataclass(frozen=True)
class Endpoint:
    """What is counted in each patient.

    `low` and `high` are the least and the largest possible value; `harm` marks what stands for harm in the report.
    """

    name: str  # column of `Trial.frame`
    title: str
    unit: str
    better: Better
    low: float | None = None
    high: float | None = None
    harm: bool = False

    def __post_init__(self) -> None:
        require_one_of(f"Endpoint {self.name}: better", self.better, get_args(Better))


@dataclass(frozen=True, kw_only=True, eq=False)
class Care:
    """A kind of care, written for one patient: `ward` has doses of an interval and levels, `clinic` visits and INRs.

    `course` is the record of one patient: everything that changes, his true state and his chart. It begins with what
    `decision.course_type` states, then come the `fields`. `rules` are the numbers of a task.

    Compiled, for one patient:
        admit(course, rules, key, bench): the patient has just been drawn: open his record. False: a solve failed.
        asks(course, rules): whether a policy is asked at this decision.
        prescribe(rules, course, action): what is given of what is wanted: the dose, and the number of the limit met.
        treat(course, rules, key, bench, action): give it, and follow the patient to the next decision. False: failed.
        close(course, rules, key, gained): judge what has just passed: adds to `gained`, (terms,).
        open_chart, observe(course, rules, row): write what is known at admission, what has become known.
        read(row, rules): the chart of an observation, a `Chart`.
        tell(order, action): write what a protocol says of a chart as an action.
    """

    name: str
    Patient: Any
    Chart: Any
    terms: tuple[Term, ...]
    limits: tuple[str, ...]  # why a dose was lowered, by number; 0: it was not
    actions: Callable[[Any], tuple[Feature, ...]]  # of rules
    grids: Callable[[Any], tuple[tuple[float, ...], ...]]  # of rules, for each number of an action the usual values
    masks: Callable[[Any, Any], Any]  # of rules and charts (n, features), (n, grid values): what the limits allow now
    features: Callable[[Any], tuple[Feature, ...]]  # of rules
    # Of rules and k: what shows charts with no history but that of the last k decisions, see `sight`.
    frames: Callable[[Any, int], Frames]
    asked: Callable[[Any], Any]  # of rules: numbers of the decisions at which a policy is asked, at most
    record: Callable[[Any], Any]  # of rules, as compiled code takes them: shape (1,), with `prices` (terms,)
    fields: Callable[[Any, Any], list[Any]]  # of rules and drug
    fresh: Mapping[str, float]  # values of fields at admission that are not 0
    solving: Mapping[str, Any]  # how well solvers that make steps solve, see `solvers.workspace`
    bench: Callable[[Any, Any], list[Any]]  # of rules and drug: scratch space of the compiled functions
    compiled: Mapping[str, Any]  # the functions above, by name
    nothing: Callable[[Any], Any]  # what a protocol says that gives nothing
    curve: Callable[..., Any]  # see `Cohort.curve`
    oracle: Callable[[Any, Any], Callable[[], Any]]  # of task and cohort: what to do now for each patient, (n, numbers)
    # Of task, drug believed and name: of observations and state what to do for the patient each chart makes most
    # probable, (n, numbers), and the state.
    most_probable: Callable[[Any, Any, str], Callable[[Any, Any], Any]]
    held: Callable[[Any], Any] | None  # of rules: those of a task where doses are held between visits; None: no visits
    tables: Any  # module: endpoints, outcomes, doses, pictures, what is said of the target


def chart_of(dose: Callable[[Any], Any]) -> Any:
    """The named tuple that a protocol says it reads, by the annotation of its chart; None where it does not say."""
    hints = typing.get_type_hints(dose)
    return next((hint for name, hint in hints.items() if name != "return" and hasattr(hint, "_fields")), None)


def require_frames(count: int, most: int, which: str) -> None:
    """Refuse a number of frames that charts do not have."""
    whole("frames", count, 0, most, f", {which}")


def require_one_of(what: str, value: str, allowed: tuple[str, ...]) -> None:
    """Refuse a value that is not allowed."""
    if value not in allowed:
        raise ValueError(f"{what}: {value!r} is not one of {', '.join(allowed)}")
