"""The time of a task: decision points, the pieces between them, and when the drug's output is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.pharmacology import Drug
from dosing_env.tasks.part import Clock, Setting
from dosing_env.tasks.parts import Named

_SAME = 1e-9  # times closer than this are one
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


class Timeline(NamedTuple):
    """The clock, and what compiled code has to know of it."""

    clock: Clock
    look_at: Floats  # (looks,) when the output is looked at
    look_of: Whole  # (looks,) by which part
    look_number: Whole  # (looks,) the how many-th look of that part
    first_look: Whole  # (pieces + 1,)
    first_piece: Whole  # (decisions + 1,)
    day: Whole  # (pieces,) on which day
    day_ends: Whole  # (pieces,) 1: a day ends with it
    decided: Whole  # (pieces,) 1: a decision point, or the end of the course, ends it
    asked: Whole  # (decisions,) 1: a policy may be asked

    def arrays(self) -> dict[str, NDArray[Any]]:
        """By name."""
        clock = self.clock
        own = {name: value for name, value in self._asdict().items() if name != "clock"}
        return {"at": clock.at, "begin": clock.begin, "end": clock.end} | own

    def also(self, times: Floats) -> Timeline:
        """With looks of nobody's own (look_of -1) at these times."""
        at = np.concatenate([self.look_at, times])
        order = np.argsort(at, kind="stable")
        of = np.concatenate([self.look_of, np.full(len(times), -1)])[order]
        number = np.concatenate([self.look_number, np.arange(len(times))])[order]
        return self._replace(
            look_at=at[order], look_of=of, look_number=number, first_look=_first_looks(at[order], self.clock)
        )


def _first_looks(look_at: Floats, clock: Clock) -> Whole:
    return np.searchsorted(look_at, np.append(clock.begin, clock.length) + _SAME, side="right")


def timeline(
    at: Floats, asked: Whole, unit: str, day: float, parts: Sequence[Named], drug: Drug, bedside: Any
) -> Timeline:
    """The time of a task.

    Args:
        at: (decisions + 1,) decision points and the end of the course, ascending from 0.
        asked: (decisions,) 1: a policy is asked.
        unit: of time; `day`: its length in it.
        parts: those of the task.
        drug: its drug.
        bedside: see `Setting`.
    """
    clock = Clock(unit, day, at, at[:-1], at[1:])
    sections = {p.path: p.section for p in parts}
    clock = _cut(clock, [s for p in parts for s in _stops(p, Setting(p.name, clock, drug, sections, bedside))])
    settings = [Setting(p.name, clock, drug, sections, bedside) for p in parts]
    looks = sorted((t, n) for n, p in enumerate(parts) for t in p.part.looks(p.section, settings[n]))
    look_at, look_of = np.array([t for t, _ in looks]), np.array([n for _, n in looks], np.int64)
    ends = clock.end / day
    return Timeline(
        clock=clock,
        look_at=look_at,
        look_of=look_of,
        look_number=_how_many_before(look_of),
        first_look=_first_looks(look_at, clock),
        first_piece=np.searchsorted(clock.begin, at - _SAME),
        day=np.floor(clock.begin / day + _SAME).astype(np.int64),
        day_ends=(np.abs(ends - np.round(ends)) < _SAME).astype(np.int64),
        decided=_decided(clock),
        asked=asked,
    )


def windows(length: float, every: float) -> int:
    """How many whole windows a course has."""
    return int(np.floor(length / every + _SAME))


def _stops(p: Named, setting: Setting) -> list[Floats]:
    """Times at which pieces have to end for a part: its windows and, where it wants to know of them, days."""
    every = [p.part.every(p.section, setting)] if p.part.every else []
    every += [setting.clock.day] if p.has("day_ends") or p.has("note") else []
    length = setting.clock.length
    return [e * np.arange(1.0, windows(length, e) + 1) for e in every if e > 0.0]


def _cut(clock: Clock, stops: list[Floats]) -> Clock:
    times = np.unique(np.round(np.concatenate([clock.at, *stops]), 9))
    return clock._replace(begin=times[:-1], end=times[1:])


def _how_many_before(which: Whole) -> Whole:
    counted: dict[int, int] = {}
    out = []
    for n in which:
        out.append(counted.get(n, 0))
        counted[n] = counted.get(n, 0) + 1
    return np.array(out, np.int64)


def _decided(clock: Clock) -> Whole:
    """1 for each piece at whose end a decision point comes, or the end of the course."""
    return np.array([np.abs(clock.at - t).min() < _SAME for t in clock.end], np.int64)


def array(values: Any) -> Floats:
    """One-dimensional, of floats."""
    return np.asarray(values, dtype=np.float64).reshape(-1)


def require_daily(setting: Setting, kind: str) -> None:
    """Refuse a course whose decisions are not one a day: days are counted by them.

    Raises:
        ValueError: it is so.
    """
    clock = setting.clock
    if np.abs(np.diff(clock.at) - clock.day).max() > _SAME:
        raise ValueError(f"{setting.name}: {kind} counts days by decisions: course.decide_every_days = 1")


def decisions_of(clock: Clock) -> dict[str, Whole]:
    """`of`: the decision to which each piece belongs; `closing`: 1 where the next decision comes at its end."""
    return {
        "of": np.searchsorted(clock.at, clock.begin + _SAME, side="right") - 1,
        "closing": _decided(clock),
    }


def closing(clock: Clock, every: float) -> dict[str, Whole]:
    """`of`: the window in which each piece lies; `closing`: 1 where a window ends with it."""
    ends = clock.end / every
    whole = np.abs(ends - np.round(ends)) < _SAME
    return {"of": np.floor(clock.begin / every + _SAME).astype(np.int64), "closing": whole.astype(np.int64)}
