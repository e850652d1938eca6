"""A task made of parts, as environments, policies and trials know it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from msgspec.structs import replace as with_keys
from numpy.typing import NDArray

from dosing_env.care import Feature, Frames, Term
from dosing_env.pharmacology import Drug, Population
from dosing_env.tasks import reading
from dosing_env.tasks.compose import Composition
from dosing_env.tasks.records import Rules
from dosing_env.tasks.tables import Tables
from dosing_env.tasks.units import hours_of


@dataclass(frozen=True, kw_only=True, eq=False)
class PartsTask:
    """A composition under its name, with the protocol that doses before a policy is first asked."""

    name: str
    made: Composition
    lead_in: Callable[[Any], Any] | None = None

    kind = "parts"

    @property
    def drug(self) -> Drug:
        """What generates the patients."""
        return self.made.drug

    @property
    def population(self) -> Population:
        """Where they come from."""
        return self.made.population

    @functools.cached_property
    def features(self) -> tuple[Feature, ...]:
        """The observation, number by number."""
        return self.made.features

    @functools.cached_property
    def actions(self) -> tuple[Feature, ...]:
        """The action, number by number."""
        return tuple(
            Feature(p.name, *p.part.action(p.section, self.made.settings[p.path]))  # type: ignore[misc]
            for p in self.made.given
        )

    @functools.cached_property
    def grids(self) -> tuple[tuple[float, ...], ...]:
        """For each number of an action the values of a discrete one."""
        return tuple(p.part.grid(p.section, self.made.settings[p.path]) for p in self.made.given)  # type: ignore[misc]

    @property
    def doses(self) -> tuple[float, ...]:
        """Every dose that can be given, of what is given first."""
        return self.grids[0]

    @property
    def asked(self) -> NDArray[np.intp]:
        """Numbers of the decisions at which a policy is asked, at most."""
        return np.flatnonzero(self.made.asked)

    @property
    def terms(self) -> tuple[Term, ...]:
        """What adds to the reward."""
        return self.made.terms

    @property
    def limits(self) -> tuple[str, ...]:
        """Why less was given than wanted, by number, of what is given first."""
        return self.made.given[0].part.limits

    @property
    def prices(self) -> NDArray[np.float64]:
        """(terms,) what the reward has of each."""
        return np.array([self.made.prices[term.name] for term in self.terms])

    @property
    def unit_h(self) -> float:
        """The unit of time, h."""
        return hours_of(self.drug.time_unit)

    @functools.cached_property
    def hours(self) -> NDArray[np.float64]:
        """(decisions + 1,) h  decision points, and the end of the course."""
        return self.made.at * self.unit_h

    @property
    def decisions(self) -> int:
        """Number of decision points."""
        return len(self.made.at) - 1

    @property
    def step(self) -> float:
        """Between two products."""
        return self.grids[0][1] - self.grids[0][0]

    @property
    def largest(self) -> float:
        """The largest dose."""
        return self.actions[0].high

    @property
    def each(self) -> int:
        """Bytes of a patient: record, series and observation, twice."""
        return self.made.course_type.itemsize + 8 * self.made.memory.width + 8 * len(self.features)

    @functools.cached_property
    def tables(self) -> Tables:
        """What becomes of patients."""
        return Tables(self)

    def holes(self, solver: str | None = None, quiet: int = 0) -> dict[str, Any]:
        """What the holes of `follow` hold."""
        filled = self.made.holes(solver, quiet)
        if self.lead_in is None:
            return filled | self.reading(None) | {"lead_in": reading.nothing, "tell": reading.tell_none, "LEADS": False}
        return filled | self.reading(self.lead_in) | {"lead_in": self.lead_in, "LEADS": True}

    @property
    def numbers(self) -> Rules:
        """Numbers and lists as compiled code takes them."""
        return self.made.memory.all

    @property
    def record(self) -> Any:
        """The numbers, as compiled readers of a chart take them."""
        return self.made.memory.rules

    def reading(self, dose: Callable[[Any], Any] | None) -> dict[str, Any]:
        """What the holes `read` and `tell` hold for a protocol; None: for none.

        Raises:
            ValueError: the chart of the task lacks something that it reads; it is named.
        """
        return reading.holes(self.made, self.name, dose)

    def masks(self, charts: NDArray[np.float32]) -> NDArray[np.bool_]:
        """(n, grid values) what the limits allow now, of charts (n, features)."""
        charted = Charted(self.made, charts)
        out = []
        for p, grid in zip(self.made.given, self.grids, strict=True):
            setting = self.made.settings[p.path]
            free = np.ones((len(charts), len(grid)), dtype=bool)
            out.append(p.part.masks(p.section, setting, charted) if p.part.masks else free)
        return np.hstack(out)

    def frames(self, count: int) -> Frames:
        """Not known yet of tasks made of parts."""
        raise ValueError(f"frames: {self.name}: a task made of parts is shown whole: frames = 0")

    def held(self) -> PartsTask:
        """The same, but a policy is asked on visits only, and its dose is held until the next one.

        Raises:
            ValueError: nothing given says when the patient comes again.
        """
        if not any(p.kind == "visit" for p in self.made.parts):
            raise ValueError(f"{self.name}: hold: there are no visits between which a dose could be held")
        parts = (
            replace(p, section=with_keys(p.section, hold=True)) if p.kind == "visit" else p for p in self.made.parts
        )
        return replace(self, made=replace(self.made, parts=tuple(parts)))


class Charted:
    """Columns of charts, by the names of their series."""

    def __init__(self, made: Composition, charts: NDArray[np.float32]) -> None:
        self._made, self._charts = made, charts.astype(np.float64)
        self.time = self._charts[:, 0] - 1.0 if made.counted else self._charts[:, 0]

    def __call__(self, name: str) -> NDArray[np.float64]:
        """(n,) of a number, (n, length) of a series."""
        at, _ = self._made.places
        key = next(key for key, column in self._made.columns if column.name == name)
        columns = self._charts[:, at[key] : at[f"{key}_end"]]
        return columns if dict(self._made.columns)[key].length else columns[:, 0]
