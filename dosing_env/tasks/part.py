"""What a part of a task is: one small file, written for one patient, named by a section of a scenario file.

A hook is a function for one patient, on plain numbers. Its first argument, `me`, is a named tuple of

    now     a record: the numbers of this patient that change (`Part.now`), to be read and written
    rule    a record: the numbers of the scenario (`Part.numbers`), only read
    ...     by name each series of this patient (`Part.series`) and each list of the scenario, one-dimensional arrays

A hook that a part does not have is not called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from dosing_env.care import Endpoint
from dosing_env.pharmacology import Drug
from dosing_env.simulation.chance import normal_quantile, uniforms_of
from dosing_env.simulation.compiling import HOLE

QUIET: Any = HOLE  # 1: nothing happens by chance, as planners foresee


class Clock(NamedTuple):
    """The time of a task, the same for all patients, in the drug's unit of time.

    Decision point k is at `at[k]`; the course ends at `at[-1]`. A piece is a stretch in which nothing is decided, no
    day and no window ends.
    """

    unit: str
    day: float  # a day
    at: NDArray[np.float64]  # (decisions + 1,)
    begin: NDArray[np.float64]  # (pieces,)
    end: NDArray[np.float64]  # (pieces,)

    @property
    def decisions(self) -> int:
        """Number of decision points."""
        return len(self.at) - 1

    @property
    def length(self) -> float:
        """Of the course."""
        return float(self.at[-1])

    @property
    def days(self) -> int:
        """Days that begin before the course ends."""
        return int(np.ceil(self.length / self.day - 1e-9))


class Setting(NamedTuple):
    """Where a part stands: what its numbers may depend on besides its section."""

    name: str  # of the part
    clock: Clock
    drug: Drug
    sections: Mapping[str, Any]  # of all parts, by path
    bedside: Mapping[str, tuple[str, float, float]]  # unit, low and high of bedside values that the population states
    windows: int = 0  # of what a term is judged by


class Column(NamedTuple):
    """One number of a chart or, with a length, a series of them."""

    name: str
    unit: str
    low: float
    high: float
    length: int = 0  # 0: one number


class Chance(NamedTuple):
    """Whose chance it is, for which part of the task, and behind how many draws of others."""

    key: Any
    patient: Any
    part: Any
    first: Any


def normal_of(chance, n):  # type: ignore[no-untyped-def]
    """The standard normal draw number n of a part; 0 where nothing happens by chance."""
    if QUIET:
        return 0.0
    u, _ = uniforms_of(chance.key, chance.part, chance.patient, chance.first + n)
    return normal_quantile(u)


def uniform_of(chance, n):  # type: ignore[no-untyped-def]
    """The uniform draw number n of a part; 1, so that nothing happens, where nothing happens by chance."""
    if QUIET:
        return 1.0
    return uniforms_of(chance.key, chance.part, chance.patient, chance.first + n)[0]


def two_uniforms_of(chance, n):  # type: ignore[no-untyped-def]
    """Two of them, of what is settled at admission: a plan knows no more of it than the record says."""
    return uniforms_of(chance.key, chance.part, chance.patient, chance.first + n)


class Counted(NamedTuple):
    """What is counted in each patient, and how.

    `of(all)` has (n,) values of `all` patients of a cohort: an object with `now`, the records of the part, and by name
    its series, (n, length).
    """

    endpoint: Endpoint
    of: Callable[[Any], Any]


def _nothing(section: Any, setting: Setting) -> Any:
    return {}


def _none(section: Any, setting: Setting) -> Any:
    return ()


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a task.

    Of a section and its `Setting`:
        series: name -> length, of each patient.
        numbers: name -> number or one-dimensional array, what compiled code needs of the scenario.
        columns: what it writes into the chart.
        looks: times at which the drug's output is to be looked at.
        windows: how many windows there are of what it watches; their length, where pieces have to end with them.
        events: how many doses it can have going on between two decisions, those from before with them.
        action, grid, masks: of what is given: unit and bounds, the usual values, which of them are allowed.
        endpoints: what is counted in each patient.
        measurements: of what the part has of patients times (m,), values (n, m), nan: none, and flags "< limit" (n, m).

    For one patient, see the module; `t` is a time, k a decision point, w a window:
        open(me, value, chance): what of a bedside value is charted at admission.
        admit(me, x, chance): the patient has been drawn; x: his bedside values.
        prescribe(me, k, wanted): note what is given.
        asks(me, k): whether a policy is asked.
        take(me, k, chance): what a dose does, as so many times the dose.
        enter(me, k, at, share, events, n): write what begins after k behind n doses; how many there are then.
        occasion(me, t), varied(me, occasion, eta, eta_now, chance): which occasion it is; fill in its random effects.
        bedside(me, value, t): what has become of a bedside value.
        start(me, value, chance), ended(me, k, value, chance): the output at admission and as k is reached.
        see(me, j, value, chance): the output at look j.
        passed(me, piece, exposure): the integral of the output over a piece.
        closes(me, piece), window(me, piece): whether a window ends with a piece, and which.
        value, worst, line, counted(me, w): what was watched, for terms to be judged by.
        judge(me, w, measure, low, high), strike(me, w, measure, chance): what a term gains.
        near(me, w, measure): how well a plan does that gains as much as another.
        day_ends(me, day, chance), note(me, day, value, chance): a day has ended; chart a bedside value.
        chart(me, row, at, k): write what has become known into the row; `at`: where each of the columns begins.
        newest(me, k): the bedside value as charted.

    Of a patient whom a planner imagines behind a chart, row, of decision point k:
        tells(me, row, at, j, typical): bedside value j that the part charts; `typical`: of who is not known.
        recall(me, row, at, k): note what the chart says of the course so far.
        told(me, t): the bedside value that was charted last.
        misfit(me, j, value): minus two times the log-likelihood of what was measured at look, or decision point, j.
    """

    Section: type[Struct]
    now: Mapping[str, float] = field(default_factory=dict)
    series: Callable[[Any, Setting], Mapping[str, int]] = _nothing
    numbers: Callable[[Any, Setting], Mapping[str, Any]] = _nothing
    columns: Callable[[Any, Setting], tuple[Column, ...]] = _none
    looks: Callable[[Any, Setting], Any] = _none
    windows: Callable[[Any, Setting], int] | None = None
    every: Callable[[Any, Setting], float] | None = None
    events: Callable[[Any, Setting], int] | None = None
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of a hook: keys that name other parts
    limits: tuple[str, ...] = ("",)  # why less was given than was wanted, by number; 0: it was not
    action: Callable[[Any, Setting], tuple[str, float, float]] | None = None  # unit, low and high
    grid: Callable[[Any, Setting], tuple[float, ...]] | None = None  # the usual values
    masks: Callable[[Any, Setting, Any], Any] | None = None  # of charts, by column, which values are allowed now
    endpoints: Callable[[Any, Setting], tuple[Counted, ...]] = _none
    measurements: Callable[[Any, Setting, Any], tuple[Any, Any, Any]] | None = None
    open: Callable[..., Any] | None = None
    admit: Callable[..., Any] | None = None
    prescribe: Callable[..., Any] | None = None
    asks: Callable[..., Any] | None = None
    take: Callable[..., Any] | None = None
    enter: Callable[..., Any] | None = None
    occasion: Callable[..., Any] | None = None
    varied: Callable[..., Any] | None = None
    bedside: Callable[..., Any] | None = None
    start: Callable[..., Any] | None = None
    ended: Callable[..., Any] | None = None
    see: Callable[..., Any] | None = None
    passed: Callable[..., Any] | None = None
    closes: Callable[..., Any] | None = None
    window: Callable[..., Any] | None = None
    value: Callable[..., Any] | None = None
    worst: Callable[..., Any] | None = None
    line: Callable[..., Any] | None = None
    counted: Callable[..., Any] | None = None
    judge: Callable[..., Any] | None = None
    strike: Callable[..., Any] | None = None
    near: Callable[..., Any] | None = None
    day_ends: Callable[..., Any] | None = None
    note: Callable[..., Any] | None = None
    effect: Callable[..., Any] | None = None
    open_chart: Callable[..., Any] | None = None
    chart: Callable[..., Any] | None = None
    newest: Callable[..., Any] | None = None
    tells: Callable[..., Any] | None = None
    recall: Callable[..., Any] | None = None
    told: Callable[..., Any] | None = None
    misfit: Callable[..., Any] | None = None

    def hooks(self) -> dict[str, Callable[..., Any]]:
        """Those that the part has, by name."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        made = ("Section", "now", "series", "numbers", "columns", "looks", "windows", "every", "events", "needs",
                "limits", "action", "grid", "masks", "endpoints", "measurements")  # fmt: skip
        return {name: value for name, value in own.items() if value is not None and name not in made}
